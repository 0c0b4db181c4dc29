"""Asking a model: several calls at once, and what calls cost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from conference.core.forms import Field, Form
from conference.core.records import CalibrationReview
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import (
    Asker,
    Message,
    ModelRules,
    Reply,
    form_shape,
    make_model,
    parse_spec,
)
from conference.models.asking import price, together
from tests.models.scripted import serve
from tests.models.test_round import venue
from tests.venues.tiny import table
from venues.round import run_round


def test_a_failure_is_raised_when_all_calls_have_ended() -> None:
    ended = []

    async def late() -> None:
        await asyncio.sleep(0.05)
        ended.append("late")

    async def fails() -> None:
        raise TaskFailed("no answer")

    with pytest.raises(TaskFailed, match="no answer"):
        asyncio.run(together([fails(), late()]))
    assert ended == ["late"], "its call is noted before the task's calls are kept"


def test_cached_tokens_cost_as_others_unless_a_price_is_named() -> None:
    reply = Reply("", 100, 80, 10)
    plain = ModelRules(price_in=2.0, price_out=5.0)
    assert price(plain, reply) == pytest.approx((100 * 2 + 10 * 5) / 1e6)
    named = ModelRules(price_in=2.0, price_cached=0.5, price_out=5.0)
    assert price(named, reply) == pytest.approx((20 * 2 + 80 * 0.5 + 10 * 5) / 1e6)
    free = ModelRules(price_in=2.0, price_cached=0.0)
    assert price(free, reply) == pytest.approx(20 * 2 / 1e6)


def test_no_model_rates_calibration_papers_without_texts(tmp_path: Path) -> None:
    with serve() as server:
        result = run_round(venue(server), out=tmp_path, hosts=0, papers=table(4))
    assert not result.round.all(CalibrationReview)
    assert "Abstract\n\n</paper>" not in " ".join(server.prompts())


def test_a_repetition_penalty_is_sent_and_recorded_where_one_is_set() -> None:
    form = Form(field=(Field(name="note", kind="text"),), rating="")
    for penalty in (0.0, 0.5):
        with serve() as server:
            rules = ModelRules(frequency_penalty=penalty)
            model = make_model(parse_spec(server.spec), rules)
            asker = Asker(model, rules, "default", 1, TaskKey("t"))
            asyncio.run(asker.ask((Message("user", "Write."),), form_shape(form), "note"))
            assert server.requests[0].get("frequency_penalty", 0.0) == penalty
            assert asker.calls[0].frequency_penalty == penalty
