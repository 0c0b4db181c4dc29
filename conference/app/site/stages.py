"""Chooses papers and ratings to compare with human ones: the same papers, at the same stage."""

from __future__ import annotations

from collections import Counter

from conference.core.records import HumanOutcome, Review, Submission
from venues.state import Round

MIN_PAPERS = 20
SAID = {
    "before": "before rebuttal and discussion",
    "after": "after rebuttal and discussion",
}


def paired_papers(round_: Round) -> list[Submission]:
    """The papers whose simulated and human ratings are compared; empty if there are too few.

    They have at least two human ratings and, if enough papers have decisions, a decision: the
    embedded reviewers' panels are fitted to decided papers, not to withdrawn ones.
    """
    humans = {row.paper: row for row in round_.all(HumanOutcome)}
    rated = [
        paper
        for paper in round_.papers()
        if paper.paper in humans and len(humans[paper.paper].ratings) > 1
    ]
    decided = [paper for paper in rated if humans[paper.paper].accepted is not None]
    chosen = decided if len(decided) >= MIN_PAPERS else rated
    return chosen if len(chosen) >= MIN_PAPERS else []


def human_stage(round_: Round) -> str:
    """Whether most human ratings of the round's papers are from "before" or "after" the rebuttal.

    "after" if no record says, because most records keep the last ratings.
    """
    rows = round_.all(HumanOutcome)
    stages = Counter(row.when for row in rows if row.ratings and row.when)
    return stages.most_common(1)[0][0] if stages else "after"


def all_say_when(round_: Round) -> bool:
    """Whether every human rating states its stage, and all state the same."""
    stages = {row.when for row in round_.all(HumanOutcome) if row.ratings}
    return len(stages) == 1 and "" not in stages


def ratings_at(round_: Round, paper: str, stage: str) -> tuple[float, ...]:
    """A paper's simulated ratings at a stage, in the order of its reviews."""
    if stage == "before":
        return tuple(review.rating for review in round_.of(Review, paper))
    return round_.ratings(paper)
