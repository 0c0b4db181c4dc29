"""Measures against accept/reject decisions.

`accepted` are booleans (true = accepted), `predicted` a reviewer's own booleans, and `scores` its
scores, higher meaning better; all have shape (papers,). A score equal to a threshold counts as
accept. The measures on scores need no threshold. All raise `Undefined` with one class only.

The "AUC" of The AI Scientist (Lu et al. 2024, table 1) is the AUROC of the binary decision, which
equals balanced accuracy; `auroc` here is the AUROC of the scores.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conference.statistics import thresholds, weighted
from conference.statistics.bootstrap import (
    LEVEL,
    RESAMPLES,
    Statistic,
    attempt,
    estimate,
    estimates,
)
from conference.statistics.estimate import (
    Booleans,
    Estimate,
    Floats,
    Undefined,
    as_floats,
    as_labels,
)


def balanced_accuracy(accepted: Booleans, predicted: Booleans) -> float:
    """The mean of the true positive and the true negative rate (Brodersen et al. 2010)."""
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(as_labels(accepted), predicted))


def accuracy(accepted: Booleans, predicted: Booleans) -> float:
    """The share of decisions that agree."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(as_labels(accepted), predicted))


def f1(accepted: Booleans, predicted: Booleans) -> float:
    """The harmonic mean of precision and recall for the class "accepted" (van Rijsbergen 1979)."""
    from sklearn.metrics import f1_score

    return float(f1_score(as_labels(accepted), predicted, zero_division=0.0))


def precision(accepted: Booleans, predicted: Booleans) -> float:
    """Of the papers predicted accepted, the share accepted; undefined if there are none."""
    from sklearn.metrics import precision_score

    label = as_labels(accepted)
    if not predicted.any():
        raise Undefined("no paper is predicted accepted")
    return float(precision_score(label, predicted))


def recall(accepted: Booleans, predicted: Booleans) -> float:
    """Of the accepted papers, the share predicted accepted."""
    from sklearn.metrics import recall_score

    return float(recall_score(as_labels(accepted), predicted))


def false_positive_rate(accepted: Booleans, predicted: Booleans) -> float:
    """Of the rejected papers, the share predicted accepted."""
    from sklearn.metrics import recall_score

    return 1 - float(recall_score(~as_labels(accepted), ~predicted))


def false_negative_rate(accepted: Booleans, predicted: Booleans) -> float:
    """Of the accepted papers, the share predicted rejected."""
    return 1 - recall(accepted, predicted)


def auroc(accepted: Booleans, scores: Floats) -> float:
    """Area under the ROC curve of the scores: the probability that an accepted paper scores above a
    rejected one, ties counting one half (Hanley and McNeil 1982)."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(as_labels(accepted), as_floats(scores, "scores")))


def average_precision(accepted: Booleans, scores: Floats) -> float:
    """Precision averaged over the recall gained at each distinct score (step-wise, no
    interpolation; Zhu 2004)."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(as_labels(accepted), as_floats(scores, "scores")))


def tied_share(scores: Floats) -> float:
    """The share of pairs of papers with the same score: how much of a ranking is undecided."""
    if scores.size < 2:
        raise Undefined("there are fewer than two papers")
    sizes = np.unique(scores, return_counts=True)[1].astype(np.float64)
    return float((sizes * (sizes - 1)).sum() / (scores.size * (scores.size - 1)))


POINTS = {
    "balanced_accuracy": balanced_accuracy,
    "accuracy": accuracy,
    "f1": f1,
    "precision": precision,
    "recall": recall,
    "fpr": false_positive_rate,
    "fnr": false_negative_rate,
}


def statistic(name: str, accepted: Booleans, predicted: Booleans) -> Statistic:
    """The measure `name` of a binary decision, as a statistic resampled by paper."""
    label, said = as_labels(accepted), predicted
    hit = label == said
    real, wrong = label.astype(float), (~hit).astype(float)
    match name:
        case "balanced_accuracy":
            return weighted.balanced(hit, label)
        case "accuracy":
            return weighted.mean(hit.astype(float))
        case "f1":
            return weighted.f1(said, label)
        case "precision":
            return weighted.ratio(said * real, said.astype(float))
        case "recall":
            return weighted.ratio(said * real, real)
        case "fpr":
            return weighted.ratio(wrong * (1 - real), 1 - real)
        case "fnr":
            return weighted.ratio(wrong * real, real)
    raise KeyError(name)


def sure(found: Estimate, trials: int) -> Estimate:
    """Replace the interval of a share of 0 or 1, which every resample repeats, by Wilson's (1927).

    Other estimates are returned unchanged.
    """
    from statsmodels.stats.proportion import proportion_confint

    if found.value not in (0.0, 1.0) or found.low is None or found.low != found.high or not trials:
        return found
    low, high = proportion_confint(found.value * trials, trials, 1 - LEVEL, method="wilson")
    return Estimate(found.value, float(low), float(high), found.n)


