"""Tasks: the units of work that phases ask for and executors perform."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from conference.core.records import Agent, AnyRecord


class TaskKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """What identifies a task within a round: the phase's step, the agent and the paper."""

    step: str
    agent: str = ""
    paper: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.step, self.agent, self.paper) if part)


class Sight(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base class of sights: a sight holds exactly what a role may see for one task.

    Double blindness lies in what a sight carries: a reviewer's sight has no authors.
    """


class CentralSight(Sight, frozen=True, kw_only=True):
    """Base class of sights for work on the whole round, done in the run's own process."""


class Task(msgspec.Struct, frozen=True, gc=False):
    """One thing for one agent to do. `agent` is None for work of the venue itself."""

    key: TaskKey
    sight: Sight
    agent: Agent | None = None


class Done(msgspec.Struct, frozen=True, gc=False):
    """A finished task: its records as canonical JSON, its duration, its model calls as JSON.

    The ledger stores the bytes that a host encoded, so nothing is encoded twice.
    """

    key: TaskKey
    records: bytes
    seconds: float = 0.0
    calls: bytes = b"[]"


class TaskFailed(Exception):
    """A mind could not do its task; the message is one sentence. Recorded as a `Failure`.

    `records` are kept with the failure: what happened before it, such as a sandbox's incidents.
    """

    def __init__(self, reason: str, records: Sequence[AnyRecord] = ()) -> None:
        super().__init__(reason)
        self.records = tuple(records)


class StopRound(Exception):
    """The round stops cleanly, for instance because a budget is spent, and can be resumed.

    The message is one sentence.
    """
