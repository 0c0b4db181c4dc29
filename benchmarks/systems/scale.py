"""Measure rounds of 300, 3,000 and 30,000 table submissions with minds that answer at once.

    python -m benchmarks.systems.scale [--sizes 300,3000,30000] [--hosts 0] [--out FILE]

Each round runs in its own process. The report has reviews per second, peak memory, each phase's
share, the time to open the finished round again, and the ratio to a bare asyncio loop that makes
the same reviews without ledger, phases or Ray.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from conference.core.records import Agent, Review, encode
from conference.core.tasks import TaskKey
from conference.models.context import Context
from conference.papers.manuscript import Manuscript
from reviewers.reviewer import ReviewSight
from venues.instant import InstantReviewer
from venues.papers import PaperSource, TablePaper
from venues.round import prepare, run_round
from venues.venue import Venue

TOPICS = 60
WORDS = 4000
REVIEWS = 4


def make_table(papers: int, seed: int = 0) -> PaperSource:
    """Submissions of 120 words each, most of them from the vocabulary of one of 60 topics."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{number}" for number in range(WORDS)])
    topics = rng.integers(0, WORDS, (TOPICS, 150))
    table = []
    for number in range(papers):
        topic = int(rng.integers(TOPICS))
        chosen = np.concatenate([rng.choice(topics[topic], 80), rng.integers(0, WORDS, 40)])
        text = " ".join(words[rng.permutation(chosen)])
        table.append(
            TablePaper(f"paper-{number:05d}", text[:70], text, (), f"topic {topic}", None, None)
        )
    return PaperSource("table", "synthetic", f"synthetic {papers} {seed}", table=tuple(table))


def instant_venue() -> Venue:
    """ICLR 2026 with four reviews a paper, minds that answer at once, and the total as objective.

    ASSIGNMENT.md has the time of the objective "worst" at this size.
    """
    venue = prepare("iclr2026", minds=dict.fromkeys(("scientist", "reviewer", "chair"), "instant"))
    rules = msgspec.structs.replace(venue.assignment, objective="total")
    return msgspec.structs.replace(venue, assignment=rules)


def measure_round(papers: int, hosts: int) -> dict[str, object]:
    """Run one round, then open it again; all times in seconds, memory in MiB.

    `phases` are processor seconds, which depend little on other work on the machine.
    """
    source, venue = make_table(papers), instant_venue()
    spent: dict[str, float] = defaultdict(float)
    last: dict[str, Any] = {"step": "call", "at": time.process_time()}

    def progress(step: str, done: int, total: int) -> None:
        now = time.process_time()
        spent[str(last["step"]).split(".")[0]] += now - float(last["at"])
        last.update(step=step, at=now)

    with tempfile.TemporaryDirectory() as folder:
        start, busy = time.perf_counter(), time.process_time()
        result = run_round(venue, papers=source, out=folder, hosts=hosts, progress=progress)
        took, busy = time.perf_counter() - start, time.process_time() - busy
        reviews = len(result.round.all(Review))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        del result
        start, busy_again = time.perf_counter(), time.process_time()
        again = run_round(venue, papers=source, out=folder, hosts=hosts)
        resumed = time.perf_counter() - start
        busy_again = time.process_time() - busy_again
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return {
        "papers": papers,
        "reviews": reviews,
        "seconds": took,
        "cpu_seconds": busy,
        "peak_mib": peak,
        "resume_seconds": resumed,
        "resume_cpu_seconds": busy_again,
        "repeated": again.performed,
        "ledger_mib": size / 2**20,
        "phases": dict(spent),
    }


