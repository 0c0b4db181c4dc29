"""Assignments are exact, keep every limit, and name what cannot be met."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.assignment import make_instance
from venues.assignment import Instance, Solution, solve


@st.composite
def instances(draw: Any) -> Instance:
    papers, reviewers = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    open_ = np.flatnonzero(rng.random(papers * reviewers) < draw(st.floats(0.3, 1)))
    most = rng.integers(0, 5, reviewers)
    return Instance(
        paper=open_ // reviewers,
        reviewer=open_ % reviewers,
        score=np.round(rng.random(len(open_)), 3),
        demand=rng.integers(0, 4, papers),
        max_load=most,
        min_load=np.zeros(reviewers, dtype=np.int64),
    )


def rows(instance: Instance, of: Any, count: int) -> Any:
    matrix = np.zeros((count, len(instance.score)))
    matrix[of, np.arange(len(instance.score))] = 1
    return matrix


def optimum(instance: Instance) -> tuple[int, float]:
    """The most reviews and then the best total, by integer programming (HiGHS)."""
    if not len(instance.score):
        return 0, 0.0
    limits = [
        LinearConstraint(rows(instance, instance.paper, instance.papers), 0, instance.demand),
        LinearConstraint(
            rows(instance, instance.reviewer, instance.reviewers), 0, instance.max_load
        ),
    ]
    found = milp(-(1000 + instance.score), constraints=limits, integrality=1, bounds=Bounds(0, 1))
    chosen = np.flatnonzero(found.x > 0.5)
    return len(chosen), float(instance.score[chosen].sum())


def check_limits(instance: Instance, solution: Solution) -> None:
    allowed = set(zip(instance.paper.tolist(), instance.reviewer.tolist(), strict=True))
    pairs = list(zip(solution.paper.tolist(), solution.reviewer.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) <= allowed
    load = np.bincount(solution.reviewer, minlength=instance.reviewers)
    assert (load <= instance.max_load).all()
    got = np.bincount(solution.paper, minlength=instance.papers)
    lack = {
        at: int(want - have)
        for at, (want, have) in enumerate(zip(instance.demand, got, strict=True))
        if have < want
    }
    assert (got <= instance.demand).all() and solution.short == lack


@settings(max_examples=150, deadline=None)
@given(instance=instances())
def test_the_total_is_the_integer_programme_s(instance: Instance) -> None:
    solution = solve(instance)
    check_limits(instance, solution)
    count, total = optimum(instance)
    assert len(solution.paper) == count
    assert solution.total == pytest.approx(total, abs=1e-6)


def worst_by_programme(instance: Instance) -> float:
    """The best lowest sum with all demands met, by integer programming."""
    arcs = len(instance.score)
    value = np.zeros((instance.papers, arcs + 1))
    value[instance.paper, np.arange(arcs)] = instance.score
    value[:, -1] = -1.0 * (instance.demand > 0)
    wide = np.zeros((instance.papers, 1))
    people = np.zeros((instance.reviewers, 1))
    limits = [
        LinearConstraint(value, 0, np.inf),
        LinearConstraint(
            np.hstack([rows(instance, instance.paper, instance.papers), wide]),
            instance.demand,
            instance.demand,
        ),
        LinearConstraint(
            np.hstack([rows(instance, instance.reviewer, instance.reviewers), people]),
            0,
            instance.max_load,
        ),
    ]
    cost = np.zeros(arcs + 1)
    cost[-1] = -1
    kinds = np.ones(arcs + 1)
    kinds[-1] = 0
    upper = np.ones(arcs + 1)
    upper[-1] = np.inf
    lower = np.zeros(arcs + 1)
    return float(
        milp(cost, constraints=limits, integrality=kinds, bounds=Bounds(lower, upper)).x[-1]
    )


@settings(max_examples=60, deadline=None)
@given(instance=instances())
def test_the_worst_off_paper_is_served_within_its_bound(instance: Instance) -> None:
    solution = solve(instance, "worst")
    check_limits(instance, solution)
    if solution.short or not len(solution.paper):
        return
    plain, best = solve(instance), worst_by_programme(instance)
    assert plain.worst - 1e-9 <= solution.worst <= best + 1e-6
    assert solution.bound is not None and best <= solution.bound + 1e-6
    if solution.exact:
        assert solution.worst == pytest.approx(best, abs=1e-5)


def test_the_worst_off_paper_reaches_the_bound_where_papers_outnumber_experts() -> None:
    instance = make_instance(200, 150, hard=True)
    plain, fair = solve(instance), solve(instance, "worst")
    check_limits(instance, fair)
    assert fair.bound is not None
    assert plain.worst < fair.worst <= fair.bound + 1e-6
    assert fair.worst >= 0.98 * fair.bound


def small(**changes: Any) -> Instance:
    given = {
        "paper": np.array([0, 0, 1, 1]),
        "reviewer": np.array([0, 1, 0, 1]),
        "score": np.array([0.9, 0.1, 0.8, 0.2]),
        "demand": np.array([1, 1]),
        "max_load": np.array([1, 1]),
        "min_load": np.array([0, 0]),
    }
    return Instance(**(given | changes))


def test_too_little_load_is_named() -> None:
    solution = solve(small(demand=np.array([2, 2])))
    assert sum(solution.short.values()) == 2
    assert "ask for 4" in solution.message and "allow 2" in solution.message


def test_a_paper_without_enough_reviewers_is_named() -> None:
    bare = small(
        paper=np.array([0, 1, 1]),
        reviewer=np.array([0, 0, 1]),
        score=np.array([0.5, 0.5, 0.5]),
        demand=np.array([2, 1]),
        max_load=np.array([2, 2]),
    )
    solution = solve(bare)
    assert solution.short == {0: 1}
    assert "paper 0 has 1" in solution.message


def test_other_pairs_are_opened_when_the_given_ones_do_not_suffice() -> None:
    tight = small(paper=np.array([0, 1]), reviewer=np.array([0, 0]), score=np.array([0.5, 0.4]))
    assert solve(tight).short == {1: 1}
    wide = Instance(
        **{name: getattr(tight, name) for name in tight.__struct_fields__ if name != "may_widen"},
        may_widen=True,
    )
    solution = solve(wide)
    assert not solution.short and solution.widened == 1 and solution.total == 0.5
    closed = Instance(
        paper=tight.paper,
        reviewer=tight.reviewer,
        score=tight.score,
        demand=tight.demand,
        max_load=tight.max_load,
        min_load=tight.min_load,
        closed=np.array([0 * 2 + 1, 1 * 2 + 1]),
        may_widen=True,
    )
    assert solve(closed).short == {1: 1}


def test_minimum_loads_come_before_the_total() -> None:
    lone = small(demand=np.array([1, 0]), max_load=np.array([2, 2]), min_load=np.array([0, 1]))
    assert solve(lone).reviewer.tolist() == [1]
