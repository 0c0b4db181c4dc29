"""Assignments against exact solvers, their limits, and what is said when they cannot be met."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from venues.assignment import Instance, Solution, solve
from venues.assignment.solver import best_choice

DATA = Path(
    os.environ.get(
        "CONFERENCE_DATA",
        Path(__file__).resolve().parents[4] / "shared" / "data" / "public",
    )
)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Small instances of every kind: sparse, tied, infeasible, with and without minimum loads."""
    papers, reviewers = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    open_ = rng.random((papers, reviewers)) < draw(st.sampled_from([0.4, 0.8, 1.0]))
    paper, reviewer = np.nonzero(open_)
    digits = draw(st.sampled_from([0, 2, 6]))
    most = rng.integers(0, 4, reviewers)
    least = np.minimum(rng.integers(0, 3, reviewers), most) * draw(st.integers(0, 1))
    return Instance(
        paper=paper,
        reviewer=reviewer,
        score=np.round(rng.uniform(-0.5, 2, len(paper)), digits),
        demand=rng.integers(0, 4, papers),
        max_load=most,
        min_load=least,
    )


def optimum(instance: Instance, worst: bool = False) -> tuple[int, int, float]:
    """Missing reviews, missing minimum load and best objective, one after another, by HiGHS."""
    pairs, n, m = len(instance.paper), instance.n_papers, instance.n_reviewers
    # Columns: pairs, missing reviews, missing load, the worst paper's sum.
    width = pairs + n + m + 1
    rows = np.zeros((3 * n + m + 2, width))
    low, high = np.full(len(rows), -np.inf), np.full(len(rows), np.inf)
    rows[instance.paper, np.arange(pairs)] = 1
    rows[np.arange(n), pairs + np.arange(n)] = 1
    low[:n] = high[:n] = instance.demand
    rows[n + instance.reviewer, np.arange(pairs)] = 1
    rows[n + np.arange(m), pairs + n + np.arange(m)] = 1
    low[n : n + m] = instance.min_load
    start = n + m
    rows[start + instance.paper, np.arange(pairs)] = instance.score
    rows[start + np.flatnonzero(instance.demand > 0), -1] = -1
    low[start : start + n] = 0
    upper = np.concatenate([np.ones(pairs), instance.demand, instance.min_load, [1e3]])
    lower = np.concatenate([np.zeros(width - 1), [-1e3]])
    loads = np.zeros((m, width))
    loads[instance.reviewer, np.arange(pairs)] = 1
    whole = np.append(np.ones(width - 1), 0)
    costs = [np.zeros(width) for _ in range(3)]
    costs[0][pairs : pairs + n] = 1
    costs[1][pairs + n : -1] = 1
    if worst:
        costs[2][-1] = -1
    else:
        costs[2][:pairs] = -instance.score
    found = []
    for number, cost in enumerate(costs):
        result = milp(
            cost,
            constraints=[
                LinearConstraint(rows, low, high),
                LinearConstraint(loads, -np.inf, instance.max_load),
            ],
            integrality=whole,
            bounds=Bounds(lower, upper),
            options={"mip_rel_gap": 0.0},
        )
        assert result.x is not None
        found.append(float(result.fun))
        if number < 2:
            rows[-1 - number] = cost
            high[-1 - number] = round(result.fun)
    return round(found[0]), round(found[1]), -found[2]


def check_limits(instance: Instance, solution: Solution) -> None:
    """Only listed pairs, none twice, no overload, and the books balance."""
    listed = {
        (p, r): s for p, r, s in zip(instance.paper, instance.reviewer, instance.score, strict=True)
    }
    chosen = list(zip(solution.paper, solution.reviewer, strict=True))
    assert len(set(chosen)) == len(chosen)
    assert [listed[pair] for pair in chosen] == list(solution.score)
    load = np.bincount(solution.reviewer, minlength=instance.n_reviewers)
    given_ = np.bincount(solution.paper, minlength=instance.n_papers)
    assert (load <= instance.max_load).all()
    assert (given_ <= instance.demand).all()
    missing, idle = instance.demand - given_, instance.min_load - load
    assert solution.short == {at: missing[at] for at in np.flatnonzero(missing)}
    assert solution.idle == {at: idle[at] for at in np.flatnonzero(idle > 0)}
    assert solution.total == pytest.approx(solution.score.sum())
    sums = np.bincount(solution.paper, weights=solution.score, minlength=instance.n_papers)
    needy = instance.demand > 0
    assert solution.worst == pytest.approx(sums[needy].min() if needy.any() else 0.0)
    assert solution.message


