"""What servers do differently, row by row: each ends in a valid answer or a sentence on it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from conference.core.tasks import TaskFailed, TaskKey
from conference.models import Asker, Message, ModelRules, form_shape, make_model, parse_spec
from conference.models.chances import NoChances, ask_chances
from conference.models.shapes import Filled
from tests.models.rogue import Answer, Rogue, Script, completion, cutting, events, refusal, rogue
from tests.models.scripted import fill
from venues.venue_file import load_venue

FORM = load_venue("workshop").form
SHAPE = form_shape(FORM)
RULES = ModelRules(timeout=10.0, retries=2, attempts=2)
MESSAGES = (Message("system", "the system's words"), Message("user", "fill in the form"))
WHOLE = fill(SHAPE.schema, random.Random(1))
TEXT = json.dumps(WHOLE)
RATING = FORM[FORM.rating]


def asker_of(server: Rogue, rules: ModelRules = RULES) -> Asker:
    return Asker(make_model(parse_spec(server.spec), rules), rules, "default", 1, TaskKey("t"))


def ask(server: Rogue, rules: ModelRules = RULES) -> tuple[Filled, Asker]:
    asker = asker_of(server, rules)
    return asyncio.run(asker.ask(MESSAGES, SHAPE, "review")), asker


def refuses(name: str, said: str) -> Script:
    """A server that refuses a request with this parameter."""
    return lambda request, number: refusal(400, said) if name in request else completion(TEXT)


def always(answer: Answer) -> Script:
    return lambda request, number: answer


def at_second(first: Answer) -> Script:
    return lambda request, number: first if number == 1 else completion(TEXT)


def half(request: dict[str, Any], number: int) -> Answer:
    """Obeys a schema's names and not its values, until it is told."""
    wrong = {**WHOLE, FORM.rating: f"{WHOLE[FORM.rating]}: weak accept", "mood": "good"}
    return completion(json.dumps(wrong) if number == 1 else TEXT)


REASONED = {"reasoning_content": "The table is small, so {rating: 3}."}
# What a server or its model does, its script, and the requests that an answer may take.
VALID: dict[str, tuple[Script, int]] = {
    "thoughts in <think>": (always(completion(f"<think>{{so}}</think>{TEXT}")), 1),
    "thoughts in reasoning_content": (always(completion(TEXT, message=REASONED)), 1),
    "thoughts in neither": (always(completion(f"The table is small.\n\n{TEXT}\n")), 1),
    "response_format refused": (refuses("response_format", "response_format is unsupported"), 2),
    "response_format ignored": (at_second(completion("It is a good paper. I rate it 6.")), 2),
    "response_format half obeyed": (half, 2),
    "n refused": (refuses("n", "n: only 1 is supported"), 1),
    "max_tokens refused": (
        refuses("max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead."), 2,
    ),
    "max_completion_tokens refused": (
        refuses("max_completion_tokens", "max_completion_tokens: Extra inputs not permitted"), 1,
    ),
    "temperature refused": (
        refuses("temperature", "'temperature' does not support 0.7 with this model"), 2,
    ),
    "a stream though none was asked for": (always(events(TEXT)), 1),
}  # fmt: skip


@pytest.mark.parametrize("behaviour", VALID)
def test_a_valid_answer_comes_of_it(behaviour: str) -> None:
    script, most = VALID[behaviour]
    with rogue(script) as server:
        filled, asker = ask(server)
    assert filled == SHAPE.read(TEXT) and len(server.requests) <= most
    assert (asker.calls[-1].thinking == "on") == (behaviour == "thoughts in reasoning_content")


NAMED: dict[str, tuple[Script, str]] = {
    "response_format ignored for good": (always(completion("I rate it 6.")), "no valid answer"),
    "thoughts without an end": (always(completion("<think>So", "length")), "max_tokens"),
    "all in reasoning_content": (
        always(completion(None, "length", message=REASONED)), "reasoning parser",
    ),
    "max_tokens in no way": (
        lambda request, number: refusal(400, "unsupported: max_tokens, max_completion_tokens"),
        "max_completion_tokens",
    ),
}  # fmt: skip


@pytest.mark.parametrize("behaviour", NAMED)
def test_a_sentence_names_it(behaviour: str) -> None:
    script, said = NAMED[behaviour]
    with rogue(script) as server, pytest.raises(TaskFailed, match=said) as failed:
        ask(server)
    assert "\n" not in str(failed.value) and server.spec in str(failed.value)


@pytest.mark.parametrize(
    "told", [None, {"content": None}, {"content": [{"token": "{", "logprob": -0.1}]}]
)
def test_absent_logprobs_are_named_where_they_are_needed(told: Any) -> None:
    text = json.dumps({RATING.name: RATING.values[0]})
    choice = completion(text)["choices"][0] | {"logprobs": told}
    said = "returns no probabilities of its tokens"
    script = always(completion("", choices=[choice]))
    with rogue(script) as server, pytest.raises(NoChances, match=said):
        asyncio.run(ask_chances(asker_of(server), MESSAGES, RATING))


