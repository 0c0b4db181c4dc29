"""Measure what the sandbox costs, per launch and per experiment.

    python -m benchmarks.systems.sandbox [--write benchmarks/systems/SANDBOX.md]

Each sandboxed run is paired with a plain run of the same command. Per launch: `/bin/true`, one
after the other in alternating order, in real time. Per experiment: the learning-rate template as a
workshop paper runs it (six runs, both arms together), with its quick and its full budget, and its
libraries loaded before it is supervised, as for papers. The two runs of a pair share one core, so
that whatever speeds it up or slows it down affects both; compared is the processor time of the
command with launcher and supervisor. Intervals are 95 % percentile bootstrap over pairs, of the
median difference and of the ratio of means.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from conference.core.seeds import generator
from conference.sandbox import Limits, Method, protections, run
from conference.sandbox.layout import environment
from scientists.experiments import imported

TEMPLATE = Path(__file__).parents[2] / "templates" / "learning_rate"
TARGET_LAUNCH_MS, TARGET_SHARE = 50.0, 0.02
_RESAMPLES = 2000
_LIMITS = Limits(wall_seconds=600.0)


def plain(command: Sequence[str], folder: Path, method: Method) -> None:
    """Run a command as the sandbox would, but without it.

    In its own session, as in the sandbox: the kernel shares a core among sessions.
    """
    clean = environment(method, folder, None) | {"HOME": str(folder), "TMPDIR": str(folder)}
    subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, check=True, start_new_session=True
    )


def boxed(
    command: Sequence[str], folder: Path, method: Method, libraries: Sequence[str] = ()
) -> None:
    """Run a command in the sandbox."""
    outcome = run(command, folder, _LIMITS, method=method, unsafe=True, libraries=libraries)
    if outcome.exit_code != 0 or outcome.incidents:
        raise RuntimeError(f"the sandboxed command failed: {outcome}")


def launches(folder: Path, method: Method, n: int) -> NDArray[np.float64]:
    """Seconds of `n` pairs of launches after an unmeasured one, shape (n, 2: plain, sandboxed)."""
    rows = []
    for number in range(n + 1):
        seconds = {}
        for action in (plain, boxed) if number % 2 else (boxed, plain):
            start = time.perf_counter()
            action(["/bin/true"], folder, method)
            seconds[action] = time.perf_counter() - start
        rows.append([seconds[plain], seconds[boxed]])
    return np.array(rows[1:])


def experiments(
    budget: str, seeds: int, folder: Path, method: Method, n: int
) -> NDArray[np.float64]:
    """Processor seconds of at least `n` pairs, shape (pairs, 2: plain, sandboxed).

    Each pair has a core, and each command of a pair its own measuring process. The first pair of
    each core is not measured.
    """
    cores = sorted(os.sched_getaffinity(0))
    rows = []
    with ProcessPoolExecutor(2 * len(cores), mp_context=get_context("spawn")) as pool:
        for number in range(-(-n // len(cores)) + 1):
            orders = [(core, (core + number) % 2 == 0) for core in cores]
            both = [
                (pool.submit(processor_seconds, budget, seeds, folder, method, core, first),
                 pool.submit(processor_seconds, budget, seeds, folder, method, core, not first))
                for core, first in orders
            ]  # fmt: skip
            for (one, other), (_, first) in zip(both, orders, strict=True):
                pair = [one.result(), other.result()]
                rows += [pair[::-1] if first else pair] if number else []
    return np.array(rows)


def processor_seconds(
    budget: str, seeds: int, folder: Path, method: Method, core: int, in_box: bool
) -> float:
    """Processor seconds of an experiment on a core, with launcher and supervisor."""
    os.sched_setaffinity(0, {core})
    with tempfile.TemporaryDirectory(dir=folder) as name:
        command = prepare(Path(name), seeds, budget)
        libraries = imported(TEMPLATE / "experiment.py")
        before = _used()
        if in_box:
            boxed(command, Path(name), method, libraries)
        else:
            plain(command, Path(name), method)
        return _used() - before


def _used() -> float:
    """Processor seconds of this process and its finished children."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def interval(
    statistic: Callable[[NDArray[np.float64]], float], data: NDArray[np.float64]
) -> tuple[float, float, float]:
    """The statistic over pairs (first axis) and its 95 % bootstrap interval."""
    rng = generator(0, "benchmark", "sandbox")
    draws = [statistic(data[rng.integers(0, len(data), len(data))]) for _ in range(_RESAMPLES)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return statistic(data), float(low), float(high)


def extra_milliseconds(data: NDArray[np.float64]) -> float:
    """Median over pairs of how much longer the sandboxed run took."""
    return float(np.median(data[:, 1] - data[:, 0]) * 1000)


def extra_share(data: NDArray[np.float64]) -> float:
    """Ratio of mean costs − 1."""
    return float(data[:, 1].mean() / data[:, 0].mean() - 1)


def prepare(folder: Path, seeds: int, budget: str) -> list[str]:
    """Copy the template's experiment and configure several seeds; return its command."""
    shutil.copyfile(TEMPLATE / "experiment.py", folder / "experiment.py")
    told = tomllib.loads((TEMPLATE / "template.toml").read_text(encoding="utf-8"))
    knobs = {knob["name"]: knob["default"] for knob in told["knobs"]}
    runs = [{"knobs": knobs, "seed": n, "budget": told["budget"][budget]} for n in range(seeds)]
    (folder / "config.json").write_text(json.dumps({"runs": runs}), encoding="utf-8")
    return [sys.executable, "experiment.py", "--config", "config.json", "--out", "results.json"]


class Row(msgspec.Struct, frozen=True):
    """One measured cost as printed, and whether it keeps to the aim."""

    what: str
    method: str
    pairs: str
    plain: str
    sandboxed: str
    extra: str
    interval: str
    aim: str
    kept: str


def launch_row(method: Method, data: NDArray[np.float64]) -> Row:
    """The row of what starting `/bin/true` costs with a method."""
    extra, low, high = interval(extra_milliseconds, data)
    plain, boxed = np.median(data, axis=0) * 1000
    return Row(
        "launch", method, str(len(data)), f"{plain:.1f} ms", f"{boxed:.1f} ms", f"{extra:.1f} ms",
        f"{low:.1f} to {high:.1f} ms", f"< {TARGET_LAUNCH_MS:.0f} ms",
        kept(low, high, TARGET_LAUNCH_MS),
    )  # fmt: skip


def experiment_row(method: Method, budget: str, data: NDArray[np.float64]) -> Row:
    """The row of what the sandbox adds to an experiment."""
    extra, low, high = interval(extra_share, data)
    plain, boxed = data.mean(axis=0)
    return Row(
        f"{budget} experiment", method, str(len(data)), f"{plain:.2f} s", f"{boxed:.2f} s",
        f"{extra:+.2%}", f"{low:+.2%} to {high:+.2%}", f"< {TARGET_SHARE:.0%}",
        kept(low, high, TARGET_SHARE),
    )  # fmt: skip


def kept(low: float, high: float, aim: float) -> str:
    """Whether an interval is below an aim; "cannot be told" if it contains the aim."""
    return "yes" if high < aim else "no" if low > aim else "cannot be told"


def report(rows: Sequence[Row], command: str, load: float) -> str:
    """The measured costs as Markdown."""
    names = [name.replace("kept", "aim kept") for name in Row.__struct_fields__]
    lines = [
        "# What the sandbox costs",
        "",
        f"Made by `{command}` on {os.cpu_count()} cores with a load of {load:.1f} at the start "
        "(other work ran beside it where the load is above 0).",
        "",
        "Each sandboxed run is paired with a plain one of the same command. Launch: `/bin/true`, "
        "in turn and in alternating order, the median of the differences. Experiment: the "
        "learning-rate template, the two of a pair at the same time on one core, which they share "
        "evenly; processor time with launcher and supervisor, the ratio of means less 1. "
        "What the sandbox adds is the launch, and a look at each file that the program opens. The "
        "libraries that an "
        "experiment imports are loaded before it is watched, so that their thousands of files need "
        "no looks; both sides find them compiled, as the Makefile leaves them. Intervals are 95 % "
        "percentile bootstrap over pairs.",
        "",
        f"| {' | '.join(names)} |",
        f"|{'---|' * len(names)}",
        *(f"| {' | '.join(msgspec.structs.astuple(row))} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--launch", default=60, show_default=True, help="Pairs per method of /bin/true.")
@click.option("--quick", default=16, show_default=True, help="Pairs of quick experiments.")
@click.option("--full", default=4, show_default=True, help="Pairs of full experiments.")
@click.option("--seeds", default=6, show_default=True, help="Runs of one experiment.")
@click.option("--write", type=click.Path(path_type=Path), help="Write a report in Markdown too.")
def main(launch: int, quick: int, full: int, seeds: int, write: Path | None) -> None:
    """Measure what the sandbox costs on this machine."""
    given, load = protections(), os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        for method in given.available:
            rows.append(launch_row(method, launches(folder, method, launch)))
        for budget, number in (("quick", quick), ("full", full)):
            data = experiments(budget, seeds, folder, given.method, number)
            rows.append(experiment_row(given.method, budget, data))
    table = Table(title=f"The sandbox's cost ({os.cpu_count()} cores, load {load:.1f})")
    for column in Row.__struct_fields__:
        table.add_column(column)
    for row in rows:
        table.add_row(*msgspec.structs.astuple(row))
    Console(width=140).print(table)
    if write:
        told = f"--launch {launch} --quick {quick} --full {full} --seeds {seeds}"
        command = f"python -m benchmarks.systems.sandbox {told} --write {write}"
        write.write_text(report(rows, command, load), encoding="utf-8")


if __name__ == "__main__":
    main()
