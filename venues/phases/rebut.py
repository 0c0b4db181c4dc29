"""Phase 7a, rebuttal: authors answer their reviewers."""

from __future__ import annotations

import msgspec

from conference.core.records import Review
from conference.core.tasks import Task, TaskKey
from conference.core.thread import names_of
from scientists.scientist import RebutSight
from venues.state import Round, Step


def named(reviews: list[Review]) -> tuple[tuple[Review, ...], tuple[str, ...]]:
    """Reviews with their reviewers' names hidden (`conference.core.thread`)."""
    names = tuple(names_of(reviews).values())
    hidden = tuple(
        msgspec.structs.replace(review, reviewer=name)
        for review, name in zip(reviews, names, strict=True)
    )
    return hidden, names


def tasks(round_: Round) -> list[Task]:
    found = []
    for paper in round_.papers():
        reviews = round_.of(Review, paper.paper)
        if not paper.authors or not reviews:
            continue
        author = round_.agent(paper.authors[0])
        hidden, names = named(reviews)
        sight = RebutSight(submission=paper, reviews=hidden, names=names)
        found.append(Task(TaskKey("rebut", author.id, paper.paper), sight, author))
    return found


STEPS = (Step("rebut", tasks),)
