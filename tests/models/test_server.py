"""Servers of every temper, over real HTTP: valid answers come through, the rest ends clearly."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import msgspec
import pytest

from conference.core.errors import UserError
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import (
    Asker,
    Message,
    Model,
    ModelRules,
    make_model,
    parse_spec,
    struct_shape,
)
from tests.models.scripted import Answer, Scripted, serve


class Verdict(msgspec.Struct, frozen=True):
    words: str
    good: bool


GOOD: Answer = {"words": "it holds", "good": True}
RULES = ModelRules(timeout=2.0, retries=2)
SHAPE = struct_shape(Verdict)
MESSAGES = (Message("system", "s"), Message("user", "is it good?"))


def ask(server: Scripted, rules: ModelRules = RULES) -> tuple[Verdict, Asker]:
    asker = Asker(make_model(parse_spec(server.spec), rules), rules, "default", 1, TaskKey("t"))
    return asyncio.run(asker.ask(MESSAGES, struct_shape(Verdict), "verdict")), asker


def test_an_answer_comes_back_typed_and_counted() -> None:
    with serve(lambda request: GOOD) as server:
        rules = msgspec.structs.replace(RULES, price_in=2.0, price_cached=1.0, price_out=4.0)
        verdict, asker = ask(server, rules)
    assert verdict == Verdict("it holds", True)
    (call,) = asker.calls
    assert call.tokens_in > 0 and call.tokens_cached == call.tokens_in // 2
    fresh = call.tokens_in - call.tokens_cached
    expected = (fresh * 2.0 + call.tokens_cached * 1.0 + call.tokens_out * 4.0) / 1e6
    assert call.cost == pytest.approx(expected)
    (request,) = server.requests
    assert request["response_format"]["type"] == "json_schema"
    assert request["seed"] == call.seed and request["temperature"] == call.temperature


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_recovers_is_asked_again(status: int) -> None:
    answers: Any = itertools.chain([status, status], itertools.repeat(GOOD))
    with serve(lambda request: next(answers)) as server:
        verdict, asker = ask(server)
    assert verdict.good and len(server.requests) == 3 and len(asker.calls) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"choices": [{"mess',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a": 1',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}',
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<p>hello</p",
        b"\x00\xff garbage",
    ],
    ids=["nothing", "half", "cut json", "no choices", "html", "garbage"],
)
def test_a_broken_answer_is_asked_for_again_and_ends_in_one_sentence(broken: bytes) -> None:
    answers: Any = itertools.chain([broken], itertools.repeat(GOOD))
    with serve(lambda request: next(answers)) as server:
        assert ask(server)[0].good
    with serve(lambda request: broken) as server, pytest.raises(TaskFailed) as failed:
        ask(server)
    assert server.spec in str(failed.value) and "\n" not in str(failed.value)


def test_a_server_that_hangs_ends_in_one_sentence() -> None:
    def hang(request: dict[str, Any]) -> Answer:
        time.sleep(3)
        return GOOD

    rules = msgspec.structs.replace(RULES, timeout=0.3, retries=1)
    with serve(hang) as server, pytest.raises(TaskFailed, match=r"did not answer within 0\.3 s"):
        ask(server, rules)


def test_nobody_there_ends_in_one_sentence_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong address is not waited for; a server that has once answered may come back."""
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    patient = msgspec.structs.replace(RULES, retries=9)
    with serve(lambda request: GOOD) as server:
        model = make_model(parse_spec(server.spec), patient)
        asyncio.run(Asker(model, patient, "default", 1, TaskKey("t")).ask(MESSAGES, SHAPE, "v"))
    monkeypatch.setattr("conference.models.server.asyncio.sleep", note)
    with pytest.raises(TaskFailed, match="cannot be reached"):
        ask(server, patient)
    assert len(waits) == 2
    with pytest.raises(TaskFailed, match="cannot be reached"):
        asyncio.run(Asker(model, patient, "default", 1, TaskKey("t")).ask(MESSAGES, SHAPE, "v"))
    assert len(waits) == 2 + 9


def test_a_dead_server_is_given_up_by_calls_that_wait_for_their_turn() -> None:
    rules = msgspec.structs.replace(RULES, retries=0, at_once=2)

    async def all_at_once(model: Model) -> list[object]:
        askers = [Asker(model, rules, "default", n, TaskKey(f"t{n}")) for n in range(40)]
        asked = (a.ask(MESSAGES, struct_shape(Verdict), "verdict") for a in askers)
        return await asyncio.gather(*asked, return_exceptions=True)

    with serve(lambda request: 500) as server:
        found = asyncio.run(all_at_once(make_model(parse_spec(server.spec), rules)))
    assert all(isinstance(each, TaskFailed) for each in found)
    assert len(server.requests) <= 7 and "is not asked again" in str(found[-1])


def test_a_key_that_no_server_takes_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "“abc”")
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        make_model(parse_spec("openai:m@http://localhost:1/v1"), RULES)


def test_a_refused_key_is_not_asked_again() -> None:
    with serve(lambda request: 401) as server, pytest.raises(TaskFailed, match="401"):
        ask(server)
    assert len(server.requests) == 1


def test_an_answer_of_the_wrong_shape_is_asked_again_with_the_error() -> None:
    answers: Any = iter(["no json at all", json.dumps({"words": 3, "good": True}), GOOD])
    with serve(lambda request: next(answers)) as server:
        verdict, asker = ask(server)
    assert verdict.good
    assert [bool(call.problem) for call in asker.calls] == [True, True, False]
    assert len({call.seed for call in asker.calls}) == 3
    last = server.requests[-1]["messages"]
    assert "words" in last[-1]["content"] and last[:2] == server.requests[0]["messages"]


def test_a_model_that_repeats_its_fault_is_asked_afresh() -> None:
    """The wrong answer is not in the conversation then: a small model would copy it again."""
    answers: Any = iter(["{}", "{}", GOOD])
    with serve(lambda request: next(answers)) as server:
        verdict, asker = ask(server)
    first, corrected, afresh = (request["messages"] for request in server.requests)
    assert verdict.good and afresh == first != corrected
    assert len({call.seed for call in asker.calls}) == 3


def test_a_model_that_draws_nothing_is_not_asked_the_same_again() -> None:
    answers: Any = iter(["{}", "{}", GOOD])
    with serve(lambda request: next(answers)) as server:
        ask(server, msgspec.structs.replace(RULES, temperature=0.0))
    first, corrected, again = (request["messages"] for request in server.requests)
    assert again == corrected != first


def test_after_the_limit_the_task_fails_and_there_is_no_default() -> None:
    with serve(lambda request: "{}") as server, pytest.raises(TaskFailed, match="3 attempts"):
        ask(server)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "spec",
    ["openai:m", "openai:m@localhost", "openai:m@http://a:PORT/v1", "vllm:", "gguf:m"],
)
def test_a_wrong_name_is_one_sentence(spec: str) -> None:
    with pytest.raises(UserError):
        make_model(parse_spec(spec), RULES)
