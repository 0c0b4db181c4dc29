"""A thinking model thinks first where its rule says so; where it cannot, each call says so."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

from conference.core.tasks import TaskKey
from conference.models import Asker, Message, ModelRules, Reply, Sampling, make_model, parse_spec
from conference.models.engine import Engine
from conference.models.shapes import bare_object, form_shape
from conference.models.templating import templated
from conference.models.thinking import BEGIN, END
from tests.models.checkpoint import make_checkpoint
from venues.venue_file import load_venue

SHAPE = form_shape(load_venue("workshop").form)
ASKED = (Message("user", "Fill in the form."),)


def test_thoughts_that_did_not_end_are_no_answer() -> None:
    assert bare_object(f'{BEGIN}So {{"a": 1}}{END} {{"b": 2}}') == '{"b": 2}'
    assert not bare_object(f'{BEGIN}I could say {{"a": 1}}').startswith("{")


def test_without_a_rule_a_thinking_model_s_thoughts_are_off_and_noted(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "tiny", thinking=True)
    rules = ModelRules(max_tokens=1500, longest_text=24, attempts=5)
    model = make_model(parse_spec(f"transformers:{folder}"), rules)
    asker = Asker(model, rules, "default", 1, TaskKey("t"))
    assert asyncio.run(asker.ask(ASKED, SHAPE, "review")).scores
    assert {call.thinking for call in asker.calls} == {"off"}
    plain = make_checkpoint(tmp_path / "plain")
    asker = Asker(
        make_model(parse_spec(f"transformers:{plain}"), rules), rules, "default", 1, TaskKey("t")
    )
    asyncio.run(asker.ask(ASKED, SHAPE, "review"))
    assert {call.thinking for call in asker.calls} == {""}


def test_a_template_is_told_whether_to_think(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(make_checkpoint(tmp_path, thinking=True))
    off, on = (templated(tokenizer, ASKED, False, parser) for parser in ("", "deepseek_r1"))
    assert off.rstrip().endswith(END) and on.endswith(f"{BEGIN}\n")


@pytest.mark.timeout(600)
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
def test_with_its_rule_the_real_engine_lets_a_model_think_and_guides_what_follows(
    tmp_path: Path,
) -> None:
    """The weights are random, so the thoughts are nonsense until their bound ends them."""
    folder = make_checkpoint(tmp_path, thinking=True)
    rules = ModelRules(reasoning_parser="deepseek_r1", thinking_tokens=30, longest_text=24)

    async def ask() -> list[Reply]:
        engine = Engine(str(folder), rules)
        try:
            schema = SHAPE.bounded(rules.longest_text)
            return [
                await engine.complete(
                    ASKED, schema, Sampling(temperature=1, top_p=1, max_tokens=most, seed=1)
                )
                for most in (1500, 20)
            ]
        finally:
            engine.engine.shutdown()

    whole, cut = asyncio.run(ask())
    thoughts, _, said = whole.text.removeprefix(BEGIN).partition(END)
    assert len(thoughts) > 30 and whole.thinking == "on" and not whole.ended
    form = json.loads(said)  # Its texts are nonsense too, and may be empty.
    assert json.loads(bare_object(whole.text)) == form
    assert set(form) == set(SHAPE.bounded(rules.longest_text)["properties"])
    assert cut.ended and END not in cut.text and cut.thinking == "on"
    with pytest.raises(ValueError):
        SHAPE.read(bare_object(cut.text))
