"""Affinity of reviewers to papers, from the text of the reviewers' own papers.

A text is a TF-IDF vector of its words with sublinear term frequency (1 + log tf; Manning, Raghavan
and Schütze 2008, section 6.4) and inverse document frequency over all texts at hand. A reviewer is
the mean of the vectors of their own papers, and the affinity is the cosine of reviewer and paper.
`benchmarks/systems/affinity.py` measures this and other methods against self-reported expertise.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Found = TypeVar("Found")

METHOD = "words, sublinear TF-IDF, cosine with the mean of the reviewer's papers"

_CHUNK = 256  # columns priced at once; bounds memory to rows x _CHUNK floats, a few times over
_COMMON = 4096  # words in most texts, multiplied as a dense block: the same sum, sooner
_THREADS = 4  # at most; SciPy and NumPy let go of the interpreter while they multiply


def _vectors(*groups: Sequence[str]) -> list[Any] | None:
    """A sparse matrix (texts, words) of unit rows for each group; None where no text has a word.

    Document frequencies are over the distinct texts of all groups, each read once.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    distinct = sorted({text for group in groups for text in group})
    if not any(re.search(r"\w\w", text) for text in distinct):
        return None
    vectorizer = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", dtype=np.float32)
    vectors = vectorizer.fit_transform(distinct)
    place = {text: row for row, text in enumerate(distinct)}
    return [vectors[np.array([place[text] for text in group], dtype=int)] for group in groups]


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
        # Nothing is known of anybody: all pairs stand, alike.
        row, column = np.divmod(np.arange(shape[0] * shape[1]), max(shape[1], 1))
        return coo_matrix((np.zeros(len(row)), (row, column)), shape=shape)
    sizes = np.array([len(papers) for papers in reviewer_papers])
    own, papers = vectors
    reviewers = _mean_vectors(own, sizes)
    if top is None:
        blocks = _each_block(papers, reviewers, lambda _, block: block.T)
        whole = np.concatenate(list(blocks))
        row, column = np.divmod(np.arange(whole.size), shape[1])
        return coo_matrix((whole.ravel().astype(np.float64), (row, column)), shape=shape)
    return _best_pairs(reviewers, papers, top)


def nearest(texts: Sequence[str], shelf: Sequence[str], count: int) -> list[list[int]]:
    """For each text the positions of the `count` texts on the shelf most like it, nearest first.

    Texts on the shelf that share no word with it are left out.
    """
    vectors = _vectors(texts, shelf) if texts and shelf and count > 0 else None
    if vectors is None:
        return [[] for _ in texts]

    def found(_: int, block: NDArray[np.float32]) -> list[list[int]]:
        columns = np.ascontiguousarray(block.T)
        return [[int(at) for at in _largest(c, count) if c[at] > 0] for c in columns]

    own, books = vectors
    return [near for part in _each_block(books, own, found) for near in part]


def _mean_vectors(own: Any, sizes: NDArray[Any]) -> Any:
    """The mean vector of each reviewer's papers, of length one; zero for a reviewer without.

    `own` has the papers of all reviewers, `sizes` how many of its rows are each one's.
    """
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    count = own.shape[0]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    owner = csr_matrix((np.ones(count, np.float32), np.arange(count), bounds), (len(sizes), count))
    return normalize(owner @ own)


