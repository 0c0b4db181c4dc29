"""Rounds that are killed: python -m benchmarks.systems.crash [--kills 1000] [--write FILE].

First a round of three submissions is killed after each write to its ledger in turn, and run again.

Then a round of table submissions, with minds that answer at once, runs in a process that is killed
with SIGKILL at random times and run again on the same folder until it ends; then the next round
begins. After each kill the ledger is compared with that of an undisturbed round, and with a list of
the tasks that were reported as committed. Killing a process tests what the program writes, not what
the disk keeps when the power fails.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

import conference.core.ledger
from benchmarks.systems.scale import instant_venue, make_table
from conference.core.chain import TIP
from conference.core.ledger import open_ledger, read_ledger
from conference.core.ledger_file import LEDGER
from conference.core.seeds import generator
from conference.core.tasks import Done
from venues.round import run_round

FORK = multiprocessing.get_context("fork")


class Figures(msgspec.Struct, kw_only=True):
    """Counts over all kills. Times are in seconds."""

    papers: int
    tasks: int
    usual: float
    kills: int = 0
    rounds: int = 0
    foreign: int = 0
    lost: int = 0
    twice: int = 0
    different: int = 0
    committed: int = 0
    before_first_write: int = 0
    writes: int = 0  # writes of a small round, which was killed after each
    write_failures: int = 0  # of these rounds, how many ended differently or did a task twice
    reopened: list[float] = []


def content(folder: Path) -> dict[str, bytes]:
    """A ledger's records by task."""
    ledger = read_ledger(folder)
    found = ledger.content()
    ledger.close()
    return found


def run_once(folder: Path, papers: int, acknowledged: Path | None = None) -> None:
    """Run or resume the round; note each task in `acknowledged` once its commit returned."""
    ledger_class = conference.core.ledger.Ledger
    append = ledger_class.append
    handle = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if acknowledged else 0

    def append_and_note(self: Any, finished: Sequence[Done]) -> None:
        append(self, finished)
        if handle:
            os.write(handle, "".join(f"{done.key}\n" for done in finished).encode())

    ledger_class.append = append_and_note  # type: ignore[method-assign]
    run_round(instant_venue(), papers=make_table(papers), out=folder, hosts=0)


def kill_after(seconds: float, work: Callable[[], None]) -> bool:
    """Run `work` in a forked process, kill it after `seconds`; return whether it was killed."""
    child = FORK.Process(target=work)
    child.start()
    child.join(seconds)
    if child.is_alive() and child.pid:
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    if child.exitcode not in (0, -signal.SIGKILL):
        raise click.ClickException(f"a run ended with status {child.exitcode}")
    return child.exitcode != 0


def kill_after_every_write(place: Path, figures: Figures) -> None:
    """Commit a round of three submissions task by task, and kill it after each commit in turn."""
    run_once(place / "small", 3)
    truth = content(place / "small")
    while True:
        folder = place / "stopped"
        if not kill_after(600, partial(_die_after, figures.writes + 1, folder)):
            shutil.rmtree(folder)
            return
        figures.writes += 1
        before = content(folder)
        performed = run_round(instant_venue(), papers=make_table(3), out=folder, hosts=0).performed
        same = content(folder) == truth and before.items() <= truth.items()
        figures.write_failures += not (same and performed == len(truth) - len(before))
        shutil.rmtree(folder)


def _die_after(writes: int, folder: Path) -> None:
    ledger_class = conference.core.ledger.Ledger
    append, left = ledger_class.append, [writes]

    def append_one_by_one(self: Any, finished: Sequence[Done]) -> None:
        for done in finished:
            append(self, [done])
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    ledger_class.append = append_one_by_one  # type: ignore[method-assign]
    run_round(instant_venue(), papers=make_table(3), out=folder, hosts=0)


