"""Text that stands in a prompt and must not pass for anything but text."""

from __future__ import annotations

import re

# What may open a tag or a turn of a chat: "<" before a name, whatever stands between them, and
# words in capitals in square brackets, as in [INST].
OPENING = re.compile(r"<(?=\W{0,8}[^\W\d])|\[(?=/?[A-Za-z_]{0,40}\])(?=/?[a-z_]*[A-Z]{3})")
# Characters without width or ink: a tag, or a whole text, may be hidden among them.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
# What is a tag or a mark of a turn beyond doubt: the like of <|end|>, </paper> and [INST]. The own
# words of a model may be code, in which a bracket alone has its meaning; they are JSON, in which
# the end of a line is written with a backslash.
MARK = re.compile(
    r"<(?=[|/｜]?\w[^<>\n\\]{0,80}>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS)\])"
)


def defused(text: str) -> str:
    """Text from outside that cannot close or open a fence or pass for a turn of a chat.

    A bracket that could open one is replaced by one that reads alike; invisible characters go.
    """
    return OPENING.sub("\u2039", INVISIBLE.sub("", text))


def unmarked(text: str) -> str:
    """A model's own words as they may stand in its next prompt: no mark in them opens a turn.

    A paper can ask for such marks, and models obey at times.
    """
    return MARK.sub("\u2039", text)
