"""Thresholds of a score for acceptance, fitted on other papers than those they judge.

A threshold maximises balanced accuracy; ties are broken by accuracy, then by the lower threshold.
It lies halfway between two neighbouring scores (or is infinite, above all of them), and a score at
or above it counts as accept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from conference.core.seeds import generator
from conference.statistics.estimate import Booleans, Floats, as_floats, as_labels

FOLDS = 5
EQUAL = 1e-9  # Sums of weights that differ by less are equal, apart from rounding.


def fit_threshold(accepted: Booleans, scores: Floats) -> float:
    """The threshold with the highest balanced accuracy; raises `Undefined` for a single class."""
    label, values = as_labels(accepted), as_floats(scores, "scores")
    return float(best_thresholds(label, values)(np.ones((1, values.size)))[0])


def best_thresholds(accepted: Booleans, scores: Floats) -> Callable[[Floats], Floats]:
    """A function from blocks (rows, scores) of weights to the best threshold of each row, (rows,);
    NaN if a class has no weight."""
    order = np.argsort(scores, kind="stable")
    ranked, positive = scores[order], accepted[order].astype(np.float64)
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    points = np.r_[-np.inf, ranked[starts], np.inf]
    last = points.size - 1

    def fit(block: Floats) -> Floats:
        weights = block[:, order]
        both = np.add.reduceat(weights, starts, axis=1)
        gain = np.add.reduceat(weights * positive, starts, axis=1)
        # For each point: true positives at or above it, and true negatives below it.
        lost = np.cumsum(gain, axis=1)
        kept = lost[:, -1:] - np.pad(lost, ((0, 0), (1, 0)))
        spared = np.pad(np.cumsum(both - gain, axis=1), ((0, 0), (1, 0)))
        accepts, rejects = kept[:, :1], spared[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            balanced = kept / accepts + spared / rejects
        good = balanced >= balanced.max(axis=1, keepdims=True) - EQUAL
        right = np.where(good, kept + spared, -np.inf)
        best = (right >= right.max(axis=1, keepdims=True) - EQUAL).argmax(axis=1)
        # The nearest points with weight: below the cut, and at or above it.
        there = np.pad(both > 0, ((0, 0), (1, 1)), constant_values=True)
        at = np.arange(points.size)
        below = np.maximum.accumulate(np.where(there, at, 0), axis=1)
        above = np.minimum.accumulate(np.where(there, at, last)[:, ::-1], axis=1)[:, ::-1]
        rows = np.arange(len(block))
        low, high = points[below[rows, best]], points[above[rows, best + 1]]
        with np.errstate(invalid="ignore"):
            middle = np.where(np.isinf(low), high, (low + high) / 2)
        found: Floats = np.where((accepts * rejects)[:, 0] > 0, middle, np.nan)
        return found

    return fit


def cross_validated(
    accepted: Booleans, scores: Floats, *, folds: int = FOLDS, seed: int = 0
) -> tuple[Booleans, Floats]:
    """Decisions with thresholds from the other folds, and each paper's threshold.

    Folds are stratified by decision and drawn from `seed`.
    """
    label, values = as_labels(accepted), as_floats(scores, "scores")
    thresholds = np.empty(values.size)
    which = stratified_folds(label, folds, seed)
    for fold in range(folds):
        inside = which == fold
        if inside.any():
            thresholds[inside] = fit_threshold(label[~inside], values[~inside])
    return values >= thresholds, thresholds


def cross_fitted(
    accepted: Booleans, scores: Floats, which: NDArray[np.int64]
) -> Callable[[Floats], Floats]:
    """A function from blocks (rows, scores) of weights to decisions (1 or 0) with thresholds from
    the other folds under the same weights; NaN if none could be fitted. `which` are the folds."""
    fit = best_thresholds(accepted, scores)

    def decide(block: Floats) -> Floats:
        said = np.empty(block.shape)
        for fold in np.unique(which):
            inside = which == fold
            cut = fit(np.where(inside, 0.0, block))[:, None]
            said[:, inside] = np.where(np.isnan(cut), np.nan, scores[inside] >= cut)
        return said

    return decide


def stratified_folds(accepted: Booleans, folds: int, seed: int) -> np.ndarray:
    """A fold number for each paper; the folds' counts of each class differ by at most one."""
    label = as_labels(accepted)
    folds_of = np.empty(label.size, dtype=np.int64)
    rng = generator(seed, "folds", folds)
    for kind in (True, False):
        members = rng.permutation(np.flatnonzero(label == kind))
        folds_of[members] = np.arange(members.size) % folds
    return folds_of