def measure_bare(papers: int) -> float:
    """Reviews per processor second of a bare asyncio loop with the same mind and encoding."""
    source, venue = make_table(papers), instant_venue()
    mind, agent = InstantReviewer(), Agent(id="r", role="reviewer", name="", lab="")

    async def one(row: TablePaper, number: int) -> int:
        manuscript = Manuscript(paper=row.paper, title=row.title, abstract=row.abstract)
        sight = ReviewSight(
            manuscript=manuscript,
            form=venue.form,
            panel="",
            affinity=0.0,
            expertise=0.5,
            days=0,
            absent_rate=0.0,
            late_rate=0.0,
        )
        key = TaskKey("review", f"r{number}", row.paper)
        context = Context(0, Path(), key, asyncio.Semaphore(1))
        return len(encode(await mind.review(agent, sight, context)))

    async def everything() -> None:
        pairs = [(row, number) for row in source.table for number in range(REVIEWS)]
        for at in range(0, len(pairs), 256):
            await asyncio.gather(*(one(row, number) for row, number in pairs[at : at + 256]))

    start = time.process_time()
    asyncio.run(everything())
    return papers * REVIEWS / (time.process_time() - start)


def report(rows: list[dict[str, object]], bare: float, hosts: int) -> str:
    """The measured table as Markdown."""
    lines = [
        "# Rounds at conference scale",
        "",
        f"`python -m benchmarks.systems.scale --hosts {hosts}` on {platform.machine()}, "
        f"Python {platform.python_version()}, {os.cpu_count()} shared cores with a load of "
        f"{os.getloadavg()[1]:.1f} over the last five minutes; one run, minds that answer at once, "
        "OMP_NUM_THREADS as set. Wall time depends on that load, processor time much less. Rates "
        "and shares are of processor time.",
        "",
        f"A bare asyncio loop makes {bare:,.0f} reviews a processor second in the same run.",
        "",
        "| papers | reviews | whole round, wall s | processor s | reviews/s in the review phase | "
        "÷ bare loop | peak MiB | ledger MiB | opened again, wall s | processor s | "
        "tasks repeated |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        phases: dict[str, float] = row["phases"]  # type: ignore[assignment]
        rate = float(row["reviews"]) / phases["review"]  # type: ignore[arg-type]
        lines.append(
            f"| {row['papers']:,} | {row['reviews']:,} | {row['seconds']:.1f} | "
            f"{row['cpu_seconds']:.1f} | {rate:,.0f} | "
            f"{rate / bare:.2f} | {row['peak_mib']:,.0f} | {row['ledger_mib']:,.0f} | "
            f"{row['resume_seconds']:.1f} | {row['resume_cpu_seconds']:.1f} | {row['repeated']} |"
        )
    names = list(dict.fromkeys(name for row in rows for name in row["phases"]))  # type: ignore[attr-defined]
    lines += [
        "",
        "Share of the round's processor time:",
        "",
        "| papers | " + " | ".join(names) + " |",
    ]
    lines.append("|---" * (len(names) + 1) + "|")
    for row in rows:
        phases = row["phases"]  # type: ignore[assignment]
        total = sum(phases.values())
        shares = " | ".join(f"{phases.get(name, 0) / total:.0%}" for name in names)
        lines.append(f"| {row['papers']:,} | {shares} |")
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--sizes", default="300,3000,30000")
@click.option("--hosts", default=0, help="Ray actors; 0 for none.")
@click.option("--out", type=click.Path(), help="Write the report to this file too.")
@click.option("--one", type=int, hidden=True)
def main(sizes: str, hosts: int, out: str | None, one: int | None) -> None:
    """Measure whole rounds at conference scale."""
    if one is not None:
        click.echo(json.dumps(measure_round(one, hosts)))
        return
    rows = []
    for size in sizes.split(","):
        command = [
            sys.executable,
            "-m",
            "benchmarks.systems.scale",
            "--one",
            size,
            "--hosts",
            str(hosts),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        click.echo(f"{size} papers: {rows[-1]['seconds']:.1f} s", err=True)
    text = report(rows, measure_bare(3000), hosts)
    click.echo(text)
    if out:
        Path(out).write_text(text)


if __name__ == "__main__":
    main()
