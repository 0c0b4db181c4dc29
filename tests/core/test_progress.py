"""Progress without a terminal: plain lines while work goes on, the same in a log file."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from conference.core.progress import ProgressDisplay


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_says_every_half_minute_what_is_done_and_how_long_it_takes(tmp_path: Path) -> None:
    clock, shown, log = Clock(), io.StringIO(), tmp_path / "run" / "progress.log"
    with ProgressDisplay(Console(file=shown), log, clock=clock) as display:
        display.show("submit", 0, 6)
        clock.now = 29
        display.tick()
        assert shown.getvalue() == "", "nothing is said before half a minute"
        clock.now = 30
        display.tick()
        clock.now = 59
        display.show("submit", 2, 6)
        clock.now = 60
        display.tick()
        clock.now = 100
        display.show("submit", 6, 6)
        clock.now = 200
        display.tick()
    lines = shown.getvalue().splitlines()
    assert lines == [
        "submit: 0 of 6, 0:30 passed",
        "submit: 2 of 6, 1:00 passed, about 2:00 left",
        "submit: 6 of 6 in 1:40",
    ]
    assert [line.partition("  ")[2] for line in log.read_text().splitlines()] == lines


def test_a_resumed_step_is_timed_from_where_it_goes_on() -> None:
    clock, shown = Clock(), io.StringIO()
    with ProgressDisplay(Console(file=shown), clock=clock) as display:
        display.show("review", 90, 100)
        clock.now = 60
        display.show("review", 95, 100)
        display.show("decide", 0, 0)
        display.show("rebut", 4, 4)
        display.show("papers", 0, None)
        clock.now = 120
        display.show("papers", 1200, None)
    assert shown.getvalue().splitlines() == [
        "review: 95 of 100, 1:00 passed, about 1:00 left",
        "rebut: 4 of 4",
        "papers: 1,200 so far, 1:00 passed",
    ]


def test_lines_come_while_nothing_moves() -> None:
    shown = io.StringIO()
    with ProgressDisplay(Console(file=shown), every=0.01) as display:
        display.show("fit", 0, 1)
        end = time.monotonic() + 20
        while "fit: 0 of 1" not in shown.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
    assert "fit: 0 of 1" in shown.getvalue()


def test_the_bars_of_a_later_round_count_its_own_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = io.StringIO()
    with ProgressDisplay(Console(file=shown, force_terminal=True, width=100)) as display:
        for total in (4, 6):
            for done in range(total + 1):
                display.show("review", done, total)
    assert "6/6" in shown.getvalue() and "6/4" not in shown.getvalue()


def test_a_log_that_cannot_be_written_is_said_once_and_the_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder would be")
    shown = io.StringIO()
    with ProgressDisplay(Console(file=shown), tmp_path / "run" / "progress.log") as display:
        display.show("a", 1, 1)
        display.show("b", 1, 1)
    assert shown.getvalue().count("cannot be written") == 1 and "b: 1 of 1" in shown.getvalue()
