"""Answers that a server sends as a stream of events, put together again.

A stream is asked for where whole answers were cut off on their way: while tokens arrive, a proxy
that gives up on a silent connection does not.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

STREAM = {"stream": True, "stream_options": {"include_usage": True}}
SEEN = ("system_fingerprint", "model", "usage", "error")  # of the whole body, in whichever event
WORDS = ("content", "reasoning_content", "reasoning", "refusal")


class CutShort(ValueError):
    """A stream that ended before its answer did."""


def is_stream(content: str) -> bool:
    """Whether a response's body is server-sent events, whatever its header says."""
    return content.lstrip().startswith(("data:", "event:", "id:", ":"))


def whole_body(content: str) -> str:
    """The one JSON body of the protocol that a stream's events amount to.

    Raises:
        CutShort: there is neither a last event nor a reason why the answer ended.
        ValueError: an event is no JSON object of the protocol.
    """
    seen: dict[str, Any] = {}
    message: dict[str, str] = {}
    places: list[Any] = []
    reason, done = None, False
    for data in _events(content):
        if data == "[DONE]":
            done = True
            break
        event = _object(msgspec.json.decode(data))
        seen |= {name: event[name] for name in SEEN if event.get(name)}
        for choice in event.get("choices") or ():
            delta = _object(_object(choice).get("delta") or {})
            for name in WORDS:
                if isinstance(part := delta.get(name), str):
                    message[name] = message.get(name, "") + part
            places += _object(choice.get("logprobs") or {}).get("content") or ()
            reason = choice.get("finish_reason") or reason
    if not (done or reason or "error" in seen):
        raise CutShort("the stream ended before the answer did")
    choice = {"message": message, "finish_reason": reason, "logprobs": {"content": places}}
    return json.dumps({**seen, "choices": [] if "error" in seen else [choice]})


def _events(content: str) -> list[str]:
    """The data of each event; one that is not followed by an end of line never came whole."""
    lines = content.split("\n")[:-1]
    return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("an event of the stream is no object of the protocol")
    return found
