"""Which effects a test of paired differences can find, and with what power."""

from __future__ import annotations

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from benchmarks.studies.paired import Components, Shape
from conference.core.seeds import generator

POWER = 0.8
DRAWS = 1000


def detectable(error: float, df: float, alpha: float, power: float = POWER) -> float:
    """The true effect that a two-sided t test with this error and `df` finds with `power`."""
    if error == 0 or power <= alpha:
        return 0.0
    high = error
    while power_for(high, error, df, alpha) < power:
        high *= 2
    return float(brentq(lambda effect: power_for(effect, error, df, alpha) - power, 0.0, high))


def power_for(effect: float, error: float, df: float, alpha: float) -> float:
    """The power of a two-sided t test with this error and `df` for a true `effect`."""
    if error == 0:
        return float(effect != 0)
    limit = stats.t.isf(alpha / 2, df) ** 2
    # t² is noncentral F; statsmodels' solver fails with few degrees of freedom.
    return float(1 - special.ncfdtr(1, df, (effect / error) ** 2, limit))


def expected_error(shape: Shape, parts: Components, alpha: float, power: float = POWER) -> float:
    """The error of a t test with known components that has as much power as the study's own test.

    A study estimates its components, none below 0. A component of 0 is often estimated as more,
    which widens the interval and leaves few degrees of freedom: if units and rounds do not differ,
    a test that knew this would have power .8 where the study has .5.
    """
    error = float(shape.variance(*parts) ** 0.5)
    known = detectable(error, shape.degrees(*parts), alpha, power)
    return error * _smallest(shape, parts, alpha, power) / known if known else error


def _smallest(shape: Shape, parts: Components, alpha: float, power: float) -> float:
    """The effect that a t test with estimated error and degrees of freedom finds with `power`, over
    `DRAWS` simulated studies with these components."""
    estimates = _estimates(shape, parts)
    degrees = np.array([shape.degrees(*each) for each in estimates])
    errors = np.array([shape.variance(*each) ** 0.5 for each in estimates])
    limits = stats.t.isf(alpha / 2, degrees) * errors
    error = float(shape.variance(*parts) ** 0.5)

    def found(effect: float) -> float:
        above, below = (limits - effect) / error, (-limits - effect) / error
        return float(np.mean(stats.norm.sf(above) + stats.norm.cdf(below)))

    high = error
    while found(high) < power:
        high *= 2
    return float(brentq(lambda effect: found(effect) - power, 0.0, high))


def _estimates(shape: Shape, parts: Components) -> list[Components]:
    """The components that simulated studies with normal differences estimate."""
    draws = generator(0, "power").random((3, DRAWS))
    counts = shape.units if shape.unit else 1.0, shape.replicates if shape.replicate else 1.0
    free = max(shape.pairs - 1 - sum(count - 1 for count in counts), 1.0)
    noise = parts[2] * stats.chi2.ppf(draws[2], free) / free
    found = []
    for component, count, draw in zip(parts[:2], counts, draws[:2], strict=True):
        if count == 1:
            found.append(np.zeros(DRAWS))
            continue
        each = shape.pairs / count
        mean = (parts[2] + each * component) / (count - 1)
        square = mean * stats.chi2.ppf(draw, count - 1)
        found.append(np.maximum((square - noise) / each, 0.0))
    return list(zip(*(each.tolist() for each in (*found, noise)), strict=True))
