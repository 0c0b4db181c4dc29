"""How far predicted chances of acceptance can be trusted, and maps that correct them.

`probability` has shape (papers,) in [0, 1]; `accepted` is boolean.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from conference.statistics import weighted
from conference.statistics.bootstrap import RESAMPLES, attempt, estimate
from conference.statistics.estimate import (
    Booleans,
    Estimate,
    Floats,
    Undefined,
    as_floats,
    as_labels,
)

BINS = 10
Map = Callable[[Floats], Floats]


class ReliabilityBin(msgspec.Struct, frozen=True):
    """One bin of a reliability curve: mean prediction, share accepted, number of papers."""

    low: float
    high: float
    predicted: float
    observed: float
    n: int


def brier(accepted: Booleans, probability: Floats) -> float:
    """The mean squared distance of chance and outcome (Brier 1950); 0 is best."""
    from sklearn.metrics import brier_score_loss

    return float(brier_score_loss(as_labels(accepted), _chances(probability)))


def reliability_curve(
    accepted: Booleans, probability: Floats, bins: int = BINS
) -> list[ReliabilityBin]:
    """The non-empty equal-width bins, lowest first."""
    chances = _chances(probability)
    which = np.minimum((chances * bins).astype(np.int64), bins - 1)
    return [
        ReliabilityBin(
            low=b / bins,
            high=(b + 1) / bins,
            predicted=float(chances[which == b].mean()),
            observed=float(np.asarray(accepted)[which == b].mean()),
            n=int((which == b).sum()),
        )
        for b in range(bins)
        if (which == b).any()
    ]


def affine_map(scores: Floats, target: Floats) -> Map:
    """The straight line of least squares from scores to the target."""
    from scipy.stats import linregress

    fit = linregress(*_varying(scores, target))
    return lambda values: np.asarray(fit.intercept + fit.slope * values, dtype=np.float64)


def logistic_map(scores: Floats, accepted: Booleans) -> Map:
    """Chances of acceptance by logistic regression on the score (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    x, _ = _varying(scores, np.asarray(accepted, dtype=np.float64))
    centre, spread = x.mean(), x.std()
    fit = LogisticRegression(C=1e6).fit(((x - centre) / spread)[:, None], as_labels(accepted))

    def chances(values: Floats) -> Floats:
        if not values.size:
            return np.empty(0)  # as of a fold that has none of a few papers; the library refuses it
        scaled = ((values - centre) / spread)[:, None]
        return np.asarray(fit.predict_proba(scaled)[:, 1], dtype=np.float64)

    return chances


def calibration_figures(
    accepted: Booleans, probability: Floats, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Brier score and expected calibration error with paper-level intervals.

    The latter is the mean distance of prediction and outcome over equal-width bins, weighted by
    their papers (Naeini, Cooper and Hauskrecht 2015).
    """
    n = int(probability.size)

    def squared() -> Estimate:
        value = brier(accepted, probability)
        chosen = weighted.mean((probability - accepted) ** 2)
        return estimate(chosen, n, value=value, resamples=resamples, seed=seed)

    def binned() -> Estimate:
        chosen = weighted.calibration_error(_chances(probability), as_labels(accepted), BINS)
        return estimate(chosen, n, resamples=resamples, seed=seed)

    return {"brier": attempt(squared, n), "ece": attempt(binned, n)}


def _chances(probability: Floats) -> Floats:
    chances = as_floats(probability, "predicted chances")
    if chances.min() < 0 or chances.max() > 1:
        raise ValueError("predicted chances must lie between 0 and 1")
    return chances


def _varying(scores: Floats, target: Floats) -> tuple[Floats, Floats]:
    x, y = as_floats(scores, "scores"), as_floats(target, "target values")
    if (x == x[0]).all():
        raise Undefined("all scores are the same, so no map can be fitted")
    return x, y
