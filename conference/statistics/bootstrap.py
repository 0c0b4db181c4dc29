"""The paper-level bootstrap: papers are drawn with replacement, with all their reviews.

Reviews of one paper are not independent, so a paper is the unit (cluster bootstrap; Davison and
Hinkley 1997, section 3.8; percentile intervals, Efron and Tibshirani 1993, chapter 13). A resample
is a row of counts, one per paper, and a statistic maps a block of such rows to one value per row,
so that all work is on arrays. Resamples depend only on `n`, `resamples` and `seed`: two statistics
on the same papers use the same resamples, so their differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from conference.core.seeds import generator
from conference.statistics.estimate import Estimate, Floats, Undefined

# (rows, papers) counts -> (rows,) values; NaN if the figure is undefined in a resample.
Statistic = Callable[[Floats], Floats]

RESAMPLES = 1000
LEVEL = 0.95
MIN_DEFINED = 0.95
ALONE = "no interval: there is one paper"
_BLOCK_CELLS = 2_000_000
_KEPT_CELLS = 20_000_000


def counts(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks (rows, n) of how often each of `n` papers is drawn; `resamples` rows in all."""
    if n * resamples <= _KEPT_CELLS:
        yield from (block.astype(np.float64) for block in _kept(n, resamples, seed))
    else:
        yield from _draw(n, resamples, seed)


@lru_cache(maxsize=2)
def _kept(n: int, resamples: int, seed: int) -> tuple[NDArray[np.uint16], ...]:
    """Cached resamples, because every figure of a report uses the same ones."""
    return tuple(block.astype(np.uint16) for block in _draw(n, resamples, seed))


def _draw(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    rng = generator(seed, "bootstrap", n)
    rows = max(1, _BLOCK_CELLS // max(n, 1))
    for start in range(0, resamples, rows):
        block = min(rows, resamples - start)
        drawn = rng.integers(0, n, size=(block, n))
        drawn += np.arange(block)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=block * n).reshape(block, n).astype(np.float64)


def distribution(statistic: Statistic, n: int, resamples: int, seed: int) -> Floats:
    """The statistic in each resample, shape (resamples,)."""
    return np.concatenate([statistic(block) for block in counts(n, resamples, seed)])


def estimate(
    statistic: Statistic,
    n: int,
    *,
    value: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """A figure with its percentile interval over papers.

    `value` is the point value if a library computed it; otherwise the statistic is applied to the
    papers. With `resamples` 0 there is no interval.
    """
    if value is None:
        with np.errstate(invalid="ignore", divide="ignore"):
            value = float(statistic(np.ones((1, n)))[0])
    if not np.isfinite(value):
        raise Undefined("the figure has no finite value on these papers")
    if resamples == 0:
        return Estimate(value, None, None, n)
    if n == 1:
        return Estimate(value, None, None, n, ALONE)
    low, high, reason = _interval(_quiet(statistic, n, resamples, seed))
    return Estimate(value, low, high, n, reason)


def estimates(
    statistic: Statistic, names: Sequence[str], n: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Several figures from one pass over the resamples; `statistic` returns (rows, names)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(np.ones((1, n)))[0]
    drawn = _quiet(statistic, n, resamples, seed) if resamples else None
    found = {}
    for at, name in enumerate(names):
        if not np.isfinite(values[at]):
            none = "the figure has no finite value on these papers"
            found[name] = Estimate(None, None, None, n, none)
            continue
        low, high, reason = (None, None, "") if drawn is None else _interval(drawn[:, at])
        if drawn is not None and n == 1:
            low, high, reason = None, None, ALONE
        found[name] = Estimate(float(values[at]), low, high, n, reason)
    return found


def difference(
    first: Statistic,
    second: Statistic,
    n: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """`first` minus `second` on the same papers, by paired bootstrap."""

    def gap(block: Floats) -> Floats:
        return first(block) - second(block)

    return estimate(gap, n, resamples=resamples, seed=seed)


def attempt(make: Callable[[], Estimate], n: int) -> Estimate:
    """The estimate that `make` returns, or one without a value that states why."""
    try:
        return make()
    except Undefined as why:
        return Estimate(None, None, None, n, str(why))


def _quiet(statistic: Statistic, n: int, resamples: int, seed: int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return distribution(statistic, n, resamples, seed)


def _interval(values: Floats) -> tuple[float | None, float | None, str]:
    defined = values[np.isfinite(values)]
    if defined.size < MIN_DEFINED * values.size or defined.size == 0:
        missing = values.size - defined.size
        return None, None, f"no interval: {missing} of {values.size} resamples have no value"
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high), ""
