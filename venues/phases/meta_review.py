"""Meta-reviews by area chairs, and senior area chairs' notes on them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from chairs.calibration import POOLED
from chairs.chair import MetaReviewSight, SeniorSight
from conference.core.records import Assignment, CalibrationMap, MetaReview, Review
from conference.core.tasks import Task, TaskKey
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.phases.discuss import thread_of
from venues.state import Round, Step


def tasks(round_: Round) -> list[Task]:
    """One task for each paper that has a review and an area chair."""
    reviews = round_.all(Review)
    if not reviews:
        return []
    mean = float(np.mean([round_.rating(review) for review in reviews]))
    severity = severities(round_, mean)
    bar = acceptance_bar(round_)
    maps = {fitted.reviewer: fitted for fitted in round_.all(CalibrationMap)}
    calibrated = round_.venue.decision.score == "calibrated"
    chairs = {row.paper: row.agent for row in round_.all(Assignment) if row.role == "chair"}
    found = []
    for paper in round_.papers():
        names = [review.reviewer for review in round_.of(Review, paper.paper)]
        if not names or paper.paper not in chairs:
            continue
        chair = round_.agent(chairs[paper.paper])
        sight = MetaReviewSight(
            thread=thread_of(round_, paper, "chair"),
            form=round_.venue.form,
            bar=bar,
            accept_rate=round_.venue.decision.accept_rate,
            venue_mean=mean,
            maps=tuple(maps[name] for name in (POOLED, *names) if name in maps and calibrated),
            severity={name: severity[name] for name in names if name in severity},
        )
        found.append(Task(TaskKey("meta_review", chair.id, paper.paper), sight, chair))
    return found


def severities(round_: Round, mean: float) -> dict[str, float]:
    """By reviewer with at least two reviews, its mean rating minus the venue's."""
    given: dict[str, list[float]] = defaultdict(list)
    for review in round_.all(Review):
        given[review.reviewer].append(round_.rating(review))
    return {
        name: float(np.mean(ratings)) - mean for name, ratings in given.items() if len(ratings) > 1
    }


def acceptance_bar(round_: Round) -> float:
    """The mean rating that the venue's share of accepted papers reaches."""
    means = [
        np.mean(ratings) for paper in round_.papers() if (ratings := round_.ratings(paper.paper))
    ]
    return float(np.quantile(means, 1 - round_.venue.decision.accept_rate))


def senior_tasks(round_: Round) -> list[Task]:
    """One task for each area chair's meta-reviews; senior area chairs take turns."""
    seniors = round_.agents("senior_chair")
    rows = round_.all(MetaReview)
    if not seniors or not rows:
        return []
    scores = [row.score for row in rows]
    mean, sd = float(np.mean(scores)), float(np.std(scores))
    by_chair: dict[str, list[MetaReview]] = defaultdict(list)
    for row in rows:
        by_chair[row.chair].append(row)
    found = []
    for number, chair in enumerate(sorted(by_chair)):
        senior = seniors[number % len(seniors)]
        sight = SeniorSight(
            meta_reviews=tuple(by_chair[chair]),
            chair=chair,
            chair_mean=float(np.mean([row.score for row in by_chair[chair]])),
            venue_mean=mean,
            venue_sd=sd,
            scale=round_.venue.form[round_.venue.form.rating].values,
        )
        found.append(Task(TaskKey("meta_review.senior", senior.id, chair), sight, senior))
    return found


def _forecast(size: Size) -> Forecast:
    what = f"{size.venue.minds.chair} meta-reviews and senior looks"
    return Forecast(size.papers + size.chairs, what, at_most=True)


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    return [
        Calls("chair", size.papers, tokens.about + tokens.thread, 2 * tokens.text),
        Calls("chair", size.chairs, tokens.house + tokens.thread, 2 * tokens.text),
    ]


PHASE = Phase(
    name="meta_review",
    after=("review",),
    sees=("decision",),
    steps=(
        Step("meta_review", tasks, essential=True),
        Step("meta_review.senior", senior_tasks, essential=True),
    ),
    forecast=_forecast,
    calls=_calls,
)
