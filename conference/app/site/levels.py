"""How each reviewer's ratings compare with those of the same papers' other reviewers."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import numpy as np

from conference.core.records import CalibrationMap, Review
from venues.state import Round

FEWEST = 4  # papers for an interval


class Level(msgspec.Struct, frozen=True):
    """A reviewer's ratings after the discussion, in units of the venue's scale.

    `above` is the mean difference from the other reviewers of the same papers, `apart` the mean
    absolute difference, over the `papers` that others rated too. Both have 95 % t intervals and are
    None for fewer than four papers. `calibration` describes the map to the human scale.
    """

    ratings: tuple[float, ...]
    papers: int
    above: tuple[float, float, float] | None
    apart: tuple[float, float, float] | None
    calibration: str


def levels_of(round_: Round) -> dict[str, Level]:
    """Every reviewer's level, by its id."""
    own: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for paper in round_.papers():
        reviews = round_.of(Review, paper.paper)
        ratings = [round_.rating(review) for review in reviews]
        for at, review in enumerate(reviews):
            others = ratings[:at] + ratings[at + 1 :]
            own[review.reviewer].append((ratings[at], float(np.mean(others)) if others else None))
    maps = {fitted.reviewer: fitted for fitted in round_.all(CalibrationMap)}
    return {name: _level(pairs, maps.get(name)) for name, pairs in own.items()}


def _level(pairs: list[tuple[float, float | None]], fitted: CalibrationMap | None) -> Level:
    gaps = np.array([rating - other for rating, other in pairs if other is not None])
    return Level(
        ratings=tuple(rating for rating, _ in pairs),
        papers=len(gaps),
        above=_interval(gaps),
        apart=_interval(np.abs(gaps)),
        calibration=(
            f"human scale = {fitted.intercept:.2f} + {fitted.slope:.2f} × rating, n = {fitted.n}"
            if fitted
            else ""
        ),
    )


def _interval(values: np.ndarray) -> tuple[float, float, float] | None:
    if len(values) < FEWEST:
        return None
    from scipy.stats import t

    mean = float(values.mean())
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return mean, mean - half, mean + half
