"""Measures under many weightings of the papers at once, as arrays: the basis of the bootstrap.

Each function prepares the data once and returns a `Statistic`, which maps a block (rows, papers) of
non-negative weights to one value per row. If the weights count draws, the value is exactly that of
the resampled data, ties included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from conference.statistics.bootstrap import Statistic
from conference.statistics.estimate import Booleans, Floats

QUANTILE_POINTS = 512


def expand(
    statistic: Statistic, paper: NDArray[np.int64], share: Floats | None = None
) -> Statistic:
    """Let a statistic over rows be resampled by paper.

    `paper[i]` is the position of row i's paper; a row's weight is its paper's times `share[i]`.
    """

    def over_papers(block: Floats) -> Floats:
        rows = block[:, paper]
        return statistic(rows if share is None else rows * share)

    return over_papers


def mean(values: Floats) -> Statistic:
    """The weighted mean."""
    return lambda block: (block @ values) / block.sum(axis=1)


def ratio(above: Floats, below: Floats) -> Statistic:
    """A ratio of two weighted sums; NaN if the denominator is 0."""
    return lambda block: _divide(block @ above, block @ below)


def root_mean(values: Floats) -> Statistic:
    """The square root of a weighted mean."""
    return lambda block: np.sqrt((block @ values) / block.sum(axis=1))


def balanced(hit: Booleans, label: Booleans) -> Statistic:
    """Balanced accuracy: the mean of the two classes' shares of correct decisions."""
    sums = np.stack([hit & label, label, hit & ~label, ~label], axis=1).astype(np.float64)

    def statistic(block: Floats) -> Floats:
        total = block @ sums
        return (_divide(total[:, 0], total[:, 1]) + _divide(total[:, 2], total[:, 3])) / 2

    return statistic


def f1(predicted: Booleans, label: Booleans) -> Statistic:
    """2 TP / (2 TP + FP + FN)."""
    both = 2 * (predicted & label).astype(np.float64)
    return ratio(both, predicted.astype(np.float64) + label.astype(np.float64))


def auroc(scores: Floats, label: Booleans) -> Statistic:
    """The probability that an accepted paper scores above a rejected one, ties counting half."""
    order, starts = _groups(scores)
    positive = label[order].astype(np.float64)

    def statistic(block: Floats) -> Floats:
        weights = block[:, order]
        gain = np.add.reduceat(weights * positive, starts, axis=1)
        loss = np.add.reduceat(weights * (1 - positive), starts, axis=1)
        below = np.cumsum(loss, axis=1) - loss
        won = (gain * (below + loss / 2)).sum(axis=1)
        return _divide(won, gain.sum(axis=1) * loss.sum(axis=1))

    return statistic


def average_precision(scores: Floats, label: Booleans) -> Statistic:
    """The precision averaged over the recall gained at each distinct score, highest first."""
    order, starts = _groups(-scores)
    positive = label[order].astype(np.float64)

    def statistic(block: Floats) -> Floats:
        weights = block[:, order]
        gain = np.add.reduceat(weights * positive, starts, axis=1)
        seen = np.cumsum(np.add.reduceat(weights, starts, axis=1), axis=1)
        precision = np.divide(
            np.cumsum(gain, axis=1), seen, out=np.zeros_like(seen), where=seen > 0
        )
        return _divide((gain * precision).sum(axis=1), gain.sum(axis=1))

    return statistic


def pearson(x: Floats, y: Floats) -> Statistic:
    """Pearson's r under weights."""
    x, y = _about_mean(x), _about_mean(y)
    moments = np.stack([x, y, x * y, x * x, y * y], axis=1)

    def statistic(block: Floats) -> Floats:
        mx, my, mxy, mxx, myy = ((block @ moments) / block.sum(axis=1, keepdims=True)).T
        return _correlation(mxy - mx * my, mxx - mx * mx, myy - my * my)

    return statistic


def spearman(x: Floats, y: Floats) -> Statistic:
    """Pearson's r of the mid-ranks, which are computed anew for each weighting."""
    ranks_x, ranks_y = _midranks(x), _midranks(y)

    def statistic(block: Floats) -> Floats:
        rx, spread_x = ranks_x(block)
        ry, spread_y = ranks_y(block)
        return _correlation(np.einsum("ij,ij,ij->i", block, rx, ry), spread_x, spread_y)

    return statistic


def kendall(x: Floats, y: Floats) -> Statistic:
    """Kendall's tau-b; weights must be whole numbers (draws).

    It is the slowest measure, and a report needs it twice: for itself, and for the share of pairs
    in the right order. So the values of each block of weights are cached.
    """
    return _tau(x.astype(np.float64).tobytes(), y.astype(np.float64).tobytes())


@lru_cache(maxsize=2)
def _tau(first: bytes, second: bytes) -> Statistic:
    from scipy.stats import kendalltau

    x, y = np.frombuffer(first), np.frombuffer(second)
    order = np.argsort(x, kind="stable")
    left = np.unique(x[order], return_inverse=True)[1]
    right = np.unique(y[order], return_inverse=True)[1]

    def one(row: Floats) -> float:
        drawn = np.repeat(np.arange(row.size), row[order].astype(np.int64))
        return float(kendalltau(left[drawn], right[drawn]).statistic)

    kept: dict[bytes, Floats] = {}

    def statistic(block: Floats) -> Floats:
        key = blake2b(block.tobytes()).digest()
        if key not in kept:
            kept[key] = np.array([one(row) for row in block])
        return kept[key]

    return statistic


