"""Assignment by lot: exact marginals, kept loads, and a limit on every pair's probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.core.records import Assignment, AssignmentReport
from tests.venues.tiny import table, tiny_venue
from venues.assignment import Instance, solve, solve_by_lot
from venues.assignment.randomised import draw, probabilities
from venues.round import run_round
from venues.settings import with_settings


def instance(papers: int, reviewers: int, demand: int, load: int, seed: int) -> Instance:
    rng = np.random.default_rng(seed)
    paper, reviewer = np.divmod(np.arange(papers * reviewers), reviewers)
    kept = rng.random(papers * reviewers) > 0.1  # the rest are conflicts of interest
    return Instance(
        paper=paper[kept], reviewer=reviewer[kept], score=rng.random(int(kept.sum())),
        demand=np.full(papers, demand), max_load=np.full(reviewers, load),
        min_load=np.zeros(reviewers, int),
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    papers=st.integers(1, 8),
    reviewers=st.integers(8, 14),
    most=st.sampled_from([0.4, 0.5, 0.75, 1.0]),
    seed=st.integers(0, 99),
)
def test_every_load_demand_and_conflict_is_kept(
    papers: int, reviewers: int, most: float, seed: int
) -> None:
    asked = instance(papers, reviewers, 2, 4, seed)
    open_pairs = set(zip(asked.paper.tolist(), asked.reviewer.tolist(), strict=True))
    solution, chances = solve_by_lot(asked, most, np.random.default_rng(seed))
    drawn = list(zip(solution.paper.tolist(), solution.reviewer.tolist(), strict=True))
    assert len(set(drawn)) == len(drawn) and set(drawn) <= open_pairs
    assert (chances > 0).all() and (chances <= most + 1e-9).all()
    assert np.bincount(solution.reviewer).max() <= 4
    given_ = np.bincount(solution.paper, minlength=papers)
    short = np.array([solution.short.get(at, 0) for at in range(papers)])
    assert (given_ + short == 2).all()


def test_pairs_are_drawn_with_exactly_their_probability() -> None:
    asked = instance(6, 9, 2, 3, 1)
    chances = probabilities(asked, 0.6)
    rng, times = np.random.default_rng(0), 4000
    drawn = sum(draw(asked.paper, asked.reviewer, chances, rng).astype(int) for _ in range(times))
    error = np.sqrt(chances * (1 - chances) / times)
    assert (np.abs(drawn / times - chances) <= 4.5 * error + 1e-9).all()
    assert ((chances > 0.01) & (chances < 0.99)).sum() > 10


def test_without_a_limit_it_is_the_best_assignment_and_a_limit_costs() -> None:
    asked = instance(12, 15, 3, 4, 2)
    best = solve(asked).total
    totals = [float(probabilities(asked, most) @ asked.score) for most in (1.0, 0.75, 0.5, 0.25)]
    assert totals[0] == pytest.approx(best, abs=1e-5)
    assert sorted(totals, reverse=True) == totals and totals[-1] < totals[0] - 0.1


def test_a_round_is_drawn_by_lot_and_keeps_each_pairs_probability(tmp_path: Path) -> None:
    rules = {"assignment.most_probable": 0.5, "assignment.objective": "total", "desk.topic": False}
    venue = with_settings(tiny_venue(reviewers=12), rules)
    first = run_round(venue, out=tmp_path / "a", hosts=0, papers=table(6)).round
    rows = [row for row in first.all(Assignment) if row.role == "reviewer" and not row.emergency]
    assert all(0 < row.probability <= 0.5 for row in rows)
    report = next(row for row in first.all(AssignmentReport) if row.step == "assign")
    assert "probabilities of at most 50%" in report.message and not report.exact
    again = run_round(venue, out=tmp_path / "b", hosts=0, papers=table(6)).round
    other = run_round(venue, out=tmp_path / "c", hosts=0, papers=table(6), seed=5).round
    assert again.all(Assignment) == first.all(Assignment) != other.all(Assignment)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"assignment.most_probable": 0.0}, "most_probable is 0"),
        ({"assignment.most_probable": 1.5}, "most_probable is 1.5"),
        (
            {"assignment.most_probable": 0.5, "assignment.objective": "worst"},
            "goes with assignment.objective 'total'",
        ),
    ],
)
def test_a_limit_that_cannot_hold_is_one_sentence(rules: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        with_settings(tiny_venue(), rules)
