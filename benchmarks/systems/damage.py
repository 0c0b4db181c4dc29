"""Failing disks and damaged ledgers: python -m benchmarks.systems.damage [--write FILE].

For a round of three table submissions with minds that answer at once:

- each write, sync or creation of a file below its folder fails in turn (`failing.c`, loaded before
  the C library): no space from the n-th call on, or one error. The run must end with a one-sentence
  message and leave a sound ledger, and the same command must then finish the round as usual;
- single bytes of its finished ledger are changed, and the ledger is cut short: it must be refused
  or read without a difference;
- two runs use one folder: the second is refused, and takes over once the first is killed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import msgspec

from benchmarks.systems.crash import FORK, content, run_once
from conference.core.chain import TIP
from conference.core.errors import UserError
from conference.core.ledger import open_ledger, read_ledger
from conference.core.ledger_file import LEDGER
from conference.core.seeds import generator

SOURCE = Path(__file__).parent / "failing.c"
PAPERS = 3
WRITES, SYNCS, OPENS = 1, 2, 4
FINE, TOLD, DAMAGED, BROKEN, OTHER = 0, 10, 11, 12, 13  # how a child ends
KINDS = {
    "no room (ENOSPC) from the n-th write on": (WRITES, errno.ENOSPC, True),
    "one write fails (EIO)": (WRITES, errno.EIO, False),
    "one sync fails (EIO)": (SYNCS, errno.EIO, False),
    "no room for a new file (ENOSPC)": (OPENS, errno.ENOSPC, True),
}


class Row(msgspec.Struct):
    """Counts for one kind of damage."""

    kind: str
    tried: int = 0
    told: int = 0  # refused in one sentence
    harmless: int = 0  # the same result
    wrong: int = 0  # anything else


def in_child(work: Callable[[], int]) -> int:
    """The status that `work` returns in a forked process; `OTHER` if it raises."""

    def run() -> None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
        os._exit(work())

    child = FORK.Process(target=run)
    child.start()
    child.join()
    return child.exitcode if child.exitcode in (FINE, TOLD, DAMAGED, BROKEN) else OTHER


def _run_failing(folder: Path, number: int, kinds: int, code: int, lasting: bool) -> int:
    """Run the round with the n-th call failing; return the status for its process."""
    library = ctypes.CDLL(None)
    library.arm(str(folder).encode(), ctypes.c_long(number), kinds, code, lasting)
    try:
        run_once(folder, PAPERS)
    except UserError as error:
        return TOLD if "\n" not in str(error) else BROKEN
    return FINE if library.calls_counted() >= number else BROKEN


def _go_on(folder: Path, truth: dict[str, bytes]) -> int:
    """Resume the round on a working disk; return whether it ends as it should."""
    if (folder / TIP).exists():
        before = content(folder)
        if not before.items() <= truth.items():
            return DAMAGED
    run_once(folder, PAPERS)
    return FINE if content(folder) == truth else DAMAGED


def failing_calls(place: Path, truth: dict[str, bytes], kind: str, every: int) -> Row:
    """Fail each `every`-th call of a kind in turn, until a round makes fewer calls than that."""
    row = Row(kind)
    number = 1
    while True:
        folder = place / "failing"
        ended = in_child(partial(_run_failing, folder, number, *KINDS[kind]))
        if ended == BROKEN and content(folder) == truth:
            shutil.rmtree(folder)
            return row  # It made fewer calls than `number`.
        row.tried += 1
        if row.tried % 100 == 0:
            click.echo(f"{kind}: {row.tried} times", err=True)
        again = in_child(partial(_go_on, folder, truth))
        if ended not in (FINE, TOLD) or again != FINE:
            row.wrong += 1
            click.echo(f"{kind}: call {number} ended {ended}, going on {again}", err=True)
        elif ended == TOLD:
            row.told += 1
        else:
            row.harmless += 1
        shutil.rmtree(folder, ignore_errors=True)
        number += every


def _same(folder: Path, truth: tuple[dict[str, bytes], bytes | None]) -> bool:
    ledger = read_ledger(folder)
    try:
        return (ledger.content(), ledger.read_note("plan")) == truth
    finally:
        ledger.close()


def damaged_files(place: Path, count: int, seed: int = 0) -> list[Row]:
    """Change one random byte of the finished ledger, or cut it at a random place, `count` times."""
    run_once(place / "finished", PAPERS)
    ledger = read_ledger(place / "finished")
    truth = ledger.content(), ledger.read_note("plan")
    ledger.close()
    folder = place / "damaged"
    rows = []
    for kind in ("a byte of the ledger is changed", "the ledger is cut short"):
        rng, row = generator(seed, "damage", kind), Row(kind)
        for _ in range(count):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(place / "finished", folder)
            data = bytearray((folder / LEDGER).read_bytes())
            at = int(rng.integers(len(data)))
            data[at] ^= int(rng.integers(1, 256))
            (folder / LEDGER).write_bytes(data if "changed" in kind else data[:at])
            row.tried += 1
            try:
                same = _same(folder, truth)
            except UserError:
                row.told += 1
                continue
            row.harmless += same
            row.wrong += not same
        rows.append(row)
    return rows


def two_runs(place: Path) -> float:
    """Check that a second run is refused; return the seconds until it takes over after a kill."""
    folder = place / "two"
    code = (
        "import sys, time, pathlib; from conference.core.ledger import open_ledger;"
        "held = open_ledger(pathlib.Path(sys.argv[1])); print('open', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        first.stdout.readline()
        try:
            open_ledger(folder).close()
        except UserError:
            pass
        else:
            raise click.ClickException("a second run was let into the folder")
        first.send_signal(signal.SIGKILL)
        start = time.perf_counter()
        first.wait()
        open_ledger(folder).close()
    return time.perf_counter() - start


def measure(every: int, count: int) -> tuple[list[Row], float]:
    """All rows, and the seconds that a take-over took."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run_once(place / "whole", PAPERS)  # Imports everything for the forked rounds.
        truth = content(place / "whole")
        rows = [failing_calls(place, truth, kind, every) for kind in KINDS]
        return rows + damaged_files(place, count), two_runs(place)


