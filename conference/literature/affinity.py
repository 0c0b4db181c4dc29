"""Affinity of reviewers to papers, from the texts of the reviewers' own papers.

A text is a TF-IDF vector of its words with sublinear term frequency (1 + log tf; Manning, Raghavan
and Schütze 2008, section 6.4) and inverse document frequency over all given texts. A reviewer is
the mean vector of their own papers, and the affinity is the cosine of reviewer and paper.
`benchmarks/systems/affinity.py` measures this and other methods against self-reported expertise.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

METHOD = "words, sublinear TF-IDF, cosine with the mean of the reviewer's papers"

_READ = 16_384  # texts whose words are cached, about 30 MB
_FEW = 4_000_000  # pairs up to which a full table is faster than compiling the loops


def _vectors(*groups: Sequence[str]) -> list[Any] | None:
    """For each group a sparse matrix (texts, words) of unit rows; None if no text has a word.

    Document frequencies are over the distinct texts of all groups, each tokenized once.
    """
    distinct = tuple(sorted({text for group in groups for text in group}))
    if not _has_words(distinct):
        return None
    fitted = _fitted if len(distinct) <= _READ else _fitted.__wrapped__
    _, vectors = fitted(distinct)
    place = {text: row for row, text in enumerate(distinct)}
    return [vectors[np.array([place[text] for text in group], dtype=int)] for group in groups]


def _has_words(texts: Sequence[str]) -> bool:
    return any(re.search(r"\w\w", text) for text in texts)


@lru_cache(maxsize=2)
def _fitted(texts: tuple[str, ...]) -> tuple[Any, Any]:
    """A vectorizer fitted to these texts, and their vectors as unit rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = _words if len(texts) <= _READ else _reader()
    vectorizer = TfidfVectorizer(sublinear_tf=True, analyzer=words, dtype=np.float32)
    return vectorizer, vectorizer.fit_transform(texts)


# A separate cache: a round's own texts, which change each time, would evict the shelf.
_read_shelf = lru_cache(maxsize=1)(_fitted.__wrapped__)


@lru_cache(maxsize=_READ)
def _words(text: str) -> tuple[str, ...]:
    """A text's words without accents. Cached, because the rounds of a study share most texts, and
    tokenizing them took half of a round's time."""
    return tuple(map(sys.intern, _reader()(text)))


@cache
def _reader() -> Callable[[str], list[str]]:
    from sklearn.feature_extraction.text import CountVectorizer

    reader: Callable[[str], list[str]] = CountVectorizer(strip_accents="unicode").build_analyzer()
    return reader


def affinities(
    reviewer_papers: Sequence[Sequence[str]], submissions: Sequence[str], *, top: int | None = None
) -> Any:
    """Affinity of each reviewer (row) to each submission (column), in [0, 1].

    Args:
        reviewer_papers: for each reviewer the texts (title and abstract) of their own papers.
        submissions: the text of each submission.
        top: keep each submission's `top` best reviewers and each reviewer's `top` best
            submissions; None keeps all pairs. A pair kept with affinity 0 is stored.

    Returns:
        A `scipy.sparse.coo_matrix` (reviewers, submissions) of float64, sorted by row and column.
    """
    from scipy.sparse import coo_matrix

    shape = (len(reviewer_papers), len(submissions))
    profiles = [text for papers in reviewer_papers for text in papers]
    vectors = _vectors(profiles, submissions) if all(shape) else None
    if vectors is None:
        # Nothing is known about anybody: all pairs are kept, with affinity 0.
        row, column = np.divmod(np.arange(shape[0] * shape[1]), max(shape[1], 1))
        return coo_matrix((np.zeros(len(row)), (row, column)), shape=shape)
    sizes = np.array([len(papers) for papers in reviewer_papers])
    own, papers = vectors
    reviewers = _mean_vectors(own, sizes)
    if top is None:
        whole = _products(reviewers, papers)
        row, column = np.divmod(np.arange(whole.size), shape[1])
        return coo_matrix((whole.ravel().astype(np.float64), (row, column)), shape=shape)
    of_rows, row_value, of_columns, column_value = _best_pairs(reviewers, papers, top)
    n = shape[1]
    key = np.concatenate(
        [
            (np.arange(shape[0])[:, None] * n + of_rows).ravel(),
            (of_columns.astype(np.int64) * n + np.arange(n)[:, None]).ravel(),
        ]
    )
    key, first = np.unique(key, return_index=True)
    value = np.concatenate([row_value.ravel(), column_value.ravel()])[first]
    return coo_matrix((value.astype(np.float64), np.divmod(key, n)), shape=shape)


@lru_cache(maxsize=2)
def nearest(
    texts: tuple[str, ...], shelf: tuple[str, ...], count: int
) -> tuple[tuple[int, ...], ...]:
    """For each text, the positions of the `count` most similar texts on the shelf, nearest first.

    Document frequencies come from the shelf alone, so that the result for one text does not depend
    on the others, and rounds with the same shelf vectorize it once. Texts on the shelf that share
    no word with the text are left out.
    """
    if not (texts and count > 0 and _has_words(shelf)):
        return ((),) * len(texts)
    fitted = _read_shelf if len(shelf) <= _READ else _fitted.__wrapped__
    vectorizer, rows = fitted(shelf)
    which, value, *_ = _best_pairs(vectorizer.transform(texts), rows, count, both=False)
    order = np.lexsort((which, -value), axis=1)
    which, value = (np.take_along_axis(array, order, axis=1) for array in (which, value))
    return tuple(tuple(row[bar > 0].tolist()) for row, bar in zip(which, value, strict=True))


def _mean_vectors(own: Any, sizes: NDArray[Any]) -> Any:
    """The normalized mean vector of each reviewer's papers; zero for a reviewer without papers.

    `own` has the papers of all reviewers in order, `sizes` the number of papers of each.
    """
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    count = own.shape[0]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    owner = csr_matrix((np.ones(count, np.float32), np.arange(count), bounds), (len(sizes), count))
    return normalize(owner @ own)


def _products(rows: Any, columns: Any) -> NDArray[np.float32]:
    return np.asarray(np.minimum((rows @ columns.T).toarray(), 1.0), np.float32)


def _best_pairs(rows: Any, columns: Any, top: int, both: bool = True) -> tuple[NDArray[Any], ...]:
    """Like `best_pairs`; small tables are sorted instead."""
    if rows.shape[0] * columns.shape[0] > _FEW:
        from conference.literature.best_pairs import best_pairs

        return best_pairs(rows, columns, top, both)
    whole = _products(rows, columns)
    found: list[NDArray[Any]] = []
    for table, most in ((whole, top), (whole.T, top if both else 0)):
        best = np.argsort(-table, axis=1, kind="stable")[:, :most]
        found += [best, np.take_along_axis(table, best, axis=1)]
    return tuple(found)
