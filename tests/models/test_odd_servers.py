"""Odd servers and odd answers: a valid answer is read, a doubtful one never becomes a score."""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from conference.core.errors import UserError
from conference.core.tasks import TaskFailed
from conference.models import ModelRules, make_model, parse_spec
from conference.models.records import calls_to_json
from tests.models.rogue import Raw, completion, http, refusal, rogue
from tests.models.test_behaviours import FORM, RULES, SHAPE, TEXT, WHOLE, always, ask, at_second

R = FORM.rating
RATING = WHOLE[R]
TOP = max(FORM[R].values)
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "so {x}"}]}
CHOICE = completion(TEXT)["choices"][0]


def rated(value: object) -> dict[str, Any]:
    return completion(json.dumps({**WHOLE, R: value}))


def stream(*events: object) -> Raw:
    body = "".join(
        each if isinstance(each, str) else f"data: {json.dumps(each)}\n\n" for each in events
    )
    return http(body.encode(), Content_Type="text/event-stream")


def delta(**said: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": said}]}


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
# The answer is whole, and what is odd about it is no reason to ask again.
WHOLE_ANSWERS: dict[str, Any] = {
    "parts": completion([{"type": "text", "text": TEXT[:9]}, TEXT[9:]]),
    "a part of thoughts": completion([THOUGHT, {"type": "text", "text": TEXT}]),
    "the object itself": completion(WHOLE),
    "a fence among words": completion(f"See {{it}}:\n```json\n{TEXT}\n```\nI {{hope}} it helps"),
    "one wrapper": completion(json.dumps({"review": WHOLE})),
    "a rating of the scale's top": rated(f"{RATING}/{TOP:g}"),
    "a rating with its meaning": rated(f"{RATING}: top 50% of papers"),
    "other marks of thoughts": completion(f"[THINK]so {{x}}[/THINK]{TEXT}"),
    "a channel of thoughts": completion(
        f"<|channel|>analysis<|message|>so {{x}}<|end|><|channel|>final<|message|>{TEXT}"
    ),
    "reasons of other kinds": completion(
        TEXT, 1, message={"refusal": False, "reasoning": ["so"]}, model=3, system_fingerprint=4
    ),
    "likelihoods of nothing": completion(TEXT, choices=[{**CHOICE, "logprobs": [1]}]),
    "likelihoods that are no JSON": completion(
        TEXT, choices=[{**CHOICE, "logprobs": {"content": [{"logprob": -math.inf}]}}]
    ),
    "the first answer last": completion(
        "", choices=[{**completion("no")["choices"][0], "index": 1}, CHOICE]
    ),
    "a byte order mark": http(b"\xef\xbb\xbf" + json.dumps(completion(TEXT)).encode()),
    "an empty event": stream(": busy\n\n", delta(content=TEXT), "event: ping\ndata:\n\n", END),
    "a stream of parts": stream(
        delta(content=[THOUGHT]), delta(content=[{"type": "text", "text": TEXT}]), END
    ),
    "a stream of whole messages": stream({"choices": [CHOICE]}),
    "a stream without a last line's end": stream(
        delta(content=TEXT), "data: " + json.dumps(END)
    ),
}  # fmt: skip


THOUGHTFUL = ("a part of thoughts", "reasons of other kinds", "a stream of parts")


@pytest.mark.parametrize("odd", WHOLE_ANSWERS)
def test_a_whole_answer_is_read_at_once(odd: str) -> None:
    with rogue(always(WHOLE_ANSWERS[odd])) as server:
        filled, asker = ask(server)
    assert filled == SHAPE.read(TEXT) and len(server.requests) == 1
    assert (asker.calls[0].thinking == "on") == (odd in THOUGHTFUL)


def test_bytes_that_are_no_text_are_replaced_and_noted() -> None:
    text = json.dumps({**WHOLE, "summary": "A naQve method of some use."})
    body = json.dumps(completion(text)).encode().replace(b"Q", b"\xef")
    with rogue(always(http(body))) as server:
        filled, asker = ask(server)
    assert filled.texts["summary"] == "A na\ufffdve method of some use."
    assert "U+FFFD: 1" in asker.calls[0].repairs[0]


@pytest.mark.parametrize("said", ["2-3", "2–3", "2, 3", "2,5", "2 (or 3)", "2 to 3", "2/97", "-2"])
def test_a_rating_that_says_two_numbers_is_none(said: str) -> None:
    with rogue(at_second(rated(said))) as server:
        filled, asker = ask(server)
    assert filled.scores[R] == RATING and asker.calls[0].problem.startswith(f"{R} is")


def test_a_field_that_is_there_twice_is_not_chosen_from() -> None:
    other = next(value for value in FORM[R].values if value != RATING)
    twice = completion(f'{TEXT[:-1]}, "{R}": {other:g}}}')
    with rogue(at_second(twice)) as server:
        filled, asker = ask(server)
    assert filled.scores[R] == RATING and "twice" in asker.calls[0].problem


@pytest.mark.parametrize("count", [10**40, 2**63, -1, True, "7", 0])
def test_tokens_that_no_call_can_have_are_estimated(count: object) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": count}
    with rogue(always(completion(TEXT, usage=usage))) as server:
        _, asker = ask(server)
    assert 10 < asker.calls[0].tokens_in < 1000 and 10 < asker.calls[0].tokens_out < 1000
    assert calls_to_json(asker.calls)


def test_an_answer_without_end_is_kept_to_what_was_asked_for() -> None:
    rules = msgspec.structs.replace(RULES, max_tokens=100)
    with rogue(always(completion("x" * 10**6))) as server, pytest.raises(TaskFailed) as failed:
        ask(server, rules)
    assert "does not keep to max_tokens" in str(failed.value)


QUOTES = '\\"' * 100_000


@pytest.mark.parametrize(
    "text",
    ['{"summary": "' + QUOTES, "x```{" * 30_000, rated("6" + " " * 60_000 + "x")],
    ids=["escapes", "fences", "spaces"],
)
def test_what_a_model_repeats_without_end_is_read_once(text: Any) -> None:
    """Read anew from each of its places it would take hours."""
    said = text if isinstance(text, dict) else completion(text, "length")
    with rogue(at_second(said)) as server:
        filled, asker = ask(server)
    assert filled == SHAPE.read(TEXT) and asker.calls[0].problem


def test_a_body_far_beyond_max_tokens_is_not_read() -> None:
    with rogue(at_second(http(b" " * 10**7 + json.dumps(completion(TEXT)).encode()))) as server:
        filled, asker = ask(server)
    assert filled == SHAPE.read(TEXT) and "does not keep to max_tokens" in asker.calls[0].problem


CONTEXT = "give context = 4096, in the model's table"
# What a server answers for good, and what is said of it.
ENDS: dict[str, tuple[Any, str]] = {
    "nothing": (completion(None), "the answer is empty"),
    "a filter": (completion(None, "SAFETY"), "the server's filter withheld it"),
    "a failed choice": (
        completion("", "error", choices=[{**CHOICE, "error": {"message": "upstream died"}}]),
        "failed: upstream died",
    ),
    "an error with status 200": ({"error": {"code": 429, "message": "busy"}}, "failed: busy"),
    "a page": (http(b"<html>Log in</html>"), "begins with '<html>Log in"),
    "no such place": (http(b'{"detail": "Not Found"}', 404), "404 Not Found; check the address"),
    "no such model": (refusal(404, "model 'x' not found, pull it"), "'x' not found, pull it$"),
    "a wrong key": (refusal(401, "no"), "401 Unauthorized: no; check the key in .*OPENAI_API_KEY"),
    "too long for vLLM": (
        refusal(400, "This model's maximum context length is 4096 tokens."), CONTEXT,
    ),
    "too long for llama.cpp": (
        http(b'{"error": {"message": "exceeds the available context size", "n_ctx": 4096}}', 400),
        CONTEXT,
    ),
    "too long for llama-cpp-python": (
        refusal(500, "Requested tokens (5000) exceed context window of 4096"), CONTEXT,
    ),
    "too long for Ollama": (
        refusal(400, "input length exceeds maximum context length"), "own, as context = N",
    ),
    "too long by our count": (
        refusal(400, "prompt is too long: 210000 tokens > 200000 maximum"), "such as 24576",
    ),
    "elsewhere": (
        http(b"", 307, Location="http://127.0.0.1:9/v1/chat/completions"),
        "redirects are not followed: name http://127.0.0.1:9/v1 yourself",
    ),
    "a wait of hours": (refusal(429, "later", Retry_After="86400"), "asks for a pause of 86,400 s"),
}  # fmt: skip


@pytest.mark.parametrize("odd", ENDS)
def test_what_a_server_says_ends_in_one_sentence_with_what_helps(odd: str) -> None:
    answer, said = ENDS[odd]
    with rogue(always(answer)) as server, pytest.raises(TaskFailed, match=said) as failed:
        ask(server, msgspec.structs.replace(RULES, retries=0))
    assert "\n" not in str(failed.value) and server.spec in str(failed.value)


def test_a_server_says_by_a_date_when_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("conference.models.server.asyncio.sleep", note)
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    with rogue(at_second(refusal(429, Retry_After=date))) as server:
        ask(server)
    assert len(waits) == 1 and 15 < waits[0] <= 31


@pytest.mark.parametrize(
    "echo", [lambda key: refusal(401, f"no such key: {key}"), lambda key: rated(key)]
)
def test_a_key_that_a_server_repeats_is_kept_nowhere(
    echo: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234567890")
    kept: list[str] = []
    monkeypatch.setattr(
        "conference.models.asking.Asker._note",
        lambda asker, *told: kept.append(str(told)),
    )
    with rogue(always(echo("sk-1234567890"))) as server, pytest.raises(TaskFailed) as failed:
        ask(server)
    assert kept and "(key)" in str(failed.value)
    assert "sk-1234567890" not in f"{failed.value} {kept}"


@pytest.mark.parametrize(
    "address", ["http://me:sk-12345@a/v1", "http://sk-12345@a/v1", "https://a/v1?key=sk-12345"]
)
def test_an_address_holds_no_secret(address: str) -> None:
    with pytest.raises(UserError, match="environment variable") as wrong:
        parse_spec(f"openai:m@{address}#soft")
    assert "sk-12345" not in str(wrong.value)


def test_a_model_s_name_may_hold_an_at_sign() -> None:
    with rogue(always(completion(TEXT))) as server:
        name, _, url = server.spec.partition("@")
        spec = f"{name}/@cf/other@1@{url}"
        server.spec = spec
        assert ask(server)[0] == SHAPE.read(TEXT)
        assert server.requests[0]["model"] == "rogue/@cf/other@1"
    with pytest.raises(UserError, match="give the model's name"):
        make_model(parse_spec(f"openai:@{url}"), ModelRules())
