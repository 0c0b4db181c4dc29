"""The embedded chairs: weighted reading of reviews, level corrections, quotas.

A chair's text states the numbers behind its score. It does not understand arguments, and says so.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from chairs.chair import (
    ChairDiscussSight,
    DecideSight,
    MetaReviewSight,
    RateSight,
    SeniorSight,
)
from chairs.personas import persona_of
from chairs.quota import by_score, decide_in_order
from chairs.reading import (
    calibrated,
    levels_of,
    point_of,
    rules,
    score_of,
    weights_of,
    widest,
)
from conference.core.marks import marked_reviews
from conference.core.records import (
    Agent,
    Comment,
    Decision,
    MetaReview,
    ReviewQuality,
    SeniorNote,
)
from conference.models.context import Context
from conference.papers.specificity import specificity

NAME = "embedded"
Recommendation = Literal["accept", "reject"]


class EmbeddedChair:
    """Implements `ChairMind` for area chairs, senior area chairs and program chairs."""

    async def rate(self, agent: Agent, sight: RateSight, context: Context) -> list[ReviewQuality]:
        """By how many places and numbers of the paper a review names: 1, plus 1 for each `step`."""
        step, found = rules().quality.step, []
        for review, reviewer in zip(sight.reviews, sight.reviewers, strict=True):
            said = "\n".join(review.texts.get(field.name, "") for field in sight.form.texts)
            named = sum(specificity(said).values())
            found.append(
                ReviewQuality(
                    paper=sight.manuscript.paper, reviewer=reviewer, chair=agent.id,
                    quality=float(min(5, 1 + named // step)),
                    note=f"It names {named} places or numbers of the paper. {rules().texts.signed}",
                    mind=NAME,
                )
            )  # fmt: skip
        return found

    async def discuss(
        self, agent: Agent, sight: ChairDiscussSight, context: Context
    ) -> list[Comment]:
        """States the gap between ratings, the reasons at both ends, and where scores differ
        most."""
        thread = sight.thread
        if not sight.form.texts:
            return [_comment(agent, sight, [_range(thread.ratings)])]
        low, high = int(np.argmin(thread.ratings)), int(np.argmax(thread.ratings))
        lines = [
            _range(thread.ratings),
            f"The lowest rests on: {point_of(thread.reviews[low], 'weakness', sight.form)}",
            f"The highest rests on: {point_of(thread.reviews[high], 'strength', sight.form)}",
        ]
        apart = widest(thread, sight.form)
        if apart:
            lines.append(f"The reviewers differ most on {apart}.")
        moved = sum(row.turn == sight.turn - 1 and _moved(row) for row in thread.comments)
        if sight.turn > 1:
            lines.append(f"Ratings that moved in the last turn: {moved}.")
        lines.append("Does either end change in the light of the other or of the rebuttal?")
        return [_comment(agent, sight, [*lines, rules().texts.signed])]

    async def meta_review(
        self, agent: Agent, sight: MetaReviewSight, context: Context
    ) -> MetaReview:
        """A weighted mean of ratings without levels, compared with the bar.

        score = sum of w (rating - level), with weights by confidence (`weights_of`), levels by
        calibration or the round (`levels_of`), and the persona's pulls (`score_of`).
        """
        thread, persona = sight.thread, persona_of(agent)
        ratings, levels = np.array(thread.ratings), levels_of(sight)
        weights = weights_of(thread.reviews, sight.form, persona.confidence)
        score = score_of(ratings - levels, weights, persona, sight.venue_mean)
        recommendation: Recommendation = "accept" if score >= sight.bar else "reject"
        return MetaReview(
            paper=thread.manuscript.paper,
            chair=agent.id,
            score=round(score, 4),
            recommendation=recommendation,
            text="\n".join(
                _lines(sight, levels, score, recommendation)
                if sight.form.texts
                else [_verdict(sight, score, recommendation)]
            ),
            weights={
                review.reviewer: round(float(weight), 4)
                for review, weight in zip(thread.reviews, weights, strict=True)
            },
            calibrated=calibrated(sight),
            mind=NAME,
        )

    async def senior_notes(
        self, agent: Agent, sight: SeniorSight, context: Context
    ) -> list[SeniorNote]:
        """Removes part of an area chair's level, depending on its number of papers.

        adjustment = most n / (n + prior) (venue mean - chair mean): shrinkage of a mean of n
        papers, where `prior` is the variance within chairs over that between them.
        """
        count, senior = len(sight.meta_reviews), rules().senior
        share = senior.most * count / (count + senior.prior)
        adjustment = round(share * (sight.venue_mean - sight.chair_mean), 4)
        text = (
            f"The chair's mean over {count} paper{'' if count == 1 else 's'} is "
            f"{sight.chair_mean:.2f}, the venue's {sight.venue_mean:.2f} "
            f"(SD {sight.venue_sd:.2f}): of the difference {share:.0%} is taken out."
            f"\n{rules().texts.signed}"
        )
        return [
            SeniorNote(
                paper=meta.paper, senior=agent.id, adjustment=adjustment, text=text, mind=NAME
            )
            for meta in sight.meta_reviews
        ]

    async def decide(self, agent: Agent, sight: DecideSight, context: Context) -> list[Decision]:
        """Accepts by score up to the quota."""
        return decide_in_order(by_score(sight.candidates), sight)


def _range(ratings: tuple[float, ...]) -> str:
    bottom, top = min(ratings), max(ratings)
    return f"The {len(ratings)} ratings go from {bottom:g} to {top:g}, a gap of {top - bottom:g}."


def _comment(agent: Agent, sight: ChairDiscussSight, lines: list[str]) -> Comment:
    return Comment(
        paper=sight.thread.manuscript.paper,
        agent=agent.id,
        role="chair",
        turn=sight.turn,
        text="\n".join(lines),
        mind=NAME,
    )


def _verdict(sight: MetaReviewSight, score: float, recommendation: Recommendation) -> str:
    side = "at or above" if recommendation == "accept" else "below"
    return f"The score {score:.2f} is {side} the expected bar {sight.bar:.2f}: {recommendation}."


def _moved(comment: Comment) -> bool:
    return comment.rating_after is not None and comment.rating_after != comment.rating_before


def _lines(
    sight: MetaReviewSight, levels: Any, score: float, recommendation: Recommendation
) -> list[str]:
    """The meta-review's lines: ratings, rebuttal, levels, checks, main points, and the bar."""
    thread, ratings = sight.thread, np.array(sight.thread.ratings)
    listed = ", ".join(f"{rating:g}" for rating in ratings)
    noun = "reviewer rates" if len(ratings) == 1 else "reviewers rate"
    apart = widest(thread, sight.form)
    lines = [f"{len(ratings)} {noun} the paper {listed} (SD {ratings.std():.2f})."]
    if apart:
        lines.append(f"They differ most on {apart}.")
    elif len(ratings) > 1:
        lines.append("They agree on every sub-score of the form.")
    moves = ", ".join(
        f"{row.rating_before:g} to {row.rating_after:g}" for row in thread.comments if _moved(row)
    )
    if moves:
        lines.append(f"In the discussion ratings moved: {moves}.")
    if thread.rebuttal is not None:
        effect = "" if moves else " No rating moved."
        share = f"{thread.rebuttal.strength:.0%}"
        lines.append(f"The rebuttal answers {share} of the points with data.{effect}")
    if np.abs(levels).max() > rules().level.named:
        shown = ", ".join(f"{level:+.2f}" for level in levels)
        lines.append(f"The reviewers' own levels are taken out ({shown}).")
    if thread.manuscript.checks:
        names = ", ".join(check.name.replace("_", " ") for check in thread.manuscript.checks)
        lines.append(f"Automatic checks failed: {names}.")
    marked = marked_reviews(thread.reviews, thread.ratings, sight.form)
    if marked:
        lines.append(f"Reviews are marked automatically: {marked}.")
    if thread.flags:
        lines.append(f"The desk notes: {'; '.join(thread.flags)}.")
    against = point_of(thread.reviews[int(ratings.argmin())], "weakness", sight.form)
    speaks = point_of(thread.reviews[int(ratings.argmax())], "strength", sight.form)
    return [
        *lines,
        f"Main point against: {against}",
        f"Main point for: {speaks}",
        _verdict(sight, score, recommendation),
        rules().texts.signed,
    ]


def make() -> EmbeddedChair:
    """The embedded chair, for all three chair roles."""
    return EmbeddedChair()
