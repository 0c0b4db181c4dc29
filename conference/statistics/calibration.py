"""How well predicted probabilities of acceptance are calibrated, and maps that calibrate scores.

`probability` has shape (papers,) in [0, 1]; `accepted` is boolean.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from conference.core.seeds import generator
from conference.statistics import weighted
from conference.statistics.bootstrap import LEVEL, RESAMPLES, attempt, estimate
from conference.statistics.estimate import (
    Booleans,
    Estimate,
    Floats,
    Undefined,
    as_floats,
    as_labels,
)

BINS = 10
BIASED = "no interval: chance alone makes it positive, as the figure beside it shows"
_BLOCK_CELLS = 2_000_000
Map = Callable[[Floats], Floats]


class ReliabilityBin(msgspec.Struct, frozen=True):
    """A bin of a reliability curve: its bounds, mean prediction, share accepted, and papers."""

    low: float
    high: float
    predicted: float
    observed: float
    n: int


def brier(accepted: Booleans, probability: Floats) -> float:
    """The mean squared difference of probability and outcome (Brier 1950); 0 is best."""
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
    """The least-squares line from scores to the target."""
    from scipy.stats import linregress

    x, y = _varying(scores, target)
    unit = _unit(x)
    fit = linregress(unit(x), y)
    return lambda values: np.asarray(fit.intercept + fit.slope * unit(values), dtype=np.float64)


def logistic_map(scores: Floats, accepted: Booleans) -> Map:
    """A map from scores to probabilities of acceptance by logistic regression (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    given, _ = _varying(scores, np.asarray(accepted, dtype=np.float64))
    unit = _unit(given)
    x = unit(given)
    centre, spread = x.mean(), x.std()
    fit = LogisticRegression(C=1e6).fit(((x - centre) / spread)[:, None], as_labels(accepted))

    def chances(values: Floats) -> Floats:
        if not values.size:
            return np.empty(0)  # An empty fold of few papers: the library refuses empty input.
        scaled = ((unit(values) - centre) / spread)[:, None]
        return np.asarray(fit.predict_proba(scaled)[:, 1], dtype=np.float64)

    return chances


def calibration_figures(
    accepted: Booleans, probability: Floats, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Brier score with a paper-level interval, and expected calibration error.

    The latter is the mean distance of prediction and outcome over equal-width bins, weighted by
    their papers (Naeini, Cooper and Hauskrecht 2015). Noise increases it, even more in resamples,
    so a bootstrap interval would lie above the truth and is not given. Instead `ece_by_chance`
    gives its mean and range if the probabilities were right, over outcomes drawn from them
    (Broecker and Smith 2007).
    """
    n = int(probability.size)

    def squared() -> Estimate:
        value = brier(accepted, probability)
        chosen = weighted.mean((probability - accepted) ** 2)
        return estimate(chosen, n, value=value, resamples=resamples, seed=seed)

    def binned() -> Estimate:
        chosen = weighted.calibration_error(_chances(probability), as_labels(accepted), BINS)
        found = estimate(chosen, n, resamples=0)
        return Estimate(found.value, None, None, n, BIASED)

    def by_chance() -> Estimate:
        as_labels(accepted)
        drawn = _errors_by_chance(_chances(probability), resamples, seed)
        if not drawn.size:
            raise Undefined("no resamples were asked for")
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(float(drawn.mean()), float(low), float(high), n)

    made = {"brier": squared, "ece": binned, "ece_by_chance": by_chance}
    return {name: attempt(make, n) for name, make in made.items()}


def _errors_by_chance(chances: Floats, draws: int, seed: int) -> Floats:
    """The calibration errors, shape (draws,), of outcomes drawn from the probabilities."""
    rng = generator(seed, "outcomes by chance", chances.size)
    inside = np.minimum((chances * BINS).astype(np.int64), BINS - 1)[:, None] == np.arange(BINS)
    rows = max(1, _BLOCK_CELLS // chances.size)
    found = [np.empty(0)]
    for start in range(0, draws, rows):
        outcomes = rng.random((min(rows, draws - start), chances.size)) < chances
        gaps = (chances - outcomes) @ inside.astype(np.float64)
        found.append(np.abs(gaps).sum(axis=1) / chances.size)
    return np.concatenate(found)


def _unit(values: Floats) -> Map:
    """A map that scales the lowest of these values to 0 and the highest to 1, so that squares
    neither vanish nor overflow."""
    low, span = float(values.min()), float(np.ptp(values))
    return lambda given: (given - low) / span


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
