"""Maps from each reviewer's ratings to the human scale, fitted on papers with known scores.

The model of a reviewer's rating is alpha + beta human + level + noise. Levels are estimated from
ratings and shrunk; then human scores are regressed on ratings without the levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.records import CalibrationMap, CalibrationReport, CalibrationReview
from conference.statistics.agreement import icc1
from conference.statistics.estimate import Undefined

Rows = Sequence[CalibrationReview]
Array = NDArray[Any]
POOLED = ""  # The `reviewer` of the map for reviewers without calibration reviews.
NO_SPREAD = 1e9  # k if reviewers' levels differ no more than by chance.


class Table(msgspec.Struct, frozen=True, eq=False):
    """Calibration reviews as columns; `reviewer` and `paper` are positions in `names`, `papers`."""

    names: tuple[str, ...]
    papers: int
    reviewer: Array
    paper: Array
    rating: Array
    human: Array


class Fit(msgspec.Struct, frozen=True, eq=False):
    """human = intercept + slope (rating - level), with a level and a count for each reviewer."""

    intercept: float
    slope: float
    level: Array
    count: Array


def fit_calibration(
    reviews: Rows, source: str = ""
) -> tuple[list[CalibrationMap], CalibrationReport]:
    """The pooled map and every reviewer's map, and a report that tests them.

    Errors and ICC(1) after calibration are out of sample: each paper's ratings are mapped by maps
    fitted without that paper. Figures before and after use the same ratings: those of reviewers who
    also rated another paper.

    Raises:
        ValueError: there are no reviews.
    """
    table = tabulate(reviews)
    free, mapped = _left_out(table)
    tested = ~np.isnan(mapped)
    how = f"Out of sample: {int(tested.sum())} ratings, each mapped without its paper"
    if not tested.any():
        everything = np.ones(len(reviews), dtype=bool)
        free, mapped = _apply(table, _fit(table, everything))
        tested, how = everything, "In sample, as no reviewer rated a second paper"
    report = CalibrationReport(
        n_reviews=len(reviews),
        n_reviewers=len(table.names),
        mae_before=_mae(table.rating[tested], table.human[tested]),
        mae_after=_mae(mapped[tested], table.human[tested]),
        icc_before=_icc(table.paper[tested], table.rating[tested]),
        icc_after=_icc(table.paper[tested], free[tested]),
        source=source,
        message=f"{how}; ICC after is of ratings less the reviewer's level.",
    )
    return _maps(table), report


def _left_out(table: Table) -> tuple[Array, Array]:
    """Level-free and mapped ratings by fits without the rating's paper; NaN if impossible."""
    free, mapped = np.full(len(table.rating), np.nan), np.full(len(table.rating), np.nan)
    for paper in range(table.papers if table.papers > 1 else 0):
        out = table.paper == paper
        fit = _fit(table, ~out)
        known = out & (fit.count[table.reviewer] > 0)
        free_all, mapped_all = _apply(table, fit)
        free[known], mapped[known] = free_all[known], mapped_all[known]
    return free, mapped


def _apply(table: Table, fit: Fit) -> tuple[Array, Array]:
    """Ratings minus the reviewer's level, and these mapped to the human scale."""
    free = table.rating - fit.level[table.reviewer]
    return free, fit.intercept + fit.slope * free


def fit_maps(reviews: Rows) -> list[CalibrationMap]:
    """The pooled map (reviewer "") and the maps of all reviewers in order of their ids.

    A reviewer's map is human = a - b level + b rating. A level is the reviewer's mean residual from
    the regression of ratings on human means, times n / (n + k), where k is the variance of
    residuals within reviewers over that between them (empirical Bayes: Efron and Morris 1975; k by
    analysis of variance, `shrinkage`). All share the slope b, as a reviewer's few papers suffice to
    estimate its level but not its slope.
    """
    return _maps(tabulate(reviews))


def tabulate(reviews: Rows) -> Table:
    """Reviews as columns. Raises `ValueError` without any."""
    if not reviews:
        raise ValueError("there are no calibration reviews to fit maps on")
    names, reviewer = np.unique([row.reviewer for row in reviews], return_inverse=True)
    papers, paper = np.unique([row.paper for row in reviews], return_inverse=True)
    return Table(
        names=tuple(str(name) for name in names),
        papers=len(papers),
        reviewer=reviewer,
        paper=paper,
        rating=np.array([row.rating for row in reviews], dtype=float),
        human=np.array([row.human_mean for row in reviews], dtype=float),
    )


def _maps(table: Table) -> list[CalibrationMap]:
    fit = _fit(table, np.ones(len(table.rating), dtype=bool))
    slope = round(fit.slope, 6)
    pooled = CalibrationMap(
        reviewer=POOLED, intercept=round(fit.intercept, 6), slope=slope, n=int(fit.count.sum())
    )
    own = [
        CalibrationMap(
            reviewer=name,
            intercept=round(fit.intercept - fit.slope * float(level), 6),
            slope=slope,
            n=int(count),
        )
        for name, level, count in zip(table.names, fit.level, fit.count, strict=True)
    ]
    return [pooled, *own]


def _fit(table: Table, rows: Array) -> Fit:
    """The fit on the chosen rows; a reviewer without any has level 0 and count 0."""
    reviewer, rating, human = table.reviewer[rows], table.rating[rows], table.human[rows]
    alpha, beta = _line(human, rating)
    residual = rating - alpha - beta * human
    size = len(table.names)
    count = np.bincount(reviewer, minlength=size)
    total = np.bincount(reviewer, weights=residual, minlength=size)
    level = total / (count + shrinkage(reviewer, residual, size))
    intercept, slope = _line(rating - level[reviewer], human)
    if slope <= 0:
        intercept, slope = float(human.mean()), 0.0
    return Fit(intercept, slope, level, count)


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Intercept and slope of the least-squares line; slope 0 if x does not vary."""
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread > 1e-12 else 0.0
    return float(y.mean()) - slope * float(x.mean()), slope


def shrinkage(group: Array, values: Array, groups: int) -> float:
    """k = variance within groups / variance between them, by one-way analysis of variance.

    A group's mean of n values is then multiplied by n / (n + k). If groups differ no more than by
    chance, or the data do not suffice, k is `NO_SPREAD`.
    """
    count = np.bincount(group, minlength=groups)
    used = np.flatnonzero(count)
    n, sizes = len(values), count[used].astype(float)
    if len(used) < 2 or n <= len(used):
        return NO_SPREAD
    means = np.bincount(group, weights=values, minlength=groups)[used] / sizes
    squares = float((values**2).sum() - (sizes * means**2).sum())
    within = max(squares, 0.0) / (n - len(used))
    between_square = float((sizes * (means - values.mean()) ** 2).sum()) / (len(used) - 1)
    size = (n - float((sizes**2).sum()) / n) / (len(used) - 1)
    between = (between_square - within) / size
    return within / between if between > 1e-9 else NO_SPREAD


def _mae(scores: Array, human: Array) -> float:
    return round(float(np.abs(scores - human).mean()), 4)


def _icc(papers: Array, ratings: Array) -> float | None:
    groups = [ratings[papers == paper] for paper in np.unique(papers)]
    try:
        return round(icc1([group for group in groups if len(group) > 1]), 4)
    except Undefined:
        return None
