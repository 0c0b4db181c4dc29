"""Progress of long work: bars on a terminal, plain lines elsewhere, and a log file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

EVERY = 30.0  # seconds between two plain lines of a step
LOG = "progress.log"  # in the folder that the work fills
Progress = Callable[[str, int, int], None]  # step, done, all


def no_progress(step: str, done: int, total: int) -> None:
    """Show nothing."""


class ProgressDisplay:
    """A context manager that shows how far each step is; `show` is a `Progress`.

    A terminal gets one bar for each step. Anything else (a log, CI, a cluster job) gets a plain
    line with the counts and the time left when a step ends and every `every` seconds, even if
    nothing moved. With `log` the same lines are appended to that file with date and time.
    """

    def __init__(
        self,
        console: Console,
        log: Path | None = None,
        *,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._log, self._every, self._clock = console, log, every, clock
        self._bars = Bars(
            TextColumn("{task.description:<22.40}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(), console=console,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._step = ""  # the step under way, "" for none
        self._done, self._from = 0, 0  # finished now, and when the step was first shown
        self._total: int | None = None
        self._begun = self._said = 0.0  # times of the clock

    def __enter__(self) -> ProgressDisplay:
        if self._console.is_terminal:
            self._bars.start()
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._console.is_terminal:
            self._bars.stop()

    def show(self, step: str, done: int, total: int | None) -> None:
        """Note that `done` of `total` (None: unknown) are finished; a total of 0 is ignored."""
        if total == 0:
            return
        with self._lock:
            now = self._clock()
            if step != self._step or done < self._done:
                self._step, self._from, self._begun, self._said = step, done, now, now
            self._done, self._total = done, total
            if self._console.is_terminal:
                self._move_bar()
            if done == total:
                self._say(f"{step}: {done:,} of {total:,}{self._took(now)}")
                self._step = ""
            elif now - self._said >= self._every:
                self._say(self._state(now))

    def tick(self) -> None:
        """Print a line about the step if the last one was `every` seconds ago."""
        with self._lock:
            now = self._clock()
            if self._step and now - self._said >= self._every:
                self._say(self._state(now))

    def _beat(self) -> None:
        while not self._over.wait(self._every / 4):
            self.tick()

    def _move_bar(self) -> None:
        if self._step not in self._tasks:
            self._tasks[self._step] = self._bars.add_task(self._step, total=self._total)
        # In a later round the same step may have another number of tasks.
        self._bars.update(self._tasks[self._step], total=self._total, completed=self._done)

    def _state(self, now: float) -> str:
        passed, new = now - self._begun, self._done - self._from
        line = f"{self._step}: {self._done:,}"
        line += f" of {self._total:,}" if self._total else " so far"
        line += f", {_clock_time(passed)} passed"
        if self._total and new > 0:
            line += f", about {_clock_time(passed / new * (self._total - self._done))} left"
        return line

    def _took(self, now: float) -> str:
        return f" in {_clock_time(now - self._begun)}" if self._done > self._from else ""

    def _say(self, line: str) -> None:
        self._said = self._clock()
        if not self._console.is_terminal:
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)
        if self._log is None:
            return
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {line}\n")
        except OSError as error:  # The work goes on without its log.
            reason = f"{self._log}: cannot be written ({error.strerror}); progress is not logged."
            self._console.print(reason, soft_wrap=True, markup=False, highlight=False)
            self._log = None


def _clock_time(seconds: float) -> str:
    """Hours, minutes and seconds: "0:05", "2:30", "1:02:30"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
