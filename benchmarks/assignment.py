"""Assignment at conference scale: time, memory, total and worst affinity.

    python -m benchmarks.assignment [--out benchmarks/ASSIGNMENT.md]

Instances have topic-clustered affinities of four decimals, the best 50 reviewers of each paper
and the best 50 papers of each reviewer, 1 % conflicts, 4 reviews a paper, load 1 to 6. The "hard"
one has 900 papers mostly of topics that few of its 700 reviewers know. Each runs in a process of
its own; making the instance is not timed.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np

from venues.assignment import Instance, solve

DIMENSIONS = 24
TOPICS = 40
KEPT = 50
CELLS = 20_000_000
SIZES = ("500x500", "2000x2000", "5000x5000", "10000x10000", "30000x20000", "900x700 hard")


def make_instance(papers: int, reviewers: int, *, hard: bool = False, seed: int = 0) -> Instance:
    """A synthetic instance; `hard` draws papers and reviewers from different topic mixes."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(TOPICS, DIMENSIONS))
    mix = np.ones(TOPICS) / TOPICS
    skew = rng.dirichlet(np.full(TOPICS, 0.4)) if hard else mix

    def points(count: int, shares: Any) -> Any:
        where = centres[rng.choice(TOPICS, count, p=shares)]
        found = where + 0.9 * rng.normal(size=(count, DIMENSIONS))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    left, right = points(papers, skew), points(reviewers, mix)
    rows, cols, values = [], [], []
    best = np.full((reviewers, KEPT), -2.0, np.float32)
    where = np.zeros((reviewers, KEPT), np.int64)
    step = max(1, CELLS // reviewers)
    for start in range(0, papers, step):
        block = left[start : start + step] @ right.T
        top = np.argpartition(-block, KEPT - 1, axis=1)[:, :KEPT]
        rows.append(np.repeat(np.arange(start, start + len(block)), KEPT))
        cols.append(top.ravel())
        values.append(np.take_along_axis(block, top, 1).ravel())
        kept = min(KEPT, len(block))
        mine = np.argpartition(-block, kept - 1, axis=0)[:kept].T
        value = np.hstack([best, np.take_along_axis(block.T, mine, 1)])
        index = np.hstack([where, mine + start])
        order = np.argpartition(-value, KEPT - 1, axis=1)[:, :KEPT]
        best, where = np.take_along_axis(value, order, 1), np.take_along_axis(index, order, 1)
    rows.append(where.ravel())
    cols.append(np.repeat(np.arange(reviewers), KEPT))
    values.append(best.ravel())
    key = np.concatenate(rows) * reviewers + np.concatenate(cols)
    key, first = np.unique(key, return_index=True)
    score = np.round((np.concatenate(values)[first] + 1) / 2, 4).astype(float)
    open_ = rng.random(len(key)) > 0.01
    return Instance(
        paper=key[open_] // reviewers,
        reviewer=key[open_] % reviewers,
        score=score[open_],
        demand=np.full(papers, 4),
        max_load=np.full(reviewers, 6),
        min_load=np.ones(reviewers, dtype=np.int64),
    )


def measure(size: str, objective: Literal["total", "worst"]) -> dict[str, Any]:
    """Solve one instance and report it."""
    papers, reviewers = (int(part) for part in size.split()[0].split("x"))
    instance = make_instance(papers, reviewers, hard="hard" in size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    solution = solve(instance, objective)
    return {
        "size": size,
        "objective": objective,
        "arcs": len(instance.score),
        "seconds": time.perf_counter() - start,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "before_mib": before,
        "total": solution.total,
        "worst": solution.worst,
        "bound": solution.bound,
        "exact": solution.exact,
        "short": sum(solution.short.values()),
    }


def report(rows: list[dict[str, Any]]) -> str:
    """The measured table as Markdown."""
    lines = [
        "# Assignment at conference scale",
        "",
        f"`python -m benchmarks.assignment` on {platform.machine()}, Python "
        f"{platform.python_version()}; one run, each row in a process of its own.",
        "",
        "| papers x reviewers | objective | pairs | s | peak MiB | total | worst paper | LP bound "
        "| exact | reviews missing |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        bound = "" if row["bound"] is None else f"{row['bound']:.4f}"
        lines.append(
            f"| {row['size']} | {row['objective']} | {row['arcs']:,} | {row['seconds']:.2f} | "
            f"{row['peak_mib']:,.0f} | {row['total']:.2f} | {row['worst']:.4f} | {bound} | "
            f"{'yes' if row['exact'] else 'no'} | {row['short']} |"
        )
    lines += [
        "",
        'Objective "total" is the optimum over the pairs given: the flow solver is exact on '
        'scores in whole millionths. Objective "worst" is exact where the worst paper reaches '
        "the linear programme's bound.",
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--sizes", default=",".join(SIZES))
@click.option("--objectives", default="total,worst")
@click.option("--out", type=click.Path(), help="Write the report to this file too.")
@click.option("--one", nargs=2, hidden=True)
def main(sizes: str, objectives: str, out: str | None, one: tuple[str, Any] | None) -> None:
    """Measure both objectives at every size."""
    if one:
        click.echo(json.dumps(measure(one[0], one[1])))
        return
    rows = []
    for size in sizes.split(","):
        for objective in objectives.split(","):
            command = [sys.executable, "-m", "benchmarks.assignment", "--one", size, objective]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            click.echo(f"{size} {objective}: {rows[-1]['seconds']:.2f} s", err=True)
    text = report(rows)
    click.echo(text)
    if out:
        Path(out).write_text(text)


if __name__ == "__main__":
    main()
