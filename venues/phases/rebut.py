"""Rebuttal: authors answer their reviewers."""

from __future__ import annotations

import msgspec

from conference.core.records import Answer, AnyRecord, Experiment, Rebuttal, Review
from conference.core.tasks import Sight, Task, TaskKey
from conference.core.thread import names_of
from conference.models.context import Context
from scientists.scientist import RebutSight
from venues.phase import Calls, Forecast, Phase
from venues.state import Round, Step, never


def named(reviews: list[Review]) -> tuple[tuple[Review, ...], tuple[str, ...]]:
    """Reviews under neutral names (`conference.core.thread`), and these names."""
    names = tuple(names_of(reviews).values())
    hidden = tuple(
        msgspec.structs.replace(review, reviewer=name)
        for review, name in zip(reviews, names, strict=True)
    )
    return hidden, names


class AnswerSight(Sight, frozen=True, kw_only=True):
    """The prepared answer that a study gives each of a paper's reviewers."""

    paper: str
    names: tuple[str, ...]
    answer: Answer


def tasks(round_: Round) -> list[Task]:
    found = []
    for paper in round_.papers():
        reviews = round_.of(Review, paper.paper)
        if paper.answer and reviews:
            names = tuple(names_of(reviews).values())
            given = AnswerSight(paper=paper.paper, names=names, answer=paper.answer)
            found.append(Task(TaskKey("rebut", paper=paper.paper), given))
            continue
        if not paper.authors or not reviews:
            continue
        author = round_.agent(paper.authors[0])
        hidden, names = named(reviews)
        sight = RebutSight(
            submission=paper,
            reviews=hidden,
            names=names,
            experiment=round_.one(Experiment, paper.paper),
        )
        found.append(Task(TaskKey("rebut", author.id, paper.paper), sight, author))
    return found


def give(sight: AnswerSight, context: Context) -> list[AnyRecord]:
    """The study's answer to each reviewer."""
    replies = dict.fromkeys(sight.names, sight.answer.text)
    return [
        Rebuttal(
            paper=sight.paper, author="", replies=replies, strength=sight.answer.strength,
            mind="study",
        )
    ]  # fmt: skip


PHASE = Phase(
    name="rebut",
    after=("review",),
    steps=(Step("rebut", tasks, goes_on=True, waits=never),),
    performs={AnswerSight: give},
    forecast=lambda size: Forecast(size.authored, "authors answer", at_most=True),
    calls=lambda size, tokens: [
        Calls("scientist", size.authored, tokens.about + tokens.thread, tokens.answer)
    ],
)