def pairwise_accuracy(scores: Floats, truth: Floats) -> Statistic:
    """The share of pairs with different truths in the right order, tied scores counting half.

    It is (1 + Somers' D) / 2, computed from tau-b and the numbers of untied pairs.
    """
    tau = kendall(scores, truth)
    untied_scores, untied_truth = _untied(scores), _untied(truth)

    def statistic(block: Floats) -> Floats:
        tied = np.sqrt(_divide(untied_scores(block), untied_truth(block)))
        return np.where(tied == 0, 0.5, 0.5 + tau(block) * tied / 2)

    return statistic


def quadratic_kappa(x: NDArray[np.int64], y: NDArray[np.int64], levels: int) -> Statistic:
    """Cohen's kappa with quadratic weights over level numbers 0 .. levels-1."""
    cells = np.zeros((x.size, levels * levels))
    cells[np.arange(x.size), x * levels + y] = 1
    step = np.arange(levels)
    cost = ((step[:, None] - step[None, :]) ** 2).astype(np.float64)

    def statistic(block: Floats) -> Floats:
        table = (block @ cells).reshape(-1, levels, levels)
        table /= table.sum(axis=(1, 2), keepdims=True)
        chance = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
        return 1 - _divide((table * cost).sum(axis=(1, 2)), (chance * cost).sum(axis=(1, 2)))

    return statistic


def calibration_error(probability: Floats, label: Booleans, bins: int) -> Statistic:
    """Expected calibration error over equal-width bins."""
    which = np.minimum((probability * bins).astype(np.int64), bins - 1)
    gap = np.zeros((probability.size, bins))
    gap[np.arange(probability.size), which] = probability - label

    def statistic(block: Floats) -> Floats:
        error: Floats = np.abs(block @ gap).sum(axis=1) / block.sum(axis=1)
        return error

    return statistic


def most_certain(certainty: Floats, hit: Booleans, shares: Floats) -> Statistic:
    """The share of hits among the most certain papers, for each of the `shares` of all papers:
    shape (rows, shares). Papers of equal certainty at the edge count in part, which is the average
    of a random choice among them (El-Yaniv and Wiener 2010, selective accuracy).
    """
    order, starts = _groups(-certainty)
    right = hit[order].astype(np.float64)

    def statistic(block: Floats) -> Floats:
        weights = block[:, order]
        seen = np.cumsum(np.add.reduceat(weights, starts, axis=1), axis=1)
        good = np.cumsum(np.add.reduceat(weights * right, starts, axis=1), axis=1)
        wanted = seen[:, -1:] * shares
        found = [
            np.interp(want, np.r_[0.0, taken], np.r_[0.0, hits])
            for want, taken, hits in zip(wanted, seen, good, strict=True)
        ]
        return _divide(np.array(found), wanted)

    return statistic


def quantiles(values: Floats, paper: NDArray[np.int64], share: Floats, levels: Floats) -> Statistic:
    """Quantiles of rows that belong to papers, shape (rows, levels): the lowest value with at least
    that share of the weight at or below it. A row's weight is its paper's times `share`.

    If there are more than 512 different values, quantiles are resolved to 1/512 of the rows.
    """
    points = np.unique(values)
    if points.size > QUANTILE_POINTS:
        points = np.unique(np.quantile(values, np.linspace(0, 1, QUANTILE_POINTS), method="higher"))
    places = np.searchsorted(points, values, side="left")
    cells = np.zeros((int(paper.max()) + 1, points.size))
    np.add.at(cells, (paper, places), share)
    below = np.cumsum(cells, axis=1)

    def statistic(block: Floats) -> Floats:
        reached = _divide(block @ below, np.repeat((block @ below[:, -1:]), points.size, axis=1))
        least = [(reached >= level - 1e-9).argmax(axis=1) for level in levels]
        return np.asarray(points[np.stack(least, axis=1)])

    return statistic


def _about_mean(values: Floats) -> Floats:
    """Values about their mean, scaled so that the largest distance is 1."""
    apart = values - values.mean()
    farthest = np.abs(apart).max()
    scaled: Floats = apart / farthest if farthest > 0 else apart
    return scaled


def _groups(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The sorting order, and the start of each run of equal values in it."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    return order, starts


def _midranks(values: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Mid-ranks about their mean, (rows, papers), and their weighted sum of squares, (rows,)."""
    order, starts = _groups(values)
    run = np.zeros(values.size, dtype=np.int64)
    run[starts[1:]] = 1
    place = np.empty(values.size, dtype=np.int64)
    place[order] = np.cumsum(run)

    def ranks(block: Floats) -> tuple[Floats, Floats]:
        size = np.add.reduceat(block[:, order], starts, axis=1)
        centre = np.cumsum(size, axis=1) - size / 2 - block.sum(axis=1, keepdims=True) / 2
        spread = np.einsum("ij,ij,ij->i", size, centre, centre)
        centred: Floats = centre[:, place]
        return centred, spread

    return ranks


def _untied(values: Floats) -> Statistic:
    """The number of pairs with different values."""
    order, starts = _groups(values)

    def statistic(block: Floats) -> Floats:
        size = np.add.reduceat(block[:, order], starts, axis=1)
        total = block.sum(axis=1)
        pairs: Floats = (total**2 - (size**2).sum(axis=1)) / 2
        return pairs

    return statistic


def _correlation(shared: Floats, first: Floats, second: Floats) -> Floats:
    scale = np.sqrt(np.maximum(first, 0) * np.maximum(second, 0))
    return np.where(scale > 1e-12, _divide(shared, scale), np.nan)


def _divide(above: Floats, below: Floats) -> Floats:
    quotient: Floats = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    return quotient
