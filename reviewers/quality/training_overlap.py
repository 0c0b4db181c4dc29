"""Which papers a model was trained on, by short marks of title and abstract.

A paper keeps its marks under another id, in another data set and under another year, and when one
of title and abstract was changed since.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

BYTES = 4  # With 20,000 training papers a new paper is taken for one of them once in 100,000.
_OTHER = re.compile(r"[\W_]+")
OPENING = 200  # Letters of the abstract that count: later ones are changed more often.


def marks_of(title: str, abstract: str) -> frozenset[int]:
    """The marks of a paper: one of its title and one of its abstract's opening."""
    texts = (_letters(title), _letters(abstract[: 4 * OPENING])[:OPENING])
    return frozenset(
        int.from_bytes(hashlib.blake2b(f"{place}{text}".encode(), digest_size=BYTES).digest())
        for place, text in enumerate(texts)
        if len(text) >= (OPENING if place else 1)
    )


def packed_marks(papers: Iterable[tuple[str, str]]) -> NDArray[np.uint32]:
    """The marks of papers given as title and abstract, sorted, (marks,)."""
    return np.array(
        sorted({mark for paper in papers for mark in marks_of(*paper)}), dtype=np.uint32
    )


def overlaps(papers: Iterable[tuple[str, str]], marks: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which papers, given as title and abstract, have one of the marks, (papers,)."""
    known = frozenset(marks.tolist())
    return np.array([not known.isdisjoint(marks_of(*paper)) for paper in papers], dtype=np.bool_)


def _letters(text: str) -> str:
    return _OTHER.sub("", normalize("NFKC", text).casefold())
