"""Play a flow: perform the tasks that the ledger lacks, and note each complete step."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from conference.core.executors import Executor
from conference.core.ledger import UNDER_WAY, Ledger
from conference.core.progress import Progress
from conference.core.records import Failure
from conference.core.reuse import Digests, Pool
from conference.core.tasks import StopRound, Task, TaskKey
from conference.models.costs import Budget
from conference.models.records import calls_from_json, calls_to_json
from venues.flow import Flow
from venues.plan import seed_of_task
from venues.revisions import revision_of
from venues.state import Round, Step, UnderWay


class Player:
    """Performs one flow of a round, and keeps how far it is."""

    def __init__(
        self,
        flow: Flow,
        round_: Round,
        ledger: Ledger,
        executor_for: Callable[[Task], Executor],
        progress: Progress,
        budget: Budget,
        pool: Pool,
    ) -> None:
        self._flow, self._round, self._ledger = flow, round_, ledger
        self._executor_for, self._progress = executor_for, progress
        self._budget, self._pool = budget, pool
        self._seen: dict[TaskKey, bytes] = {}
        self._digests = Digests()
        self._stop: StopRound | None = None
        self._performed = 0

    def play(self) -> int:
        """Perform the flow; return how many tasks were performed.

        Raises:
            StopRound: a limit was reached, or a step failed.
        """
        todo = self._admit(self._flow.begin())
        if todo and not self._stop and not self._budget.exceeded:
            self._announce()
            self._budget.begin_step()
            self._perform(deque(todo))
        if self._stop:
            raise self._stop
        if not self._flow.over:
            step = self._flow.steps[self._flow.at].name
            raise StopRound(
                f"The round stops in step '{step}' because {self._budget.exceeded}; nothing that "
                "was done is lost: run the same command with a higher limit to go on."
            )
        return self._performed

    def _perform(self, queue: deque[Task]) -> None:
        """Perform the queued tasks, and the tasks that they make possible as soon as they do."""
        while queue and self._room():
            before = self._performed
            executor = self._executor_for(queue[0])  # The first call may start the models.
            for finished in executor.perform(queue, self._room):
                self._ledger.append(finished)
                self._budget.note(row.calls for row in finished)
                self._performed += len(finished)
                others: deque[Task] = deque()
                for task in self._admit((), [done.key for done in finished]):
                    (queue if self._executor_for(task) is executor else others).append(task)
                self._perform(others)
            if self._performed == before:
                return
            queue = deque(task for task in queue if task.key not in self._ledger)

    def _room(self) -> int:
        return 0 if self._stop else self._budget.room()

    def _admit(self, tasks: Sequence[Task], done: Iterable[TaskKey] = ()) -> list[Task]:
        """The tasks left to perform: of `tasks`, and of those that follow from `done` or from
        results that the ledger or the pool holds."""
        todo: list[Task] = []
        shown = self._flow.at
        news = [*tasks, *self._flow.note(done)]
        while not self._stop:
            self._take_over(news)
            todo += [task for task in news if task.key not in self._ledger]
            news = self._flow.note([task.key for task in news if task.key in self._ledger])
            if news:
                continue
            if self._flow.over or not self._flow.complete:
                break
            news = self._close()
        if not self._flow.over:
            self._progress(self._flow.steps[self._flow.at].name, *self._flow.progress)
            if self._flow.at > shown and todo:
                self._announce()
        return [] if self._stop else todo

    def _close(self) -> list[Task]:
        """Note that a step is complete; return the tasks that could not start before."""
        step, keys = self._flow.steps[self._flow.at], [task.key for task in self._flow.tasks()]
        records = list(self._ledger.records_of(keys))
        self._stop = failure_of(step, [r for r in records if isinstance(r, Failure)], len(keys))
        if self._stop:  # Tasks under way still finish.
            return []
        self._ledger.note_complete(step.name, keys, [self._seen[key] for key in keys])
        self._progress(step.name, len(keys), len(keys))
        return self._flow.close(records)

    def _announce(self) -> None:
        """Note in the ledger which step the run is at, for `conference watch`."""
        step, (done, tasks) = self._flow.steps[self._flow.at], self._flow.progress
        budget = self._budget
        work = UnderWay(step.name, tasks, done, time.time(), budget.started, budget.limits)
        self._ledger.write_note(UNDER_WAY, msgspec.json.encode(work))

    def _take_over(self, tasks: Iterable[Task]) -> None:
        """Append the results that earlier rounds have for these tasks; their calls are marked as
        reused, as they were paid for there."""
        lacking: dict[str, dict[TaskKey, bytes]] = {}
        for task in tasks:
            seed = seed_of_task(task.key, self._round.draws, self._round.world)
            revision = revision_of(task, self._round.venue)
            self._seen[task.key] = self._digests.of(task, seed, revision)
            if task.key not in self._ledger:
                lacking.setdefault(task.key.step, {})[task.key] = self._seen[task.key]
        for digests in lacking.values():
            found = self._pool.find(digests, self._ledger.folder)
            if found:
                self._ledger.append(
                    [msgspec.structs.replace(done, calls=_paid(done.calls)) for done in found]
                )


def _paid(calls: bytes) -> bytes:
    if calls == b"[]":
        return calls
    return calls_to_json(
        [msgspec.structs.replace(call, reused=True) for call in calls_from_json(calls)]
    )


def failure_of(step: Step, failures: list[Failure], tasks: int) -> StopRound | None:
    """Why the run must stop: an essential step has a failure, or most of a step's tasks failed."""
    if not (step.essential and failures) and len(failures) <= tasks / 2:
        return None
    return StopRound(
        f"{len(failures)} task(s) of the step '{step.name}' failed, the first being "
        f"{failures[0].task}: {failures[0].reason}; run the same command with --retry-failed."
    )
