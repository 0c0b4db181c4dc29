"""Inference on paired differences with crossed units and replicates.

`values` has shape (units, replicates): treatment − control of one unit in one replicate, NaN where
there is no pair. The model is value = effect + unit + replicate + residual, the last three random:
the answer should hold for other papers and other draws of the round.

The mean's variance is the two-way clustered one: var_unit Σn_u²/N² + var_replicate Σn_r²/N² +
var_residual/N, with the components by Henderson's method 1 (Searle, Casella and McCulloch 1992,
section 5.3; the usual analysis of variance where no pair is missing).

p comes from flipping the signs of whole replicates, with the mean divided by that error each time.
If a treatment does nothing, its arms are exchangeable within a replicate, so the test is exact
whatever the dependence within one. If it does nothing on average but still acts on each unit, the
division makes the test right in large samples (Janssen 1997). The interval holds the effects that
this test does not reject. With nine replicates the smallest p of flips, 2 of 2^9, is above .05
after Holm's correction over 25 effects; so below ten, p and interval come from t with
Satterthwaite's degrees of freedom. A percentile bootstrap over units and replicates is not used:
its intervals are too short with few replicates (no t quantiles) and too long with noisy pairs (it
counts their noise three times; Owen 2007). SIMULATION.md has the coverage of both.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from scipy import stats

from conference.core.seeds import generator
from conference.statistics.estimate import Floats, Undefined

ALL_SAME = "every pair has the same difference, so there is no interval"
FLIPS = 1999
FEWEST = 10  # replicates from which signs are flipped: 25 effects × 2 of 2^10 is below .05
_BLOCK = 200
_SAME = 1 - 1e-9  # equal statistics may differ by rounding
_ROUNDING = 1e-9  # times the largest difference: smaller ones are rounding errors


class Layout(msgspec.Struct, frozen=True):
    """Which pairs exist, and whether they identify the variance between units and replicates.

    `solve` turns sums of squares into the identified components (least squares).
    """

    mask: Floats
    by_unit: Floats
    by_replicate: Floats
    n: float
    has_unit: bool
    has_replicate: bool
    solve: Floats


Components = tuple[float, float, float]  # variances of a difference: unit, replicate, residual


class Shape(msgspec.Struct, frozen=True):
    """How many units, replicates and pairs a design has, and which components they identify."""

    units: float
    replicates: float
    pairs: float
    unit: bool = True
    replicate: bool = True

    def variance(self, unit: float, replicate: float, residual: float) -> float:
        """The variance of the mean, from the components of one difference's variance."""
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
        sign = 1 - len(terms)  # The residual is in each term, but counts once.
        terms.append((sign * noise, max(free, 1.0)))
        below = sum(part * part / df for part, df in terms)
        whole = self.variance(unit, replicate, residual)
        return max(1.0, whole * whole / below) if below > 0 else max(1.0, free)


