"""Where tasks are performed: in this process, or on Ray actors that each host many agents."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from conference.core.cluster import connect
from conference.core.errors import UserError
from conference.core.records import Failure, encode
from conference.core.tasks import Done, Task

BATCH = 64  # One actor call costs 1-3 ms: reviews go out many at a time.
OPEN_BATCHES = 2  # One being performed and one waiting keeps a host busy.
AT_ONCE = 256  # Tasks that wait for a language model cost a host nothing: engines batch them.
WAKE_TRIES, WAKE_SECONDS = 300, 0.2  # asking a host that died whether it is up again
DEATHS = 3  # A batch that outlived this many hosts is split; a task that did is recorded.


Lane = tuple[int, bool]  # a host, and whether the lane's tasks wait for language models


class Performer(Protocol):
    """Performs one task. What it raises ends the run; a mind's failure is a record."""

    async def __call__(self, task: Task) -> Done: ...


def unlimited() -> int:
    """No limit on the tasks under way but the stage's own."""
    return sys.maxsize


class Stage(Protocol):
    """Performs tasks in any order and hands back finished ones in groups to be committed."""

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        """Tasks are taken out of a deque, to which more may be added after each group.

        `room` is asked before more tasks are begun: how many that wait for language models may
        be under way. At 0 no task is begun any more; those that have begun are finished."""
        ...

    def close(self) -> None: ...


class InlineStage:
    """All agents in this process, on one event loop."""

    def __init__(self, make: Callable[[], Performer], at_once: int = AT_ONCE) -> None:
        self._performer = make()
        self._at_once = at_once
        self._runner = asyncio.Runner()
        self._busy = False

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        waiting = tasks if isinstance(tasks, deque) else deque(tasks)
        running: set[asyncio.Task[Done]] = set()
        self._busy = True
        while waiting or running:
            if not (most := room()):
                waiting.clear()
            if waiting or running:
                yield self._runner.run(self._some(waiting, running, min(most, self._at_once)))
        self._busy = False

    async def _some(
        self, waiting: deque[Task], running: set[asyncio.Task[Done]], most: int
    ) -> list[Done]:
        while waiting and len(running) < most:
            running.add(asyncio.ensure_future(self._performer(waiting.popleft())))
        finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running -= finished
        return [task.result() for task in finished]

    def close(self) -> None:
        if not self._busy:  # Closing waits for threads; an interrupted run must not.
            self._runner.close()


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

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        coming = tasks if isinstance(tasks, deque) else deque(tasks)
        queues: dict[Lane, deque[tuple[list[Task], int]]] = {}
        open_calls: dict[Any, tuple[Lane, list[Task], int]] = {}
        while coming or queues or open_calls:
            self._queue(coming, queues)
            if not (most := room()):
                queues.clear()
            self._give_out(queues, open_calls, most)
            if not open_calls:
                return
            ready, _ = self._ray.wait(list(open_calls), num_returns=1)
            more, _ = self._ray.wait(list(open_calls), num_returns=len(open_calls), timeout=0)
            finished: list[Done] = []
            for call in dict.fromkeys([*ready, *more]):
                lane, batch, deaths = open_calls.pop(call)
                try:
                    finished += self._ray.get(call)
                except self._ray.exceptions.RayActorError:
                    finished += self._again(lane, batch, deaths + 1, queues)
                except self._ray.exceptions.RayTaskError as error:
                    # What a task raised on its host, without the host's traceback.
                    raise (error.cause if isinstance(error.cause, UserError) else error) from None
            if finished:
                yield finished

    def _queue(self, tasks: deque[Task], queues: dict[Lane, deque[tuple[list[Task], int]]]) -> None:
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
            batches = ((rows[at : at + size], 0) for at in range(0, len(rows), size))
            queues.setdefault(lane, deque()).extend(batches)

    def _give_out(
        self,
        queues: dict[Lane, deque[tuple[list[Task], int]]],
        open_calls: dict[Any, tuple[Lane, list[Task], int]],
        most: int,
    ) -> None:
        """Give hosts what they have room for; what may have killed one for its last time, alone.

        So that a task which kills its host is found out, and none is blamed for another's doing.
        """
        busy = Counter(lane for lane, _, _ in open_calls.values())
        on_host = Counter(lane[0] for lane, _, _ in open_calls.values())
        alone = {lane[0] for lane, _, deaths in open_calls.values() if deaths == DEATHS - 1}
        waiting = sum(count for (_, waits), count in busy.items() if waits)
        for lane in list(queues):
            host, waits = lane
            for _ in range((AT_ONCE if waits else OPEN_BATCHES) - busy[lane]):
                if not queues[lane] or (waits and waiting >= most) or host in alone:
                    break
                batch, deaths = queues[lane][0]
                if deaths == DEATHS - 1:
                    if on_host[host]:
                        break
                    alone.add(host)
                    self._wake(host)
                queues[lane].popleft()
                waiting += waits
                on_host[host] += 1
                call = self._hosts[host].perform.remote(batch)
                open_calls[call] = (lane, batch, deaths)
            if not queues[lane]:
                del queues[lane]

    def _wake(self, host: int) -> None:
        """Wait for a host that is being started again: what it is given before counts as lost."""
        for _ in range(WAKE_TRIES):
            try:
                self._ray.get(self._hosts[host].awake.remote())
                return
            except self._ray.exceptions.RayActorError:
                time.sleep(WAKE_SECONDS)

    def _again(
        self,
        lane: Lane,
        batch: list[Task],
        deaths: int,
        queues: dict[Lane, deque[tuple[list[Task], int]]],
    ) -> list[Done]:
        """Queue a dead host's batch again; a single task that killed its host is recorded."""
        queue = queues.setdefault(lane, deque())
        if deaths < DEATHS:
            queue.append((batch, deaths))
            return []
        if len(batch) > 1:
            queue.extend(([task], 0) for task in batch)
            return []
        key = batch[0].key
        reason = f"its host process died {deaths} times while performing it"
        failure = Failure(task=str(key), agent=key.agent, paper=key.paper, reason=reason)
        return [Done(key, encode([failure]))]

    def close(self) -> None:
        for host in self._hosts:
            self._ray.kill(host)
