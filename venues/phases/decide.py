"""Decisions by quota, orals and spotlights, best paper."""

from __future__ import annotations

import numpy as np

from chairs.chair import Candidate, DecideSight
from conference.core.records import MetaReview, SelfRanking, SeniorNote
from conference.core.tasks import Task, TaskKey
from venues.phase import Calls, Forecast, Phase
from venues.phases.rank import isotonic
from venues.state import Round, Step
from venues.venue import Venue

SCORES = 1_000  # tokens of the papers' scores


def tasks(round_: Round) -> list[Task]:
    """One task for the program chair, with every paper that has a meta-review."""
    rules = round_.venue.decision
    chair = round_.agents("program_chair")[0]
    candidates = []
    means = _isotonic(round_) if rules.score == "isotonic" else {}
    for paper in round_.papers():
        meta = round_.one(MetaReview, paper.paper)
        if meta is None:
            continue
        ratings = round_.ratings(paper.paper)
        score, name = _scored(round_, meta, ratings)
        if paper.paper in means:
            score, name = means[paper.paper], "isotonic mean rating"
        candidates.append(
            Candidate(
                paper=paper.paper,
                title=paper.title,
                score=round(score, 6),
                score_name=name,
                recommendation=meta.recommendation,
                spread=round(float(np.std(ratings)), 6),
                ratings=ratings,
            )
        )
    sight = DecideSight(
        candidates=tuple(candidates),
        accept_rate=rules.accept_rate,
        oral_rate=rules.oral_rate,
        spotlight_rate=rules.spotlight_rate,
        best_papers=rules.best_papers,
        scale=round_.venue.form[round_.venue.form.rating].values,
    )
    return [Task(TaskKey("decide", chair.id), sight, chair)]


def _isotonic(round_: Round) -> dict[str, float]:
    means = {
        paper.paper: float(np.mean(ratings))
        for paper in round_.papers()
        if (ratings := round_.ratings(paper.paper))
    }
    return isotonic(means, round_.all(SelfRanking))


def _problem(venue: Venue) -> str:
    if venue.decision.score != "isotonic" or "rank" in venue.phases:
        return ""
    return (
        "decision.score is 'isotonic' and no phase 'rank' has the authors rank their papers; add "
        "it to phases after 'desk_check', or choose another score"
    )


def _scored(round_: Round, meta: MetaReview, ratings: tuple[float, ...]) -> tuple[float, str]:
    """A paper's score by the venue's rule, and the name of what was used."""
    if round_.venue.decision.score == "mean_rating":
        return float(np.mean(ratings)), "mean rating"
    notes = [note.adjustment for note in round_.of(SeniorNote, meta.paper)]
    name = "calibrated score" if meta.calibrated else "score of the meta-review"
    return meta.score + sum(notes), name


PHASE = Phase(
    name="decide",
    after=("meta_review",),
    sees=("decision",),
    problem=_problem,
    steps=(Step("decide", tasks, essential=True),),
    forecast=lambda size: Forecast(1, "decide by quota"),
    calls=lambda size, tokens: [Calls("chair", 1, tokens.house + SCORES, 10 * tokens.text)],
)
