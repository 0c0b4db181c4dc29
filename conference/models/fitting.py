"""Fits a paper into a model's context by one stated rule.

A paper that is too long keeps its abstract, introduction and conclusion whole. References, appendix
and acknowledgements are dropped first; then each other section is cut at its end to the same share
of its length. If that is still too long, the text is cut at its end. Each cut is marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from conference.papers.document import split_sections

KEPT = ("abstract", "introduction", "conclusion", "conclusions", "")
LAST = ("references", "bibliography", "appendix", "acknowledgements", "acknowledgments")
CUT = "[cut here: {words} {unit} not fit]"
STEPS = 12
PIECE = re.compile(r"\s*\S{1,20}")  # A word with the space before it; some scripts have no spaces.


def fit_paper(text: str, budget: int, count: Callable[[str], int]) -> str:
    """The text in at most `budget` tokens by `count`, cut by the rule above."""
    if count(text) <= budget:
        return text
    sections = [(section.title, PIECE.findall(section.text)) for section in split_sections(text)]
    low, high = 0.0, 1.0
    if count(_joined(sections, high)) <= budget:  # Without the sections in `LAST` the rest fits.
        low = high
    for _ in range(STEPS):
        share = (low + high) / 2
        if count(_joined(sections, share)) <= budget:
            low = share
        else:
            high = share
    return fit_text(_joined(sections, low), budget, count)


def fit_texts(texts: Sequence[str], budget: int, count: Callable[[str], int]) -> list[str]:
    """The texts in at most `budget` tokens together: the longest are cut to one common length.

    So a thread that is too long loses no review, answer or comment, and short ones stay whole.
    """
    if sum(map(count, texts)) <= budget:
        return list(texts)
    words = [PIECE.findall(text) for text in texts]
    low, high = 0, max(map(len, words))
    while low < high:
        middle = (low + high + 1) // 2
        if sum(count(_cut(each, middle)) for each in words) <= budget:
            low = middle
        else:
            high = middle - 1
    return [_cut(each, low) for each in words]


def fit_text(text: str, budget: int, count: Callable[[str], int]) -> str:
    """The text, cut at its end to at most `budget` tokens."""
    if count(text) <= budget:
        return text
    words = PIECE.findall(text)
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if count(_cut(words, middle)) <= budget:
            low = middle
        else:
            high = middle - 1
    return _cut(words, low)


def _cut(words: list[str], kept: int) -> str:
    if kept >= len(words):
        return "".join(words)
    left = len(words) - kept
    mark = CUT.format(words=left, unit="word does" if left == 1 else "words do")
    return f"{''.join(words[:kept])} {mark}".lstrip()


def _joined(sections: list[tuple[str, list[str]]], share: float) -> str:
    parts = []
    for title, words in sections:
        kept = len(words) if title in KEPT else 0 if title in LAST else int(len(words) * share)
        parts.append(f"{title}\n{_cut(words, kept)}" if title else "".join(words))
    return "\n\n".join(parts)