class Mean(msgspec.Struct, frozen=True):
    """The mean of paired differences, and its uncertainty.

    `units` and `replicates` count those in the table; `effective_*` are how many of equal size are
    worth as much (Kish). `var_*` are the components of one difference's variance. A factor that the
    data cannot separate from the residual (one replicate; each unit once) has component 0.
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
    shape: Shape

    @property
    def components(self) -> Components:
        """The unit, replicate and residual variance of one difference."""
        return self.var_unit, self.var_replicate, self.var_residual

    def interval(self, alpha: float) -> tuple[float, float]:
        """The t interval of level 1 − alpha."""
        half = float(stats.t.ppf(1 - alpha / 2, self.df)) * self.error
        return self.value - half, self.value + half

    def p(self, against: float = 0.0) -> float:
        """Two-sided p of the t test that the mean is `against`."""
        return float(2 * stats.t.sf(abs(_ratio(self.value - against, self.error)), self.df))

    def p_equivalence(self, margin: float) -> float:
        """p of the two one-sided tests that the mean is within ± margin (Schuirmann 1987)."""
        above = stats.t.sf(_ratio(self.value + margin, self.error), self.df)
        below = stats.t.cdf(_ratio(self.value - margin, self.error), self.df)
        return float(max(above, below))


def layout_of(values: Floats) -> Layout:
    """The layout of `values`; values with the same pairs have the same layout."""
    mask = np.isfinite(values).astype(np.float64)
    by_unit, by_replicate, n = mask.sum(axis=1), mask.sum(axis=0), float(mask.sum())
    units, replicates = int((by_unit > 0).sum()), int((by_replicate > 0).sum())
    live = 1 < units < n, 1 < replicates < n
    if n < 2:
        return Layout(mask, by_unit, by_replicate, n, *live, np.empty((0, 0)))
    unit_loss, replicate_loss = (float((by**2).sum()) / n for by in (by_unit, by_replicate))
    table = [[n - unit_loss, n - replicate_loss, n - 1]]
    table += [[n - unit_loss, units - replicate_loss, units - 1]] if live[0] else []
    table += [[replicates - unit_loss, n - replicate_loss, replicates - 1]] if live[1] else []
    solve = np.linalg.pinv(np.array(table)[:, [*live, True]])
    return Layout(mask, by_unit, by_replicate, n, *live, solve)


def two_way_mean(values: Floats) -> Mean:
    """The mean with its two-way clustered error; `Undefined` with fewer than two pairs."""
    layout = layout_of(values)
    if layout.n < 2:
        raise Undefined(f"there are {layout.n:.0f} pairs, and an interval needs two")
    value = float(np.nanmean(values))
    filled = np.where(np.isfinite(values), values - value, 0.0)
    if np.abs(filled).max() <= _ROUNDING * np.nanmax(np.abs(values)):
        filled = np.zeros_like(filled)
    parts = _components(
        layout,
        total=np.array([filled.sum()]),
        unit=_by_count(filled.sum(axis=1), layout.by_unit),
        replicate=_by_count(filled.sum(axis=0), layout.by_replicate),
        squares=np.array([(filled**2).sum()]),
    )
    variance = _variance(layout, parts)
    var_unit, var_replicate, var_residual = (float(part[0]) for part in parts)
    units = layout.n**2 / float((layout.by_unit**2).sum())
    replicates = layout.n**2 / float((layout.by_replicate**2).sum())
    counts = int((layout.by_unit > 0).sum()), int((layout.by_replicate > 0).sum())
    shape = Shape(units, replicates, layout.n, layout.has_unit, layout.has_replicate)
    return Mean(
        value=value,
        error=float(np.sqrt(variance[0])),
        df=shape.degrees(var_unit, var_replicate, var_residual),
        n=int(layout.n),
        units=counts[0],
        replicates=counts[1],
        var_unit=var_unit,
        var_replicate=var_replicate,
        var_residual=var_residual,
        effective_units=units,
        effective_replicates=replicates,
        shape=shape,
    )


def sign_flip(values: Floats, seed: int, flips: int = FLIPS) -> tuple[float, str]:
    """p for exchangeable arms, and how it was computed (see the module's docstring)."""
    mean = two_way_mean(values)
    single = mean.units == 1 or mean.replicates == 1
    count = mean.n if single else mean.replicates
    if count < FEWEST:
        return mean.p(), f"t test, two-way clustered ({count} are too few to flip)"
    signs, drawn = _signs(count, seed, flips)
    reached = _plain(values, signs) if single else Flipped.of(values, signs).reached(0.0)
    how = f"{flips:,} draws" if drawn else f"all {len(signs):,} signs"
    over = "replicates" if mean.replicates > 1 else "units"
    over += "" if single else ", studentised"
    return (drawn + reached) / (drawn + len(signs)), f"sign-flip of {over}, {how}"


def flip_interval(
    values: Floats, alpha: float, seed: int, flips: int = FLIPS
) -> tuple[float, float]:
    """The effects that the sign-flip of replicates does not reject at alpha.

    It is the t interval with one unit, fewer than ten replicates, or an alpha below the smallest p
    that the flips can give.
    """
    mean = two_way_mean(values)
    if mean.units == 1 or mean.replicates < FEWEST or mean.error == 0:
        return mean.interval(alpha)
    signs, drawn = _signs(mean.replicates, seed, flips)
    if (drawn or 2) / (drawn + len(signs)) > alpha:  # No effect at all could be rejected.
        return mean.interval(alpha)
    flipped = Flipped.of(values, signs)

    def rejected(effect: float) -> bool:
        return (drawn + flipped.reached(effect)) / (drawn + len(signs)) <= alpha

    return _end(rejected, mean.value, -mean.error), _end(rejected, mean.value, mean.error)


class Flipped(msgspec.Struct, frozen=True):
    """Sums over the values minus an effect, with the signs of replicates flipped.

    `unit` (3, rows) holds Σ_u (sum of u)² / n_u as a polynomial in the subtracted effect, so any
    effect can be tested without the values. The first row flips nothing.
    """

    layout: Layout
    signs: Floats
    unit: Floats
    by_replicate: Floats
    squares: float

    @classmethod
    def of(cls, values: Floats, signs: Floats) -> Flipped:
        """The sums for `signs`, (rows, replicates that have a pair)."""
        known = np.isfinite(values).any(axis=0)
        layout, filled = layout_of(values[:, known]), np.nan_to_num(values[:, known])
        signs = np.vstack([np.ones_like(signs[:1]), signs])
        each = 1 / np.maximum(layout.by_unit, 1)[:, None]
        forms = (
            filled.T @ (filled * each),
            -2 * filled.T @ (layout.mask * each),
            layout.mask.T @ (layout.mask * each),
        )
        unit = np.array([((signs @ form) * signs).sum(axis=1) for form in forms])
        return cls(layout, signs, unit, filled.sum(axis=0), float((filled**2).sum()))

    def statistics(self, effect: float) -> Floats:
        """|mean| / error for each row of signs, the unflipped one first."""
        layout = self.layout
        sums = self.by_replicate - effect * layout.by_replicate
        total = self.signs @ sums
        parts = _components(
            layout,
            total=total,
            unit=self.unit[0] + effect * self.unit[1] + effect**2 * self.unit[2],
            replicate=np.broadcast_to(_by_count(sums, layout.by_replicate), total.shape),
            squares=np.full_like(
                total,
                self.squares - 2 * effect * self.by_replicate.sum() + effect**2 * layout.n,
            ),
        )
        mean, error = np.abs(total) / layout.n, np.sqrt(_variance(layout, parts))
        out = np.where(mean == 0, 0.0, np.inf)
        return np.asarray(np.divide(mean, error, out=out, where=error > 0))

    def reached(self, effect: float) -> int:
        """How many flips give a statistic at least as large as without a flip."""
        found = self.statistics(effect)
        return int((found[1:] >= found[0] * _SAME).sum())


def _plain(values: Floats, signs: Floats) -> int:
    """How many flips of single pairs give a sum at least as large as without a flip."""
    given = values[np.isfinite(values)]
    least = abs(given.sum()) * _SAME
    blocks = (signs[start : start + _BLOCK] @ given for start in range(0, len(signs), _BLOCK))
    return sum(int((np.abs(sums) >= least).sum()) for sums in blocks)


def _signs(count: int, seed: int, flips: int) -> tuple[Floats, int]:
    """All rows of signs and 0, if there are at most `flips` + 1 of them; else `flips` random rows
    and 1, as the observed signs then count as one more draw."""
    if count <= np.log2(flips + 1):
        return 1.0 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1), 0
    rng = generator(seed, "sign flips", count)
    return np.asarray(rng.integers(0, 2, size=(flips, count)) * 2.0 - 1, np.float64), 1


