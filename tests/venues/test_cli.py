"""The command line: help that can be read, and one sentence with status 2 for bad input."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conference.core.errors import UserError
from conference.core.ledger_file import LEDGER


def conference(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from conference.app.cli import main; main()", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=200,
    )


INSTANT = ["--scientist", "instant", "--reviewer", "instant", "--chair", "instant"]


def test_help_names_every_command() -> None:
    shown = conference("--help")
    assert shown.returncode == 0
    for name in ("run", "benchmark", "data", "venues"):
        assert name in shown.stdout


def test_a_dry_run_does_nothing(tmp_path: Path) -> None:
    shown = conference("run", "--dry-run", "--out", str(tmp_path / "run"))
    assert shown.returncode == 0 and "Nothing was done" in shown.stdout
    assert not (tmp_path / "run").exists()


BAD = [
    (["run", "nowhere"], "nowhere"),
    (["run", "--papers", "no-such-folder"], "no-such-folder"),
    (["run", "--reviewers", "2", "--hosts", "0", *INSTANT], "--reviewers"),
    (["run", "--reviewer", "nobody", "--hosts", "0"], "nobody"),
    (["run", "--reviewer", "0 embedded", "--hosts", "0"], "minds"),
    (["run", "--scientists", "0", "--hosts", "0"], "nothing to review"),
    (["run", "--rounds", "0"], "--rounds"),
    (["run", "--hosts", "-1"], "--hosts"),
    (["run", "--chairs", "-1"], "--chairs"),
    (["run", "--max-tokens", "-1"], "--max-tokens"),
    (["run", "--max-cost", "-1"], "--max-cost"),
    (["run", "--max-cost", "nan"], "nan is not a finite number"),
    (["run", "--max-hours", "inf"], "inf is not a finite number"),
    (["benchmark", "compare", "a", "b", "--resamples", "-1"], "--resamples"),
    (["run", "--no-such-option"], "no-such-option"),
    (["site", "."], "ledger"),
]


@pytest.mark.parametrize(("words", "named"), BAD)
def test_bad_input_is_one_sentence(words: list[str], named: str, tmp_path: Path) -> None:
    shown = conference(*words, folder=tmp_path)
    assert shown.returncode == 2
    assert named in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_damaged_ledger_and_another_venue_are_refused(tmp_path: Path) -> None:
    run = ["run", "--hosts", "0", "--out", str(tmp_path / "run"), *INSTANT]
    assert conference(*run).returncode == 0
    other = conference("run", "iclr2022", *run[1:])
    assert other.returncode == 2 and "venue" in other.stderr
    ledger = tmp_path / "run" / LEDGER
    data = bytearray(ledger.read_bytes())
    middle = data.find(b"Review")
    data[middle] ^= 0xFF
    ledger.write_bytes(bytes(data))
    damaged = conference(*run)
    assert damaged.returncode == 2 and "damaged" in damaged.stderr
    assert "Traceback" not in damaged.stderr


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_site_that_cannot_be_written_is_one_sentence(rounds: int, tmp_path: Path) -> None:
    from conference import run_round
    from tests.venues.tiny import table, tiny_venue

    site = tmp_path / "site"
    site.write_text("a file where the folder would be")
    with pytest.raises(UserError, match="cannot be written") as caught:
        run_round(tiny_venue(), out=tmp_path, rounds=rounds, papers=table(4), hosts=0)
    assert str(caught.value).startswith(str(site)) and "\n" not in str(caught.value)
    site.unlink()
    again = run_round(tiny_venue(), out=tmp_path, rounds=rounds, papers=table(4), hosts=0)
    assert again.performed == 0 and again.site.is_file()


def test_control_c_ends_cleanly_and_the_round_goes_on(tmp_path: Path) -> None:
    code = (
        "import signal, time, venues.instant as instant\n"
        # A suite that a script started in the background ignores it, and so would the command.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "old = instant.InstantReviewer.review\n"
        "async def slow(self, *args):\n"
        "    time.sleep(2)\n"
        "    return await old(self, *args)\n"
        "instant.InstantReviewer.review = slow\n"
        "from conference.app.cli import main; main()\n"
    )
    words = ["run", "--hosts", "0", "--out", str(tmp_path / "run"), *INSTANT]
    child = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stderr is not None
    for line in child.stdout:
        if line.startswith("assign.chairs"):
            break
    time.sleep(1)
    os.kill(child.pid, signal.SIGINT)
    child.wait(timeout=60)
    assert child.returncode == 130
    assert "run the same command to go on" in child.stderr.read()
    again = conference(*words)
    assert again.returncode == 0 and "Proceedings" in again.stdout


def test_five_lines_of_python_run_a_round(tmp_path: Path) -> None:
    from conference import run_round
    from tests.venues.tiny import tiny_venue

    proceedings = run_round(tiny_venue(), out=tmp_path, hosts=0)
    assert proceedings.site.is_file() and proceedings.performed > 50


@pytest.mark.parametrize("option", [{"rounds": 0}, {"hosts": -1}])
def test_numbers_that_make_no_round_are_one_sentence(
    option: dict[str, int], tmp_path: Path
) -> None:
    from conference import run_round

    (name,) = option
    with pytest.raises(UserError, match=f"^{name} is .*; give "):
        run_round(out=tmp_path / "run", **option)
    assert not (tmp_path / "run").exists()


def test_a_notebook_can_run_a_round(tmp_path: Path) -> None:
    """A notebook's cells run inside an event loop."""
    from conference import run_round
    from tests.venues.tiny import table, tiny_venue

    async def cell() -> int:
        return run_round(tiny_venue(), out=tmp_path, hosts=0, papers=table(4)).performed

    assert asyncio.run(cell()) > 10
