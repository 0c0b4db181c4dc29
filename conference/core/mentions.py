"""Finds phrases in a text by whole words, never parts of words ("code" is not in "decoder")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def mentions(text: str, phrases: Iterable[str], stems: bool = False) -> bool:
    """Whether one of the phrases occurs in the text, in upper or lower case, singular or plural.

    With `stems` a phrase's last word may go on: "modelling" counts for "model".
    """
    return any(_pattern(phrase, stems).search(text) for phrase in phrases)


def count_mentions(text: str, phrase: str, stems: bool = False) -> int:
    """How often a phrase occurs in the text, by the rules of `mentions`."""
    return len(_pattern(phrase, stems).findall(text))


@cache
def _pattern(phrase: str, stems: bool) -> re.Pattern[str]:
    words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", phrase.strip()))
    end = "" if stems else r"(?:e?s)?(?!\w)"
    return re.compile(rf"(?<!\w){words}{end}", re.IGNORECASE)
