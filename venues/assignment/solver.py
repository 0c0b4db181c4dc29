"""Solve an assignment exactly, starting from each paper's best pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from venues.assignment.explain import explain
from venues.assignment.flow import Duals, best_flow, dual_prices, prices_for
from venues.assignment.instance import Instance, Ints, Solution, best_of, worst_of

_RESOLUTION = 1e-6
_LARGEST = 1e7  # larger scores are rounded to a coarser step, so that costs fit the solver
_FIRST = 5  # the first flow has this many times a paper's demand of its best pairs
_ROUNDS = 2  # flows over some pairs before one over all
_SPARSE = 200  # pairs per paper up to which one flow over all is faster than several over a few


@dataclass(frozen=True)
class Best:
    """The best choice of pairs for some gains; `rounds` flows were solved, the last over `arcs`."""

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
    """The step to which scores are rounded: 1e-6, or coarser if scores exceed ten."""
    largest = float(np.abs(instance.score).max(initial=0.0))
    return max(_RESOLUTION, largest / _LARGEST)


def best_choice(
    instance: Instance, gain: Ints, start: Ints | None = None, *, certify: bool = True
) -> Best:
    """The choice with the highest sum of `gain`, exact over all pairs.

    The flow is first solved over few pairs; dual prices then show which of the others would improve
    it, and these are added until there is none (column generation). Without `certify` one flow
    over `start` is solved and not proven.
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
    """Each paper's best few pairs, and each reviewer's for the minimum load; all if few."""
    if len(gain) <= _SPARSE * instance.n_papers:
        return np.arange(len(gain))
    return np.union1d(
        best_of(instance.paper, gain, _FIRST * instance.demand),
        best_of(instance.reviewer, gain, 2 * instance.min_load),
    )


def report(
    instance: Instance, chosen: Ints, step: float, exact: bool, rounds: int, arcs: int
) -> Solution:
    """The `Solution` of a choice of pairs."""
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
