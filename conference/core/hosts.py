"""Tasks performed on Ray actors that each host many agents, and that may die at any time.

Nobody can tell from a dead host whether one of its tasks killed it or somebody from outside. So the
tasks that were on it are performed again with at most half as many on a host at once, and again
half as many after the next death. A task is to blame only when it was alone on `ALONE` hosts in a
row, and each died: then that is recorded as its failure.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from conference.core.cluster import connect
from conference.core.errors import UserError
from conference.core.records import Failure, encode
from conference.core.tasks import Done, Task
from conference.core.workers import AT_ONCE, Performer, unlimited

BATCH = 64  # One actor call costs 1-3 ms: reviews go out many at a time.
OPEN_BATCHES = 2  # One being performed and one waiting keeps a host busy.
ALONE = 5  # hosts that a task must outlive, alone on each, to be recorded as what kills them
KNOCK_SECONDS = 0.2  # between two questions to a dead host whether it is up again
UP_SECONDS = 600.0  # after which a dead host is given up, and the run ends

Lane = tuple[int, bool]  # a host, and whether the lane's tasks wait for language models


class Batch(msgspec.Struct):
    """Tasks that go to a host in one call. `company` is how many may be there at once with them,
    themselves counted; `alone` how many hosts died while they had only this task."""

    tasks: list[Task]
    lane: Lane
    company: int = sys.maxsize
    alone: int = 0


class Dead(msgspec.Struct):
    """A host that died with so many `tasks`, and the question whether it is up again."""

    tasks: int
    since: float
    knock: Any = None


class Host:
    """The Ray actor: performs batches of tasks for the agents that live on it."""

    def __init__(self, make: Callable[[], Performer]) -> None:
        self._performer = make()

    async def perform(self, tasks: list[Task]) -> list[Done]:
        return list(await asyncio.gather(*(self._performer(task) for task in tasks)))

    async def awake(self) -> None:
        """Answers when the host is up."""


class RayStage:
    """Agents spread over `hosts` Ray actors.

    A host that dies is started again and its unfinished batches are given out again: nothing is
    lost, as the ledger lacks them.
    """

    def __init__(
        self,
        make: Callable[[], Performer],
        hosts: int,
        address: str | None,
        waits: Callable[[Task], bool] = lambda task: False,
    ) -> None:
        """`waits` says of a task whether it mostly waits for a language model."""
        self._waits = waits
        connect(address, hosts)
        import ray

        self._ray = ray
        actor: Any = ray.remote(Host).options(
            num_cpus=0,
            max_restarts=-1,
            max_task_retries=0,
            max_concurrency=OPEN_BATCHES + AT_ONCE,
        )
        self._hosts: list[Any] = [actor.remote(make) for _ in range(hosts)]
        self._home: dict[str, int] = {}
        self._dead: dict[int, Dead] = {}

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        coming = tasks if isinstance(tasks, deque) else deque(tasks)
        queues: dict[Lane, deque[Batch]] = {}
        open_calls: dict[Any, Batch] = {}
        while coming or queues or open_calls:
            self._queue(coming, queues)
            if not (most := room()):
                queues.clear()
            self._give_out(queues, open_calls, most)
            finished: list[Done] = []
            for call in self._ready(open_calls):
                try:
                    finished += self._ray.get(call)
                    del open_calls[call]
                except self._ray.exceptions.RayActorError:
                    self._note_death(open_calls[call].lane[0], open_calls)
                    finished += self._again(open_calls.pop(call), queues)
                except self._ray.exceptions.RayTaskError as error:
                    # What a task raised on its host, without the host's traceback.
                    raise (error.cause if isinstance(error.cause, UserError) else error) from None
            self._look_for_the_risen(open_calls)
            if finished:
                yield finished

    def _ready(self, open_calls: dict[Any, Batch]) -> list[Any]:
        """Calls that ended; waits for one, but not long while a host is dead."""
        calls = list(open_calls)
        if not calls:
            time.sleep(KNOCK_SECONDS if self._dead else 0)
            return []
        self._ray.wait(calls, num_returns=1, timeout=KNOCK_SECONDS if self._dead else None)
        ready, _ = self._ray.wait(calls, num_returns=len(calls), timeout=0)
        return list(ready)

    def _queue(self, tasks: deque[Task], queues: dict[Lane, deque[Batch]]) -> None:
        """Take tasks to the host on which their agent lives, in batches; those that wait, in
        ones."""
        lanes: dict[Lane, list[Task]] = defaultdict(list)
        most = max(1, min(BATCH, len(tasks) // (4 * len(self._hosts))))
        while tasks:
            task = tasks.popleft()
            name = task.key.agent or task.key.paper
            home = self._home.setdefault(name, len(self._home) % len(self._hosts))
            lanes[home, self._waits(task)].append(task)
        for lane, rows in lanes.items():
            size = 1 if lane[1] else most
            batches = (Batch(rows[at : at + size], lane) for at in range(0, len(rows), size))
            queues.setdefault(lane, deque()).extend(batches)

    def _give_out(
        self, queues: dict[Lane, deque[Batch]], open_calls: dict[Any, Batch], most: int
    ) -> None:
        """Give hosts that live what they have room for, and no batch more company than it may
        have."""
        busy = Counter(batch.lane for batch in open_calls.values())
        on_host = _on_hosts(open_calls)
        company: dict[int, int] = {}
        for batch in open_calls.values():
            host = batch.lane[0]
            company[host] = min(company.get(host, sys.maxsize), batch.company)
        waiting = sum(count for (_, waits), count in busy.items() if waits)
        for lane in list(queues):
            host, waits = lane
            while queues[lane] and busy[lane] < (AT_ONCE if waits else OPEN_BATCHES):
                batch = queues[lane][0]
                least = min(company.get(host, sys.maxsize), batch.company)
                crowded = on_host[host] + len(batch.tasks) > least
                if host in self._dead or crowded or (waits and waiting >= most):
                    break
                queues[lane].popleft()
                company[host] = least
                waiting += waits
                busy[lane] += 1
                on_host[host] += len(batch.tasks)
                open_calls[self._hosts[host].perform.remote(batch.tasks)] = batch
            if not queues[lane]:
                del queues[lane]

    def _note_death(self, host: int, open_calls: dict[Any, Batch]) -> None:
        """Count what was on a host when it died; all its calls fail, if not in the same moment."""
        if host not in self._dead:
            self._dead[host] = Dead(_on_hosts(open_calls)[host], time.monotonic())

    def _again(self, batch: Batch, queues: dict[Lane, deque[Batch]]) -> list[Done]:
        """Queue a dead host's batch again with less company; a task that killed its hosts is
        recorded."""
        (host, waits), dead = batch.lane, self._dead[batch.lane[0]]
        company = max(1, min(batch.company, dead.tasks) // 2)
        lane, alone = batch.lane, 0
        if dead.tasks == 1:
            lane, alone = ((host + 1) % len(self._hosts), waits), batch.alone + 1
        if alone == ALONE:
            key = batch.tasks[0].key
            reason = f"its host process died each of the {alone} times that it was alone there"
            failure = Failure(task=str(key), agent=key.agent, paper=key.paper, reason=reason)
            return [Done(key, encode([failure]))]
        parts = range(0, len(batch.tasks), company)
        queues.setdefault(lane, deque()).extend(
            Batch(batch.tasks[at : at + company], lane, company, alone) for at in parts
        )
        return []

    def _look_for_the_risen(self, open_calls: dict[Any, Batch]) -> None:
        """Ask dead hosts whether they are up: what one is given before counts as lost.

        Raises:
            UserError: a host could not be started again.
        """
        on_host = _on_hosts(open_calls)
        for host, dead in list(self._dead.items()):
            if on_host[host]:
                continue  # Its last calls have not failed yet.
            if dead.knock is None:
                dead.knock = self._hosts[host].awake.remote()
            if time.monotonic() - dead.since > UP_SECONDS:
                raise UserError(
                    f"A Ray host died and was not up again within {UP_SECONDS:.0f} s; look at the "
                    "Ray cluster, then run the same command again: it goes on from here."
                )
            if not self._ray.wait([dead.knock], timeout=0)[0]:
                continue
            try:
                self._ray.get(dead.knock)
                del self._dead[host]
            except self._ray.exceptions.RayActorError:
                dead.knock = None

    def close(self) -> None:
        for host in self._hosts:
            self._ray.kill(host)


def _on_hosts(open_calls: dict[Any, Batch]) -> Counter[int]:
    """How many tasks each host has."""
    found: Counter[int] = Counter()
    for batch in open_calls.values():
        found[batch.lane[0]] += len(batch.tasks)
    return found