def _end(rejected: Callable[[float], bool], centre: float, step: float) -> float:
    """Where rejection begins, going from `centre` in the direction of `step`; precise to
    `step` / 1000."""
    inner, outer = 0.0, 2.0
    while not rejected(centre + outer * step) and outer < 1e6:
        inner, outer = outer, 2 * outer
    while outer - inner > 1e-3:
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if rejected(centre + middle * step) else (middle, outer)
    return centre + outer * step


def _ratio(above: float, below: float) -> float:
    if below > 0:
        return above / below
    return 0.0 if above == 0 else float(np.copysign(np.inf, above))


def _components(
    layout: Layout, *, total: Floats, unit: Floats, replicate: Floats, squares: Floats
) -> tuple[Floats, Floats, Floats]:
    """Unit, replicate and residual variance, each (rows,); 0 if below it or within rounding of it.

    All arguments have shape (rows,): the sum of the differences, Σ (sum of a unit)² / n_u, the same
    over replicates, and the sum of the squared differences.
    """
    correction = total**2 / layout.n
    right = [squares - correction]
    right += [unit - correction] if layout.has_unit else []
    right += [replicate - correction] if layout.has_replicate else []
    live = [layout.has_unit, layout.has_replicate, True]
    solved = layout.solve @ np.array(right)
    zero = np.zeros_like(total)
    given = iter(np.where(solved > _ROUNDING * squares / layout.n, solved, 0.0))
    first, second, rest = (next(given) if there else zero for there in live)
    return first, second, rest


def _by_count(sums: Floats, counts: Floats) -> Floats:
    return np.array([(sums**2 / np.maximum(counts, 1)).sum()])


def _variance(layout: Layout, parts: tuple[Floats, Floats, Floats]) -> Floats:
    unit, replicate, residual = parts
    whole = unit * (layout.by_unit**2).sum() + replicate * (layout.by_replicate**2).sum()
    return np.asarray(whole / layout.n**2 + residual / layout.n)
