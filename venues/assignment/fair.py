"""The worst-off paper first: flows, then small integer programmes around the worst paper.

Maximising the worst-off paper's sum is NP-hard (Garg et al. 2010), so this search is a heuristic.
It ends as soon as it meets an upper bound: each paper's best pairs alone, or the linear relaxation.
In a large venue with few papers below the bound only their surroundings are searched, so that the
time does not grow with the venue. No limit is a time, so the same instance gives the same
assignment on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from venues.assignment.bound import LARGEST, linear_bound, relaxed, simple_bound
from venues.assignment.instance import (
    Floats,
    Instance,
    Ints,
    Solution,
    best_of,
    paper_totals,
    worst_of,
)
from venues.assignment.neighbourhood import improve
from venues.assignment.solver import Best, best_choice, report
from venues.assignment.surroundings import FEW, MOST, part_of

_FLOWS = 24
_PATIENCE = 8  # flows without a better worst-off paper before the search ends
_FACTOR, _MARGIN = 1.3, 0.04  # how papers near the worst are weighted up, and what counts as near
_HEAVIEST = 50.0
_STEPS = 20  # small programmes when only a part of a large venue is searched
_DOUBLE, _LIFTS = 2.0, 8  # how papers below the bound are weighted up, and most flows
_SPARE = 0.005  # pairs with a reduced score further below 0 are left out of further flows
_GAP = 0.002  # share of the bound by which the relaxation's level is below it
_EPSILON = 1e-9


@dataclass
class Found:
    """The best choice so far: its worst-off paper, its total and its pairs."""

    worst: float
    total: float
    chosen: Ints

    def offer(self, instance: Instance, chosen: Ints) -> bool:
        """Take `chosen` if it is better; return True if the worst-off paper gained."""
        worst, total = worst_of(instance, chosen), float(instance.score[chosen].sum())
        gained = worst > self.worst + _EPSILON
        if gained or (worst > self.worst - _EPSILON and total > self.total + _EPSILON):
            self.worst, self.total, self.chosen = worst, total, chosen
        return gained


def fairest(instance: Instance, solution: Solution, best: Best) -> Solution:
    """The assignment whose worst-off paper has the highest sum of scores found, then the total.

    Args:
        solution, best: the assignment of the highest total, which serves every paper.
    """
    found = Found(solution.worst, solution.total, best.chosen)
    bound, step = simple_bound(instance), solution.resolution
    arcs = _near_pairs(instance, best, bound, step)
    flows = _lifting_flows(instance, found, best, arcs, bound, step)
    large = len(instance.paper) > LARGEST
    if large and 0 < _poor(instance, found, bound).sum() <= FEW:
        flows += _search_part(instance, found, bound, step)
    elif found.worst < bound - _EPSILON:
        flows += _reweighted_flows(instance, found, best, bound, step)
        start = None
        if found.worst < bound - _EPSILON and not large:
            bound = min(bound, linear_bound(instance))
            start = _round_relaxation(instance, found, best, bound, step)
        if found.worst < bound - _EPSILON:
            # The rounded relaxation brings all papers near the bound; from a flow, with few poor
            # papers, the search ends sooner but lower.
            begin = found.chosen if start is None else start
            found.offer(instance, improve(instance, begin, bound))
    exact = found.worst >= bound - step
    fair = report(instance, found.chosen, step, exact, best.rounds + flows, len(best.arcs))
    if fair.short or sum(fair.idle.values()) != sum(solution.idle.values()):
        raise AssertionError("the search lost coverage or minimum load")
    how = "which is best" if exact else f"upper bound {bound:.4f}"
    message = fair.message
    if not fair.idle:
        message = f"all {len(fair.paper)} reviews are assigned; worst paper {fair.worst:.4f}, {how}"
    return replace(fair, bound=bound, message=message)


def _poor(instance: Instance, found: Found, bound: float) -> NDArray[np.bool_]:
    """Which papers are below the bound."""
    low = paper_totals(instance, found.chosen) < bound - _EPSILON
    return np.asarray(low & (instance.demand > 0))


def _search_part(instance: Instance, found: Found, bound: float, step: float) -> int:
    """Reassign the poor papers and those around them; return how many flows it took."""
    poor = _poor(instance, found, bound)
    if not poor.any():
        return 0
    part = part_of(instance, found.chosen, poor)
    inside, chosen = part.instance, part.chosen
    best = Best(chosen, True, 0, np.arange(len(part.pairs)), None)
    own = Found(worst_of(inside, chosen), float(inside.score[chosen].sum()), chosen)
    flows = _reweighted_flows(inside, own, best, bound, step)
    own.offer(inside, improve(inside, own.chosen, bound, _STEPS))
    found.offer(instance, np.concatenate([part.kept, part.pairs[own.chosen]]))
    return flows


def _near_pairs(instance: Instance, best: Best, bound: float, step: float) -> Ints:
    """The pairs that a slightly different assignment may need, by their reduced score.

    They are a small share of all pairs, so a flow over them takes little time.
    """
    if best.duals is None:
        return best.arcs
    gain = np.rint(instance.score / step).astype(np.int64)
    reduced = gain - best.duals.paper[instance.paper] - best.duals.reviewer[instance.reviewer]
    near = reduced > -_SPARE / step
    near[best.chosen] = True
    poor = paper_totals(instance, best.chosen) < bound
    return np.flatnonzero(near | poor[instance.paper])


def _lifting_flows(
    instance: Instance, found: Found, best: Best, arcs: Ints, bound: float, step: float
) -> int:
    """Double the weight of the papers below the bound, as long as they become fewer.

    Often meets the bound in a few flows in large venues with few papers below it. Returns how many
    flows it took.
    """
    weight = np.ones(instance.n_papers)
    chosen = best.chosen
    poor = (paper_totals(instance, chosen) < bound - _EPSILON) & (instance.demand > 0)
    for number in range(_LIFTS):
        if found.worst >= bound - _EPSILON:
            return number
        weight[poor] *= _DOUBLE
        gain = np.rint(instance.score * weight[instance.paper] / step).astype(np.int64)
        chosen = best_choice(instance, gain, arcs, certify=False).chosen
        before = poor.sum()
        poor = (paper_totals(instance, chosen) < bound - _EPSILON) & (instance.demand > 0)
        gained = _fits(instance, chosen, best.chosen) and found.offer(instance, chosen)
        if not gained and poor.sum() >= before:
            return number + 1
    return _LIFTS


def _reweighted_flows(
    instance: Instance, found: Found, best: Best, bound: float, step: float
) -> int:
    """Raise the weight of papers near the worst and solve again; return how many flows it took."""
    weight = np.ones(instance.n_papers)
    stale = number = 0
    chosen = best.chosen
    arcs = np.union1d(
        chosen, best_of(instance.paper, instance.score, np.full_like(instance.demand, MOST))
    )
    while number < _FLOWS and stale < _PATIENCE and found.worst < bound - _EPSILON:
        weight = _raise(instance, weight, chosen, found.worst)
        number += 1
        gain = np.rint(instance.score * weight[instance.paper] / step).astype(np.int64)
        chosen = best_choice(instance, gain, arcs, certify=False).chosen
        gained = _fits(instance, chosen, best.chosen) and found.offer(instance, chosen)
        stale = 0 if gained else stale + 1
    return number


def _round_relaxation(
    instance: Instance, found: Found, best: Best, bound: float, step: float
) -> Ints | None:
    """An assignment close to the relaxation's best a little below the bound; None without one."""
    if not np.isfinite(bound) or found.worst >= bound - _EPSILON:
        return None
    split = relaxed(instance, bound - _GAP * abs(bound))
    if split is None:
        return None
    share, price = split
    # Shares first; among equal shares the priced scores, with a thousandth of the weight.
    priced = instance.score * (1 + price[instance.paper])
    gain = np.rint((share + 1e-3 * priced) / step).astype(np.int64)
    chosen = best_choice(instance, gain, best.arcs, certify=False).chosen
    return chosen if _fits(instance, chosen, best.chosen) else None


def _fits(instance: Instance, chosen: Ints, before: Ints) -> bool:
    """Whether coverage and unmet minimum loads are as in the assignment `before`."""
    return len(chosen) == len(before) and _idle(instance, chosen) == _idle(instance, before)


def _raise(instance: Instance, weight: Floats, chosen: Ints, worst: float) -> Floats:
    """The weights, raised up to a limit for papers near the worst."""
    totals = paper_totals(instance, chosen)
    poor = (totals < worst + _MARGIN) & (instance.demand > 0)
    return np.asarray(np.minimum(np.where(poor, weight * _FACTOR, weight), _HEAVIEST))


def _idle(instance: Instance, chosen: Ints) -> int:
    load = np.bincount(instance.reviewer[chosen], minlength=instance.n_reviewers)
    return int(np.maximum(instance.min_load - load, 0).sum())
