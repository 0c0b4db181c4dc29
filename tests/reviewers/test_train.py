"""`python -m reviewers.train` with wrong input: one sentence, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from tests.benchmarks.made import venue_year

COMMANDS = ("quality", "families", "panel", "calibration")


def train(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reviewers.train", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("command", COMMANDS)
def test_data_that_are_not_there_are_one_sentence(command: str, tmp_path: Path) -> None:
    done = train(command, "--data", tmp_path / "nothing")
    assert done.returncode == 2 and "nothing: no such file or folder" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_tables_that_cannot_be_used_are_one_sentence(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=20)
    table = pandas.read_parquet(tmp_path / "papers.parquet")
    table.drop(columns="title").to_parquet(tmp_path / "papers.parquet")
    done = train("quality", "--data", tmp_path)
    assert done.returncode == 2 and "column 'title' is missing" in done.stderr
    table.assign(accepted=True).to_parquet(tmp_path / "papers.parquet")
    done = train("quality", "--data", tmp_path, "--before", 2017)
    assert done.returncode == 2 and "--before 2017" in done.stderr
    done = train("quality", "--data", tmp_path, "--out", tmp_path / "papers.parquet" / "x.npz")
    assert done.returncode == 2 and "cannot be written" in done.stderr
    done = train("calibration", "--data", tmp_path)
    assert done.returncode == 2 and "calibration needs 40 decided papers of 2021" in done.stderr
    (tmp_path / "papers.parquet").write_text("no table")
    done = train("quality", "--data", tmp_path)
    assert done.returncode == 2 and "cannot be read as a table" in done.stderr
