"""Finds the best pairs of two large sets of sparse vectors with compiled loops.

A library's sparse product is as fast, but must hold all products before the best can be chosen;
here a row's products are dropped as soon as its best are known.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def _compiled(function: Any) -> Any:
    """Compile a function at its first call, and cache it on disk if a folder is writable."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # Neither this file's folder nor the user's cache can be written.
        return njit(nogil=True)(function)


def best_pairs(rows: Any, columns: Any, top: int, both: bool) -> tuple[NDArray[Any], ...]:
    """The `top` best columns of each row and, with `both`, best rows of each column.

    Rows are scanned in parallel, one part per processor; the result does not depend on their
    number.

    Args:
        rows, columns: sparse matrices (m, words) and (n, words) of float32, without negatives.

    Returns:
        Columns and values of each row, (m, top), and rows and values of each column, (n, top), in
        no order. Of equal values those of the lowest positions are kept. The second dimension is
        smaller if there are fewer.
    """
    m, n = rows.shape[0], columns.shape[0]
    left, right = rows.tocsr(), columns.T.tocsr()
    words = (left.indptr, left.indices, left.data, right.indptr, right.indices, right.data)
    of_rows = _none((m, min(top, n)))
    size = min(top, m) if both else 0

    def scan(part: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        found = _none((n, size))
        _scan(*words, part[0], part[-1] + 1, *of_rows, *found)
        return found

    parts = [part for part in np.array_split(np.arange(m), _processors()) if part.size]
    with ThreadPoolExecutor(max(len(parts), 1)) as pool:
        found = list(pool.map(scan, parts))
    return (*of_rows, *_best_of(found, size, n))


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _best_of(
    parts: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]], size: int, n: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The best pairs of each column over all parts; of equal values the lowest rows win."""
    best, most = parts[0] if parts else _none((n, size))
    for which, value in parts[1:]:
        names, values = np.hstack([best, which]), np.hstack([most, value])
        order = np.lexsort((names, -values), axis=1)[:, :size]
        best = np.take_along_axis(names, order, axis=1)
        most = np.take_along_axis(values, order, axis=1)
    return best, most


def _none(shape: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    return np.zeros(shape, np.int32), np.full(shape, -1.0, np.float32)


@_compiled
def _scan(
    starts: Any, words: Any, weights: Any, lists: Any, holders: Any, shares: Any,
    first: Any, end: Any, row_best: Any, row_value: Any, column_best: Any, column_value: Any,
) -> None:  # fmt: skip
    """Update the best pairs with the products of the rows `first` to `end` and all columns; each
    row takes one pass over its words' lists of columns."""
    n, both = len(column_best), column_best.shape[1] > 0
    least = np.full(n, np.float32(-1.0 if both else 2.0))
    product = np.zeros(n, np.float32)
    for row in range(first, end):
        product[:] = 0.0
        for at in range(starts[row], starts[row + 1]):
            word, weight = words[at], weights[at]
            for place in range(lists[word], lists[word + 1]):
                product[holders[place]] += weight * shares[place]
        bar = np.float32(-1.0)
        for column in range(n):
            value = min(product[column], np.float32(1.0))
            if value > bar:
                bar = _push(row_best[row], row_value[row], column, value)
            if value > least[column]:
                least[column] = _push(column_best[column], column_value[column], row, value)


@_compiled
def _push(names: Any, values: Any, name: Any, value: Any) -> Any:
    """Replace the lowest value of a heap (of equals, the latest); return the new lowest."""
    at, size = 0, len(values)
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            values[other] < values[child]
            or (values[other] == values[child] and names[other] > names[child])
        ):
            child = other
        if values[child] > value or (values[child] == value and names[child] < name):
            break
        values[at], names[at] = values[child], names[child]
        at = child
    values[at], names[at] = value, name
    return values[0]
