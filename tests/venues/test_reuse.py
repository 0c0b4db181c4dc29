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
from venues.settings import setting_names, with_settings
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


PHASES = [phase for phase in BASE.phases if phase != "camera_ready"]
# Another value of every rule that may be set.
CHANGES: dict[str, Any] = {
    "assignment.candidates": 40, "assignment.chair_load": 3, "assignment.max_load": 5,
    "assignment.min_load": 1, "assignment.most_probable": 0.5, "assignment.objective": "total",
    "assignment.reviews_per_paper": 2, "assignment.seats": True, "attack.acts": ["bids"],
    "attack.ring": 2, "attack.rings": 2, "bids.offered": 2, "bids.weight": 0.5,
    "calibration.papers": 2, "call.anonymous": False, "call.budget": "full",
    "call.deadlines": {"reviews": 30}, "call.page_limit": 4, "call.papers_per_scientist": 2,
    "call.seeds": 5, "call.templates": ["grokking"], "call.text": "Another call.",
    "call.topics": [], "chair_persona": {"own": {"like": "inclusive"}},
    "decision.accept_rate": 0.9, "decision.best_papers": 2, "decision.oral_rate": 0.3,
    "decision.score": "mean_rating", "decision.spotlight_rate": 0.3, "desk.anonymity": False,
    "desk.duplicate_similarity": 0.5, "desk.duplicates": False, "desk.hidden_text": False,
    "desk.page_limit": False, "desk.topic": False, "discussion.gap": 1, "discussion.turns": 0,
    "minds.chair": "instant", "minds.reviewer": "1 embedded, 1 instant",
    "minds.scientist": "instant",
    "panel.informed": True, "panel.like": "iclr2022", "panel.world": 7,
    "persona": {"own": {"like": "strict"}}, "phases": PHASES,
    "population.chair_personas": {"conformist": 1.0}, "population.chairs": 3,
    "population.coauthor_rate": 1.0, "population.labs": 2, "population.personas": {"strict": 1.0},
    "population.reviewers": 9, "population.scientists": 3, "population.senior_chairs": 2,
    "resubmission.flood": 0.5, "resubmission.patience": 3, "resubmission.spread": True,
    "review.absent_rate": 0.5, "review.canaries": True, "review.emergency": False,
    "review.late_rate": 0.9, "review.least_words": 3, "review.texts": False, "series": "Other",
    "site.show_reviewers": True, "title": "Another", "year": 2001,
}  # fmt: skip
# Files, what only a language model sees, and tables of phases that this round has not.
WITHOUT = {"calibration.source", "population.profiles", "models", "phase"}
# What a rule needs beside it.
BESIDE: dict[str, dict[str, Any]] = {
    "assignment.most_probable": {"assignment.objective": "total"},
    "assignment.seats": {"minds.reviewer": "3 embedded"},
    "attack.acts": {"attack.ring": 2},
}
# What no review may depend on: a pair that both rounds have is reviewed alike.
APART = (
    "assignment.", "bids.", "calibration.", "chair_persona", "decision.", "desk.", "discussion.",
    "minds.chair", "phase", "population.chair", "population.senior", "resubmission.", "site.",
    "title",
)  # fmt: skip


def test_every_rule_has_another_value() -> None:
    assert set(setting_names(BASE)) == set(CHANGES) | WITHOUT


@pytest.mark.parametrize("name", CHANGES)
def test_a_task_that_does_not_see_a_changed_rule_is_byte_identical(
    name: str, base: Path, tmp_path: Path
) -> None:
    changed = with_settings(BASE, BESIDE.get(name, {}) | {name: CHANGES[name]})
    play(changed, tmp_path / "changed")
    (records, seen), (other, later) = contents(base), contents(tmp_path / "changed")
    same = [key for key, digest in seen.items() if later.get(key) == digest]
    assert same
    for key in same:
        assert records[str(key)] == other[str(key)], key
    # The submissions themselves see no rule of the venue's later phases.
    if name != "panel.world":
        assert {key for key in seen if key.step == "submit"} <= set(same)
    if name.startswith(APART):
        reviews = {key for key in seen if key.step == "review" and key in later}
        assert reviews and reviews <= set(same)


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

    words = ["run", "workshop", "--out", str(tmp_path / "x"), "--reuse"]
    for more in ([], ["--dry-run"], ["--rounds", "2"]):
        result = CliRunner().invoke(cli, [*words, str(tmp_path), *more])
        assert result.exit_code != 0
        assert "there is no ledger.sqlite here" in str(result.exception)
    result = CliRunner().invoke(cli, [*words, str(base), "--rounds", "2", "--dry-run"])
    assert "holds one round; name a folder with round-1" in str(result.exception)
    assert CliRunner().invoke(cli, [*words, str(base), "--dry-run"]).exit_code == 0
