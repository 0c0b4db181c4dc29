"""What outcomes say of rounds, and which of them a study refuses before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from benchmarks.studies.outcomes import check_outcomes, outcome_of
from benchmarks.studies.run import run_study
from benchmarks.studies.study import Arm, OutcomeTable
from conference.core.errors import UserError
from conference.core.records import (
    Agent,
    AnyRecord,
    Assignment,
    Check,
    Conflict,
    Decision,
    DeskCheck,
    Experiment,
    HumanOutcome,
    PlannedStudy,
    Review,
    Submission,
)
from tests.benchmarks.studies.test_twins import paper, study
from tests.venues.tiny import tiny_venue
from venues.state import Round

TEXTS = ("review_length", "review_specificity", "likeness_within", "likeness_across")
UNDECIDED = ["call", "submit", "desk_check", "bid", "assign", "review"]
RULES = ("conflict_kept", "load_kept", "submissions", "reviewer_load", "tokens", "cost")


def measured(name: str, *records: AnyRecord) -> dict[str, float]:
    """An outcome of a round with these records alone."""
    round_ = Round(tiny_venue(), 0, Path())
    round_.add(records)
    return dict(outcome_of(name).measure(round_))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        {
            "paper_id": each.paper, "title": each.title, "abstract": each.abstract,
            "text": each.text, "text_version": "reviewed", "ratings": [5, 6, 8 if at % 2 else 3],
        }
        for at, each in enumerate(map(paper, range(8)))
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("papers") / "papers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def asked(primary: str, also: tuple[str, ...] = (), **rules: Any) -> Any:
    """A study of one rule, whose control has `rules`."""
    arms = {
        "control": Arm(set={"desk.duplicates": False, "population.reviewers": 12} | rules),
        "fewer": Arm(set={"assignment.reviews_per_paper": 3}),
    }
    return msgspec.structs.replace(
        study("", primary), arm=arms, outcome=OutcomeTable(primary=primary, also=also)
    )


def test_texts_loads_and_conflicts_of_a_real_round(table: Path, tmp_path: Path) -> None:
    outcomes, _ = run_study(
        asked(TEXTS[0], (*TEXTS[1:], *RULES)), out=tmp_path / "s", papers=table, workers=0
    )
    values = outcomes[outcomes["arm"] == "control"].groupby("outcome")["value"]
    assert values.min()["conflict_kept"] == values.min()["load_kept"] == 1
    assert values.max()["submissions"] == 8 and values.max()["tokens"] == 0
    assert values.sum()["reviewer_load"] == values.count()["review_length"] == 8 * 4
    assert values.min()["review_length"] > 20 and values.max()["review_specificity"] > 0
    assert values.max()["likeness_within"] > values.max()["likeness_across"] > 0


def test_a_broken_conflict_or_load_shows() -> None:
    rows = [
        Assignment(paper=name, agent="reviewer-001", role="reviewer", affinity=0.5)
        for name in ("a", "b")
    ]
    conflict = Conflict(agent="reviewer-001", paper="b", reason="own paper")
    assert measured("conflict_kept", *rows, conflict) == {
        "a|reviewer-001": 1.0,
        "b|reviewer-001": 0.0,
    }


def test_what_the_desk_rejects_is_not_accepted() -> None:
    records = [
        DeskCheck(paper="a", passed=True),
        DeskCheck(paper="b", passed=False, reasons=("hidden text",)),
        DeskCheck(paper="c", passed=True),  # undecided
        Decision(paper="a", accepted=True, presentation="poster", score=7.0, rank=1, reason=""),
        *(HumanOutcome(paper=name, ratings=(6.0,), accepted=True) for name in "abc"),
    ]
    assert measured("accepted", *records) == {"a": 1.0, "b": 0.0}
    assert measured("agreement", *records) == {"a": 1.0, "b": 0.0}
    assert measured("score", *records) == {"a": 7.0}


def test_scientists_work_is_counted_over_what_was_planned() -> None:
    def planned(name: str) -> PlannedStudy:
        return PlannedStudy(paper=name, agent="s", template="t", idea="i", title="T")

    def done(name: str, novelty: float) -> list[AnyRecord]:
        ran = Experiment(
            paper=name, template="t", idea="i", hypothesis="", knobs={}, baseline={}, seeds=(1,),
            runs=2, metric="m", effect=0, effect_low=0, effect_high=0, conclusion="",
            novelty=novelty,
        )  # fmt: skip
        return [ran, Submission(paper=name, title="T", abstract="A")]

    records = [
        planned("a"), planned("b"), planned("c"), *done("a", 0.9), *done("b", 0.2),
        Check(paper="b", name="novelty", passed=False),
        Check(paper="a", name="code changes", passed=False),
    ]  # fmt: skip
    assert measured("idea_new", *records) == {"a": 1.0, "b": 0.0}
    assert measured("novelty", *records) == {"a": 0.9, "b": 0.2}
    assert measured("experiment_passed", *records) == {"a": 0.0, "b": 1.0, "c": 0.0}
    assert measured("paper_finished", *records) == {"a": 1.0, "b": 1.0, "c": 0.0}


@pytest.mark.parametrize(
    ("name", "rules", "sentence"),
    [
        ("review_length", {"review.texts": False}, r"'review_length' needs .*review.texts = true"),
        ("error_correlation", {}, r"'error_correlation' needs .*assignment.seats = true"),
        ("paper_finished", {}, r"'paper_finished' needs papers that scientists write"),
        ("ring_assigned", {}, r"'ring_assigned' needs attack.ring at 2 or more in every arm"),
        ("accepted", {"phases": UNDECIDED}, r"'accepted' needs the phase 'decide' in every arm"),
    ],
)
def test_what_rounds_cannot_give_is_refused_before_anything_runs(
    name: str, rules: dict[str, Any], sentence: str, table: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence):
        run_study(asked(name, **rules), out=tmp_path / "x", papers=table, workers=0)
    assert not (tmp_path / "x").exists()


def test_every_outcome_is_found_by_its_name() -> None:
    from conference.core.registry import OUTCOMES, registered

    check_outcomes(registered(OUTCOMES))
    assert all(outcome_of(name).what for name in registered(OUTCOMES))


def test_people_who_replay_first_ratings_are_measured_against_first_ones() -> None:
    """What they changed in a discussion that this round does not have is no error of theirs."""
    rng = np.random.default_rng(0)
    rules = msgspec.structs.replace(tiny_venue().assignment, seats=True, reviews_per_paper=2)
    venue = tiny_venue(assignment=rules, phases=("call", "submit", "bid", "assign", "review"))
    quality = rng.normal(5, 2, 12)[:, None]
    first = quality + rng.normal(0, 1, (12, 4))
    later = first + rng.normal(0, 3, first.shape)

    def worth(mind: str, given: Any, before: Any) -> dict[str, float]:
        round_ = Round(venue, 0, Path())
        round_.add(
            Agent(id=f"r{at}", role="reviewer", name="N", lab="L", topics=(), mind=mind)
            for at in range(2)
        )
        for at in range(12):
            round_.add([
                Submission(paper=f"p{at}", title="T", abstract="A"),
                HumanOutcome(paper=f"p{at}", ratings=tuple(given[at]), first_ratings=before(at)),
                *(
                    Review(paper=f"p{at}", reviewer=f"r{seat}", rating=first[at, seat],
                           confidence=3, scores={}, texts={}, mind=mind, day=0)
                    for seat in range(2)
                ),
            ])  # fmt: skip
        return dict(outcome_of("error_correlation").measure(round_))

    found = worth("human:first", later, lambda at: tuple(first[at]))
    assert found and found == pytest.approx(worth("human", first, lambda at: ()))
