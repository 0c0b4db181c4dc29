"""Maps from each reviewer's ratings to the human scale, fitted on papers with known scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.measures.agreement import icc1
from conference.measures.estimate import Undefined
from conference.records import CalibrationMap, CalibrationReport, CalibrationReview

Rows = Sequence[CalibrationReview]


def fit_calibration(
    reviews: Rows, source: str = ""
) -> tuple[list[CalibrationMap], CalibrationReport]:
    """Fit human score = intercept + slope x rating for every reviewer, and test it.

    All reviewers share the slope of the pooled regression; each intercept is the pooled one plus
    the reviewer's own mean residual, shrunk towards 0 by n / (n + k), where k is the ratio of the
    residual variance within reviewers to that between them (empirical Bayes; Efron and Morris
    1975). Errors are measured on papers left out of the fit, one at a time.
    """
    names = sorted({row.reviewer for row in reviews})
    before = np.array([row.rating for row in reviews])
    truth = np.array([row.human_mean for row in reviews])
    after = np.full(len(reviews), np.nan)
    papers = np.array([row.paper for row in reviews])
    for paper in sorted(set(papers)):
        out = papers == paper
        if out.all():
            continue
        rest = [row for row, left in zip(reviews, out, strict=True) if not left]
        maps = {fitted.reviewer: fitted for fitted in fit_maps(rest)}
        for at in np.flatnonzero(out):
            fitted = maps.get(reviews[at].reviewer)
            if fitted is not None:
                after[at] = fitted.intercept + fitted.slope * before[at]
    tested = ~np.isnan(after)
    report = CalibrationReport(
        n_reviews=len(reviews),
        n_reviewers=len(names),
        mae_before=_mae(before[tested], truth[tested]),
        mae_after=_mae(after[tested], truth[tested]),
        icc_before=_icc(papers, before),
        icc_after=_icc(papers, _severity_free(reviews)),
        source=source,
        message="Errors are on papers left out of the fit; ICC after is with each reviewer's "
        "fitted level taken out.",
    )
    return fit_maps(reviews), report


def fit_maps(reviews: Rows) -> list[CalibrationMap]:
    """The shrunken map of every reviewer, in the order of their ids."""
    rating = np.array([row.rating for row in reviews])
    truth = np.array([row.human_mean for row in reviews])
    slope = 0.0
    if rating.std() > 0 and len(rating) > 2:
        slope = float(np.cov(rating, truth)[0, 1] / rating.var(ddof=1))
    slope = max(slope, 0.0)
    intercept = float(truth.mean() - slope * rating.mean())
    by_reviewer: dict[str, list[float]] = defaultdict(list)
    for row, residual in zip(reviews, truth - intercept - slope * rating, strict=True):
        by_reviewer[row.reviewer].append(float(residual))
    k = shrinkage(list(by_reviewer.values()))
    return [
        CalibrationMap(
            reviewer=name,
            intercept=round(intercept + _shrunken(by_reviewer[name], k), 6),
            slope=round(slope, 6),
            n=len(by_reviewer[name]),
        )
        for name in sorted(by_reviewer)
    ]


def shrinkage(groups: Sequence[Sequence[float]]) -> float:
    """k = within-group variance / between-group variance, by analysis of variance; large if none.

    A group mean of n values is then to be multiplied by n / (n + k).
    """
    rows = [np.asarray(group) for group in groups if len(group) > 1]
    if len(rows) < 2:
        return 1e9
    n = sum(len(row) for row in rows)
    within = sum(((row - row.mean()) ** 2).sum() for row in rows) / max(1, n - len(rows))
    centre = np.concatenate(rows).mean()
    mean_square = sum(len(row) * (row.mean() - centre) ** 2 for row in rows) / (len(rows) - 1)
    size = (n - sum(len(row) ** 2 for row in rows) / n) / (len(rows) - 1)
    between = (mean_square - within) / size
    return float(within / between) if between > 1e-9 else 1e9


def _shrunken(residuals: Sequence[float], k: float) -> float:
    return float(np.mean(residuals)) * len(residuals) / (len(residuals) + k)


def _severity_free(reviews: Rows) -> NDArray[Any]:
    """Ratings less the reviewer's shrunken level, in rating units."""
    centre = float(np.mean([row.rating for row in reviews]))
    given: dict[str, list[float]] = defaultdict(list)
    for row in reviews:
        given[row.reviewer].append(row.rating - centre)
    k = shrinkage(list(given.values()))
    return np.array([row.rating - _shrunken(given[row.reviewer], k) for row in reviews])


def _mae(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    return round(float(np.abs(scores - truth).mean()), 4) if len(scores) else float("nan")


def _icc(papers: NDArray[Any], ratings: NDArray[Any]) -> float | None:
    groups = [ratings[papers == paper] for paper in sorted(set(papers))]
    try:
        return round(icc1([group for group in groups if len(group) > 1]), 4)
    except Undefined:
        return None
