"""Ratings and predictions of human-reviewed papers that come with the package, without texts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from reviewers.embedded.panel import load_panel

FILE = Path(__file__).parent / "calibration.json"


class CalibrationPaper(msgspec.Struct, frozen=True):
    """A real paper's OpenReview id, human ratings, and our model's prediction.

    `quality` was predicted by a model not fitted on the paper's year. It is in SD units of the
    predictions, with mean 0 over that year's papers here.
    """

    paper_id: str
    venue_year: str
    ratings: tuple[float, ...]
    quality: float
    values: tuple[float, ...]

    @property
    def rating_mean(self) -> float:
        return sum(self.ratings) / len(self.ratings)

    @property
    def n_ratings(self) -> int:
        return len(self.ratings)


@cache
def _all() -> tuple[CalibrationPaper, ...]:
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[CalibrationPaper, ...])


def calibration_papers(panel: str) -> list[CalibrationPaper]:
    """Papers rated on the panel's own scale; empty if no such ratings are on record."""
    values = load_panel(panel).values
    return [paper for paper in _all() if paper.values == values]
