"""Which ratings stand beside the human ones: those of the same stage of the review process."""

from __future__ import annotations

from collections import Counter

from conference.records import HumanOutcome, Review
from venues.state import Round

SAID = {
    "before": "before rebuttal and discussion",
    "after": "after rebuttal and discussion",
}


def human_stage(round_: Round) -> str:
    """When the human ratings of the round's papers were taken: "before" or "after".

    "after" where nobody says, since the last ratings are what most records keep.
    """
    rows = round_.all(HumanOutcome)
    stages = Counter(row.when for row in rows if row.ratings and row.when)
    return stages.most_common(1)[0][0] if stages else "after"


def all_say_when(round_: Round) -> bool:
    """Whether every human rating comes with its stage, and it is one stage."""
    stages = {row.when for row in round_.all(HumanOutcome) if row.ratings}
    return len(stages) == 1 and "" not in stages


def ratings_at(round_: Round, paper: str, stage: str) -> tuple[float, ...]:
    """A paper's simulated ratings at a stage, in the order of its reviews."""
    if stage == "before":
        return tuple(review.rating for review in round_.of(Review, paper))
    return round_.ratings(paper)