def _each_block(
    left: Any, right: Any, use: Callable[[int, NDArray[np.float32]], Found]
) -> Iterator[Found]:
    """`use(start, block)` for each block left @ right[start:start + _CHUNK].T, clipped to [0, 1].

    Blocks are dense and computed in threads, a few ahead; what is found comes in order.
    """
    frequency = np.bincount(left.indices, minlength=left.shape[1])
    order = np.argsort(-frequency, kind="stable")
    common, rare = np.sort(order[:_COMMON]), np.sort(order[_COMMON:])
    left_common, right_common = left[:, common].tocsr(), right[:, common].tocsr()
    left_rare, right_rare = left[:, rare].tocsr(), right[:, rare].tocsr()

    def compute(start: int) -> Found:
        stop = start + _CHUNK
        block = left_common @ np.ascontiguousarray(right_common[start:stop].toarray().T)
        if left_rare.nnz:
            block += (left_rare @ right_rare[start:stop].T).toarray()
        return use(start, np.clip(block, 0.0, 1.0, out=block))

    threads = min(_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Found]] = deque()
        for start in range(0, right.shape[0], _CHUNK):
            ahead.append(pool.submit(compute, start))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _best_pairs(reviewers: Any, papers: Any, top: int) -> Any:
    """The union of each paper's best reviewers and each reviewer's best papers."""
    from scipy.sparse import coo_matrix

    m, n = reviewers.shape[0], papers.shape[0]

    def best(start: int, block: NDArray[np.float32]) -> tuple[Any, Any, Any, Any]:
        of_reviewers = np.ascontiguousarray(block.T)
        row, column = _best_of_rows(of_reviewers, min(top, n))
        return (row + start) * n + column, of_reviewers[row, column], start, block

    keys: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    running = _RunningBest(n, min(top, m))
    # A reviewer's vector, a mean, has more words than a paper's: the papers stand as the rows.
    for key, value, start, block in _each_block(papers, reviewers, best):
        keys.append(key)
        values.append(value)
        running.add(block, start)
    running.merge()
    keys.append(running.which.ravel() * n + np.arange(n).repeat(running.which.shape[1]))
    values.append(running.best.ravel())
    key, first = np.unique(np.concatenate(keys), return_index=True)
    value = np.concatenate(values)[first].astype(np.float64)
    return coo_matrix((value, np.divmod(key, n)), shape=(m, n))


class _RunningBest:
    """The `top` best columns of each row, over blocks of columns.

    Newcomers wait until there are as many as places, so that merging stays a small part.
    """

    def __init__(self, rows: int, top: int) -> None:
        self.best = np.full((rows, top), -1.0, np.float32)
        self.which = np.zeros((rows, top), np.int64)
        self._least = np.full(rows, -1.0, np.float32)
        self._waiting: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []

    def add(self, block: NDArray[np.float32], start: int) -> None:
        """Take in a block whose first column is number `start`."""
        row, column = np.nonzero(block > self._least[:, None])
        self._waiting.append((row, column + start, block[row, column]))
        if sum(len(rows) for rows, *_ in self._waiting) >= self.best.size:
            self.merge()

    def merge(self) -> None:
        """Let those that wait take the places of lesser ones."""
        if not self._waiting:
            return
        row, column, newcomer = (np.concatenate(part) for part in zip(*self._waiting, strict=True))
        self._waiting = []
        # Each row's newcomers stand side by side, behind what was kept.
        order = np.argsort(row, kind="stable")
        row, column, newcomer = row[order], column[order], newcomer[order]
        count = np.bincount(row, minlength=len(self.best))
        place = np.arange(len(row)) - (np.cumsum(count) - count)[row]
        shape = len(self.best), int(count.max())
        value = np.full(shape, -1.0, np.float32)
        which = np.zeros(shape, np.int64)
        value[row, place], which[row, place] = newcomer, column
        top = self.best.shape[1]
        value = np.concatenate([self.best, value], axis=1)
        which = np.concatenate([self.which, which], axis=1)
        kept = np.argpartition(-value, top - 1, axis=1)[:, :top]
        self.best = np.take_along_axis(value, kept, axis=1)
        self.which = np.take_along_axis(which, kept, axis=1)
        self._least = self.best.min(axis=1)


def _best_of_rows(block: NDArray[np.float32], top: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Row and column of each row's `top` largest values.

    A threshold from every sixteenth column leaves few to sort; where it leaves too few, all are
    sorted.
    """
    width = block.shape[1]
    if width < 64 * top:
        column = np.argpartition(-block, top - 1, axis=1)[:, :top]
        return np.arange(len(block)).repeat(top), column.ravel()
    sample = block[:, ::16]
    rank = max(1, top // 8)
    least = np.partition(sample, sample.shape[1] - rank, axis=1)[:, -rank]
    rows, columns = [], []
    for at, bar in enumerate(least):
        near = np.flatnonzero(block[at] >= bar)
        if len(near) < top:
            near = np.arange(width)
        chosen = near[np.argpartition(-block[at, near], top - 1)[:top]]
        rows.append(np.full(top, at))
        columns.append(chosen)
    return np.concatenate(rows), np.concatenate(columns)


def _largest(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Positions of the largest values, largest first, equal ones in order."""
    if count < len(values):
        least = np.partition(values, -count)[-count]
        near = np.flatnonzero(values >= least)
    else:
        near = np.arange(len(values))
    return near[np.argsort(-values[near], kind="stable")][:count]
