"""Reads responses of the OpenAI protocol without trusting the server.

Only the answer's text must follow the protocol. Anything else of the wrong type (usage, log
probabilities, the model's name) counts as missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from conference.core.clean import LOST, clean
from conference.models.content import said_in
from conference.models.records import CUT, Place, Reply, place_of
from conference.models.repair import REPLACED, whole_escapes
from conference.models.streaming import is_stream, whole_body

ONLY_THOUGHTS = (
    "the server put the whole answer into its reasoning and none into its content: start it "
    "without a reasoning parser (vllm serve without --reasoning-parser), switch the model's "
    "thinking off, or raise max_tokens in [models]"
)
REFUSES = "the model refuses to answer"
FILTERED = "the server's filter withheld it"
TOOL = "it calls a tool and there is none"
# Why an answer is incomplete, by servers' finish reasons in lower case.
ENDED = {
    "length": CUT, "max_tokens": CUT, "max_output_tokens": CUT, "model_length": CUT,
    "content_filter": FILTERED, "safety": FILTERED, "recitation": FILTERED,
    "prohibited_content": FILTERED, "blocklist": FILTERED, "refusal": REFUSES,
    "tool_calls": TOOL, "tool_use": TOOL, "function_call": TOOL,
}  # fmt: skip
ENDLESS = (
    "the server does not keep to max_tokens and wrote {size:,} characters; check that it takes "
    "max_tokens or max_completion_tokens"
)
TOKEN = 128  # characters of the longest tokens (white space)
# Bytes of a body at most: per token one stream event with its log probabilities, and all else.
EVENT, ELSE = 2048, 4_194_304
MOST = 2**31  # tokens; a server that reports more is wrong
LONGEST = 100  # characters of a model's name
TINY = 1e-3  # how far rounding may lift a log probability above 0


class Fault(ValueError):
    """The response's body reports a failure although its status does not."""


def read_reply(
    content: bytes, asked: str, count: Callable[[str], int], limit: int
) -> tuple[Reply, str]:
    """The reply in a response, and the revision of the model that the server names ("" for none).

    Tokens that the server does not report are estimated by `count` from `asked` and the answer. An
    answer longer than `limit` tokens can be is cut there; a far longer body is not read at all.

    Raises:
        CutShort: the response is a stream that ended before its answer did.
        Fault: the server reports a failure.
        ValueError: the response does not follow the protocol.
    """
    if len(content) > EVENT * limit + ELSE:
        return Reply("", count(asked), 0, limit, ENDLESS.format(size=len(content))), ""
    sent, repairs = _decoded(content)
    body = _body(sent)
    choice = _first_choice(body)
    said, ended = said_in(as_object(choice["message"])), _ended(choice)
    text = said.text
    if said.refusal:
        text, ended = text or said.refusal, REFUSES
    elif said.thoughts.strip() and not text.strip():
        # A server with a reasoning parser takes all text for thoughts if no mark ends them.
        text, ended = said.thoughts, "; ".join(part for part in (ended, ONLY_THOUGHTS) if part)
        repairs = (*repairs, "read from the server's reasoning, as its content is empty")
    if len(text) > TOKEN * limit:
        ended, text = ENDLESS.format(size=len(text)), text[: TOKEN * limit]
    usage = _dict(body.get("usage"))
    given = _tokens(usage, "prompt_tokens") or count(asked)
    cached = _tokens(_dict(usage.get("prompt_tokens_details")), "cached_tokens")
    made = _tokens(usage, "completion_tokens") or count(text)
    reply = Reply(
        text, given, min(cached, given), made, ended, repairs=repairs,
        thinking="on" if said.thoughts else "", places=_places(choice.get("logprobs")),
    )  # fmt: skip
    return reply, _revision(body)


def fault_in(body: dict[str, Any]) -> str:
    """The message of an error's body, in one line; "" if it has none."""
    told = body.get("message")
    found = body.get("error") or (told if isinstance(told, str) else "") or body.get("detail")
    if isinstance(found, list):  # Servers built on FastAPI list the errors of a call.
        found = "; ".join(str(_dict(each).get("msg") or each) for each in found)
    if isinstance(found, dict):
        found = found.get("message") or found
    return " ".join(clean(str(found)).split()) if found else ""


def as_object(found: Any) -> dict[str, Any]:
    """`found` if it is a JSON object; raises `ValueError` otherwise."""
    if not isinstance(found, dict):
        raise ValueError("a part of the response is not the object that the protocol requires")
    return found


def _body(sent: str) -> dict[str, Any]:
    try:
        found = json.loads(whole_body(sent) if is_stream(sent) else sent, strict=False)
    except json.JSONDecodeError as error:
        begin = " ".join(clean(sent[:60]).split())
        raise ValueError(f"its answer is not JSON; it begins with {begin!r}") from error
    return as_object(found)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """A body as text, with U+FFFD for undecodable parts, and a description of the changes."""
    text = content.decode("utf-8-sig", "replace")
    lost = text.count(LOST) - content.count(LOST.encode())
    sent, repairs = whole_escapes(text)
    return sent, (*([f"{REPLACED}: {lost}"] if lost > 0 else []), *repairs)


def _first_choice(body: dict[str, Any]) -> dict[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        said = fault_in(body)
        raise Fault(said[:200]) if said else ValueError("the response has no choices")
    found = [as_object(choice) for choice in choices]
    first = next((choice for choice in found if choice.get("index") == 0), found[0])
    if first.get("error") or str(first.get("finish_reason")).lower() == "error":
        raise Fault(fault_in(first)[:200] or "it gives no reason")
    if "message" not in first:
        raise ValueError("the response's first choice has no message")
    return first


def _ended(choice: dict[str, Any]) -> str:
    return ENDED.get(str(choice.get("finish_reason")).lower(), "")


def _revision(body: dict[str, Any]) -> str:
    parts = (body.get(name) for name in ("model", "system_fingerprint"))
    said = clean(" ".join(str(part) for part in parts if part))
    return " ".join(said.split())[:LONGEST]


def _places(logprobs: Any) -> tuple[Place, ...]:
    """The answer's places with their likeliest tokens; empty if the server returned none."""
    tokens = _dicts(_dict(logprobs).get("content"))
    if not any(each.get("top_logprobs") for each in tokens):
        return ()
    return tuple(
        place_of(
            str(each.get("token")),
            [
                (str(other.get("token")), _logprob(other.get("logprob")))
                for other in _dicts(each.get("top_logprobs"))
            ],
        )
        for each in tokens
    )


def _logprob(value: Any) -> float:
    """A log probability; minus infinity for a value that is none (not a number, or above 0)."""
    number = float(value) if isinstance(value, int | float) else math.nan
    return number if number <= 0 else (0.0 if number < TINY else -math.inf)


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _tokens(counts: dict[str, Any], name: str) -> int:
    value = counts.get(name)
    return value if type(value) is int and 0 <= value < MOST else 0
