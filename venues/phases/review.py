"""Phase 6, reviews on the venue's own form; absent reviewers are replaced by emergency ones."""

from __future__ import annotations

from conference.records import Assignment
from conference.tasks import Task, TaskKey
from reviewers.reviewer import ReviewSight
from venues.phases.assign import EMERGENCY
from venues.state import Round, Step


def _tasks(round_: Round, step: str, emergency: bool) -> list[Task]:
    venue = round_.venue
    papers = {paper.paper: round_.manuscript(paper) for paper in round_.papers()}
    start = venue.call.deadlines.get("assignment", 0)
    days = venue.call.deadlines.get("reviews", start + 21)
    archive = tuple(entry.past.title for entry in round_.archive)
    found = []
    for row in round_.all(Assignment):
        if row.role != "reviewer" or row.emergency != emergency:
            continue
        agent = round_.agent(row.agent)
        sight = ReviewSight(
            manuscript=papers[row.paper],
            form=venue.form,
            panel=venue.panel.like,
            affinity=row.affinity,
            days=days,
            absent_rate=0.0 if emergency else venue.review.absent_rate,
            late_rate=venue.review.late_rate,
            emergency=emergency,
            archive=archive,
        )
        found.append(Task(TaskKey(step, agent.id, row.paper), sight, agent))
    return found


def tasks(round_: Round) -> list[Task]:
    return _tasks(round_, "review", emergency=False)


def replacement_tasks(round_: Round) -> list[Task]:
    return _tasks(round_, "review.replacement", emergency=True)


STEPS = (Step("review", tasks), EMERGENCY, Step("review.replacement", replacement_tasks))
