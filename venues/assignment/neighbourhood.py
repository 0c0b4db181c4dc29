"""Improve the worst-off paper by small integer programmes over the papers around it.

Large neighbourhood search (Shaw 1998): all but a few papers keep their reviewers, and HiGHS
reassigns those few so that the worst of them gets the most. No limit is a time, so the same
instance gives the same assignment on every machine.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from venues.assignment.instance import Instance, Ints, paper_totals

_SIZES = (32, 96)  # papers reassigned together; the second size only where the first fails
STEPS = 400
_NODES = 5
_BEST = 24  # how many best pairs of a paper are considered
_EPSILON = 1e-6


def improve(instance: Instance, chosen: Ints, bound: float, steps: int = STEPS) -> Ints:
    """Pairs of the same coverage within the load limits, with a worst-off paper no worse."""
    inside = np.zeros(len(instance.paper), bool)
    inside[chosen] = True
    rows = _pairs_of(instance.paper, instance.n_papers)
    loads = _pairs_of(instance.reviewer, instance.n_reviewers)
    size = 0
    for _ in range(steps):
        totals = paper_totals(instance, np.flatnonzero(inside))
        totals[instance.demand == 0] = np.inf
        worst = int(totals.argmin())
        if totals[worst] >= bound - _EPSILON:
            break
        group = _around(instance, inside, totals, rows, loads, worst, _SIZES[size])
        if _assign_anew(instance, inside, rows, group, float(totals[worst])):
            size = 0
        elif size + 1 < len(_SIZES):
            size += 1
        else:
            break
    return np.flatnonzero(inside)


def _pairs_of(owner: Ints, owners: int) -> list[Ints]:
    """The pairs of each paper, or of each reviewer."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(owners + 1))
    return [order[start:end] for start, end in pairwise(starts)]


def _around(
    instance: Instance,
    inside: np.ndarray,
    totals: np.ndarray,
    rows: list[Ints],
    loads: list[Ints],
    worst: int,
    size: int,
) -> list[int]:
    """The worst paper and the papers with reviewers it wants, found breadth first."""
    group, seen, at = [worst], {worst}, 0
    while at < len(group) and len(group) < size:
        wanted = _candidates(instance, inside, rows[group[at]])
        pairs = np.concatenate([loads[reviewer] for reviewer in instance.reviewer[wanted]])
        near = set(instance.paper[pairs[inside[pairs]]].tolist()) - seen
        # Papers with the most to spare first.
        for paper in sorted(near, key=lambda name: (-totals[name], name))[: max(4, size // 4)]:
            if len(group) < size:
                group.append(paper)
                seen.add(paper)
        at += 1
    return group


def _candidates(instance: Instance, inside: np.ndarray, row: Ints) -> Ints:
    """A paper's best pairs and its chosen ones."""
    best = row[np.argsort(-instance.score[row], kind="stable")][:_BEST]
    return np.union1d(best, row[inside[row]])


def _assign_anew(
    instance: Instance, inside: np.ndarray, rows: list[Ints], group: list[int], worst: float
) -> bool:
    """Reassign the group's papers; if its worst gains, change `inside` and return True."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_matrix, hstack, vstack

    parts = [_candidates(instance, inside, rows[paper]) for paper in group]
    arcs = np.concatenate(parts)
    own = np.repeat(np.arange(len(group)), [len(part) for part in parts])
    reviewers, seat = np.unique(instance.reviewer[arcs], return_inverse=True)
    load = np.bincount(instance.reviewer[inside], minlength=instance.n_reviewers)
    load -= np.bincount(instance.reviewer[arcs[inside[arcs]]], minlength=instance.n_reviewers)
    count, at = len(arcs), np.arange(len(arcs))
    by_paper = coo_matrix((np.ones(count), (own, at)), shape=(len(group), count + 1))
    by_seat = coo_matrix((np.ones(count), (seat, at)), shape=(len(reviewers), count + 1))
    worth = coo_matrix((instance.score[arcs], (own, at)), shape=(len(group), count))
    level = hstack([worth, coo_matrix(-np.ones((len(group), 1)))])
    demand = instance.demand[group]
    now = np.bincount(instance.reviewer[inside], minlength=instance.n_reviewers)
    least = np.minimum(instance.min_load, now)[reviewers] - load[reviewers]
    most = (instance.max_load - load)[reviewers]
    score = instance.score[arcs] / max(float(np.abs(instance.score[arcs]).sum()), 1.0)
    result = milp(
        np.append(-0.01 * score, -1.0),
        constraints=LinearConstraint(
            vstack([by_paper, by_seat, level]).tocsc(),
            np.concatenate([demand, least, np.zeros(len(group))]),
            np.concatenate([demand, most, np.full(len(group), np.inf)]),
        ),
        integrality=np.append(np.ones(count), 0),
        bounds=Bounds(np.append(np.zeros(count), worst), np.append(np.ones(count), np.inf)),
        options={"node_limit": _NODES, "mip_rel_gap": 1e-3},
    )
    if result.x is None:
        return False
    picked = result.x[:count] > 0.5
    totals = np.bincount(own, weights=instance.score[arcs] * picked, minlength=len(group))
    if totals.min() <= worst + _EPSILON:
        return False
    inside[arcs] = picked
    return True
