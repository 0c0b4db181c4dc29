"""The embedded chairs: weighted reading of reviews, level corrections, quotas.

What a chair writes names the numbers behind its score. It understands no argument, and says so.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from chairs.chair import (
    Candidate,
    ChairDiscussSight,
    DecideSight,
    MetaReviewSight,
    SeniorSight,
)
from conference.context import Context
from conference.records import Agent, Comment, Decision, MetaReview, Review, SeniorNote

HERE = Path(__file__).parent
NAME = "embedded"
SIGNED = "Composed by a statistical model from the numbers of the thread."
LEVEL_PRIOR = 4.0  # A reviewer's own level counts n / (n + 4) of what its n other reviews show.
SENIOR_PRIOR = 6.0  # Likewise for an area chair's papers against the venue's mean.
LOWEST_WEIGHT = 0.25


class ChairPersona(msgspec.Struct, frozen=True):
    """A row of personas.toml."""

    own: float
    majority: float
    confidence: float


@cache
def persona_of(name: str) -> ChairPersona:
    """The chair persona by name; "" is inclusive."""
    rows = msgspec.toml.decode((HERE / "personas.toml").read_bytes(), type=dict[str, ChairPersona])
    return rows[name or "inclusive"]


class EmbeddedChair:
    """Fulfils `ChairMind`."""

    async def discuss(
        self, agent: Agent, sight: ChairDiscussSight, context: Context
    ) -> list[Comment]:
        """Names who is apart from whom, and on which texts they rest."""
        thread = sight.thread
        low, high = int(np.argmin(thread.ratings)), int(np.argmax(thread.ratings))
        weak = _text_of(thread.reviews[low], "weakness")
        strong = _text_of(thread.reviews[high], "strength")
        text = (
            f"The ratings go from {thread.ratings[low]:g} to {thread.ratings[high]:g}. "
            f"The lowest rests on: {weak} The highest rests on: {strong} "
            "Does either change in the light of the other or of the rebuttal?"
        )
        return [
            Comment(
                paper=thread.manuscript.paper,
                agent=agent.id,
                role="chair",
                turn=sight.turn,
                text=f"{text}\n{SIGNED}",
                mind=NAME,
            )
        ]

    async def meta_review(
        self, agent: Agent, sight: MetaReviewSight, context: Context
    ) -> MetaReview:
        """A weighted mean of level-free ratings, and how it stands to the bar."""
        thread, persona = sight.thread, persona_of(agent.persona)
        ratings = np.array(thread.ratings)
        levels = np.array([_level(review.reviewer, sight) for review in thread.reviews])
        values = ratings - levels
        weights = _weights(thread.reviews, persona.confidence)
        score = float((weights * values).sum() / weights.sum())
        score += persona.majority * (float(np.median(values)) - score)
        score += persona.own * (sight.venue_mean - score)
        recommendation: Literal["accept", "reject"] = "accept" if score >= sight.bar else "reject"
        return MetaReview(
            paper=thread.manuscript.paper,
            chair=agent.id,
            score=round(score, 4),
            recommendation=recommendation,
            text=_reading(sight, ratings, levels, score, recommendation),
            weights={
                review.reviewer: round(float(weight / weights.sum()), 4)
                for review, weight in zip(thread.reviews, weights, strict=True)
            },
            mind=NAME,
        )

    async def senior_notes(
        self, agent: Agent, sight: SeniorSight, context: Context
    ) -> list[SeniorNote]:
        """Takes out the part of an area chair's level that its number of papers can bear."""
        count = len(sight.meta_reviews)
        gap = sight.venue_mean - sight.chair_mean
        share = count / (count + SENIOR_PRIOR)
        adjustment = round(0.5 * share * gap, 4)
        text = (
            f"The chair's {count} meta-review(s) average {sight.chair_mean:.2f} against "
            f"{sight.venue_mean:.2f} over the venue."
        )
        return [
            SeniorNote(
                paper=meta.paper, senior=agent.id, adjustment=adjustment, text=text, mind=NAME
            )
            for meta in sight.meta_reviews
        ]

    async def decide(self, agent: Agent, sight: DecideSight, context: Context) -> list[Decision]:
        """Accepts the quota by score; ties go to the paper whose reviewers agree more."""
        ranked = sorted(sight.candidates, key=lambda p: (-p.score, p.spread, p.paper))
        count = len(ranked)
        quota = round(sight.accept_rate * count)
        orals = min(round(sight.oral_rate * count), quota)
        spotlights = min(round(sight.spotlight_rate * count), quota - orals)
        decisions = []
        for place, paper in enumerate(ranked):
            accepted = place < quota
            kind: Literal["", "poster", "spotlight", "oral"] = ""
            if accepted:
                kind = "oral" if place < orals else "poster"
                kind = "spotlight" if orals <= place < orals + spotlights else kind
            decisions.append(
                Decision(
                    paper=paper.paper,
                    accepted=accepted,
                    presentation=kind,
                    score=paper.score,
                    rank=place + 1,
                    reason=_reason(ranked, place, quota, sight.score_name),
                    award="Best paper" if accepted and place < sight.best_papers else "",
                )
            )
        return decisions