def measure(kills: int, papers: int, seed: int, most_seconds: float) -> Figures:
    """Kill rounds until there were `kills` kills or the time is over; finish the last round."""
    rng = generator(seed, "crash benchmark", kills)
    end = time.monotonic() + most_seconds
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run_once(place / "warm", 20)  # Imports once, so that kills hit the round itself.
        start = time.monotonic()
        kill_after(600, partial(run_once, place / "whole", papers))
        usual = time.monotonic() - start
        truth = content(place / "whole")
        figures = Figures(papers=papers, tasks=len(truth), usual=usual)
        kill_after_every_write(place, figures)
        while figures.kills < kills and time.monotonic() < end:
            _one_round(place / "killed", truth, figures, kills, rng)
    return figures


def _one_round(
    folder: Path, truth: dict[str, bytes], figures: Figures, kills: int, rng: np.random.Generator
) -> None:
    """Kill and resume one round until it ends; the run after the last kill is not killed."""
    noted = folder.with_suffix(".log")
    work = partial(run_once, folder, figures.papers, noted)
    while kill_after(float(rng.uniform(0, figures.usual)) if figures.kills < kills else 600, work):
        figures.kills += 1
        _look(folder, noted, truth, figures)
    figures.rounds += 1
    figures.different += content(folder) != truth
    counted = Counter(noted.read_text().splitlines())
    figures.twice += sum(count > 1 for count in counted.values())
    figures.committed += sum(counted.values())
    shutil.rmtree(folder)
    noted.unlink()


def _look(folder: Path, noted: Path, truth: dict[str, bytes], figures: Figures) -> None:
    """Open the ledger as the next run would, and compare it."""
    if not (folder / TIP).exists() or not (folder / LEDGER).exists():
        figures.before_first_write += 1
        return
    start = time.perf_counter()
    ledger = open_ledger(folder)
    figures.reopened.append(time.perf_counter() - start)
    found = ledger.content()
    ledger.close()
    figures.foreign += sum(truth.get(key) != records for key, records in found.items())
    said = noted.read_text().splitlines() if noted.exists() else []
    figures.lost += sum(key not in found for key in said)


def report(figures: Figures, command: str) -> str:
    """The figures as Markdown."""
    slowest = max(figures.reopened, default=0.0)
    median = float(np.median(figures.reopened)) if figures.reopened else 0.0
    rows = [
        ("writes of a round of 3 submissions, killed after each", f"{figures.writes:,}"),
        ("of these rounds not ended the same, or a task done twice", f"{figures.write_failures}"),
        ("SIGKILLs at random times", f"{figures.kills:,}"),
        ("of these before the first commit", f"{figures.before_first_write:,}"),
        ("rounds finished", f"{figures.rounds:,}"),
        ("tasks a round", f"{figures.tasks:,}"),
        ("an undisturbed round, s", f"{figures.usual:.2f}"),
        ("rounds whose ledger differs from the undisturbed one", f"{figures.different}"),
        ("records found that the undisturbed round does not have", f"{figures.foreign}"),
        ("commits reported, and lost", f"{figures.lost} of {figures.committed:,}"),
        ("tasks committed twice", f"{figures.twice}"),
        ("ledger opened and verified again, median s", f"{median:.3f}"),
        ("ledger opened and verified again, slowest s", f"{slowest:.3f}"),
    ]
    lines = [
        "# Rounds that are killed",
        "",
        f"`{command}` on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}: rounds of {figures.papers:,} submissions × 4 reviews with "
        "minds that answer at once, killed at times drawn evenly over an undisturbed round's "
        "time, each run again until it ended. Process kills only: no power was cut.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--kills", default=1000, show_default=True)
@click.option("--papers", default=200, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--minutes", default=60.0, show_default=True, help="Stop after this time.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(kills: int, papers: int, seed: int, minutes: float, write: Path | None) -> None:
    """Kill rounds at random times and compare their results."""
    figures = measure(kills, papers, seed, 60 * minutes)
    text = report(figures, f"python -m benchmarks.systems.crash --kills {kills} --papers {papers}")
    click.echo(text)
    if write:
        write.write_text(text)
    wrong = figures.different + figures.foreign + figures.lost + figures.twice
    if wrong or figures.write_failures:
        raise click.ClickException("a killed round had another result")


if __name__ == "__main__":
    main()
