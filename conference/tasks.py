"""Tasks: the units of work that a phase hands to the stage."""

from __future__ import annotations

import msgspec

from conference.records import Agent, AnyRecord


class TaskKey(msgspec.Struct, frozen=True, order=True):
    """What identifies a task within a round: the phase's step, the agent and the paper."""

    step: str
    agent: str = ""
    paper: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.step, self.agent, self.paper) if part)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """The parent of what a role may see for one task, and nothing more.

    Double blind is a matter of what a sight carries: a reviewer's sight has no authors.
    """


class Task(msgspec.Struct, frozen=True):
    """One thing for one agent to do. `agent` is None for work of the venue itself."""

    key: TaskKey
    sight: Sight
    agent: Agent | None = None


class Done(msgspec.Struct, frozen=True):
    """A performed task: its records, how long it took and what its model calls cost."""

    key: TaskKey
    records: list[AnyRecord]
    seconds: float = 0.0
    calls: tuple[msgspec.Raw, ...] = ()
