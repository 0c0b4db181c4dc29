"""A round whose engines are killed while they answer.

    python -m tests.models.dying_engines [--kills 20] [--write benchmarks/systems/ENGINES.md]

Reviewers and area chairs think with two engines in Ray actors, of which one is killed every few
seconds. The engines fill each form by the call's seed after a short wait, so that the round must
come to the same ledger as one that nobody disturbs. Starting, finding, asking and restarting are
those of a vLLM engine (conference/models/engines.py); only what sits in the actor is simpler, as a
real engine takes a minute to load. A real one is killed once in tests/models/test_vllm.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
import psutil

from benchmarks.systems.crash import content
from conference.core.ledger import read_ledger
from conference.core.records import Failure, Review
from conference.models import Message, ModelRules, Reply, Sampling
from conference.models.costs import spent_in
from conference.models.engines import EngineModel, Engines
from tests.models.checkpoint import make_checkpoint
from tests.models.scripted import fill
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round

ENGINES, REVIEWS = 2, 3


class Waiting:
    """An engine that fills a form by the call's seed, after half a second to a second."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        return

    async def facts(self) -> tuple[str, int]:
        return "1", 32_000

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling
    ) -> Reply:
        draw = random.Random(sampling.seed)
        await asyncio.sleep(draw.uniform(0.5, 1.0))
        return Reply(json.dumps(fill(schema, draw)), 100, 0, 20)


class Row(msgspec.Struct):
    """One round."""

    killed: int
    seconds: float
    tasks: int
    differ: int
    reviews: int
    failures: int
    calls: int


def engines_alive() -> list[int]:
    """Process ids of the engines that this process's Ray runs."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            title = (process.cmdline() or [""])[0]
        except psutil.Error:
            continue
        if title.startswith("ray::") and "Waiting" in title:
            found.append(process.pid)
    return found


def play(spec: str, papers: int, out: Path, kills: int, pause: float) -> tuple[Row, Any]:
    """The round, and its ledger's content; an engine dies every `pause` seconds while it runs."""
    tiny = tiny_venue(reviewers=papers * REVIEWS // 6 + 4)
    venue = msgspec.structs.replace(
        tiny,
        minds=msgspec.structs.replace(tiny.minds, reviewer=spec, chair=spec),
        models={spec: ModelRules(engines=ENGINES, attempts=4)},
        assignment=msgspec.structs.replace(
            tiny.assignment, reviews_per_paper=REVIEWS, max_load=8
        ),
    )  # fmt: skip
    stop, killed = threading.Event(), list[int]()

    def kill() -> None:
        while len(killed) < kills and not stop.wait(pause):
            alive = [pid for pid in engines_alive() if pid not in killed]
            if alive:
                killed.append(random.choice(alive))
                os.kill(killed[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    start = time.perf_counter()
    try:
        round_ = run_round(venue, out=out, hosts=1, papers=table(papers)).round
    finally:
        stop.set()
        killer.join()
    seconds, found = time.perf_counter() - start, content(out)
    ledger = read_ledger(out)
    calls = sum(
        spent.calls for spent in spent_in((r.key.step, r.calls) for r in ledger.rows()).values()
    )
    ledger.close()
    reviews, failures = len(round_.all(Review)), len(round_.all(Failure))
    return Row(len(killed), seconds, len(found), 0, reviews, failures, calls), found


def measure(papers: int, kills: int, pause: float) -> list[Row]:
    """An undisturbed round and one with kills."""
    EngineModel.back_end = partial(Engines, Waiting)  # type: ignore[arg-type, assignment]
    with tempfile.TemporaryDirectory() as name:
        spec = f"vllm:{make_checkpoint(Path(name, 'tiny'))}"
        calm, truth = play(spec, papers, Path(name, "calm"), 0, pause)
        struck, found = play(spec, papers, Path(name, "struck"), kills, pause)
    struck.differ = sum(found.get(key) != truth.get(key) for key in found.keys() | truth.keys())
    return [calm, struck]


def report(rows: list[Row], papers: int, kills: int, pause: float) -> str:
    """The figures as Markdown."""
    table_rows = [
        f"| {row.killed} | {row.tasks:,} | {row.differ} | {row.reviews} | {row.failures} | "
        f"{row.calls:,} | {row.seconds:.0f} |"
        for row in rows
    ]
    lines = [
        "# A round whose engines are killed",
        "",
        f"Made by `python -m tests.models.dying_engines --papers {papers} --kills {kills} "
        f"--pause {pause:g}` on {platform.machine()}, {os.cpu_count()} cores: {papers} submissions "
        f"× {REVIEWS} reviews, {ENGINES} engines in Ray actors that fill each form by the call's "
        f"seed, one of them killed every {pause:g} s. Seconds are wall time on a shared machine, "
        "with the engines' start.",
        "",
        "| engines killed | tasks | with other records | reviews | failures | calls | wall s |",
        "|---|---|---|---|---|---|---|",
        *table_rows,
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--papers", default=60, show_default=True)
@click.option("--kills", default=20, show_default=True)
@click.option("--pause", default=4.0, show_default=True, help="Seconds between two kills.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(papers: int, kills: int, pause: float, write: Path | None) -> None:
    """Kill engines in a round."""
    rows = measure(papers, kills, pause)
    text = report(rows, papers, kills, pause)
    click.echo(text)
    if write:
        write.write_text(text)
    if rows[-1].differ:
        raise click.ClickException("the round came to something else")


if __name__ == "__main__":
    main()
