"""Performs tasks on Ray actors ("hosts") that each serve many agents and may die at any time.

A dead host does not show whether one of its tasks killed it or something else did. So its tasks are
performed again with at most half as many on a host at once, and half as many again after the next
death. A task is blamed only if it was alone on `DEATHS_TO_BLAME` hosts in a row and each of them
died: then that is recorded as its failure.
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
from conference.core.executors import AT_ONCE, Performer, unlimited
from conference.core.records import Failure, encode
from conference.core.tasks import Done, Task

BATCH = 64  # tasks in one actor call at most; a call costs 1-3 ms
OPEN_BATCHES = 2  # One being performed and one waiting keep a host busy.
DEATHS_TO_BLAME = 5  # deaths of hosts with one task alone before it is recorded as failed
PING_SECONDS = 0.2  # between two checks whether a dead host is up again
RESTART_SECONDS = 600.0  # until a dead host is given up and the run ends

Lane = tuple[int, bool]  # a host, and whether the lane's tasks wait for language models


class Batch(msgspec.Struct):
    """Tasks that go to a host in one call. `limit` is the most tasks, including these, that may be
    on the host at once; `deaths_alone` counts the hosts that died with only this task."""

    tasks: list[Task]
    lane: Lane
    limit: int = sys.maxsize
    deaths_alone: int = 0


class DeadHost(msgspec.Struct):
    """A host that died at `since` with `tasks` tasks; `ping` is the call that asks if it is up."""

    tasks: int
    since: float
    ping: Any = None


class Host:
    """The Ray actor: performs batches of tasks for the agents assigned to it."""

    def __init__(self, make: Callable[[], Performer]) -> None:
        self._performer = make()

    async def perform(self, tasks: list[Task]) -> list[Done]:
        return list(await asyncio.gather(*(self._performer(task) for task in tasks)))

    async def ping(self) -> None:
        """Return at once: the answer shows that the host is up."""


class RayExecutor:
    """Spreads agents over `hosts` Ray actors.

    If a host dies, Ray restarts it and its unfinished batches are given out again.
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
        self._dead: dict[int, DeadHost] = {}

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
                    finished += self._requeue(open_calls.pop(call), queues)
                except self._ray.exceptions.RayTaskError as error:
                    # What a task raised on its host, without the host's traceback.
                    raise (error.cause if isinstance(error.cause, UserError) else error) from None
            self._note_restarts(open_calls)
            if finished:
                yield finished

    def _ready(self, open_calls: dict[Any, Batch]) -> list[Any]:
        """Wait for a call to end, only briefly while a host is dead; return those that ended."""
        calls = list(open_calls)
        if not calls:
            time.sleep(PING_SECONDS if self._dead else 0)
            return []
        self._ray.wait(calls, num_returns=1, timeout=PING_SECONDS if self._dead else None)
        ready, _ = self._ray.wait(calls, num_returns=len(calls), timeout=0)
        return list(ready)

    def _queue(self, tasks: deque[Task], queues: dict[Lane, deque[Batch]]) -> None:
        """Queue tasks for their agent's host, in batches; model-bound tasks one by one."""
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
        """Send live hosts the batches that they have room for, within each batch's limit."""
        busy = Counter(batch.lane for batch in open_calls.values())
        on_host = _on_hosts(open_calls)
        limits: dict[int, int] = {}
        for batch in open_calls.values():
            host = batch.lane[0]
            limits[host] = min(limits.get(host, sys.maxsize), batch.limit)
        waiting = sum(count for (_, waits), count in busy.items() if waits)
        for lane in list(queues):
            host, waits = lane
            while queues[lane] and busy[lane] < (AT_ONCE if waits else OPEN_BATCHES):
                batch = queues[lane][0]
                least = min(limits.get(host, sys.maxsize), batch.limit)
                crowded = on_host[host] + len(batch.tasks) > least
                if host in self._dead or crowded or (waits and waiting >= most):
                    break
                queues[lane].popleft()
                limits[host] = least
                waiting += waits
                busy[lane] += 1
                on_host[host] += len(batch.tasks)
                open_calls[self._hosts[host].perform.remote(batch.tasks)] = batch
            if not queues[lane]:
                del queues[lane]

    def _note_death(self, host: int, open_calls: dict[Any, Batch]) -> None:
        """Note how many tasks a host had when it died; its calls may fail one after another."""
        if host not in self._dead:
            self._dead[host] = DeadHost(_on_hosts(open_calls)[host], time.monotonic())

    def _requeue(self, batch: Batch, queues: dict[Lane, deque[Batch]]) -> list[Done]:
        """Queue a dead host's batch again in smaller parts; return a failure for a task that
        killed `DEATHS_TO_BLAME` hosts."""
        (host, waits), dead = batch.lane, self._dead[batch.lane[0]]
        limit = max(1, min(batch.limit, dead.tasks) // 2)
        lane, deaths = batch.lane, 0
        if dead.tasks == 1:
            lane, deaths = ((host + 1) % len(self._hosts), waits), batch.deaths_alone + 1
        if deaths == DEATHS_TO_BLAME:
            key = batch.tasks[0].key
            reason = f"its host process died each of the {deaths} times that it was alone there"
            failure = Failure(task=str(key), agent=key.agent, paper=key.paper, reason=reason)
            return [Done(key, encode([failure]))]
        parts = range(0, len(batch.tasks), limit)
        queues.setdefault(lane, deque()).extend(
            Batch(batch.tasks[at : at + limit], lane, limit, deaths) for at in parts
        )
        return []

    def _note_restarts(self, open_calls: dict[Any, Batch]) -> None:
        """Ping dead hosts and mark those that are up: a task sent earlier would be lost.

        Raises:
            UserError: a host was not up again within `RESTART_SECONDS`.
        """
        on_host = _on_hosts(open_calls)
        for host, dead in list(self._dead.items()):
            if on_host[host]:
                continue  # Its last calls have not failed yet.
            if dead.ping is None:
                dead.ping = self._hosts[host].ping.remote()
            if time.monotonic() - dead.since > RESTART_SECONDS:
                raise UserError(
                    f"A Ray host died and was not up again within {RESTART_SECONDS:.0f} s; look at "
                    "the Ray cluster, then run the same command again: it goes on from here."
                )
            if not self._ray.wait([dead.ping], timeout=0)[0]:
                continue
            try:
                self._ray.get(dead.ping)
                del self._dead[host]
            except self._ray.exceptions.RayActorError:
                dead.ping = None

    def close(self) -> None:
        for host in self._hosts:
            self._ray.kill(host)


def _on_hosts(open_calls: dict[Any, Batch]) -> Counter[int]:
    """The number of tasks on each host."""
    found: Counter[int] = Counter()
    for batch in open_calls.values():
        found[batch.lane[0]] += len(batch.tasks)
    return found
