"""An assignment problem (`Instance`) and its answer (`Solution`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """Who may review what: a sparse list of pairs, without conflicts of interest.

    Args:
        paper, reviewer: positions, int (pairs,); no pair twice.
        score: affinity of each pair, float (pairs,), finite, higher is better.
        demand: reviews that each paper needs, int (papers,).
        max_load, min_load: papers that each reviewer takes at most and at least, int (reviewers,).
        papers, reviewers: their names in messages; positions when left out.
        who, what: the words of messages for an agent and for what a paper needs of it.

    Raises:
        ValueError: positions out of range, a pair listed twice, a score that is not finite, a
            negative number, or a minimum load above the maximum.
    """

    paper: NDArray[Any]
    reviewer: NDArray[Any]
    score: NDArray[Any]
    demand: NDArray[Any]
    max_load: NDArray[Any]
    min_load: NDArray[Any]
    papers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    who: str = "reviewer"
    what: str = "review"

    def __post_init__(self) -> None:
        for name in ("paper", "reviewer", "demand", "max_load", "min_load"):
            object.__setattr__(self, name, _whole(getattr(self, name), name))
        object.__setattr__(self, "score", np.asarray(self.score, np.float64).ravel())
        if not len(self.paper) == len(self.reviewer) == len(self.score):
            raise ValueError("paper, reviewer and score must have the same length")
        if len(self.max_load) != len(self.min_load):
            raise ValueError("max_load and min_load must have the same length")
        _check_range(self.paper, self.n_papers, "paper")
        _check_range(self.reviewer, self.n_reviewers, "reviewer")
        if not np.isfinite(self.score).all():
            raise ValueError("score holds a value that is not finite")
        if min(self.demand.min(initial=0), self.min_load.min(initial=0)) < 0:
            raise ValueError("demand and min_load cannot be negative")
        if (self.min_load > self.max_load).any():
            raise ValueError("a reviewer's min_load is above the max_load")
        pairs = np.sort(self.paper * self.n_reviewers + self.reviewer)
        if (pairs[1:] == pairs[:-1]).any():
            raise ValueError("a pair of paper and reviewer is listed twice")

    @property
    def n_papers(self) -> int:
        return len(self.demand)

    @property
    def n_reviewers(self) -> int:
        return len(self.max_load)


@dataclass(frozen=True)
class Solution:
    """An assignment and its quality.

    Attributes:
        paper, reviewer, score: the pairs chosen, sorted by paper and reviewer.
        total: sum of the chosen scores. worst: the lowest sum of any paper that needs reviews; 0
            when there is none.
        exact: under "total", whether dual prices prove that no assignment has more coverage or,
            at that coverage, a higher total (scores rounded to `resolution`). Under "worst",
            whether `worst` meets its upper bound.
        short: how many reviews each paper lacks, for papers that lack any.
        idle: how far each reviewer is below the minimum load, for reviewers that are.
        message: one sentence on the quality, or on the constraint that cannot be met.
        bound: an upper bound on `worst` under "worst"; NaN under "total", or where papers are
            left short.
        resolution: the step to which scores were rounded.
        rounds: flows solved. arcs: how many of the listed pairs the last flow used.
    """

    paper: Ints
    reviewer: Ints
    score: Floats
    total: float
    worst: float
    exact: bool
    message: str
    short: dict[int, int] = field(default_factory=dict)
    idle: dict[int, int] = field(default_factory=dict)
    bound: float = float("nan")
    resolution: float = 1e-6
    rounds: int = 1
    arcs: int = 0


def paper_totals(instance: Instance, chosen: NDArray[Any]) -> Floats:
    """Sum of the scores of each paper's chosen pairs; `chosen` holds positions of pairs."""
    weights = instance.score[chosen]
    sums = np.bincount(instance.paper[chosen], weights=weights, minlength=instance.n_papers)
    return sums.astype(np.float64)


def worst_of(instance: Instance, chosen: NDArray[Any]) -> float:
    """The lowest paper total among papers that need reviews; 0 when none needs any."""
    needy = instance.demand > 0
    return float(paper_totals(instance, chosen)[needy].min()) if needy.any() else 0.0


def best_of(end: Ints, value: NDArray[Any], count: Ints) -> Ints:
    """Positions of the `count` pairs of highest value of each paper (or reviewer), by `end`."""
    order = np.lexsort((-value, end))
    sizes = np.bincount(end, minlength=len(count))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(order[rank < count[end[order]]])


def _whole(values: Any, name: str) -> Ints:
    array = np.asarray(values).ravel()
    if array.size and not np.array_equal(array, np.floor(array)):
        raise ValueError(f"{name} must hold whole numbers")
    return array.astype(np.int64)


def _check_range(values: Ints, size: int, name: str) -> None:
    if values.size and (values.min() < 0 or values.max() >= size):
        raise ValueError(f"{name} holds a position outside 0 to {size - 1}")
