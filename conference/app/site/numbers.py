"""The front page's figures, computed from the round's records."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec
import numpy as np

from conference.core.marks import comment_marks, meta_marks, review_marks
from conference.core.records import (
    Absence,
    CameraReady,
    Comment,
    Decision,
    DeskCheck,
    Experiment,
    Incident,
    MetaReview,
    Review,
    Submission,
)
from conference.statistics.agreement import agreement_figures
from venues.state import Round
from venues.timings import Timing


class Tile(msgspec.Struct, frozen=True):
    """A figure with its name and a note on its n or interval."""

    value: str
    name: str
    note: str = ""


def numbers_of(round_: Round, timings: list[Timing]) -> list[Tile]:
    """The figures of a round that apply to it."""
    submissions, reviews = round_.all(Submission), round_.all(Review)
    decisions = round_.all(Decision)
    accepted = sum(decision.accepted for decision in decisions)
    desk = sum(not check.passed for check in round_.all(DeskCheck))
    tiles = [Tile(f"{len(submissions):,}", "submissions")]
    if desk:
        tiles.append(Tile(f"{desk:,}", "rejected at the desk"))
    if decisions:
        share = accepted / len(decisions)
        tiles.append(
            Tile(f"{accepted:,}", "accepted", f"{share:.0%} of {len(decisions):,} reviewed")
        )
    if reviews:
        late, absent = sum(review.late for review in reviews), len(round_.all(Absence))
        tiles.append(Tile(f"{len(reviews):,}", "reviews", f"{late} late, {absent} never came"))
        ratings = [round_.rating(review) for review in reviews]
        tiles.append(
            Tile(
                f"{np.mean(ratings):.2f}",
                "mean rating",
                f"SD {np.std(ratings):.2f}, n = {len(ratings)}",
            )
        )
        tiles += _agreement(round_)
    runs = sum(experiment.runs for experiment in round_.all(Experiment))
    if runs:
        tiles.append(Tile(f"{runs:,}", "experiment runs", f"{len(round_.all(Incident))} incidents"))
    if round_.all(CameraReady):
        tiles.append(Tile(f"{len(round_.all(CameraReady)):,}", "camera-ready papers"))
    busy = sum(timing.busy for timing in timings)
    wall = sum(timing.wall for timing in timings)
    tiles.append(Tile(f"{wall:,.0f} s", "from call to proceedings", f"{busy:,.0f} s of work"))
    return tiles


class Marked(msgspec.Struct, frozen=True):
    """How many of a mind's texts of one kind have automatic marks, in all and by mark."""

    mind: str
    kind: str
    texts: int
    marked: int
    marks: dict[str, int]


def marks_by_mind(round_: Round) -> list[Marked]:
    """The marks of reviews, comments and meta-reviews; minds and kinds without any are omitted."""
    form, found = round_.venue.form, defaultdict(list)
    for review in round_.all(Review):
        marks = review_marks(review, round_.rating(review), form)
        found[review.mind, "reviews"].append(marks)
    for comment in round_.all(Comment):
        found[comment.mind, "comments"].append(comment_marks(comment, form))
    for meta in round_.all(MetaReview):
        found[meta.mind, "meta-reviews"].append(meta_marks(meta, round_.ratings(meta.paper), form))
    return [
        Marked(
            mind, kind, len(rows), sum(map(bool, rows)), dict(Counter(m for r in rows for m in r))
        )
        for (mind, kind), rows in found.items()
        if any(rows)
    ]


def _agreement(round_: Round) -> list[Tile]:
    panels = [np.array(round_.ratings(paper.paper)) for paper in round_.papers()]
    panels = [panel for panel in panels if len(panel) > 1]
    if len(panels) < 3:
        return []
    icc = agreement_figures(panels, resamples=1000)["icc1"]
    if icc.value is None:
        return []
    note = f"n = {icc.n} papers"
    if icc.low is not None and icc.high is not None:
        note = f"95 % {icc.low:.2f} to {icc.high:.2f}, {note}"
    return [Tile(f"{icc.value:.2f}", "ICC(1) of the ratings", note)]
