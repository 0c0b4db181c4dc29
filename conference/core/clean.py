"""The door for text from outside: names, results, output, PDFs, servers' answers and tables.

Behind it text can be written to a file, the ledger, a page and a terminal, and does nothing there.
"""

from __future__ import annotations

import re
from typing import Any

LOST = "\ufffd"  # the replacement character
# Control characters but tabs and line ends, which terminals obey, and halves of surrogate pairs,
# which no file can hold.
UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# What turns the direction of the text behind it, up to its own closing sign or the paragraph's end.
OPENING, CLOSING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068", "\u202c\u2069"
TURNING = re.compile(f"[{OPENING}{CLOSING}]")


def clean(text: str | bytes) -> str:
    """The text with U+FFFD for each character that is none to read, and for bytes not in UTF-8."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isprintable():  # As most text is, and sooner told.
        return text
    return UNCLEAN.sub(LOST, whole_characters(text))


def clean_values(value: Any) -> Any:
    """A value of JSON with clean text in it, names included.

    Raises `ValueError` where two names of an object are then the same.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_values(part) for part in value]
    if isinstance(value, dict):
        made = {clean(name): clean_values(part) for name, part in value.items()}
        if len(made) != len(value):
            raise ValueError("two names in it differ in unreadable characters alone")
        return made
    return value


def whole_characters(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced where they are alone."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def turned_back(text: str) -> str:
    """The text with what it opens of other directions closed at its end, so that what is shown
    behind it reads as it is written."""
    opened: list[str] = []
    for sign in TURNING.findall(text):
        if sign in OPENING:
            opened.append(CLOSING[sign in OPENING[4:]])
        elif sign == CLOSING[0]:
            opened[-1:] = [] if opened[-1:] == [sign] else opened[-1:]  # none through an isolate
        elif sign in opened:
            while opened.pop() != sign:
                pass
    return text + "".join(reversed(opened))
