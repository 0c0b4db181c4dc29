"""The scientist's role: what it may see in each task, and the protocol of its minds."""

from __future__ import annotations

from typing import Protocol

import msgspec

from conference.core.records import (
    Agent,
    AnyRecord,
    Call,
    Experiment,
    PlannedStudy,
    Rebuttal,
    Review,
    Submission,
)
from conference.core.tasks import Sight, Task
from conference.models.context import Context


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier paper of the venue; its own authors also see its mean rating."""

    title: str
    abstract: str
    template: str
    idea: str
    knobs: dict[str, str | float | int | bool] = {}
    own: bool = False
    accepted: bool | None = None
    rating_mean: float | None = None


class ResearchSight(Sight, frozen=True, kw_only=True):
    """A call for papers, the archive, and the number of this paper among the scientist's own.

    `budget` names the template's budget ("quick" or "full"). `planned` is the idea to start from;
    `begun` are studies on the same template that were planned before it in this round.
    """

    call: Call
    paper: str
    number: int
    budget: str
    seeds: int
    format: str = "typst"
    archive: tuple[Past, ...] = ()
    unsafe: bool = False
    literature: str = ""
    planned: PlannedStudy | None = None
    begun: tuple[PlannedStudy, ...] = ()


class RebutSight(Sight, frozen=True, kw_only=True):
    """The reviews of the scientist's own paper and its experiment; reviewers are named R1, R2, …"""

    submission: Submission
    reviews: tuple[Review, ...]
    names: tuple[str, ...]
    experiment: Experiment | None = None


class ReviseSight(Sight, frozen=True, kw_only=True):
    """A paper to be revised after its reviews: camera-ready, or for the next round.

    `resubmission` names the new paper id in the next round, "" for a camera-ready version.
    `folder` is the folder of the round with the paper's files, "" for this round.
    """

    submission: Submission
    reviews: tuple[Review, ...]
    rebuttal: Rebuttal | None
    meta_review: str
    call: Call
    resubmission: str = ""
    experiment: Experiment | None = None
    folder: str = ""
    budget: str = "quick"
    seeds: int = 3
    format: str = "typst"
    unsafe: bool = False


class ScientistMind(Protocol):
    """How a scientist thinks. Raises `TaskFailed` when it has no valid answer."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]: ...

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal: ...

    async def revise(
        self, agent: Agent, sight: ReviseSight, context: Context
    ) -> list[AnyRecord]: ...


async def perform(task: Task, mind: ScientistMind, context: Context) -> list[AnyRecord]:
    """Do one scientist's task with the given mind."""
    agent, sight = task.agent, task.sight
    assert agent is not None
    match sight:
        case ResearchSight():
            return await mind.research(agent, sight, context)
        case RebutSight():
            return [await mind.rebut(agent, sight, context)]
        case ReviseSight():
            return await mind.revise(agent, sight, context)
        case _:
            raise TypeError(f"no scientist's task: {type(sight).__name__}")