def _level(reviewer: str, sight: MetaReviewSight) -> float:
    """How far above its mark a reviewer rates: by its calibration map, else by its other reviews.

    A map moves a rating to the human scale; what counts here is how it differs from the panel's
    other maps, so that all papers keep one scale.
    """
    maps = {fitted.reviewer: fitted for fitted in sight.maps}
    if reviewer in maps:
        centre = float(np.mean([fitted.intercept for fitted in sight.maps]))
        return centre - maps[reviewer].intercept
    if reviewer in sight.severity and not sight.maps:
        own = sum(review.reviewer == reviewer for review in sight.thread.reviews)
        return sight.severity[reviewer] * own / (own + LEVEL_PRIOR)
    return 0.0


def _weights(reviews: tuple[Review, ...], strength: float) -> np.ndarray:
    """Weights that grow with confidence over its mean on the paper; equal where none is given."""
    given = [review.confidence for review in reviews]
    if any(value is None for value in given):
        return np.ones(len(reviews))
    sure = np.array(given, dtype=float)
    return np.maximum(1 + strength * (sure - sure.mean()) / 5, LOWEST_WEIGHT)


def _text_of(review: Review, kind: str) -> str:
    """The first line of the review's text of this kind."""
    for part in (kind, "review", "strengths_and", "evidence"):
        for name, text in review.texts.items():
            line = text.strip().split("\n")[0]
            if part in name and line:
                return line if line.endswith((".", "?")) else f"{line}."
    return "no stated reason."


def _reading(
    sight: MetaReviewSight,
    ratings: np.ndarray,
    levels: np.ndarray,
    score: float,
    recommendation: str,
) -> str:
    thread = sight.thread
    listed = ", ".join(f"{rating:g}" for rating in ratings)
    lines = [f"{len(ratings)} reviewers rate the paper {listed} (SD {ratings.std():.2f})."]
    changed = [c for c in thread.comments if c.rating_after is not None]
    if changed:
        moves = ", ".join(f"{c.rating_before:g} to {c.rating_after:g}" for c in changed)
        lines.append(f"In the discussion ratings moved: {moves}.")
    if thread.rebuttal is not None:
        lines.append(
            f"The rebuttal answers {thread.rebuttal.strength:.0%} of the points with data."
        )
    if np.abs(levels).max() > 0.05:
        lines.append(
            f"The reviewers' own levels, {levels.min():+.2f} to {levels.max():+.2f}, are taken out."
        )
    if thread.manuscript.checks:
        names = ", ".join(check.name.replace("_", " ") for check in thread.manuscript.checks)
        lines.append(f"Automatic checks failed: {names}.")
    lowest = thread.reviews[int(ratings.argmin())]
    lines.append(f"Main point against: {_text_of(lowest, 'weakness')}")
    lines.append(f"Main point for: {_text_of(thread.reviews[int(ratings.argmax())], 'strength')}")
    side = "at or above" if recommendation == "accept" else "below"
    lines.append(
        f"The score {score:.2f} is {side} the expected bar {sight.bar:.2f}: {recommendation}."
    )
    return "\n".join([*lines, SIGNED])


def _reason(ranked: list[Candidate], place: int, quota: int, score_name: str) -> str:
    paper, count = ranked[place], len(ranked)
    name = score_name.replace("_", " ")
    verdict = f"within the quota of {quota}" if place < quota else f"beyond the quota of {quota}"
    reason = f"Rank {place + 1} of {count} by {name} score {paper.score:.2f}, {verdict}."
    tied = sum(other.score == paper.score for other in ranked)
    if tied > 1:
        reason += f" {tied} papers have this score; the spread of ratings, then the id, decides."
    against = (paper.recommendation == "accept") != (place < quota)
    if against:
        reason += f" The area chair recommended {paper.recommendation}."
    return reason


def make() -> Any:
    """The embedded chair, for all three chair roles."""
    return EmbeddedChair()
