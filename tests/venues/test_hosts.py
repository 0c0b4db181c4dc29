"""Real Ray: any number of hosts gives the same round, also when hosts are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import msgspec
import pytest

from conference.core.executors import Executor, InlineExecutor, Performer
from conference.core.hosts import RayExecutor
from conference.core.ledger import open_ledger, read_ledger
from conference.core.records import Agent
from conference.core.tasks import CentralSight, Done, Sight, Task, TaskKey
from tests.processes import started
from tests.venues.tiny import table, tiny_venue
from venues.dispatch import make_performer
from venues.round import play, run_round
from venues.state import Round
from venues.venue import Venue

pytestmark = [pytest.mark.timeout(400), pytest.mark.usefixtures("cluster")]
KILLS = 6


def content(folder: Path) -> dict[str, bytes]:
    ledger = read_ledger(folder)
    found = ledger.content()
    ledger.close()
    return found


def venue() -> Venue:
    """Embedded reviewers and chairs, so that real minds think on the hosts."""
    tiny = tiny_venue(reviewers=30)
    return msgspec.structs.replace(
        tiny, minds=msgspec.structs.replace(tiny.minds, reviewer="embedded", chair="embedded")
    )


def test_any_number_of_hosts_gives_the_same_round(tmp_path: Path) -> None:
    found = []
    for hosts in (0, 1, 2, 6):
        run_round(venue(), out=tmp_path / str(hosts), hosts=hosts, papers=table(12))
        found.append(content(tmp_path / str(hosts)))
    assert found[0] == found[1] == found[2] == found[3]


def test_killed_hosts_lose_nothing(tmp_path: Path) -> None:
    run_round(venue(), out=tmp_path / "whole", hosts=0, papers=table(36))
    folder = tmp_path / "killed"
    make = partial(make_performer, 0, str(folder), 3)
    here, there = InlineExecutor(make), RayExecutor(make, 3, None)
    stop = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        # A bounded number: hosts must be given the time to start in between.
        while len(killed) < KILLS and not stop.wait(0.5):
            for pid in started(b"ray::Host")[:1]:
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except ProcessLookupError:
                    continue

    killer = threading.Thread(target=kill)
    killer.start()
    ledger = open_ledger(folder)
    round_ = Round(venue(), 0, folder, table(36))

    def choose(task: Task) -> Executor:
        return here if isinstance(task.sight, CentralSight) else there

    try:
        play(round_, ledger, choose, lambda *_: None)
    finally:
        stop.set()
        killer.join()
        ledger.close()
        there.close()
        here.close()
    assert killed
    assert content(folder) == content(tmp_path / "whole")


def _patient(folder: Path) -> Performer:
    async def perform(task: Task) -> Done:
        while not (folder / "enough").exists():
            await asyncio.sleep(0.05)
        return Done(task.key, b"[]")

    return perform


def test_no_task_is_blamed_for_hosts_that_are_killed_from_outside(tmp_path: Path) -> None:
    """Though each is on every host that dies, and the last ones are killed with one task alone."""
    tasks = [Task(TaskKey("review", "", f"p{number}"), Sight()) for number in range(3)]
    executor = RayExecutor(partial(_patient, tmp_path), 1, None)
    killed: set[int] = set()

    def kill() -> None:
        while len(killed) < KILLS:
            for pid in set(started(b"ray::Host.perform")) - killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.1)
        (tmp_path / "enough").touch()

    killer = threading.Thread(target=kill)
    killer.start()
    done = [row for group in executor.perform(tasks) for row in group]
    killer.join()
    executor.close()
    assert sorted(row.key.paper for row in done) == ["p0", "p1", "p2"]
    assert all(row.records == b"[]" for row in done)


def _poisoned() -> Performer:
    async def perform(task: Task) -> Done:
        if task.key.paper == "poison":
            os._exit(1)
        await asyncio.sleep(0.2)
        return Done(task.key, b"[]")

    return perform


@pytest.mark.parametrize("mind", ["instant", "vllm:a model"])
def test_only_the_task_that_kills_its_host_is_recorded_as_failed(mind: str) -> None:
    """Though many others are under way on the same host each time it dies."""
    agent = Agent(id="reviewer-001", role="reviewer", name="A", lab="L", mind=mind)
    names = [f"p{number}" for number in range(12)]
    names.insert(5, "poison")
    tasks = [Task(TaskKey("review", agent.id, name), Sight(), agent) for name in names]
    executor = RayExecutor(_poisoned, 1, None)
    done = [row for group in executor.perform(tasks) for row in group]
    executor.close()
    assert sorted(row.key.paper for row in done) == sorted(names)
    assert [row.key.paper for row in done if row.records != b"[]"] == ["poison"]