def report(rows: list[Row], seconds: float, command: str) -> str:
    """The figures as Markdown."""
    table = [
        f"| {row.kind} | {row.tried:,} | {row.told:,} | {row.harmless:,} | {row.wrong} |"
        for row in rows
    ]
    lines = [
        "# Failing disks and damaged ledgers",
        "",
        f"Made by `{command}` on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}: a round of {PAPERS} submissions × 4 reviews. Calls that "
        "write, sync or create a file below the round's folder fail one after the other; after "
        "each the round is run again on a disk that works, and must end in the ledger of a round "
        "that nobody disturbed. A damaged ledger must be refused or be read without a difference.",
        "",
        "| damage | times | told in one sentence | without effect | wrong |",
        "|---|---|---|---|---|",
        *table,
        "",
        "A second run on the same folder was refused, and took over "
        f"{seconds:.2f} s after the first was killed.",
    ]
    return "\n".join(lines) + "\n"


def load_first() -> None:
    """Start this program again with `failing.c` before the C library."""
    library = Path(tempfile.mkdtemp()) / "failing.so"
    built = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(built, check=True)
    command = [sys.executable, "-m", "benchmarks.systems.damage", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, "LD_PRELOAD": str(library)})


@click.command()
@click.option("--every", default=1, show_default=True, help="Fail only every n-th call.")
@click.option("--count", default=1000, show_default=True, help="Bytes changed, and cuts.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(every: int, count: int, write: Path | None) -> None:
    """Make disks fail and damage ledgers."""
    if "failing.so" not in os.environ.get("LD_PRELOAD", ""):
        load_first()
    rows, seconds = measure(every, count)
    text = report(
        rows, seconds, f"python -m benchmarks.systems.damage --every {every} --count {count}"
    )
    click.echo(text)
    if write:
        write.write_text(text)
    if any(row.wrong for row in rows):
        raise click.ClickException("damage went unnoticed, or a round did not go on")


if __name__ == "__main__":
    main()