@settings(max_examples=300)
@given(instances())
def test_total_equals_the_optimum_of_highs(instance: Instance) -> None:
    solution = solve(instance)
    check_limits(instance, solution)
    short, idle, total = optimum(instance)
    assert sum(solution.short.values()) == short
    assert sum(solution.idle.values()) == idle
    assert solution.total == pytest.approx(total, abs=1e-4)
    assert solution.exact


@settings(max_examples=100)
@given(instances())
def test_worst_first_keeps_coverage_and_its_bound_holds(instance: Instance) -> None:
    plain, fair = solve(instance), solve(instance, objective="worst")
    check_limits(instance, fair)
    assert (fair.short, sum(fair.idle.values())) == (plain.short, sum(plain.idle.values()))
    assert fair.worst >= plain.worst - 1e-9
    if not fair.short and instance.demand.any():
        assert fair.bound >= fair.worst - 1e-6
        best = optimum(instance, worst=True)[2]
        assert best <= fair.bound + 1e-5
        if fair.exact:
            assert fair.worst == pytest.approx(best, abs=1e-4)


def test_large_venues_are_searched_around_their_worst_papers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance = few_contested(60, 50)
    plain = solve(instance)
    monkeypatch.setattr("venues.assignment.fair.LARGEST", 0)
    monkeypatch.setattr("venues.assignment.surroundings.SIZE", 24)
    parts = solve(instance, objective="worst")
    check_limits(instance, parts)
    assert not parts.short
    assert plain.worst < parts.worst <= parts.bound + 1e-6


def few_contested(papers: int, reviewers: int) -> Instance:
    """Eight papers whose subject only five reviewers know, whom others want as well."""
    score = np.random.default_rng(0).random((papers, reviewers)).round(4)
    score[:8] *= 0.2
    score[:, :5] += 0.5
    paper, reviewer = np.divmod(np.arange(papers * reviewers), reviewers)
    demand, load = np.full(papers, 3), np.full(reviewers, 4)
    return Instance(paper, reviewer, score.ravel(), demand, load, np.zeros(reviewers))


@settings(max_examples=30)
@given(instances())
def test_parts_keep_coverage_and_loads(instance: Instance) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("venues.assignment.fair.LARGEST", 0)
        patch.setattr("venues.assignment.surroundings.SIZE", 4)
        plain, fair = solve(instance), solve(instance, objective="worst")
    check_limits(instance, fair)
    assert (fair.short, sum(fair.idle.values())) == (plain.short, sum(plain.idle.values()))
    assert fair.worst >= plain.worst - 1e-9


def clustered(papers: int, reviewers: int, seed: int) -> Instance:
    """A dense instance whose papers all want the same few reviewers."""
    rng = np.random.default_rng(seed)
    score = np.round(rng.random((papers, reviewers)) + 2 * rng.random(reviewers), 6)
    paper, reviewer = np.divmod(np.arange(papers * reviewers), reviewers)
    return Instance(
        paper=paper,
        reviewer=reviewer,
        score=score.ravel(),
        demand=np.full(papers, 3),
        max_load=np.full(reviewers, 4),
        min_load=np.ones(reviewers),
    )


def test_pairs_left_out_at_first_are_priced_and_the_result_is_exact() -> None:
    # All papers want the same few reviewers, so their best pairs alone cannot serve them.
    instance = clustered(260, 260, seed=3)
    gain = np.rint(instance.score * 1e6).astype(np.int64)
    narrow = best_choice(instance, gain)
    whole = best_choice(instance, gain, np.arange(len(gain)))
    assert narrow.rounds > 1
    assert narrow.proven and whole.proven
    assert gain[narrow.chosen].sum() == gain[whole.chosen].sum()
    assert not solve(instance).short


def test_scores_are_not_cut_to_two_decimals() -> None:
    instance = Instance([0, 0], [0, 1], [0.500001, 0.500002], [1], [1, 1], [0, 0])
    assert solve(instance).reviewer.tolist() == [1]


def test_same_instance_in_another_order_has_the_same_total() -> None:
    instance = clustered(30, 30, seed=1)
    order = np.random.default_rng(0).permutation(len(instance.paper))
    shuffled = Instance(
        instance.paper[order],
        instance.reviewer[order],
        instance.score[order],
        instance.demand,
        instance.max_load,
        instance.min_load,
    )
    assert solve(instance).total == pytest.approx(solve(shuffled).total, abs=1e-6)


def test_names_the_load_that_is_missing() -> None:
    instance = Instance([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 1], [2, 2], [1, 1], [0, 0])
    solution = solve(instance)
    assert sum(solution.short.values()) == 2
    assert "need 4 reviews" in solution.message and "add up to 2" in solution.message


