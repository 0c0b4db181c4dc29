"""Rounds that differ in one rule share every task that does not see it, and its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conference.app.cli import cli
from conference.core.ledger import read_ledger
from conference.core.tasks import TaskKey
from tests.venues.tiny import table
from venues.phases import steps_of
from venues.round import Result, prepare, run_round
from venues.settings import with_settings
from venues.venue import Venue

BASE = prepare("workshop", reviewers=8, chairs=2)
PAPERS = table(6)
LATER = ("meta_review", "meta_review.senior", "decide")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("base") / "run"
    play(BASE, out)
    return out


def play(venue: Venue, out: Path, **options: Any) -> Result:
    return run_round(venue, out=out, papers=PAPERS, hosts=0, seed=3, **options)


def contents(folder: Path) -> tuple[dict[str, bytes], dict[TaskKey, bytes]]:
    """Every task's records, and what it saw."""
    ledger = read_ledger(folder)
    try:
        seen = {}
        for step in steps_of(BASE):
            seen.update(ledger.seen(step.name))
        return ledger.content(), seen
    finally:
        ledger.close()


def test_the_same_round_again_computes_nothing(base: Path, tmp_path: Path) -> None:
    again = play(BASE, tmp_path / "again", reuse=[base])
    assert again.performed == 0
    assert contents(tmp_path / "again") == contents(base)


def test_another_decision_rule_computes_only_decisions(base: Path, tmp_path: Path) -> None:
    venue = with_settings(BASE, {"decision.accept_rate": 0.9})
    play(venue, tmp_path / "other", reuse=[base])
    play(venue, tmp_path / "alone")
    shared, alone = contents(tmp_path / "other"), contents(tmp_path / "alone")
    assert shared == alone
    _, before = contents(base)
    changed = {key.step for key, digest in shared[1].items() if before.get(key) != digest}
    assert changed and changed <= set(LATER)


def test_another_seed_shares_nothing_that_is_drawn(base: Path, tmp_path: Path) -> None:
    run_round(BASE, out=tmp_path / "seed", papers=PAPERS, hosts=0, seed=4)
    before, after = contents(base)[1], contents(tmp_path / "seed")[1]
    assert not {key for key in before if before[key] == after.get(key)}


@pytest.mark.parametrize(
    "change",
    [
        {"review.absent_rate": 0.5},
        {"review.late_rate": 0.9},
        {"population.personas": {"strict": 1.0}},
        {"population.labs": 2},
        {"population.reviewers": 9},
        {"assignment.reviews_per_paper": 2},
        {"assignment.objective": "worst"},
        {"bids.offered": 2},
        {"discussion.turns": 0},
        {"calibration.papers": 0},
        {"decision.score": "mean_rating"},
        {"panel.like": "iclr2022"},
        {"desk.duplicates": False},
    ],
    ids=str,
)
def test_a_task_that_does_not_see_a_changed_rule_is_byte_identical(
    change: dict[str, Any], base: Path, tmp_path: Path
) -> None:
    play(with_settings(BASE, change), tmp_path / "changed")
    (records, seen), (other, later) = contents(base), contents(tmp_path / "changed")
    same = [key for key, digest in seen.items() if later.get(key) == digest]
    assert same
    for key in same:
        assert records[str(key)] == other[str(key)], key
    # The submissions themselves see no rule of the venue's later phases.
    assert {key for key in seen if key.step == "submit"} <= set(same)


def test_attendance_and_rating_are_drawn_apart(base: Path, tmp_path: Path) -> None:
    """More absences take reviews away, and leave those that come as they were."""
    play(with_settings(BASE, {"review.absent_rate": 0.5}), tmp_path / "absent")
    before, after = contents(base)[0], contents(tmp_path / "absent")[0]
    kept = absent = 0
    for key, records in before.items():
        if key.startswith("review/"):
            kept += after[key] == records
            absent += b'"Absence"' in after[key]
            assert after[key] == records or b'"Absence"' in after[key]
    assert kept and absent


def test_the_command_takes_over_and_refuses_what_is_no_round(base: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    words = ["run", "workshop", "--out", str(tmp_path / "x"), "--reuse", str(tmp_path)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code != 0
    assert "there is no ledger.sqlite here" in str(result.exception)
