"""Reads text, thoughts and refusal from a message of the OpenAI protocol, in all their forms.

Most servers send the content as a text, some as a list of parts that may include the model's
thoughts, and some as the requested object itself.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

THOUGHTS = ("reasoning", "reasoning_content", "reasoning_details")  # where servers put them
THINKING = ("thinking", "reasoning")  # types of parts that are thoughts: "reasoning.text" is one


class Said(msgspec.Struct, frozen=True):
    """What a message says; "" for each part that it lacks."""

    text: str = ""
    thoughts: str = ""
    refusal: str = ""

    def __add__(self, other: Said) -> Said:
        return Said(
            self.text + other.text,
            self.thoughts + other.thoughts,
            self.refusal + other.refusal,
        )


def said_in(message: dict[str, Any]) -> Said:
    """What a message, or a part of one in a stream, says.

    Servers repeat the same thoughts under several names: only the first name is read.
    """
    said = _content(message.get("content"))
    thoughts = next(filter(None, (_words(message.get(name)) for name in THOUGHTS)), "")
    return said + Said("", thoughts, _words(message.get("refusal")))


def _content(content: Any) -> Said:
    if isinstance(content, list):
        return sum(map(_part, content), Said())
    if isinstance(content, dict) and "type" in content and _words(content):
        return _part(content)
    if content is None or isinstance(content, str):
        return Said(content or "")
    return Said(json.dumps(content, ensure_ascii=False))


def _part(part: Any) -> Said:
    kind = str(part.get("type", "")) if isinstance(part, dict) else ""
    if kind.startswith(THINKING):
        return Said("", _words(part))
    if kind == "refusal":
        return Said("", "", _words(part.get("refusal")) or _words(part))
    return Said(_words(part))


def _words(value: Any) -> str:
    """The text in a string, a part or a list of parts; "" if there is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_words, value))
    if isinstance(value, dict):
        names = ("text", "thinking", "content", "reasoning", "summary")
        return next(filter(None, (_words(value.get(name)) for name in names)), "")
    return ""
