"""Runs of three to five letters within words, counted by hash: TF-IDF without a list of terms.

A text's runs are those of its words (scikit-learn's analyzer `char_wb`), and words come again from
text to text, so each word is cut up once. A hash takes the place of the list of terms, which would
be larger than all other coefficients together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 17
SHORTEST, LONGEST = 3, 5


@lru_cache(maxsize=1 << 17)
def runs_of(word: str) -> NDArray[np.int32]:
    """The buckets of a word's runs, with a space before and after the word, repeats as they are."""
    padded = f" {word} "
    found = [
        crc32(padded[start : start + size].encode()) % BUCKETS
        for size in range(SHORTEST, min(LONGEST, len(padded)) + 1)
        for start in range(len(padded) - size + 1)
    ]
    return np.array(found, dtype=np.int32)


def counted(texts: Sequence[str]) -> Any:
    """How often each bucket's runs are in each text, sparse (texts, BUCKETS)."""
    from scipy.sparse import csr_matrix

    places: dict[str, int] = {}
    words = [text.lower().split() for text in texts]
    rows = [[places.setdefault(word, len(places)) for word in each] for each in words]
    used = csr_matrix(
        (
            np.ones(sum(map(len, rows))),
            np.concatenate([*map(_whole, rows), _whole([])]),
            _ends(rows),
        ),
        shape=(len(texts), len(places)),
    )
    cut = [runs_of(word) for word in places]
    of_words = csr_matrix(
        (np.ones(sum(map(len, cut))), np.concatenate([*cut, _whole([])]), _ends(cut)),
        shape=(len(places), BUCKETS),
    )
    return used @ of_words


def weighted(counts: Any, idf: NDArray[Any]) -> Any:
    """Counts as TF-IDF: one plus the logarithm of each, times idf, of unit length.

    A text whose runs all weigh nothing, such as a title "NA", stays nought.
    """
    rows = counts.copy()
    rows.data = (1 + np.log(rows.data)) * idf.astype(np.float64, copy=False)[rows.indices]
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    rows.data /= np.repeat(np.where(lengths > 0, lengths, 1.0), np.diff(rows.indptr))
    return rows


def _whole(row: Sequence[int]) -> NDArray[np.int32]:
    return np.asarray(row, dtype=np.int32)


def _ends(rows: Sequence[Any]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, rows)])
