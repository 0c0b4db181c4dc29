"""Measures against human ratings: `scores` and `truth` on one scale, shape (papers,).

`truth` is usually a paper's human mean. The rank measures need no common scale. Correlations are
undefined if one side is constant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from conference.statistics import weighted
from conference.statistics.bootstrap import RESAMPLES, Statistic, attempt, estimate
from conference.statistics.estimate import Estimate, Floats, Undefined, as_floats


def mean_absolute_error(scores: Floats, truth: Floats) -> float:
    """The mean absolute error, in points of the scale."""
    from sklearn.metrics import mean_absolute_error as library

    return float(library(*_pair(scores, truth, vary=False)))


def root_mean_squared_error(scores: Floats, truth: Floats) -> float:
    """The root mean squared error, in points of the scale."""
    from sklearn.metrics import root_mean_squared_error as library

    return float(library(*_pair(scores, truth, vary=False)))


def spearman(scores: Floats, truth: Floats) -> float:
    """Spearman's rank correlation with mid-ranks for ties (Spearman 1904)."""
    from scipy.stats import spearmanr

    return float(spearmanr(*_pair(scores, truth)).statistic)


def kendall(scores: Floats, truth: Floats) -> float:
    """Kendall's tau-b, corrected for ties on both sides (Kendall 1945)."""
    from scipy.stats import kendalltau

    return float(kendalltau(*_pair(scores, truth)).statistic)


def pearson(scores: Floats, truth: Floats) -> float:
    """Pearson's r."""
    from scipy.stats import pearsonr

    return float(pearsonr(*_pair(scores, truth)).statistic)


def quadratic_kappa(scores: Floats, truth: Floats, scale: Sequence[float]) -> float:
    """Cohen's kappa with quadratic weights in levels of the scale (Cohen 1968).

    Both sides are first rounded to the nearest allowed value of `scale`, the lower one if halfway.
    """
    from sklearn.metrics import cohen_kappa_score

    x, y = (to_levels(side, scale) for side in _pair(scores, truth, vary=False))
    if (x == x[0]).all() and (y == y[0]).all():
        raise Undefined("all ratings lie on one level of the scale")
    value = cohen_kappa_score(x, y, weights="quadratic", labels=list(range(len(scale))))
    return float(value)


def pairwise_accuracy(scores: Floats, truth: Floats) -> float:
    """The share of pairs of papers with different truths that the scores order correctly; tied
    scores count one half. It is (1 + Somers' D) / 2 (Somers 1962)."""
    from scipy.stats import somersd

    x, y = _pair(scores, truth, vary=False)
    if (y == y[0]).all():
        raise Undefined("all papers have the same human rating, so no pair can be ordered")
    if (x == x[0]).all():
        return 0.5
    if x.size <= 400:
        return 0.5 + float(somersd(y, x).statistic) / 2
    return float(weighted.pairwise_accuracy(x, y)(np.ones((1, x.size)))[0])


def to_levels(values: Floats, scale: Sequence[float]) -> np.ndarray:
    """The position of the nearest allowed value for each value; the lower one if halfway."""
    allowed = np.asarray(scale, dtype=np.float64)
    if allowed.size < 2 or (np.diff(allowed) <= 0).any():
        raise ValueError("a scale needs at least two values, lowest first")
    middles = (allowed[1:] + allowed[:-1]) / 2
    return np.searchsorted(middles, values, side="left").astype(np.int64)


def _matches(scores: Floats, ratings: Sequence[Floats], scale: Sequence[float]) -> Floats:
    """1 if the score, rounded to the scale, equals a human's rating of the paper, else 0
    (OpenReviewer's "exact match with any human"; Idahl and Ahmadi 2025)."""
    levels = to_levels(as_floats(scores, "scores"), scale)
    nearest = np.asarray(scale, dtype=np.float64)[levels]
    found = [bool(np.isin(value, given)) for value, given in zip(nearest, ratings, strict=True)]
    return np.array(found, dtype=np.float64)


def _pair(scores: Floats, truth: Floats, vary: bool = True) -> tuple[Floats, Floats]:
    x, y = as_floats(scores, "scores"), as_floats(truth, "human ratings")
    if x.size != y.size:
        raise ValueError(f"{x.size} scores against {y.size} human ratings")
    if vary and x.size < 3:
        raise Undefined(f"there are only {x.size} papers")
    if vary and (x == x[0]).all():
        raise Undefined("all scores are the same")
    if vary and (y == y[0]).all():
        raise Undefined("all papers have the same human rating")
    return x, y


_Measure = tuple[Callable[[Floats, Floats], float], Callable[[Floats, Floats], Statistic]]
POINTS: dict[str, _Measure] = {
    "mae": (mean_absolute_error, lambda x, y: weighted.mean(np.abs(x - y))),
    "rmse": (root_mean_squared_error, lambda x, y: weighted.root_mean((x - y) ** 2)),
    "spearman": (spearman, weighted.spearman),
    "kendall": (kendall, weighted.kendall),
    "pearson": (pearson, weighted.pearson),
    "pairwise_accuracy": (pairwise_accuracy, weighted.pairwise_accuracy),
}


def rank_figures(
    scores: Floats,
    truth: Floats,
    names: Sequence[str] = ("spearman", "kendall", "pearson", "pairwise_accuracy"),
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """The named measures of `POINTS` with paper-level intervals."""
    n = int(np.size(scores))

    def one(name: str) -> Estimate:
        point, make = POINTS[name]
        value = point(scores, truth)
        return estimate(make(scores, truth), n, value=value, resamples=resamples, seed=seed)

    return {name: attempt(lambda name=name: one(name), n) for name in names}  # type: ignore[misc]


def scale_figures(
    scores: Floats,
    ratings: Sequence[Floats],
    scale: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Measures that need scores on the humans' own scale, with paper-level intervals."""
    n = int(np.size(scores))
    truth = np.array([float(np.mean(given)) for given in ratings])

    def kappa() -> Estimate:
        value = quadratic_kappa(scores, truth, scale)
        levels = (to_levels(scores, scale), to_levels(truth, scale))
        chosen = weighted.quadratic_kappa(*levels, len(scale))
        return estimate(chosen, n, value=value, resamples=resamples, seed=seed)

    def matched() -> Estimate:
        chosen = weighted.mean(_matches(scores, ratings, scale))
        return estimate(chosen, n, resamples=resamples, seed=seed)

    errors = rank_figures(scores, truth, ("mae", "rmse"), resamples=resamples, seed=seed)
    return errors | {"quadratic_kappa": attempt(kappa, n), "exact_match": attempt(matched, n)}
