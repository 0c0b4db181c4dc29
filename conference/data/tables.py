"""The schema of human review data, which every importer writes and every reader returns.

A dataset is a venue's papers and their human reviews. The store keeps each in a folder with
papers.parquet, reviews.parquet and dataset.json; `conference.data.reader` reads it for rounds,
benchmarks and training. Names of authors and reviewers are never kept. Unknown values are null (or
empty text); nothing is guessed.

papers.parquet, one row per submission:
    paper_id        text: the source's id, unique within the dataset
    venue           text: such as ICLR
    year            integer: the venue's year
    title           text: never empty
    abstract        text: null if there is none
    text            text: full text, null if there is none
    text_version    text: `reviewed` (as the reviewers had it), `final` (camera-ready, which gives
                    the decision away), `unknown`, or empty without a text. A text that says where
                    it was published, or names its authors and not that it is under review, is
                    `final` whatever the user said at import. Reviewers of a round or a benchmark
                    see only `reviewed` texts
    keywords        list of text: as the authors gave them
    topic           text: the venue's primary area
    decision        text: the decision in the venue's words
    status          text: `accepted`, `rejected`, `withdrawn`, `desk_rejected` or `unknown`; only
                    the first two count as decided
    presentation    text: `oral`, `spotlight`, `poster`, `workshop` (a rejection with an invitation
                    to the workshop track) or empty
    submitted       text: ISO date of submission, null if unknown
    scale           list of numbers: the allowed ratings, lowest first; empty if unknown
    rating_stage    text: when `rating` was given: `before_rebuttal`, `after_discussion` or
                    `unknown`. Agreement must not be compared across stages
    source          text: where the row is from

reviews.parquet, one row per human review:
    paper_id        text: of papers.parquet
    reviewer        integer: from 0, within the paper only
    rating          number: the rating that counts, on the paper's `scale`; null if there is none
    rating_initial  number: before rebuttal and discussion, same scale
    rating_final    number: after them, same scale; null if published ratings are from before
    confidence      number: on the venue's own scale, 1-5 unless the venue says otherwise
    scores          text: JSON object, sub-scores by the venue's own names and scales
    texts           text: JSON object, the review's text fields by the venue's own names

dataset.json: name, source, counts by status and by venue-year, SHA-256 of both tables (checked on
every load), notes (among them papers from which hidden text was removed, and papers with a page
that could not be checked for it), and `damaged`: each record that was left out or kept in part,
with the reason. Damaged are a rating off its scale or not a number, a review without its paper, and
a paper or a review listed twice with different contents. If only a sub-score or confidence cannot
be read, only that value is left out. If more than half of a source's reviews are damaged, the
import is refused. scales.toml states venue-years' scales and stages; `--scale` gives unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
import numpy as np

from conference.statistics.estimate import Floats

Status = Literal["accepted", "rejected", "withdrawn", "desk_rejected", "unknown"]
TextVersion = Literal["", "reviewed", "final", "unknown"]
Stage = Literal["before_rebuttal", "after_discussion", "unknown"]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A submission: a row of papers.parquet."""

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

    @property
    def shown_text(self) -> str | None:
        """The full text if it is the version that humans reviewed; only this may be shown."""
        return self.text if self.text_version == "reviewed" else None


class HumanReview(msgspec.Struct, frozen=True, kw_only=True):
    """One human's review: a row of reviews.parquet."""

    paper_id: str
    reviewer: int
    rating: float | None = None
    rating_initial: float | None = None
    rating_final: float | None = None
    confidence: float | None = None
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}


class Damage(msgspec.Struct, frozen=True):
    """A record that was left out or kept in part, and the reason."""

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
        """Each paper's ratings by paper id, for papers that have any."""
        return self._given(lambda review: review.rating)

    def first_ratings(self) -> dict[str, Floats]:
        """Each paper's ratings from before the rebuttal, for papers that have any."""
        return self._given(lambda review: review.rating_initial)

    def _given(self, which: Callable[[HumanReview], float | None]) -> dict[str, Floats]:
        found: dict[str, list[float]] = {}
        for review in self.reviews:
            if (value := which(review)) is not None:
                found.setdefault(review.paper_id, []).append(value)
        return {paper: np.array(values) for paper, values in found.items()}
