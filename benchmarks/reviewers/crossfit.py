"""Cross-fit what a reviewer's scores need: fit on four fifths of the papers for the last fifth.

A straight line onto the rating scale, a threshold for decisions and a probability of acceptance are
each fitted five times and used on papers that they were not fitted on.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.reviewers.question import Question
from conference.core.seeds import generator
from conference.statistics import calibration, thresholds
from conference.statistics.estimate import Booleans, Floats, Undefined

FOLDS = 5
Places = NDArray[np.int64]


class Fitted(msgspec.Struct, frozen=True):
    """Cross-fitted values for all papers, NaN where missing; `said` are decisions."""

    mapped: Floats
    chance: Floats
    said: Floats
    threshold: float | None


def cross_fit(question: Question, values: Floats, use: Booleans, seed: int) -> Fitted:
    """Mapped scores, probabilities of acceptance and decisions, each out of fold."""
    size = values.size
    mapped, chance, said = (np.full(size, np.nan) for _ in range(3))
    truth = np.array([given.mean() if given.size else np.nan for given in question.ratings])
    rated = use & np.isfinite(truth)
    for train, test in _folds(np.flatnonzero(rated), seed):
        mapped[test] = _line(values, truth, train, test)
    accepted = question.accepted
    decided = np.array([i for i in np.flatnonzero(use) if accepted[i] is not None], dtype=int)
    label = np.array([bool(accepted[i]) for i in decided], dtype=np.bool_)
    cuts: list[float] = []
    if fittable(label):
        said[decided], used = thresholds.cross_validated(label, values[decided], seed=seed)
        cuts = [float(cut) for cut in used]
        fold = thresholds.stratified_folds(label, FOLDS, seed)
        for held in range(FOLDS):
            train, test = decided[fold != held], decided[fold == held]
            chance[test] = _chance(values, label[fold != held], train, test)
    middle = float(np.median(cuts)) if cuts else None
    return Fitted(mapped, chance, said, middle if middle is None or np.isfinite(middle) else None)


def fittable(label: Booleans) -> bool:
    """Whether both classes have at least two papers, so that no fold takes a class's only one."""
    return bool(min(label.sum(), (~label).sum()) >= 2)


def _folds(places: Places, seed: int) -> list[tuple[Places, Places]]:
    fold = generator(seed, "map folds").permutation(places.size) % FOLDS
    return [(places[fold != held], places[fold == held]) for held in range(FOLDS)]


def _line(values: Floats, truth: Floats, train: Places, test: Places) -> Floats:
    """Scores mapped by a straight line onto the scale; the mean if the scores do not vary."""
    if train.size < 2:
        return np.full(test.size, np.nan)
    try:
        return calibration.affine_map(values[train], truth[train])(values[test])
    except Undefined:
        return np.full(test.size, truth[train].mean())


def _chance(values: Floats, label: Booleans, train: Places, test: Places) -> Floats:
    """Probabilities of acceptance; the share accepted if the scores do not vary."""
    try:
        return calibration.logistic_map(values[train], label)(values[test])
    except Undefined:
        return np.full(test.size, label.mean())
