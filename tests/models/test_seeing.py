"""Images of pages on the real vLLM engine, with a tiny random model that sees."""

from __future__ import annotations

import asyncio
import base64
import io

import pytest

from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.engines import EngineModel
from tests.models.checkpoint import IMAGE_TOKENS

pytestmark = pytest.mark.timeout(600)
SCHEMA = {
    "type": "object",
    "properties": {"rating": {"type": "integer", "minimum": 1, "maximum": 100_000}},
    "required": ["rating"],
    "additionalProperties": False,
}
PAPER = "We ask whether it holds, and answer. " * 60
ASKED = f'The rules.\n<paper id="p">\n{PAPER}\n</paper>\n' + "How good is it? " * 60


@pytest.fixture(scope="module")
def model(engine: str) -> EngineModel:
    return EngineModel(engine.removeprefix("vllm:"), ModelRules(max_tokens=40, sees_images=True))


def picture(colour: tuple[int, int, int]) -> str:
    from PIL import Image

    kept = io.BytesIO()
    Image.new("RGB", (64, 96), colour).save(kept, format="PNG")
    return base64.b64encode(kept.getvalue()).decode()


def ask(model: EngineModel, *images: str) -> Reply:
    messages = (Message("user", ASKED, images),)
    sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=40, seed=1)
    return asyncio.run(model.complete(messages, SCHEMA, sampling, "p"))


def test_images_stand_in_the_prompt_as_their_own_tokens_and_nothing_besides(
    model: EngineModel,
) -> None:
    red, blue = picture((200, 20, 20)), picture((20, 20, 200))
    blind, one, two = ask(model), ask(model, red), ask(model, red, blue)
    assert blind.tokens_in > 20
    # The tokenizer would begin a text with a token that the template has not written.
    assert one.tokens_in == blind.tokens_in + IMAGE_TOKENS
    assert two.tokens_in == blind.tokens_in + 2 * IMAGE_TOKENS


def test_calls_about_a_paper_share_its_text_and_those_with_the_same_pages_these_too(
    model: EngineModel,
) -> None:
    first, second = picture((0, 90, 9)), picture((90, 0, 9))
    ask(model, first)
    again, other = ask(model, first), ask(model, second)
    assert 0 < other.tokens_cached < again.tokens_cached, (other, again)
    assert again.text == ask(model, first).text and again.text.startswith('{"rating"')
