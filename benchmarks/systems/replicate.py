"""Measure what a study's replicate costs: rounds of embedded minds with scores only.

    python -m benchmarks.systems.replicate [--sizes 850,1700,3400,6800] [--write FILE]

In one process per size: a first round, three more with other seeds like a study's replicates, and
one that reuses the last of them with another acceptance rate. For comparison, a bare NumPy
simulation of the same panel, without people, assignment or ledger.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.systems.scale import REVIEWS, make_table
from reviewers.embedded.panel import load_panel
from venues.round import prepare, run_round

VENUE = "iclr2022"
SCORES_ONLY = {"review.texts": False, "assignment.reviews_per_paper": REVIEWS}
QUOTA = {"decision.accept_rate": 0.2, "decision.oral_rate": 0.0, "decision.spotlight_rate": 0.0}
MORE = 3  # replicates after the first
BARE = 50  # bare simulations that are timed together


def measure(papers: int) -> dict[str, Any]:
    """Processor seconds of each kind of round, and peak memory in MiB."""
    source = make_table(papers)
    venue = prepare(VENUE, settings=SCORES_ONLY)
    other = prepare(VENUE, settings=SCORES_ONLY | QUOTA)
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / str(seed) for seed in range(MORE + 1)]
        spent = [
            _busy(partial(run_round, venue, papers=source, out=folder, seed=seed, hosts=0))
            for seed, folder in enumerate(folders)
        ]
        decided = _busy(
            lambda: run_round(
                other, papers=source, out=Path(place) / "again", seed=MORE, hosts=0,
                reuse=folders[-1:],
            )
        )  # fmt: skip
    return {
        "papers": papers,
        "first": spent[0],
        "more": float(np.mean(spent[1:])),
        "decided": decided,
        "bare": _busy(lambda: [bare(papers, seed) for seed in range(BARE)]) / BARE,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def bare(papers: int, seed: int) -> Any:
    """Simulate the same panel's ratings as arrays; return the accepted papers."""
    panel, rng = load_panel(VENUE), np.random.default_rng(seed)
    c, s = panel.common, panel.severity_share
    paper = rng.standard_normal((papers, 1))
    level, noise = rng.standard_normal((2, papers, REVIEWS))
    latent = np.sqrt(c) * paper + np.sqrt(s) * level + np.sqrt(1 - c - s) * noise
    ratings = np.array(panel.values)[np.searchsorted(panel.thresholds, latent)]
    return np.argsort(-ratings.mean(axis=1), kind="stable")[: papers // 3]


def _busy(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def report(rows: list[dict[str, Any]]) -> str:
    """The measured table as Markdown."""
    lines = [
        "# Replicates of embedded minds, scores only",
        "",
        f"`python -m benchmarks.systems.replicate` on {platform.machine()}, Python "
        f"{platform.python_version()}, {os.cpu_count()} shared cores with a load of "
        f"{os.getloadavg()[1]:.1f} over the last five minutes; {VENUE}, {REVIEWS} reviews a paper, "
        "made-up abstracts of 120 words, one process. All times are seconds of the processor. "
        "A first round loads the libraries and reads every abstract; "
        f"the next {MORE}, with other people and draws, are what a study repeats (mean). "
        "Decided again: the last of them under another acceptance rate, all else taken over.",
        "",
        "| papers | first round | a further one | ms a review | decided again | "
        "bare NumPy, ms | further ÷ bare | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['papers']:,} | {row['first']:.1f} | {row['more']:.1f} | "
        f"{1000 * row['more'] / (row['papers'] * REVIEWS):.2f} | {row['decided']:.1f} | "
        f"{1000 * row['bare']:.1f} | {row['more'] / row['bare']:,.0f} | {row['peak']:,.0f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--sizes", default="850,1700,3400,6800")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file too.")
@click.option("--one", type=int, hidden=True)
def main(sizes: str, write: Path | None, one: int | None) -> None:
    """Measure what a study's replicate costs."""
    if one is not None:
        click.echo(json.dumps(measure(one)))
        return
    rows = []
    for size in sizes.split(","):
        command = [sys.executable, "-m", "benchmarks.systems.replicate", "--one", size]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        click.echo(f"{size} papers: {rows[-1]['more']:.1f} s a further round", err=True)
    text = report(rows)
    click.echo(text)
    if write:
        write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
