"""A score's threshold for acceptance, always fitted on other papers than those it judges.

The threshold maximises balanced accuracy; of equally good ones the most accurate is taken, and of
these the lowest. It lies halfway between two neighbouring scores (above all of them, it is
infinite), and a score at or above it counts as accept.
"""

from __future__ import annotations

import numpy as np

from conference.core.seeds import generator
from conference.statistics.estimate import Booleans, Floats, as_floats, as_labels

FOLDS = 5


def fit_threshold(accepted: Booleans, scores: Floats) -> float:
    """The threshold of highest balanced accuracy; raises `Undefined` with one class only."""
    label, values = as_labels(accepted), as_floats(scores, "scores")
    distinct, place = np.unique(values, return_inverse=True)
    gained = np.bincount(place, weights=label, minlength=distinct.size)[::-1].cumsum()[::-1]
    passed = np.bincount(place, weights=~label, minlength=distinct.size)[::-1].cumsum()[::-1]
    kept, lost = np.append(gained, 0), label.size - label.sum() - np.append(passed, 0)
    balanced = kept / label.sum() + lost / (~label).sum()
    good = np.flatnonzero(np.isclose(balanced, balanced.max(), rtol=0, atol=1e-12))
    best = int(good[np.argmax((kept + lost)[good])])
    if best == 0:
        return float(distinct[0])
    if best == distinct.size:
        return float("inf")
    return float((distinct[best - 1] + distinct[best]) / 2)


def cross_validated(
    accepted: Booleans, scores: Floats, *, folds: int = FOLDS, seed: int = 0
) -> tuple[Booleans, Floats]:
    """Decisions whose thresholds come from the other folds, and the thresholds, one a paper.

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


def stratified_folds(accepted: Booleans, folds: int, seed: int) -> np.ndarray:
    """A fold number for each paper, equally many of each class in each fold (to one)."""
    label = as_labels(accepted)
    folds_of = np.empty(label.size, dtype=np.int64)
    rng = generator(seed, "folds", folds)
    for kind in (True, False):
        members = rng.permutation(np.flatnonzero(label == kind))
        folds_of[members] = np.arange(members.size) % folds
    return folds_of
