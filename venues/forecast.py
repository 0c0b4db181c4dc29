"""What a round would do, told before anything is done."""

from __future__ import annotations

import msgspec

from venues.papers import PaperSource
from venues.population import chair_count, reviewer_count
from venues.venue import Venue, check_capacity


class Forecast(msgspec.Struct, frozen=True):
    """Expected tasks by phase. `at_most` marks counts that the round's course may lower."""

    phase: str
    tasks: int
    at_most: bool
    what: str


def forecast(venue: Venue, source: PaperSource | None) -> list[Forecast]:
    """How many tasks each phase would have. Raises `UserError` when loads cannot be met."""
    papers = (
        len(source) if source else (venue.population.scientists * venue.call.papers_per_scientist)
    )
    reviewers = reviewer_count(venue, papers)
    check_capacity(venue, papers, reviewers, f"venue '{venue.name}'")
    chairs = chair_count(venue, papers)
    reviews = papers * venue.assignment.reviews_per_paper
    authored = 0 if source else papers
    accepted = round(authored * venue.decision.accept_rate)
    minds = venue.minds
    rows = {
        "call": (1, False, "publish the call"),
        "submit": (papers, False, "read real papers" if source else f"{minds.scientist} research"),
        "desk_check": (1, False, f"check {papers} submissions"),
        "bid": (2 + reviewers, True, f"invite {reviewers} reviewers, who bid"),
        "assign": (2, False, "solve the assignment of reviewers and of area chairs"),
        "calibrate": (reviewers + 1, True, f"rate {venue.calibration.papers} known papers each"),
        "review": (reviews, True, f"{minds.reviewer} reviews, and emergency ones"),
        "rebut": (authored, True, "authors answer"),
        "discuss": (venue.discussion.turns * (papers + reviews), True, "reviewers and chairs talk"),
        "meta_review": (papers + chairs, True, f"{minds.chair} meta-reviews and senior looks"),
        "decide": (1, False, "decide by quota"),
        "camera_ready": (accepted, True, "revise the accepted papers"),
    }
    return [Forecast(phase, *rows[phase]) for phase in venue.phases]
