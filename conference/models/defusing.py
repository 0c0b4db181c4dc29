"""Makes text harmless in a prompt, so that it cannot pass for a tag or a chat turn."""

from __future__ import annotations

import re

# What may open a tag or a chat turn: "<" shortly before a letter, and words in capitals in square
# brackets, as in [INST].
OPENING = re.compile(r"<(?=\W{0,8}[^\W\d])|\[(?=/?[A-Za-z_]{0,40}\])(?=/?[a-z_]*[A-Z]{3})")
# Invisible characters, which can hide a tag or a whole text.
INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
# Certain tags and turn markers, such as <|end|>, </paper> and [INST]. A model's answer may hold
# code, where a lone bracket must stay, and is JSON, where a line end is written with a backslash.
MARK = re.compile(
    r"<(?=[|/｜]?\w[^<>\n\\]{0,80}>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS)\])"
)


def defused(text: str) -> str:
    """Outside text made unable to open or close a fence or to pass for a chat turn.

    Opening brackets become a similar-looking one; invisible characters are removed.
    """
    return OPENING.sub("\u2039", INVISIBLE.sub("", text))


def unmarked(text: str) -> str:
    """A model's own words, for its next prompt, with tags and turn markers made harmless.

    A paper can ask a model to write such markers, and models sometimes obey.
    """
    return MARK.sub("\u2039", text)
