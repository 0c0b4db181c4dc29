"""Joins the events of a streamed answer.

Streams are requested once whole answers were cut off on their way: while tokens arrive, a proxy
that closes silent connections keeps this one open.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from conference.models.content import Said, said_in

STREAM = {"stream": True, "stream_options": {"include_usage": True}}
SEEN = ("system_fingerprint", "model", "usage", "error")  # about the whole answer, in any event


class CutShort(ValueError):
    """A stream that ended before its answer did."""


def is_stream(content: str) -> bool:
    """Whether a response's body consists of server-sent events, whatever its header says."""
    return content.lstrip().startswith(("data:", "event:", "id:", ":"))


def whole_body(content: str) -> str:
    """The JSON body that the server would have sent without streaming.

    If the stream holds several answers, only the first is kept.

    Raises:
        CutShort: there is neither a last event nor a finish reason.
        ValueError: an event is not a JSON object of the protocol.
    """
    seen: dict[str, Any] = {}
    parts: list[Said] = []
    places: list[Any] = []
    reason, done = None, False
    for data in _events(content):
        if data == "[DONE]":
            done = True
            break
        event = _object(json.loads(data, strict=False))
        seen |= {name: event[name] for name in SEEN if event.get(name)}
        for choice in map(_object, event.get("choices") or ()):
            if choice.get("index"):
                continue
            parts.append(said_in(_object(choice.get("delta") or choice.get("message") or {})))
            logprobs = choice.get("logprobs")
            places += (logprobs.get("content") or ()) if isinstance(logprobs, dict) else ()
            reason = choice.get("finish_reason") or reason
            seen |= {"error": choice["error"]} if choice.get("error") else {}
    if not (done or reason or "error" in seen):
        raise CutShort("the stream ended before the answer did")
    message = {
        "content": "".join(part.text for part in parts),
        "reasoning": "".join(part.thoughts for part in parts),
        "refusal": "".join(part.refusal for part in parts),
    }
    choice = {"message": message, "finish_reason": reason, "logprobs": {"content": places}}
    return json.dumps({**seen, "choices": [] if "error" in seen else [choice]})


def _events(content: str) -> list[str]:
    """The data of each event that has any, without a last event that is incomplete."""
    *lines, last = content.split("\n")
    with suppress(ValueError):
        json.loads(last.removeprefix("data:"))
        lines.append(last)
    found = (line.removeprefix("data:").strip() for line in lines if line.startswith("data:"))
    return [data for data in found if data]


def _object(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("an event of the stream is not the object that the protocol requires")
    return found
