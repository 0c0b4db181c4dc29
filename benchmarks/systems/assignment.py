"""Assignment at conference scale: python -m benchmarks.systems.assignment [--quick] [--write FILE].

Made-up venues: papers and reviewers cluster around topics in 32 dimensions, affinity is
(1 + cosine) / 2 to four decimals, and each paper's 50 best reviewers and each reviewer's 50 best
papers are listed, except 1 % conflicts. A paper needs 4 reviews and a reviewer takes 1 to 6, so
30,000 papers need every review of 20,000 reviewers: there 50 are too few, and 100 are listed too.
In the "mismatch" venue papers and reviewers have different popular topics. Each row runs in its own
process, to measure its own peak memory; the time is from arrays to assignment.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.seeds import generator
from venues.assignment import Instance, Solution, solve

DIMENSIONS, SPREAD = 32, 0.8
REVIEWS, LOAD, CONFLICTS = 4, 6, 0.01
ROWS = [
    (500, 500, "alike", 50),
    (2_000, 2_000, "alike", 50),
    (5_000, 5_000, "alike", 50),
    (10_000, 10_000, "alike", 50),
    (30_000, 20_000, "alike", 50),
    (30_000, 20_000, "alike", 100),
    (900, 700, "mismatch", 50),
    (3_000, 2_300, "mismatch", 50),
]


def make_instance(
    papers: int, reviewers: int, topics: str, listed: int = 50, seed: int = 0
) -> Instance:
    """A made-up venue; `topics` is "alike" or "mismatch"."""
    rng = generator(seed, "assignment benchmark", papers, reviewers, topics)
    count = max(10, int(0.8 * papers**0.5))
    centres = rng.normal(size=(count, DIMENSIONS)).astype(np.float32)
    wanted = rng.dirichlet(np.full(count, 2.0))
    known = wanted if topics == "alike" else rng.dirichlet(np.full(count, 2.0))
    own = _points(rng, centres, wanted, papers)
    theirs = _points(rng, centres, known, reviewers)
    keys = np.concatenate(
        [
            _best(own, theirs, listed) @ np.array([reviewers, 1]),
            _best(theirs, own, listed) @ np.array([1, reviewers]),
        ]
    )
    keys = np.unique(keys)
    keys = keys[rng.random(len(keys)) > CONFLICTS]
    paper, reviewer = np.divmod(keys, reviewers)
    cosine = np.einsum("ij,ij->i", own[paper], theirs[reviewer]).astype(np.float64)
    return Instance(
        paper=paper,
        reviewer=reviewer,
        score=np.round((1 + cosine) / 2, 4),
        demand=np.full(papers, REVIEWS),
        max_load=np.full(reviewers, LOAD),
        min_load=np.ones(reviewers),
    )


def _points(
    rng: np.random.Generator, centres: NDArray[Any], weight: NDArray[Any], count: int
) -> NDArray[Any]:
    points = centres[rng.choice(len(centres), count, p=weight)]
    points = points + SPREAD * rng.normal(size=points.shape).astype(np.float32)
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def _best(rows: NDArray[Any], columns: NDArray[Any], listed: int) -> NDArray[Any]:
    """Pairs (row, column) of each row's nearest columns."""
    found = []
    for start in range(0, len(rows), 1000):
        near = np.argpartition(-(rows[start : start + 1000] @ columns.T), listed, axis=1)
        found.append(near[:, :listed].astype(np.int32))
    column = np.concatenate(found)
    return np.stack([np.repeat(np.arange(len(rows)), listed), column.ravel()], axis=1)


def measure(
    papers: int, reviewers: int, topics: str, listed: int, objective: str
) -> dict[str, Any]:
    """Solve one made-up venue in this process."""
    made = make_instance(papers, reviewers, topics, listed)
    fields = [getattr(made, name) for name in made.__dataclass_fields__]
    start, busy = time.perf_counter(), time.process_time()
    instance = Instance(*fields)
    solution = solve(instance, objective=objective)  # type: ignore[arg-type]
    taken, busy = time.perf_counter() - start, time.process_time() - busy
    broken = _broken(instance, solution)
    return {
        "venue": f"{papers:,} × {reviewers:,}{', mismatch' if topics == 'mismatch' else ''}",
        "listed": listed,
        "objective": objective,
        "pairs": len(instance.paper),
        "CPU s": round(busy, 2),
        "wall s": round(taken, 2),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "total": f"{solution.total:.4f}",
        "worst": f"{solution.worst:.4f}",
        "bound": f"{solution.bound:.4f}" if np.isfinite(solution.bound) else "–",
        "missing": sum(solution.short.values()),
        "proven": "yes" if solution.exact else "no",
        "broken": broken,
    }


def _broken(instance: Instance, solution: Solution) -> int:
    """The number of unlisted or repeated pairs and of loads above the limit: 0 if correct."""
    listed = np.unique(instance.paper * instance.n_reviewers + instance.reviewer)
    chosen = solution.paper * instance.n_reviewers + solution.reviewer
    load = np.bincount(solution.reviewer, minlength=instance.n_reviewers)
    foreign = int((~np.isin(chosen, listed)).sum())
    return foreign + len(chosen) - len(np.unique(chosen)) + int((load > instance.max_load).sum())


def in_own_process(row: tuple[int, int, str, int], objective: str) -> dict[str, Any]:
    """The figures of one row, measured in a fresh process."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.systems.assignment",
        "--one",
        *map(str, row),
        objective,
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def table(rows: list[dict[str, Any]]) -> str:
    """The figures as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Measure every venue under both objectives and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="venues up to 2,000 papers")
    parser.add_argument("--write", type=Path, help="write the table to this file")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        papers, reviewers, topics, listed, objective = arguments.one
        print(json.dumps(measure(int(papers), int(reviewers), topics, int(listed), objective)))
        return
    rows = [row for row in ROWS if not arguments.quick or row[0] <= 2_000]
    found = []
    for objective in ("total", "worst"):
        for row in rows:
            found.append(in_own_process(row, objective))
            total = found[-1 - len(rows)] if objective == "worst" else found[-1]
            found[-1]["÷ total"] = round(found[-1]["CPU s"] / total["CPU s"], 1)
            print(found[-1], file=sys.stderr, flush=True)
    text = table(found)
    print(text)
    if arguments.write:
        command = "python -m benchmarks.systems.assignment" + (
            " --quick" if arguments.quick else ""
        )
        arguments.write.write_text(
            f"# Assignment at conference scale\n\n{NOTE}\n\nMade by `{command} --write "
            f"{arguments.write}` on {os.cpu_count()} cores.\n\n{text}\n"
        )


NOTE = """\
Made-up venues with 4 reviews a paper, loads of 1 to 6 and 1 % conflicts. Under "total",
whole-number dual prices prove the choice best over all pairs listed (scores to 1e-6). Under
"worst", proven means that the worst-off paper meets its upper bound. `missing` counts reviews that
no assignment over the pairs listed can give. `÷ total` is the processor time beside that of the
highest total on the same venue in the same run. `broken` counts pairs not listed, pairs twice and
loads over the limit. Memory includes the interpreter, its libraries and the making of the
instance."""

if __name__ == "__main__":
    main()
