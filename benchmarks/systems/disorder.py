"""Play one round in different orders and on dying hosts: python -m benchmarks.systems.disorder.

A round of table submissions whose minds answer after random waits is played with 1, 16 and 256
tasks at a time, with finished tasks returned in random order, and on Ray hosts that are killed one
after another while they work. All must give the same ledger, except for times.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
import msgspec
import psutil

from benchmarks.systems.crash import content
from benchmarks.systems.scale import instant_venue, make_table
from conference.core.cluster import connect
from conference.core.executors import Executor, InlineExecutor, Performer, unlimited
from conference.core.hosts import DEATHS_TO_BLAME, RayExecutor
from conference.core.ledger import open_ledger
from conference.core.progress import no_progress
from conference.core.records import Failure, decode
from conference.core.tasks import CentralSight, Done, Task
from venues.dispatch import make_performer
from venues.plan import make_plan, note_plan
from venues.round import play
from venues.state import Round

HOSTS = 3
AT_ONCE = (1, 16, 256)


class Row(msgspec.Struct):
    """One way to play the round: hosts `killed`, and a line for each task with other records."""

    way: str
    tasks: int
    differ: list[str]
    seconds: float
    killed: int = 0


class Shuffled:
    """An executor that returns results in random order and in groups of random size."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        finished = [done for group in self._inner.perform(tasks, room) for done in group]
        random.shuffle(finished)
        while finished:
            size = random.randint(1, 5)
            yield finished[:size]
            del finished[:size]

    def close(self) -> None:
        self._inner.close()


def unhurried(folder: str, longest: float) -> Performer:
    """A performer whose agents' tasks take up to `longest` seconds, drawn anew each time."""
    perform = make_performer(0, folder, HOSTS)

    async def wait_and_perform(task: Task) -> Done:
        if task.agent is not None:
            await asyncio.sleep(random.uniform(0, longest))
        return await perform(task)

    return wait_and_perform


def played(folder: Path, papers: int, executor_for: Callable[[Task], Executor]) -> float:
    """Play the round in `folder`; return the seconds it took."""
    source, venue = make_table(papers), instant_venue()
    ledger = open_ledger(folder)
    note_plan(ledger, make_plan(venue, 0, 1, source))
    start = time.perf_counter()
    try:
        play(Round(venue, 0, folder, source), ledger, executor_for, no_progress)
    finally:
        ledger.close()
    return time.perf_counter() - start


def differences(folder: Path, truth: dict[str, bytes]) -> list[str]:
    """A line for each task with other records than in the undisturbed round, with the reason."""
    found = content(folder)
    lines = []
    for key in sorted(found.keys() | truth.keys()):
        if found.get(key) == truth.get(key):
            continue
        if key not in found:
            lines.append(f"{key}: not done")
        elif key not in truth:
            lines.append(f"{key}: not a task of the undisturbed round")
        else:
            failed = [row.reason for row in decode(found[key]) if isinstance(row, Failure)]
            lines.append(f"{key}: {failed[0] if failed else 'sees something else'}")
    return lines


def in_any_order(place: Path, papers: int) -> list[Row]:
    """Rows of the round with several numbers of tasks at a time, and with shuffled results."""
    rows: list[Row] = []
    ways = [(f"{count} at a time", count) for count in AT_ONCE] + [("shuffled", 256)]
    truth: dict[str, bytes] = {}
    for way, count in ways:
        folder = place / way
        inner = InlineExecutor(partial(unhurried, str(folder), 0.001), count)
        executor: Executor = Shuffled(inner) if way == "shuffled" else inner
        seconds = played(folder, papers, lambda _, executor=executor: executor)  # type: ignore[misc]
        executor.close()
        truth = truth or content(folder)
        rows.append(Row(way, len(truth), differences(folder, truth), seconds))
    return rows


def on_dying_hosts(
    place: Path, papers: int, kills: int, longest: float, pause: float, truth: dict[str, bytes]
) -> Row:
    """The row of the round on Ray hosts; a working one is killed every `pause` seconds."""
    folder = place / f"{kills} kills"
    connect(None, HOSTS)
    make = partial(unhurried, str(folder), longest)
    here, there = InlineExecutor(make), RayExecutor(make, HOSTS, None)
    stop, killed = threading.Event(), set[int]()

    def kill() -> None:
        while len(killed) < kills and not stop.wait(pause):
            alive = sorted(set(_hosts()) - killed)
            if alive:
                victim = random.choice(alive)
                os.kill(victim, signal.SIGKILL)
                killed.add(victim)

    killer = threading.Thread(target=kill)
    killer.start()

    def choose(task: Task) -> Executor:
        return here if isinstance(task.sight, CentralSight) else there

    try:
        seconds = played(folder, papers, choose)
    finally:
        stop.set()
        killer.join()
        here.close()
        there.close()
    way = f"{HOSTS} Ray hosts, " + (f"one killed every {pause:g} s" if kills else "left alone")
    return Row(way, len(truth), differences(folder, truth), seconds, len(killed))


def _hosts() -> list[int]:
    """Process ids of this process's Ray hosts that are performing tasks."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if (process.cmdline() or [""])[0].startswith("ray::Host.perform"):
                found.append(process.pid)
    return found


def report(rows: list[Row], papers: int, command: str) -> str:
    """The figures as Markdown."""
    table = [
        f"| {row.way} | {row.tasks:,} | {row.killed} | {len(row.differ)} | {row.seconds:.1f} |"
        for row in rows
    ]
    lines = [
        "# One round in any order, and on hosts that die",
        "",
        f"Made by `{command}` on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}: {papers} submissions × 4 reviews, minds that answer after a "
        "wait drawn anew in each run. Seconds are wall time on a shared machine; hosts wait far "
        "longer than the others, so that they are killed at work.",
        "",
        "| way | tasks | hosts killed | tasks with other records | wall s |",
        "|---|---|---|---|---|",
        *table,
    ]
    lines += [
        "",
        "A dead host does not show whether a task killed it or something from outside. What was on "
        "it is done again with at most half as many tasks on a host at once; a task is recorded as "
        f"failed only when {DEATHS_TO_BLAME} hosts in a row died while it was alone there "
        "(conference/core/hosts.py). The command names each task with other records, and why.",
    ]
    changed = [f"- {row.way}: {line}" for row in rows for line in row.differ]
    if changed:
        lines += ["", "Tasks with other records, and why:", "", *changed]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--papers", default=200, show_default=True)
@click.option("--kills", default=20, show_default=True, help="Ray hosts killed; 0 for no Ray.")
@click.option("--longest", default=2.0, show_default=True, help="Seconds that a host's task takes.")
@click.option("--pause", default=5.0, show_default=True, help="Seconds between two kills.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(papers: int, kills: int, longest: float, pause: float, write: Path | None) -> None:
    """Play one round in many orders."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        rows = in_any_order(place, papers)
        truth = content(place / rows[0].way)
        for count in (0, kills) if kills else ():
            rows.append(on_dying_hosts(place, papers, count, longest, pause, truth))
            click.echo(str(rows[-1]), err=True)
    options = f"--kills {kills} --longest {longest:g} --pause {pause:g}"
    text = report(rows, papers, f"python -m benchmarks.systems.disorder {options}")
    click.echo(text)
    if write:
        write.write_text(text)
    if any(row.differ for row in rows):
        raise click.ClickException("a round had another result")


if __name__ == "__main__":
    main()
