"""Dispatch: which code performs a task, and which mind does it for an agent."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from chairs import chair
from conference.core.executors import Executor, InlineExecutor, Performer
from conference.core.finite import NotFinite
from conference.core.hosts import RayExecutor
from conference.core.records import AnyRecord, Failure, encode
from conference.core.tasks import CentralSight, Done, Task, TaskFailed
from conference.models import Asker, Model, ModelRules, is_model, make_model, parse_spec, rules_for
from conference.models.context import Context
from conference.models.records import calls_to_json
from reviewers import reviewer
from scientists import scientist
from venues import phases
from venues.minds import mind_of
from venues.plan import seed_of_task

ROLES: dict[str, Any] = {
    "scientist": scientist.perform,
    "reviewer": reviewer.perform,
    "chair": chair.perform,
    "senior_chair": chair.perform,
    "program_chair": chair.perform,
}


def make_performer(
    seed: int,
    folder: str,
    hosts: int,
    models: Mapping[str, ModelRules] | None = None,
    spoiled: Collection[int] = (),
    world: int = 0,
) -> Performer:
    """The function that performs a host's tasks: agents' by their role, others by their phase.

    `spoiled` are seeds of model calls that must not be used again (see `Asker`); `world` is the
    seed of papers shared with other rounds (see `seed_of_task`).
    """
    slots = asyncio.Semaphore(max(1, (os.cpu_count() or 1) // max(1, hosts)))
    made: dict[str, Model] = {}
    home = Path(folder)

    def asker_of(task: Task) -> Asker | None:
        if task.agent is None or not has_model(task):
            return None
        spec = parse_spec(task.agent.mind)
        rules = rules_for(spec, models or {})
        if spec.text not in made:
            share = max(1, rules.at_once // max(1, hosts))
            made[spec.text] = make_model(spec, msgspec.structs.replace(rules, at_once=share))
        own = seed_of_task(task.key, seed, world)
        return Asker(made[spec.text], rules, spec.preset, own, task.key, spoiled)

    async def perform(task: Task) -> Done:
        start = time.perf_counter()
        asker = asker_of(task)
        context = Context(seed_of_task(task.key, seed, world), home, task.key, slots, asker)
        try:
            records = encode(await _records(task, context))
        except (TaskFailed, NotFinite) as error:
            key = task.key
            failed = Failure(task=str(key), agent=key.agent, paper=key.paper, reason=str(error))
            records = encode([failed, *(error.records if isinstance(error, TaskFailed) else ())])
        calls = calls_to_json(asker.calls) if asker else b"[]"
        return Done(task.key, records, time.perf_counter() - start, calls)

    return perform


def has_model(task: Task) -> bool:
    """Whether a task's agent uses a language model, so that the task mostly waits."""
    return task.agent is not None and is_model(task.agent.mind)


async def _records(task: Task, context: Context) -> list[AnyRecord]:
    if task.agent is None:
        return phases.perform(task, context)
    mind = mind_of(task.agent.role, task.agent.mind)
    records: list[AnyRecord] = await ROLES[task.agent.role](task, mind, context)
    return records


class Executors:
    """Runs central tasks in the run's own process and others on hosts, started when first needed.

    `ready` is called once, before the first task that is not central.
    """

    def __init__(
        self,
        make: Callable[[], Performer],
        hosts: int,
        address: str | None,
        ready: Callable[[], None],
    ) -> None:
        self._make, self._number, self._address = make, hosts, address
        self.ready = cache(ready)
        self._here: Executor | None = None
        self._hosts: Executor | None = None

    def choose(self, task: Task) -> Executor:
        if not isinstance(task.sight, CentralSight):
            self.ready()
        if isinstance(task.sight, CentralSight) or self._number == 0:
            self._here = self._here or InlineExecutor(self._make)
            return self._here
        if self._hosts is None:
            self._hosts = RayExecutor(self._make, self._number, self._address, has_model)
        return self._hosts

    def close(self) -> None:
        for executor in (self._here, self._hosts):
            if executor is not None:
                executor.close()