def _trials(name: str, accepted: Booleans, predicted: Booleans) -> int:
    """The number of papers that a share refers to. Figures that are not simple shares count the
    papers of the smaller class: that many disjoint pairs of the two classes exist."""
    match name:
        case "accuracy":
            return int(accepted.size)
        case "precision":
            return int(predicted.sum())
        case "recall" | "fnr":
            return int(accepted.sum())
        case "fpr":
            return int((~accepted).sum())
    return int(min(accepted.sum(), (~accepted).sum()))


def decision_figures(
    accepted: Booleans, predicted: Booleans, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """All measures of given binary decisions, with paper-level intervals (see `sure`)."""
    n = int(accepted.size)

    def one(name: str) -> Estimate:
        value = POINTS[name](accepted, predicted)
        chosen = statistic(name, accepted, predicted)
        found = estimate(chosen, n, value=value, resamples=resamples, seed=seed)
        return sure(found, _trials(name, as_labels(accepted), predicted))

    return {name: attempt(lambda name=name: one(name), n) for name in POINTS}  # type: ignore[misc]


def cross_fitted_figures(
    accepted: Booleans, scores: Floats, *, resamples: int = RESAMPLES, seed: int = 0,
    paper: NDArray[np.int64] | None = None, share: Floats | None = None,
) -> dict[str, Estimate]:  # fmt: skip
    """All measures of decisions by thresholds that are fitted on the other folds.

    Thresholds are fitted anew in each resample; with fixed thresholds a 95 % interval of the false
    positive rate covers the truth in only half of all cases. A paper that is drawn twice stays in
    its fold. For several scores per paper, such as human ratings, `paper` gives the position of
    each score's paper and `share` its weight.
    """
    label = as_labels(accepted)
    paper = np.arange(label.size) if paper is None else paper
    first = np.r_[True, paper[1:] != paper[:-1]]
    folds = thresholds.stratified_folds(label[first], thresholds.FOLDS, seed)[paper]
    decide = thresholds.cross_fitted(label, as_floats(scores, "scores"), folds)

    def measured(block: Floats) -> Floats:
        weights = block[:, paper] if share is None else block[:, paper] * share
        return _measures(label, decide(weights), weights)

    n = int(first.sum())
    found = estimates(measured, tuple(POINTS), n, resamples=resamples, seed=seed)
    said = decide(np.ones((1, label.size)) if share is None else share[None])[0] == 1
    if not said.any():
        none = Estimate(None, None, None, n, "no paper is predicted accepted")
        found["precision"] = none
    return {
        name: sure(each, _trials(name, label[first], said[first])) for name, each in found.items()
    }


def cross_fitted_statistic(
    name: str, accepted: Booleans, scores: Floats, *, seed: int = 0
) -> Statistic:
    """The measure `name` of `cross_fitted_figures`, as a statistic resampled by paper."""
    label = as_labels(accepted)
    folds = thresholds.stratified_folds(label, thresholds.FOLDS, seed)
    decide = thresholds.cross_fitted(label, as_floats(scores, "scores"), folds)
    place = list(POINTS).index(name)
    return lambda weights: _measures(label, decide(weights), weights)[:, place]


def _measures(label: Booleans, said: Floats, weights: Floats) -> Floats:
    """The measures of `POINTS` in order, shape (rows, measures), of weighted decisions."""
    real, given = label * weights, said * weights
    hits = (said * real).sum(axis=1)
    return _rates(hits, given.sum(axis=1), real.sum(axis=1), weights.sum(axis=1))


def _rates(hits: Floats, said: Floats, real: Floats, total: Floats) -> Floats:
    """The measures of `POINTS` in order, shape (rows, measures), from the weights of true
    positives, predicted positives, actual positives, and all papers."""
    wrong, others = said - hits, total - real
    recall, fpr = _share(hits, real), _share(wrong, others)
    balanced, accuracy = (recall + 1 - fpr) / 2, _share(hits + others - wrong, total)
    f1, precision = _share(2 * hits, said + real), _share(hits, said)
    return np.stack([balanced, accuracy, f1, precision, recall, fpr, 1 - recall], axis=1)


def _share(above: Floats, below: Floats) -> Floats:
    part: Floats = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    return part


def score_figures(
    accepted: Booleans, scores: Floats, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """AUROC and average precision of the scores, with paper-level intervals (see `sure`)."""
    n = int(accepted.size)

    def certain(found: Estimate) -> Estimate:
        return sure(found, int(min(np.sum(accepted), np.sum(~accepted))))

    def area() -> Estimate:
        value = auroc(accepted, scores)
        chosen = weighted.auroc(scores, as_labels(accepted))
        return certain(estimate(chosen, n, value=value, resamples=resamples, seed=seed))

    def averaged() -> Estimate:
        value = average_precision(accepted, scores)
        chosen = weighted.average_precision(scores, as_labels(accepted))
        return certain(estimate(chosen, n, value=value, resamples=resamples, seed=seed))

    return {"auroc": attempt(area, n), "average_precision": attempt(averaged, n)}
