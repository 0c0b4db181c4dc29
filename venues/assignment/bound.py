"""Upper bounds on the sum of scores of the worst-off paper."""

from __future__ import annotations

import numpy as np

from venues.assignment.instance import Instance

_LARGEST = 80_000  # pairs up to which the linear relaxation is solved


def simple_bound(instance: Instance) -> float:
    """The least, over papers, of the sum of a paper's best pairs up to its demand."""
    order = np.lexsort((-instance.score, instance.paper))
    paper = instance.paper[order]
    sizes = np.bincount(paper, minlength=instance.n_papers)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    top = order[rank < instance.demand[paper]]
    best = np.bincount(
        instance.paper[top], weights=instance.score[top], minlength=instance.n_papers
    )
    needy = instance.demand > 0
    return float(best[needy].min()) if needy.any() else 0.0


def linear_bound(instance: Instance) -> float:
    """The worst-off paper's sum where pairs may be split (HiGHS); infinite for large instances."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix, hstack

    pairs = len(instance.paper)
    if pairs > _LARGEST:
        return float("inf")
    n, m = instance.n_papers, instance.n_reviewers
    at, ones = np.arange(pairs), np.ones(pairs)
    by_paper = coo_matrix((ones, (instance.paper, at)), shape=(n, pairs + 1))
    load = coo_matrix((ones, (instance.reviewer, at)), shape=(m, pairs + 1))
    worth = coo_matrix((-instance.score, (instance.paper, at)), shape=(n, pairs))
    level = coo_matrix((instance.demand > 0).astype(float)[:, None])
    from scipy.sparse import vstack

    result = linprog(
        np.append(np.zeros(pairs), -1.0),
        A_ub=vstack([load, -load, hstack([worth, level])]).tocsc(),
        b_ub=np.concatenate([instance.max_load, -instance.min_load, np.zeros(n)]),
        A_eq=by_paper.tocsc(),
        b_eq=instance.demand,
        bounds=[(0, 1)] * pairs + [(None, None)],
        method="highs-ipm",
    )
    # Minimum loads that cannot be met leave the relaxation without a point.
    return float(-result.fun) if result.status == 0 else float("inf")
