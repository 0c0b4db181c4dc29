"""Inference on paired differences that units and replicates cross.

`values` has shape (units, replicates): treatment − control of one unit in one replicate, NaN where
there is no pair. The model is value = effect + unit + replicate + residual, all three random: the
answer is meant for other papers and other draws of the round, so both are sampled.

The mean's variance is the two-way clustered one: var_unit Σn_u²/N² + var_replicate Σn_r²/N² +
var_residual/N, with the components by Henderson's method 1 (Searle, Casella and McCulloch 1992,
section 5.3; the usual analysis of variance where no pair is missing) and t quantiles with
Satterthwaite's degrees of freedom. A percentile bootstrap over both was tried and not taken: with
few replicates it is too short where replicates differ (it has no t quantiles) and too long where
they do not (it counts the residual three times; Owen 2007). SIMULATION.md has the coverage of both.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from scipy import stats

from conference.core.seeds import generator
from conference.statistics.estimate import Floats, Undefined

FLIPS = 1999
_BLOCK_CELLS = 4_000_000
_TINY = 1e-12


class Layout(msgspec.Struct, frozen=True):
    """Which pairs there are, and which of the two random factors they can tell apart."""

    mask: Floats
    by_unit: Floats
    by_replicate: Floats
    n: float
    unit: bool
    replicate: bool


class Mean(msgspec.Struct, frozen=True):
    """The mean of paired differences with all that its uncertainty needs.

    `units` and `replicates` are the numbers in the table; `effective_*` those of equally large ones
    (Kish). `var_*` are the components of one difference's variance. A factor that these data cannot
    tell from the residual (one replicate; each unit once) has component 0.
    """

    value: float
    error: float
    df: float
    n: int
    units: int
    replicates: int
    var_unit: float
    var_replicate: float
    var_residual: float
    effective_units: float
    effective_replicates: float

    def interval(self, alpha: float) -> tuple[float, float]:
        """The interval of level 1 − alpha."""
        half = float(stats.t.ppf(1 - alpha / 2, self.df)) * self.error
        return self.value - half, self.value + half

    def p(self, against: float = 0.0) -> float:
        """Two-sided p of the t test that the mean is `against`."""
        return float(2 * stats.t.sf(abs(_ratio(self.value - against, self.error)), self.df))

    def p_equivalence(self, margin: float) -> float:
        """p of the two one-sided tests that the mean lies within ± margin (Schuirmann 1987)."""
        above = stats.t.sf(_ratio(self.value + margin, self.error), self.df)
        below = stats.t.cdf(_ratio(self.value - margin, self.error), self.df)
        return float(max(above, below))


def layout(values: Floats) -> Layout:
    """What is known of `values` before their sizes are looked at."""
    mask = np.isfinite(values).astype(np.float64)
    by_unit, by_replicate, n = mask.sum(axis=1), mask.sum(axis=0), float(mask.sum())
    units, replicates = int((by_unit > 0).sum()), int((by_replicate > 0).sum())
    return Layout(mask, by_unit, by_replicate, n, 1 < units < n, 1 < replicates < n)


def two_way_mean(values: Floats) -> Mean:
    """The mean with its two-way clustered error; `Undefined` with fewer than two pairs."""
    made = layout(values)
    if made.n < 2:
        raise Undefined(f"there are {made.n:.0f} pairs, and an interval needs two")
    filled = np.nan_to_num(values)
    sums = filled.sum(axis=1)[None], filled.sum(axis=0)[None], np.array([(filled**2).sum()])
    parts = _components(made, *sums)
    value, variance = filled.sum() / made.n, _variance(made, parts)
    var_unit, var_replicate, var_residual = (float(part[0]) for part in parts)
    units = made.n**2 / float((made.by_unit**2).sum())
    replicates = made.n**2 / float((made.by_replicate**2).sum())
    counts = int((made.by_unit > 0).sum()), int((made.by_replicate > 0).sum())
    shape = Shape(units, replicates, made.n, made.unit, made.replicate)
    return Mean(
        value=float(value),
        error=float(np.sqrt(variance[0])),
        df=shape.degrees(var_unit, var_replicate, var_residual),
        n=int(made.n),
        units=counts[0],
        replicates=counts[1],
        var_unit=var_unit,
        var_replicate=var_replicate,
        var_residual=var_residual,
        effective_units=units,
        effective_replicates=replicates,
    )


class Shape(msgspec.Struct, frozen=True):
    """How many units, replicates and pairs a design has, and which factors it tells apart."""

    units: float
    replicates: float
    pairs: float
    unit: bool = True
    replicate: bool = True

    def variance(self, unit: float, replicate: float, residual: float) -> float:
        """Of the mean, from the components of one difference."""
        return unit / self.units + replicate / self.replicates + residual / self.pairs

    def degrees(self, unit: float, replicate: float, residual: float) -> float:
        """Satterthwaite's degrees of freedom of that variance (1946), at least 1."""
        noise = residual / self.pairs
        free = self.pairs - 1
        terms = []
        for live, component, count in (
            (self.unit, unit, self.units),
            (self.replicate, replicate, self.replicates),
        ):
            if live:
                free -= count - 1
                if component > 0:
                    terms.append((component / count + noise, count - 1))
        sign = 1 - len(terms)  # The residual is in each term, and is to be counted once.
        terms.append((sign * noise, max(free, 1.0)))
        below = sum(part * part / df for part, df in terms)
        whole = self.variance(unit, replicate, residual)
        return max(1.0, whole * whole / below) if below > 0 else max(1.0, free)


