"""Measures against accept/reject decisions.

`accepted` are booleans (true = accepted), `predicted` a reviewer's own booleans, and `scores` its
scores, higher meaning better; all have shape (papers,). A score equal to a threshold counts as
accept. The measures on scores need no threshold. All raise `Undefined` with one class only.

The AI Scientist (Lu et al. 2024, table 1) reports as "AUC" the AUROC of the binary decision, which
equals balanced accuracy; `auroc` here is that of the scores.
"""

from __future__ import annotations

from conference.statistics import weighted
from conference.statistics.bootstrap import LEVEL, RESAMPLES, Statistic, attempt, estimate
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
    """Of the papers predicted accepted, the share accepted; undefined where none is predicted."""
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
    """Area under the ROC of the scores: the chance that an accepted paper scores above a rejected
    one, ties counting one half (Hanley and McNeil 1982)."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(as_labels(accepted), as_floats(scores, "scores")))


def average_precision(accepted: Booleans, scores: Floats) -> float:
    """Precision averaged over the recall gained at each distinct score (step-wise, no
    interpolation; Zhu 2004)."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(as_labels(accepted), as_floats(scores, "scores")))


def tied_share(scores: Floats) -> float:
    """The share of pairs of papers with the same score: how much of a ranking is undecided."""
    import numpy as np

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
    """The measure `name` of a binary decision, to be resampled by paper."""
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


def _trials(name: str, accepted: Booleans, predicted: Booleans) -> int:
    """How many papers a share is of; 0 for a figure that is no plain share."""
    match name:
        case "accuracy":
            return int(accepted.size)
        case "precision":
            return int(predicted.sum())
        case "recall" | "fnr":
            return int(accepted.sum())
        case "fpr":
            return int((~accepted).sum())
    return 0


def decision_figures(
    accepted: Booleans, predicted: Booleans, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """All measures of a binary decision, with paper-level intervals.

    A share of 0 or 1, which each resample repeats, has Wilson's interval instead (1927).
    """
    from statsmodels.stats.proportion import proportion_confint

    n = int(accepted.size)

    def one(name: str) -> Estimate:
        value = POINTS[name](accepted, predicted)
        chosen = statistic(name, accepted, predicted)
        found = estimate(chosen, n, value=value, resamples=resamples, seed=seed)
        trials = _trials(name, as_labels(accepted), predicted)
        if not trials or value not in (0.0, 1.0) or not resamples:
            return found
        low, high = proportion_confint(value * trials, trials, 1 - LEVEL, method="wilson")
        return Estimate(value, float(low), float(high), n)

    return {name: attempt(lambda name=name: one(name), n) for name in POINTS}  # type: ignore[misc]


def score_figures(
    accepted: Booleans, scores: Floats, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """AUROC and average precision of the scores, with paper-level intervals."""
    n = int(accepted.size)

    def area() -> Estimate:
        value = auroc(accepted, scores)
        chosen = weighted.auroc(scores, as_labels(accepted))
        return estimate(chosen, n, value=value, resamples=resamples, seed=seed)

    def averaged() -> Estimate:
        value = average_precision(accepted, scores)
        chosen = weighted.average_precision(scores, as_labels(accepted))
        return estimate(chosen, n, value=value, resamples=resamples, seed=seed)

    return {"auroc": attempt(area, n), "average_precision": attempt(averaged, n)}
