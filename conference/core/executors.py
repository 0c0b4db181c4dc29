"""Executors perform tasks: this module's in this process, that of `hosts.py` on Ray hosts."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from conference.core.tasks import Done, Task

AT_ONCE = 256  # tasks under way in a process: those that wait for a language model cost it little


class Performer(Protocol):
    """Performs one task. An exception ends the run; a mind's failure is returned as a record."""

    async def __call__(self, task: Task) -> Done: ...


def unlimited() -> int:
    """No limit on the tasks under way beyond the executor's own."""
    return sys.maxsize


class Executor(Protocol):
    """Performs tasks in any order and yields finished ones in groups, to be committed."""

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        """Perform `tasks`. If they are a deque, the caller may append more after each group.

        `room` is called before more tasks begin, and returns how many that wait for language
        models may be under way. At 0 no further task begins; those under way are finished."""
        ...

    def close(self) -> None: ...


class InlineExecutor:
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
        if not self._busy:  # Closing waits for threads, which an interrupted run must not do.
            self._runner.close()
