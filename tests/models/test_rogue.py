"""Servers that break every rule: each is met with patience and a clear end, never a default."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import msgspec
import pytest

from conference.core.records import Review, encode
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import Asker, Message, ModelRules, form_shape, make_model, parse_spec
from conference.models.records import calls_to_json
from conference.models.shapes import Filled
from tests.models.rogue import Answer, Raw, Rogue, Script, completion, http, refusal, rogue
from tests.models.scripted import fill
from venues.venue_file import load_venue

FORM = load_venue("workshop").form
SHAPE = form_shape(FORM)
RULES = ModelRules(timeout=1.0, retries=1, attempts=2)
PATIENT = ModelRules(timeout=2.5, retries=1, attempts=2)  # A loaded machine answers late.
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"choi'


def whole(**changes: Any) -> str:
    """A filled form as JSON."""
    return json.dumps({**fill(SHAPE.schema, random.Random(1)), **changes})


def ask(server: Rogue, rules: ModelRules = RULES) -> tuple[Filled, Asker]:
    asker = Asker(make_model(parse_spec(server.spec), rules), rules, "default", 1, TaskKey("t"))
    messages = (Message("system", "the system's words"), Message("user", "fill in the form"))
    try:
        filled = asyncio.run(asker.ask(messages, SHAPE, "review"))
    finally:
        assert calls_to_json(asker.calls), "whatever was said can be kept in the ledger"
    review = Review(
        paper="p", reviewer="r", rating=filled.scores["rating"], confidence=None,
        scores=filled.scores, texts=filled.texts, mind="m", day=1,
    )  # fmt: skip
    assert encode([review]), "what came through can be kept in the ledger"
    return filled, asker


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{whole()}\n```",
        f"Let me think about this paper first.\n\n{whole()}\n\nThat is my review.",
        f"<think>\nIt could be {{good: yes}}.\n</think>\n{whole()}",
        f"It could be {{good: yes}}.\n</think>\n{whole()}",
        [{"type": "text", "text": whole()}],
    ],
    ids=["fence", "words around", "thoughts", "thoughts begun by the template", "parts"],
)
def test_an_object_is_found_in_what_models_put_around_it(text: Any) -> None:
    with rogue(lambda request, number: completion(text)) as server:
        filled, _ = ask(server)
    assert filled.scores == SHAPE.read(whole()).scores and len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (completion(whole()[:60], "length"), "cut off at max_tokens"),
        (completion(None, message={"refusal": "I cannot judge this."}), "refuses to answer"),
        (completion(None, "tool_calls", message={"tool_calls": []}), "calls a tool"),
        (completion("", "content_filter"), "filter withheld"),
        (completion(f"{whole()} or rather {whole()}"), "not JSON"),
        (completion(whole(rating=float("nan"))), "rating is 'NaN'"),
        (completion(whole(rating=6).replace('"rating": 6', '"rating": 1e999')), "rating is inf"),
        (completion(whole(rating=10**400)), "too large"),
        (completion(whole(rating=7)), "rating is 7"),
        (completion("[" * 200_000), "recursion"),
        (completion('{"a":' * 100_000 + "1" + "}" * 100_000), "recursion"),
    ],
    ids=[
        "cut", "refusal", "tools", "filter", "two objects", "nan", "infinite", "huge", "off scale",
        "deep list", "deep object",
    ],
)  # fmt: skip
def test_a_useless_answer_is_asked_again_with_its_fault(answer: Answer, said: str) -> None:
    def first_wrong(request: dict[str, Any], number: int) -> Answer:
        return answer if number == 1 else completion(whole())

    with rogue(first_wrong) as server:
        filled, asker = ask(server)
    assert filled.scores and len(server.requests) == 2
    assert said in asker.calls[0].problem and not asker.calls[1].problem
    again = server.requests[1]["messages"][-1]["content"]
    assert said in again and '"rating"' in again, "the model is told the fault and the shape"
    with rogue(lambda request, number: answer) as server, pytest.raises(TaskFailed, match=said):
        ask(server)


@pytest.mark.parametrize(
    "answer",
    [
        Raw(HALF, reset=True),
        Raw(b"", reset=True),
        Raw(HALF, hold=3.0),
        Raw(b"", hold=3.0),
        refusal(429, "slow down"),
        refusal(503),
        http(b"<html>oops</html>", 500, Content_Type="text/html"),
        http(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
        http(b"not gzip", Content_Encoding="gzip"),
        http(b""),
        http(b'"hello"'),
        http(b"[1, 2]"),
        http(b"[" * 200_000),
        http(b"data: {}\n\ndata: [DONE]\n\n", Content_Type="text/event-stream"),
        completion("", choices=[]),
        completion("", choices=None),
        completion("", choices=["hi"]),
        {"error": {"message": "the provider is overloaded", "code": 502}},
    ],
    ids=[
        "reset in body", "reset", "half and silence", "silence", "429", "503", "500 in HTML",
        "no UTF-8", "no gzip", "empty", "text", "list", "deep", "events", "no choices",
        "null choices", "odd choices", "error with 200",
    ],
)  # fmt: skip
def test_a_broken_server_is_asked_again_and_ends_in_one_sentence(answer: Answer) -> None:
    def first_broken(request: dict[str, Any], number: int) -> Answer:
        return answer if number == 1 else completion(whole())

    with rogue(first_broken) as server:
        assert ask(server, PATIENT)[0].scores
    with rogue(lambda request, number: answer) as server, pytest.raises(TaskFailed) as failed:
        ask(server)
    said = str(failed.value)
    assert server.spec in said and "\n" not in said and "object has no attribute" not in said


@pytest.mark.parametrize(
    "status", [(401, "wrong key"), (402, "no credit"), (404, "no such model"), (413, "too long")]
)
def test_what_no_patience_mends_is_asked_once(status: tuple[int, str]) -> None:
    with rogue(lambda request, number: refusal(*status)) as server:
        with pytest.raises(TaskFailed, match=f"{status[0]}.*{status[1]}"):
            ask(server)
        assert len(server.requests) == 1


def test_a_context_that_is_too_short_is_told_in_the_server_s_words() -> None:
    said = "This model's maximum context length is 4096 tokens; max_tokens is too large"
    with rogue(lambda request, number: refusal(400, said)) as server:
        with pytest.raises(TaskFailed, match="maximum context length is 4096"):
            ask(server)
        assert len(server.requests) == 1


def test_the_wait_that_a_server_asks_for_is_kept_or_ends_the_call() -> None:
    def busy(seconds: str) -> Script:
        return lambda request, number: (
            refusal(429, Retry_After=seconds) if number == 1 else completion(whole())
        )

    with rogue(busy("0.2")) as server:
        assert ask(server)[0].scores and len(server.requests) == 2
    with rogue(busy("Wed, 21 Oct 2015 07:28:00 GMT")) as server:
        assert ask(server)[0].scores
    with rogue(busy("86400")) as server, pytest.raises(TaskFailed, match="429"):
        ask(server)


@pytest.mark.parametrize(
    ("named", "status", "said"),
    [
        ("response_format", 400, "response_format is not supported by this model"),
        ("seed", 422, "seed: Extra inputs are not permitted"),
        ("temperature", 400, "Unsupported value: 'temperature' does not support 0.7"),
        (
            "max_tokens",
            400,
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        ),
    ],
)
def test_a_parameter_that_a_server_does_not_take_is_left_out(
    named: str, status: int, said: str
) -> None:
    def picky(request: dict[str, Any], number: int) -> Answer:
        return refusal(status, said) if named in request else completion(f"Here:\n{whole()}")

    with rogue(picky) as server:
        _, asker = ask(server)
        assert len(server.requests) == 2 and len(asker.calls) == 1
        assert asker.calls[0].unsent == (() if named == "max_tokens" else (named,))
        last = server.requests[-1]
        assert "max_tokens" in last or "max_completion_tokens" in last
        if named == "response_format":
            assert '"rating"' in last["messages"][-1]["content"], "the schema is put into words"
    always = rogue(lambda request, number: refusal(status, said))
    with always as server, pytest.raises(TaskFailed, match=str(status)):
        ask(server)


def test_a_server_without_a_system_role_reads_the_rules_first() -> None:
    def plain(request: dict[str, Any], number: int) -> Answer:
        if request["messages"][0]["role"] == "system":
            return refusal(400, "System role not supported")
        return completion(whole())

    with rogue(plain) as server:
        ask(server)
    (only,) = server.requests[-1]["messages"]
    assert only["content"].startswith("the system's words\n\nfill in the form")


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": "many", "completion_tokens": []},
        {"prompt_tokens": -5, "completion_tokens": 1e300, "prompt_tokens_details": 3},
    ],
)
def test_tokens_that_a_server_does_not_count_are_estimated(usage: Any) -> None:
    rules = msgspec.structs.replace(RULES, price_in=1.0, price_out=1.0)
    with rogue(lambda request, number: completion(whole(), usage=usage)) as server:
        _, asker = ask(server, rules)
    (call,) = asker.calls
    assert 5 <= call.tokens_in < 100 and call.tokens_out > 50 and 0 < call.cost < 1


def test_the_revision_is_the_one_that_the_server_names() -> None:
    with rogue(lambda request, number: completion(whole(), system_fingerprint="fp_7")) as server:
        _, asker = ask(server)
    assert asker.calls[0].revision == "rogue-1 fp_7"


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_an_answer_that_is_all_reasoning_is_read_where_it_fits(field: str) -> None:
    def thinks(text: str, ended: str) -> Script:
        return lambda request, number: completion(None, ended, message={field: text})

    with rogue(thinks(f"So.</think>{whole()}", "stop")) as server:
        filled, asker = ask(server)
    assert filled.scores == SHAPE.read(whole()).scores
    assert "reasoning" in asker.calls[0].repairs[0]
    said = r"cut off at max_tokens.*--reasoning-parser"
    with rogue(thinks("First I", "length")) as server, pytest.raises(TaskFailed, match=said):
        ask(server)


def test_half_a_surrogate_pair_in_an_answer_is_replaced_and_noted() -> None:
    outer = json.dumps(completion(whole(summary="HALF of a pair", strengths="\ud800 so")))
    body = outer.replace("HALF", "\\udc00").encode()
    assert rb"\ud800" in body and rb"\udc00" in body
    with rogue(lambda request, number: http(body)) as server:
        filled, asker = ask(server)
    assert len(server.requests) == 1
    assert (
        filled.texts["summary"] == "\ufffd of a pair" and filled.texts["strengths"] == "\ufffd so"
    )
    assert asker.calls[0].repairs == ("characters replaced by U+FFFD: 1",) * 2


def test_control_characters_do_not_reach_a_record() -> None:
    text = whole(summary="one\x00two\x1bthree\tfour\nfive", strengths=r"a path C:\u0000\b")
    with rogue(lambda request, number: completion(text)) as server:
        filled, _ = ask(server)
    assert filled.texts["summary"] == "one\ufffdtwo\ufffdthree\tfour\nfive"
    assert filled.texts["strengths"] == r"a path C:\u0000\b"
