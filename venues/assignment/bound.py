"""Upper bounds on the worst-off paper's sum of scores, and the linear relaxation."""

from __future__ import annotations

from typing import Any

import numpy as np

from venues.assignment.instance import Floats, Instance, best_of

LARGEST = 80_000  # pairs up to which the linear relaxation is solved


def simple_bound(instance: Instance) -> float:
    """The lowest sum over papers of a paper's best pairs, as many as its demand."""
    top = best_of(instance.paper, instance.score, instance.demand)
    best = np.bincount(
        instance.paper[top], weights=instance.score[top], minlength=instance.n_papers
    )
    needy = instance.demand > 0
    return float(best[needy].min()) if needy.any() else 0.0


def linear_bound(instance: Instance) -> float:
    """The worst-off paper's best sum in the linear relaxation; infinite if it has no solution."""
    pairs = len(instance.paper)
    result = _relax(instance, np.append(np.zeros(pairs), -1.0), (None, None))
    return float("inf") if result is None else float(-result.fun)


def relaxed(instance: Instance, level: float) -> tuple[Floats, Floats] | None:
    """The fractional assignment of the highest total that gives every paper at least `level`.

    Returns:
        Each pair's share in [0, 1], and the price of one unit of `level` at each paper; None if
        there is no such assignment.
    """
    result = _relax(instance, np.append(-instance.score, 0.0), (level, level))
    if result is None:
        return None
    return result.x[:-1], -result.ineqlin.marginals[-instance.n_papers :]


def _relax(instance: Instance, cost: Floats, level: tuple[float | None, float | None]) -> Any:
    """HiGHS's answer to the relaxation, whose last variable is the worst-off paper's sum."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix, hstack, vstack

    pairs, n, m = len(instance.paper), instance.n_papers, instance.n_reviewers
    at, ones = np.arange(pairs), np.ones(pairs)
    given = coo_matrix((ones, (instance.paper, at)), shape=(n, pairs + 1))
    load = coo_matrix((ones, (instance.reviewer, at)), shape=(m, pairs + 1))
    worth = coo_matrix((-instance.score, (instance.paper, at)), shape=(n, pairs))
    needy = coo_matrix((instance.demand > 0).astype(float)[:, None])
    result = linprog(
        cost,
        A_ub=vstack([load, -load, hstack([worth, needy])]).tocsc(),
        b_ub=np.concatenate([instance.max_load, -instance.min_load, np.zeros(n)]),
        A_eq=given.tocsc(),
        b_eq=instance.demand,
        bounds=[(0, 1)] * pairs + [level],
        method="highs-ipm",
    )
    # Minimum loads that cannot be met make the relaxation infeasible.
    return result if result.status == 0 else None