def sign_flip(values: Floats, seed: int, flips: int = FLIPS) -> tuple[float, str]:
    """p of the sign-flip test that arms are exchangeable, and how it was made.

    Where units or replicates alone are sampled, each one's difference is given a random sign: the
    exact permutation test of a paired design, over all signs where these are few. Where both are
    sampled, no one flip is exact; then unit effects, replicate effects and residuals, split with
    the null imposed, get the signs of their unit, their replicate and both, and the statistic is
    divided by its own two-way error each time (wild cluster bootstrap-t: MacKinnon, Nielsen and
    Webb 2021; Canay, Romano and Shaikh 2017 for why a studentised flip is valid).
    """
    made = layout(values)
    if made.n < 2:
        raise Undefined(f"there are {made.n:.0f} pairs, and a test needs two")
    both = made.unit and made.replicate
    units, replicates = values.shape
    count = int(made.n)
    if not both and not made.unit and not made.replicate and 2.0**count <= flips + 1:
        signs = 1.0 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        given = values[np.isfinite(values)]
        statistic = np.abs(signs @ given)
        share = float((statistic >= abs(given.sum()) * (1 - 1e-9) - _TINY).mean())
        return share, f"sign-flip, all {2**count} signs"
    observed = abs(_ratio(*_statistic(values)))
    parts = _split(np.nan_to_num(values), made)
    rng = generator(seed, "sign flips", units, replicates)
    block = int(np.clip(_BLOCK_CELLS // max(units, replicates), 1, flips))
    reached = 0
    for start in range(0, flips, block):
        rows = min(block, flips - start)
        s = rng.choice((-1.0, 1.0), size=(rows, units))
        t = rng.choice((-1.0, 1.0), size=(rows, replicates))
        drawn = np.abs(_flipped(made, parts, s, t))
        reached += int((drawn >= observed * (1 - 1e-9)).sum())
    over = "units and replicates, studentised" if both else _single(made, units, replicates)
    return (1 + reached) / (1 + flips), f"sign-flip over {over}, {flips:,} draws"


def _single(made: Layout, units: int, replicates: int) -> str:
    if made.replicate or units == 1:
        return "replicates" if units == 1 else "replicates, studentised"
    return "units" if replicates == 1 else "units, studentised"


def _statistic(values: Floats) -> tuple[float, float]:
    found = two_way_mean(values)
    return found.value, found.error


def _ratio(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return 0.0 if above == 0 else float(np.copysign(np.inf, above))


def _components(
    made: Layout, by_unit: Floats, by_replicate: Floats, squares: Floats
) -> tuple[Floats, Floats, Floats]:
    """Unit, replicate and residual variance, each (rows,), none below 0.

    `by_unit` (rows, units) and `by_replicate` (rows, replicates) are sums of differences, `squares`
    (rows,) the sums of their squares.
    """
    n = made.n
    zero = np.zeros_like(squares)
    correction = by_unit.sum(axis=1) ** 2 / n
    unit_loss = float((made.by_unit**2).sum()) / n
    replicate_loss = float((made.by_replicate**2).sum()) / n
    units, replicates = (made.by_unit > 0).sum(), (made.by_replicate > 0).sum()
    table = [[n - unit_loss, n - replicate_loss, n - 1]]
    right = [squares - correction]
    if made.unit:
        means = (by_unit**2 / np.maximum(made.by_unit, 1)).sum(axis=1)
        table.append([n - unit_loss, units - replicate_loss, units - 1])
        right.append(means - correction)
    if made.replicate:
        means = (by_replicate**2 / np.maximum(made.by_replicate, 1)).sum(axis=1)
        table.append([replicates - unit_loss, n - replicate_loss, replicates - 1])
        right.append(means - correction)
    live = [made.unit, made.replicate, True]
    solved = np.linalg.lstsq(np.array(table)[:, live], np.array(right), rcond=None)[0]
    given = iter(np.maximum(solved, 0.0))
    unit, replicate, residual = (next(given) if there else zero for there in live)
    return unit, replicate, residual


def _variance(made: Layout, parts: tuple[Floats, Floats, Floats]) -> Floats:
    unit, replicate, residual = parts
    whole = unit * (made.by_unit**2).sum() + replicate * (made.by_replicate**2).sum()
    return np.asarray(whole / made.n**2 + residual / made.n)


def _split(filled: Floats, made: Layout) -> tuple[Floats, Floats, Floats]:
    """Unit (units,), replicate (replicates,) and residual parts that sum to the differences.

    With the null imposed the overall mean is noise too; each part gets the share of it that its
    variance has in the mean's (its best linear prediction).
    """
    mean = filled.sum() / made.n
    unit, replicate = np.zeros(filled.shape[0]), np.zeros(filled.shape[1])
    rest = made.mask * (filled - mean)
    for _ in range(1 if made.n == filled.size else 30):
        if made.unit:
            step = rest.sum(axis=1) / np.maximum(made.by_unit, 1)
            unit, rest = unit + step, rest - made.mask * step[:, None]
        if made.replicate:
            step = rest.sum(axis=0) / np.maximum(made.by_replicate, 1)
            replicate, rest = replicate + step, rest - made.mask * step[None]
    sums = filled.sum(axis=1)[None], filled.sum(axis=0)[None], np.array([(filled**2).sum()])
    parts = [float(part[0]) for part in _components(made, *sums)]
    whole = float(_variance(made, tuple(np.array([part]) for part in parts))[0])  # type: ignore[arg-type]
    shares = (0.0, 0.0)
    if whole > 0:
        shares = (
            parts[0] * float((made.by_unit**2).sum()) / made.n**2 / whole,
            parts[1] * float((made.by_replicate**2).sum()) / made.n**2 / whole,
        )
    unit, replicate = unit + shares[0] * mean, replicate + shares[1] * mean
    return unit, replicate, made.mask * (filled - unit[:, None] - replicate[None])


def _flipped(made: Layout, parts: tuple[Floats, Floats, Floats], s: Any, t: Any) -> Floats:
    """The studentised mean under each row of signs, from sums alone."""
    unit, replicate, rest = parts
    su, tb = s * unit, t * replicate
    across = t @ rest.T  # (rows, units): each unit's residuals under the replicates' signs
    down = s @ rest
    by_unit = su * made.by_unit + tb @ made.mask.T + s * across
    by_replicate = tb * made.by_replicate + su @ made.mask + t * down
    squares = (
        float((made.by_unit * unit**2).sum() + (made.by_replicate * replicate**2).sum())
        + float((rest**2).sum())
        + 2 * (tb * (su @ made.mask)).sum(axis=1)
        + 2 * across @ unit
        + 2 * down @ replicate
    )
    mean = by_unit.sum(axis=1) / made.n
    error = np.sqrt(_variance(made, _components(made, by_unit, by_replicate, squares)))
    out = np.where(mean == 0, 0.0, np.inf)
    return np.asarray(np.divide(mean, error, out=out, where=error > 0))
