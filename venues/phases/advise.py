"""Advice: area chairs with a language model judge which reviewers their papers got."""

from __future__ import annotations

from chairs.chair import AdviseSight
from conference.core.records import Assignment
from conference.core.tasks import Task, TaskKey
from conference.models import is_model
from venues.state import Round, Step


def tasks(round_: Round) -> list[Task]:
    """One task for each paper whose area chair has a language model."""
    chairs = {row.paper: row.agent for row in round_.all(Assignment) if row.role == "chair"}
    found = []
    for paper in round_.papers():
        if paper.paper not in chairs or not is_model(round_.agent(chairs[paper.paper]).mind):
            continue
        chair = round_.agent(chairs[paper.paper])
        names = tuple(
            row.agent for row in round_.of(Assignment, paper.paper) if row.role == "reviewer"
        )
        sight = AdviseSight(
            manuscript=round_.manuscript(paper),
            reviewers=names,
            expertise=tuple(round_.agent(name).papers for name in names),
        )
        found.append(Task(TaskKey("assign.advice", chair.id, paper.paper), sight, chair))
    return found


STEP = Step("assign.advice", tasks)
