"""Let each paper go through steps at its own pace, up to a step that must see all papers.

A paper whose reviews are in goes on to its rebuttal while others are still reviewed. A task
sees the same as if all papers moved step by step, so only the time differs: a paper's later tasks
are made from a round that holds this paper alone (`Round.about`), and a task that must see all
papers waits until they have arrived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from conference.core.records import AnyRecord
from conference.core.tasks import Task, TaskKey
from venues.state import Round, Step


def flows_of(steps: Sequence[Step], overlap: bool) -> list[list[Step]]:
    """Groups of steps within which papers go at their own pace; without `overlap`, of one each."""
    found: list[list[Step]] = []
    for step in steps:
        if overlap and found and found[-1][-1].goes_on and step.waits is not None:
            found[-1].append(step)
        else:
            found.append([step])
    return found


class Flow:
    """Where each paper is in a group of steps, and which tasks it has there.

    `at` is the position of the first step that is not complete. `records` gives the records of a
    finished task.
    """

    def __init__(
        self, steps: Sequence[Step], round_: Round, records: Callable[[TaskKey], list[AnyRecord]]
    ) -> None:
        self.steps, self.at = steps, 0
        self._round, self._records = round_, records
        self._papers = [paper.paper for paper in round_.papers()] if len(steps) > 1 else []
        self._place = dict.fromkeys(self._papers, 0)  # The step that each paper is in.
        self._under_way = Counter(self._place.values())  # Papers in each step, but for those
        self._held: dict[str, None] = {}  # held, which go on when their step is complete.
        self._views: dict[str, Round] = {}
        self._all: list[list[Task]] = [[] for _ in steps]  # Tasks made with all papers,
        self._own: list[dict[str, list[Task]]] = [defaultdict(list) for _ in steps]  # or with one.
        self._open = [Counter[str]() for _ in steps]  # Unfinished tasks by paper.
        self._step = {step.name: at for at, step in enumerate(steps)}
        self._asked = [0 for _ in steps]
        self._done = [0 for _ in steps]

    @property
    def over(self) -> bool:
        return self.at == len(self.steps)

    @property
    def complete(self) -> bool:
        """Whether the step `at` has no unfinished task, and no paper is still in it."""
        return not self._open[self.at] and not self._under_way[self.at]

    @property
    def progress(self) -> tuple[int, int]:
        """How many tasks of the step `at` are done, and how many there are."""
        return self._done[self.at], self._asked[self.at]

    def tasks(self) -> list[Task]:
        """The tasks of the step `at`, in the same order as without overlap."""
        own = (self._own[self.at].get(name, []) for name in self._papers)
        return self._all[self.at] or [task for tasks in own for task in tasks]

    def begin(self) -> list[Task]:
        """The tasks of the first step, and the next ones of papers that have none there."""
        return [*self._ask_with_all(), *self._go_on(self._papers)]

    def note(self, finished: Iterable[TaskKey]) -> list[Task]:
        """Note finished tasks; return the next tasks of the papers that can go on."""
        free: dict[str, None] = {}
        for key in finished:
            at = self._step[key.step]
            self._done[at] += 1
            left = self._open[at]
            left[key.paper] -= 1
            if not left[key.paper]:
                del left[key.paper]
                free |= dict.fromkeys([key.paper] if key.paper else self._papers)
        return self._go_on(free)

    def close(self, records: Iterable[AnyRecord]) -> list[Task]:
        """Leave the step `at`, now complete; return the next tasks of the papers held there."""
        self._round.add(records)
        self.at += 1
        if self.over:
            return []
        found: list[Task] = []
        for name in [name for name in self._held if self._place[name] == self.at - 1]:
            self._views[name] = self._round.about(name)
            if self._waits(self.at, name):
                self._place[name] = self.at
            else:
                del self._held[name]
                found += self._enter(name)
        held_here = any(self._place[name] == self.at for name in self._held)
        return found + (self._ask_with_all() if held_here or not self._papers else [])

    def _ask_with_all(self) -> list[Task]:
        """Ask the step `at` for its tasks now that all papers have arrived; return the new ones."""
        at, own = self.at, self._own[self.at]
        known = {task.key for tasks in own.values() for task in tasks}
        self._all[at] = list(self.steps[at].tasks(self._round))
        tasks = [task for task in self._all[at] if task.key not in known]
        for task in tasks:
            own[task.key.paper].append(task)
        self._await(at, tasks)
        return tasks

    def _await(self, at: int, tasks: Sequence[Task]) -> None:
        self._open[at].update(task.key.paper for task in tasks)
        self._asked[at] += len(tasks)

    def _go_on(self, names: Iterable[str]) -> list[Task]:
        """Move on the papers that can leave their step; return their next tasks."""
        found: list[Task] = []
        for name in names:
            at = self._place.get(name, len(self.steps))
            if at == len(self.steps) or name in self._held:
                continue
            if self._open[at][name] or self._open[at][""]:
                continue
            if name not in self._views:
                self._views[name] = self._round.about(name)
            done = self._own[at].get(name, [])
            self._views[name].add(row for task in done for row in self._records(task.key))
            self._under_way[at] -= 1
            found += self._enter(name)
        return found

    def _enter(self, name: str) -> list[Task]:
        """Move a paper to the next step that has tasks for it, and return them; or hold it before a
        step that must see all papers."""
        for at in range(self._place[name] + 1, len(self.steps)):
            if self._waits(at, name):
                self._held[name] = None
                return []
            self._place[name] = at
            tasks = self._own[at][name] = list(self.steps[at].tasks(self._views[name]))
            if tasks:
                self._await(at, tasks)
                self._under_way[at] += 1
                return tasks
        self._place[name] = len(self.steps)
        return []

    def _waits(self, at: int, name: str) -> bool:
        waits = self.steps[at].waits
        return waits is None or waits(self._views[name])
