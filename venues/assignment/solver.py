"""Solve an assignment exactly, over each paper's best pairs first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from venues.assignment.explain import explain
from venues.assignment.flow import Duals, best_flow, dual_prices, prices_for
from venues.assignment.instance import Instance, Ints, Solution, best_of, worst_of

_RESOLUTION = 1e-6
_LARGEST = 1e7  # larger scores are rounded to a coarser step, so that costs fit the solver
_FIRST = 5  # times its demand: a paper's best pairs in the first flow
_ROUNDS = 2  # flows over chosen pairs before all are taken
_SPARSE = 200  # pairs a paper up to which one flow over all is sooner than several over a few


@dataclass(frozen=True)
class Best:
    """The best choice for a set of gains: pairs, whether proven, flows solved, pairs in use."""

    chosen: Ints
    proven: bool
    rounds: int
    arcs: Ints
    duals: Duals | None


def highest_total(instance: Instance) -> tuple[Solution, Best]:
    """The assignment with the most coverage and, at that coverage, the highest sum of scores."""
    step = resolution_of(instance)
    gain = np.rint(instance.score / step).astype(np.int64)
    best = best_choice(instance, gain)
    return report(instance, best.chosen, step, best.proven, best.rounds, len(best.arcs)), best


def resolution_of(instance: Instance) -> float:
    """The step to which scores are rounded: 1e-6, or coarser where scores exceed ten."""
    largest = float(np.abs(instance.score).max(initial=0.0))
    return max(_RESOLUTION, largest / _LARGEST)


def best_choice(
    instance: Instance, gain: Ints, start: Ints | None = None, *, certify: bool = True
) -> Best:
    """The choice of the highest sum of `gain`, exact over all pairs.

    The flow is solved over few pairs; dual prices then price every pair left out, and those that
    would improve the flow join until there is none (column generation). Without
    `certify` it is one flow over `start`, unproven.
    """
    prices = prices_for(gain, instance)
    arcs = top_pairs(instance, gain) if start is None else start
    everything = len(instance.paper)
    for number in range(1, _ROUNDS + 2):
        chosen = best_flow(instance, gain, arcs, prices)
        if not certify:
            return Best(chosen, False, number, arcs, None)
        duals = dual_prices(instance, gain, arcs, chosen, prices)
        if duals is None or len(arcs) == everything:
            return Best(chosen, duals is not None, number, arcs, duals)
        reduced = gain - duals.paper[instance.paper] - duals.reviewer[instance.reviewer]
        reduced[arcs] = 0
        better = np.flatnonzero(reduced > 0)
        if not len(better):
            return Best(chosen, True, number, arcs, duals)
        crowded = number >= _ROUNDS or len(arcs) + len(better) > 0.7 * everything
        arcs = np.arange(everything) if crowded else np.union1d(arcs, better)
    raise AssertionError("the last flow is over all pairs")


def top_pairs(instance: Instance, gain: Ints) -> Ints:
    """Each paper's best few pairs, and each reviewer's best for the minimum load; or all."""
    if len(gain) <= _SPARSE * instance.n_papers:
        return np.arange(len(gain))
    return np.union1d(
        best_of(instance.paper, gain, _FIRST * instance.demand),
        best_of(instance.reviewer, gain, 2 * instance.min_load),
    )


def report(
    instance: Instance, chosen: Ints, step: float, exact: bool, rounds: int, arcs: int
) -> Solution:
    """The solution that a choice of pairs stands for."""
    order = np.lexsort((instance.reviewer[chosen], instance.paper[chosen]))
    chosen = chosen[order]
    given = np.bincount(instance.paper[chosen], minlength=instance.n_papers)
    load = np.bincount(instance.reviewer[chosen], minlength=instance.n_reviewers)
    short = _lacking(instance.demand - given)
    idle = _lacking(instance.min_load - load)
    total, worst = float(instance.score[chosen].sum()), worst_of(instance, chosen)
    solution = Solution(
        paper=instance.paper[chosen],
        reviewer=instance.reviewer[chosen],
        score=instance.score[chosen],
        total=total,
        worst=worst,
        exact=exact,
        message="",
        short=short,
        idle=idle,
        resolution=step,
        rounds=rounds,
        arcs=arcs,
    )
    proof = "; dual prices prove the total best" if exact else ""
    done = f"all {len(chosen)} reviews are assigned{proof}"
    return replace(solution, message=explain(instance, short, idle) or done)


def _lacking(missing: Ints) -> dict[int, int]:
    return {int(at): int(missing[at]) for at in np.flatnonzero(missing > 0)}
