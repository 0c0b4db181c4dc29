"""Failing disks, damaged files and shuffled tasks, smaller than the benchmarks measure them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.systems.crash import Figures, kill_after_every_write
from benchmarks.systems.disorder import in_any_order
from benchmarks.systems.permuted import CHANCE, trial


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")
def test_failing_disks_and_damaged_ledgers_are_told_or_harmless() -> None:
    command = [sys.executable, "-m", "benchmarks.systems.damage", "--every", "60", "--count", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| 0 |\n") == 6


def test_killed_after_every_write_a_round_ends_the_same(tmp_path: Path) -> None:
    figures = Figures(papers=3, tasks=0, usual=0)
    kill_after_every_write(tmp_path, figures)
    assert figures.writes > 30 and figures.write_failures == 0


def test_any_number_of_tasks_at_a_time_and_any_order_give_the_same_ledger(tmp_path: Path) -> None:
    rows = in_any_order(tmp_path, 8)
    assert len(rows) == 4 and all(row.tasks > 50 and not row.differ for row in rows)


def test_every_figure_has_an_interval_on_permuted_labels() -> None:
    found = trial(60, 0, 0)
    assert all(found[name].low is not None for name in CHANCE)
