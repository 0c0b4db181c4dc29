"""Camera-ready: accepted papers are revised after their reviews."""

from __future__ import annotations

from conference.core.records import Call, Decision, Experiment, MetaReview, Rebuttal, Review
from conference.core.tasks import Task, TaskKey
from scientists.scientist import ReviseSight
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.phases.rebut import named
from venues.state import Round, Step


def tasks(round_: Round) -> list[Task]:
    """One task for each accepted paper whose authors take part in the round."""
    accepted = {decision.paper for decision in round_.all(Decision) if decision.accepted}
    found = []
    for paper in round_.papers():
        if paper.paper not in accepted or not paper.authors:
            continue
        author = round_.agent(paper.authors[0])
        reviews, _ = named(round_.of(Review, paper.paper))
        meta = round_.one(MetaReview, paper.paper)
        sight = ReviseSight(
            submission=paper,
            reviews=reviews,
            rebuttal=round_.one(Rebuttal, paper.paper),
            meta_review=meta.text if meta else "",
            call=round_.all(Call)[0],
            experiment=round_.one(Experiment, paper.paper),
            budget=round_.venue.call.budget,
            seeds=round_.venue.call.seeds,
            format=round_.options.format,
            unsafe=round_.options.unsafe,
        )
        found.append(Task(TaskKey("camera_ready", author.id, paper.paper), sight, author))
    return found


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    asked = tokens.house + tokens.material + tokens.thread
    return [Calls("scientist", size.accepted, asked, tokens.answer)]


PHASE = Phase(
    name="camera_ready",
    after=("decide",),
    steps=(Step("camera_ready", tasks),),
    forecast=lambda size: Forecast(size.accepted, "revise the accepted papers", at_most=True),
    calls=_calls,
)
