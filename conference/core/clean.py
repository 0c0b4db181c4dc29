"""Cleans text from outside: names, results, output, PDFs, servers' answers and tables.

Cleaned text is harmless in a file, the ledger, a page and a terminal.
"""

from __future__ import annotations

import re
from typing import Any

LOST = "\ufffd"  # the replacement character
# Control characters that terminals obey (tabs and line ends may stay), and lone surrogates, which
# UTF-8 cannot encode.
UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# Bidirectional controls: they hold until their closing character or the end of the paragraph.
OPENING, CLOSING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068", "\u202c\u2069"
TURNING = re.compile(f"[{OPENING}{CLOSING}]")


def clean(text: str | bytes) -> str:
    """The text with U+FFFD for each unclean character and for bytes that are not UTF-8."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isprintable():  # The fast path for most text.
        return text
    return UNCLEAN.sub(LOST, whole_characters(text))


def clean_values(value: Any) -> Any:
    """A JSON value with its strings and keys cleaned.

    Raises `ValueError` if cleaning makes two keys of an object equal.
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
    """The text with surrogate pairs joined and lone surrogates replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def turned_back(text: str) -> str:
    """The text with its open bidirectional controls closed, so that they don't affect what
    follows."""
    opened: list[str] = []
    for sign in TURNING.findall(text):
        if sign in OPENING:
            opened.append(CLOSING[sign in OPENING[4:]])
        elif sign == CLOSING[0]:
            # It cannot close an embedding outside the innermost open isolate.
            opened[-1:] = [] if opened[-1:] == [sign] else opened[-1:]
        elif sign in opened:
            while opened.pop() != sign:
                pass
    return text + "".join(reversed(opened))
