"""Minds that answer at once and at random, to measure a round's cost without its minds."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from chairs.chair import ChairDiscussSight, DecideSight, MetaReviewSight, SeniorSight
from conference.core.forms import Form
from conference.core.records import (
    Agent,
    AnyRecord,
    Bids,
    CalibrationReview,
    Comment,
    Decision,
    MetaReview,
    Rebuttal,
    Review,
    SeniorNote,
    Submission,
)
from conference.models.context import Context
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight
from scientists.scientist import RebutSight, ResearchSight, ReviseSight

WORDS = "This text stands where a review would stand and is as long as a short one. " * 4


class InstantScientist:
    """Hands in a title and an abstract without any research."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]:
        rng = context.rng()
        number = int(rng.integers(10**9))
        words = " ".join(f"word{at}" for at in rng.integers(0, 10**6, 40))
        topic = sight.call.topics[number % len(sight.call.topics)] if sight.call.topics else ""
        return [
            Submission(
                paper=sight.paper,
                title=f"Study {number} of {topic}",
                abstract=f"We study {topic} with the random number {number}. {words}",
                topic=topic,
                authors=(agent.id,),
                lab=agent.lab,
            )
        ]

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal:
        replies = dict.fromkeys(sight.names, "We thank the reviewer.")
        return Rebuttal(paper=sight.submission.paper, author=agent.id, replies=replies)

    async def revise(self, agent: Agent, sight: ReviseSight, context: Context) -> list[AnyRecord]:
        """A rejected paper comes back with a further sentence; accepted ones stay as they are."""
        if not sight.resubmission:
            return []
        old = sight.submission
        return [
            msgspec.structs.replace(
                old,
                paper=sight.resubmission,
                abstract=f"{old.abstract} Revised after {len(sight.reviews)} reviews.",
                version=old.version + 1,
            )
        ]


class InstantReviewer:
    """Fills in the form with random values on its scales."""

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        names = [paper.paper for paper in sight.papers[:3]]
        return Bids(reviewer=agent.id, levels=dict.fromkeys(names, "High"))

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        scores = _scores(sight.form, context.rng())
        texts = {field.name: WORDS for field in sight.form.texts}
        texts |= {field.name: field.choices[0] for field in sight.form.choices}
        return [
            Review(
                paper=sight.manuscript.paper,
                reviewer=agent.id,
                rating=scores[sight.form.rating],
                confidence=scores.get(sight.form.confidence),
                scores=scores,
                texts=texts,
                mind="instant",
                day=sight.days,
                emergency=sight.emergency,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        return []

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        return []


class InstantChair:
    """Scores papers by their mean rating and ranks by that."""

    async def discuss(
        self, agent: Agent, sight: ChairDiscussSight, context: Context
    ) -> list[Comment]:
        return []

    async def meta_review(
        self, agent: Agent, sight: MetaReviewSight, context: Context
    ) -> MetaReview:
        score = sum(sight.thread.ratings) / len(sight.thread.ratings)
        return MetaReview(
            paper=sight.thread.manuscript.paper,
            chair=agent.id,
            score=score,
            recommendation="accept" if score >= sight.bar else "reject",
            text="The mean of the ratings.",
            mind="instant",
        )

    async def senior_notes(
        self, agent: Agent, sight: SeniorSight, context: Context
    ) -> list[SeniorNote]:
        return []

    async def decide(self, agent: Agent, sight: DecideSight, context: Context) -> list[Decision]:
        ranked = sorted(sight.candidates, key=lambda paper: (-paper.score, paper.paper))
        quota = round(sight.accept_rate * len(ranked))
        return [
            Decision(
                paper=paper.paper,
                accepted=rank <= quota,
                presentation="poster" if rank <= quota else "",
                score=paper.score,
                rank=rank,
                reason=f"rank {rank} of {len(ranked)}",
            )
            for rank, paper in enumerate(ranked, 1)
        ]


def _scores(form: Form, rng: np.random.Generator) -> dict[str, float]:
    draws = rng.random(len(form.scores))
    return {
        field.name: field.values[int(draw * len(field.values))]
        for field, draw in zip(form.scores, draws, strict=True)
    }


def make(role: str, spec: str) -> Any:
    """The instant mind of a role."""
    if role == "scientist":
        return InstantScientist()
    return InstantReviewer() if role == "reviewer" else InstantChair()
