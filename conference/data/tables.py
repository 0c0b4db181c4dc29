"""The two tables of human review data, as frozen records: papers and their reviews.

Columns, units and scales are described in SCHEMA.md. Authors and reviewers have no names here.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from conference.statistics.estimate import Floats

Status = Literal["accepted", "rejected", "withdrawn", "desk_rejected", "unknown"]
TextVersion = Literal["", "reviewed", "final", "unknown"]
Stage = Literal["before_rebuttal", "after_discussion", "unknown"]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A submission. `text` is the full text where there is one, `text_version` which version.

    `scale` holds the allowed ratings of its venue, lowest first; empty where unknown.
    """

    paper_id: str
    venue: str
    year: int
    title: str
    abstract: str | None = None
    text: str | None = None
    text_version: TextVersion = ""
    keywords: tuple[str, ...] = ()
    topic: str = ""
    decision: str = ""
    status: Status = "unknown"
    presentation: str = ""
    submitted: str | None = None
    scale: tuple[float, ...] = ()
    rating_stage: Stage = "unknown"
    source: str = ""

    @property
    def accepted(self) -> bool | None:
        """The decision; None for withdrawn, desk-rejected and undecided papers."""
        return {"accepted": True, "rejected": False}.get(self.status)


class HumanReview(msgspec.Struct, frozen=True, kw_only=True):
    """One human's review. `rating` is the one that counts; initial and final where both are known.

    `scores` are sub-scores by the venue's own names, `texts` the review's text fields.
    """

    paper_id: str
    reviewer: int
    rating: float | None = None
    rating_initial: float | None = None
    rating_final: float | None = None
    confidence: float | None = None
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}


class Damage(msgspec.Struct, frozen=True):
    """A record that was left out, or kept in part, and why."""

    record: str
    reason: str


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One venue's papers and reviews, in a fixed order: by paper id, then by reviewer."""

    name: str
    papers: tuple[Paper, ...]
    reviews: tuple[HumanReview, ...]
    damaged: tuple[Damage, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""

    def ratings(self) -> dict[str, Floats]:
        """Paper id to its ratings, for papers that have any."""
        found: dict[str, list[float]] = {}
        for review in self.reviews:
            if review.rating is not None:
                found.setdefault(review.paper_id, []).append(review.rating)
        return {paper: np.array(values) for paper, values in found.items()}