def test_names_the_paper_with_too_few_candidates() -> None:
    instance = Instance([0, 1, 1], [0, 0, 1], [1, 1, 1], [2, 1], [2, 2], [0, 0])
    solution = solve(instance)
    assert solution.short == {0: 1}
    assert "paper 0 needs 2 reviews but has only 1 candidate" in solution.message
    named = solve(replace(instance, papers=("attention", "dropout"), reviewers=("ada", "bo")))
    assert "paper attention needs 2 reviews" in named.message
    assert "paper attention lacks 1" in named.message


def test_names_papers_that_compete_for_the_same_reviewers() -> None:
    instance = Instance([0, 1], [0, 0], [1, 2], [1, 1], [1, 5], [0, 0])
    solution = solve(instance)
    assert solution.short == {0: 1}
    assert "shared with other papers" in solution.message


def test_names_minimum_loads_that_cannot_be_met() -> None:
    instance = Instance([0, 0], [0, 1], [1, 2], [1], [1, 1], [1, 1])
    solution = solve(instance)
    assert solution.idle == {0: 1}
    assert "minimum loads add up to 2 but the papers need only 1" in solution.message


def test_minimum_load_comes_before_total() -> None:
    instance = Instance([0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 0, 0.5], [1, 1], [2, 2], [0, 1])
    assert solve(instance).reviewer.tolist() == [0, 1]


def test_worst_first_gives_up_total_for_the_worst_paper() -> None:
    instance = Instance([0, 0, 1, 1], [0, 1, 0, 1], [3, 1, 1.5, 0], [1, 1], [1, 1], [0, 0])
    assert solve(instance).worst == 0
    fair = solve(instance, objective="worst")
    assert (fair.worst, fair.total) == (1, 2.5)


def test_emergency_reviewers_join_an_assignment_that_stands() -> None:
    # Reviewer 0 dropped out of both papers; 1 has reviewed paper 0; loads are what is left.
    left = Instance([0, 1, 1], [2, 1, 2], [0.4, 0.9, 0.8], [1, 1], [0, 1, 1], [0, 0, 0])
    solution = solve(left)
    assert list(zip(solution.paper, solution.reviewer, strict=True)) == [(0, 2), (1, 1)]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"paper": [0, 0], "reviewer": [0, 0]}, "twice"),
        ({"score": [1.0, float("nan")]}, "finite"),
        ({"reviewer": [0, 9]}, "outside"),
        ({"min_load": [3, 0]}, "above"),
        ({"demand": [1.5, 1]}, "whole"),
    ],
)
def test_refuses_what_is_no_instance(change: dict[str, list[float]], word: str) -> None:
    fields: dict[str, list[float]] = {
        "paper": [0, 1],
        "reviewer": [0, 1],
        "score": [1.0, 2.0],
        "demand": [1, 1],
        "max_load": [1, 1],
        "min_load": [0, 0],
    }
    with pytest.raises(ValueError, match=word):
        Instance(**(fields | change))  # type: ignore[arg-type]


def test_nothing_to_assign() -> None:
    empty = Instance([], [], [], [], [], [])
    assert solve(empty).total == 0 and solve(empty, objective="worst").worst == 0
    idle = Instance([0], [0], [1.0], [0], [3], [0])
    assert len(solve(idle).paper) == 0


def real(name: str) -> Instance:
    """A real venue's instance from the public data; skips where it is absent."""
    folder = DATA / "assignment"
    if not folder.exists():
        pytest.skip(f"{folder} is absent; set CONFERENCE_DATA to the folder of human review data")
    if name == "midl2018":
        with np.load(folder / "fairmatching_midl2018.npz") as file:
            score, demand = file["midl_scores"].T, file["midl_covs"]
            most, least = file["midl_loads"], file["midl_loads_lb"]
        paper, reviewer = np.nonzero(score >= 0)
    else:
        with np.load(folder / "aamas_preflib_similarities.npz") as file:
            score = file[name].astype(float)
        if score.shape[0] < score.shape[1]:
            score = score.T
        demand = np.full(score.shape[0], 3)
        share = -(-3 * score.shape[0] // score.shape[1]) + 2
        most, least = np.full(score.shape[1], share), np.ones(score.shape[1])
        paper, reviewer = np.nonzero(score > 0)
    return Instance(paper, reviewer, score[paper, reviewer], demand, most, least)


@pytest.mark.parametrize("name", ["midl2018", "aamas2015", "aamas2016", "preflib1", "preflib3"])
def test_real_instances_are_solved_exactly(name: str) -> None:
    instance = real(name)
    plain = solve(instance)
    check_limits(instance, plain)
    assert plain.exact
    fair = solve(instance, objective="worst")
    check_limits(instance, fair)
    assert fair.short == plain.short
    assert fair.worst >= plain.worst - 1e-9
    assert fair.total <= plain.total + 1e-6