def slow(streams: bool) -> Script:
    """A server that writes for over a second, and all that time as a stream where it streams."""

    def write(request: dict[str, Any], number: int) -> Answer:
        if request.get("stream") and streams:
            return events(TEXT, parts=6, every=0.2)
        time.sleep(1.4)
        return completion(TEXT)

    return write


def test_behind_a_proxy_that_ends_silent_connections_answers_are_streamed() -> None:
    with rogue(slow(True)) as server, cutting(server, silent=0.8) as proxy:
        asker = asker_of(proxy)

        async def twice() -> list[Filled]:
            return [await asker.ask(MESSAGES, SHAPE, purpose) for purpose in ("one", "two")]

        found = asyncio.run(twice())
    assert found == [SHAPE.read(TEXT)] * 2
    assert [bool(request.get("stream")) for request in server.requests] == [False, True, True]
    assert {(call.tokens_in, call.tokens_out, call.unsent) for call in asker.calls} == {
        (77, 33, ())
    }


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "does not stream"])
def test_a_proxy_that_ends_every_long_answer_is_named(streams: bool) -> None:
    said = "ended the connection after 1 s"
    with (
        rogue(slow(streams)) as server,
        cutting(server, whole=0.7) as proxy,
        pytest.raises(TaskFailed, match=said) as failed,
    ):
        ask(proxy)
    said = str(failed.value)
    assert "though it was streamed" in said and "proxy_read_timeout" in said and "\n" not in said
    assert len(server.requests) == 3, "a stream that is cut twice is not asked for again"


def test_a_gateway_that_gives_up_is_asked_for_a_stream() -> None:
    def gateway(request: dict[str, Any], number: int) -> Answer:
        return events(TEXT) if request.get("stream") else refusal(504, "upstream timed out")

    with rogue(gateway) as server:
        assert ask(server)[0] == SHAPE.read(TEXT)
    with rogue(always(refusal(524))) as server, pytest.raises(TaskFailed, match="answered 524"):
        ask(server)


def lacks(name: str) -> Script:
    """A server behind a gateway that does not know one of the parameters of streams."""

    def answer(request: dict[str, Any], number: int) -> Answer:
        if name in request:
            return refusal(422, f"{name}: Extra inputs are not permitted")
        if not request.get("stream") and number == 1:
            return refusal(504)
        return events(TEXT) if request.get("stream") else completion(TEXT)

    return answer


@pytest.mark.parametrize("name", ["stream_options", "stream"])
def test_a_server_that_does_not_stream_is_asked_without(name: str) -> None:
    with rogue(lacks(name)) as server:
        filled, asker = ask(server)
    assert filled == SHAPE.read(TEXT) and asker.calls[0].unsent == ()
    assert bool(server.requests[-1].get("stream")) == (name == "stream_options")


def streamed(change: Callable[[bytes], bytes]) -> Answer:
    whole = events(TEXT)
    return msgspec.structs.replace(whole, data=change(whole.data))


@pytest.mark.parametrize(
    "broken",
    [
        streamed(lambda data: data[: len(data) // 2]),
        streamed(lambda data: data.replace(b"data: {", b"data: [{")),
        streamed(lambda data: data.partition(b"data:")[0] + b"data: [DONE]\n\n"),
        streamed(lambda data: data.partition(b"data:")[0] + b'data: {"error": "busy"}\n\n'),
        streamed(lambda data: data.partition(b"data:")[0] + b": ping\n\n"),
    ],
    ids=["half", "no JSON", "nothing", "error", "comments"],
)
def test_a_broken_stream_is_asked_for_again_and_ends_in_one_sentence(broken: Answer) -> None:
    with rogue(at_second(broken)) as server:
        assert ask(server)[0] == SHAPE.read(TEXT)
    with rogue(always(broken)) as server, pytest.raises(TaskFailed) as failed:
        ask(server)
    assert server.spec in str(failed.value) and "\n" not in str(failed.value)


def test_likelihoods_come_through_a_stream() -> None:
    values = [f"{value:g}" for value in RATING.values]
    tokens = [f'{{"{RATING.name}": ', values[1], "}"]
    said = [(token, [token] if token not in values else values[:2]) for token in tokens]
    sent = []
    for token, others in said:
        told = [{"token": other, "logprob": -0.7 if len(others) > 1 else 0.0} for other in others]
        place = {"token": token, "logprob": 0.0, "top_logprobs": told}
        sent.append({"choices": [{"delta": {"content": token}, "logprobs": {"content": [place]}}]})
    sent.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in sent)
    answer = msgspec.structs.replace(events(TEXT), data=b"HTTP/1.1 200 X\r\n\r\n" + body.encode())
    with rogue(always(answer)) as server:
        found = asyncio.run(ask_chances(asker_of(server), MESSAGES, RATING))
    assert found.mean == pytest.approx(sum(RATING.values[:2]) / 2)
