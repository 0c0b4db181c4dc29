"""Solve one assignment as a minimum-cost flow, with dual prices that prove it optimal.

Each paper sends its demand over its pairs to reviewers and from them to one sink. Priced slack
keeps every instance feasible: a missing review costs more than anything else, a missing unit of
minimum load more than any sum of scores that could be traded for it. So coverage comes first,
minimum loads second, the total score third.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from venues.assignment.instance import Instance, Ints

_SWEEPS = 20_000


@dataclass(frozen=True)
class Prices:
    """What a missing review and a missing unit of minimum load cost, in the unit of the gains."""

    short: int
    idle: int


@dataclass(frozen=True)
class Duals:
    """Dual prices: a pair's reduced gain is gain - paper - reviewer."""

    paper: Ints
    reviewer: Ints


def prices_for(gain: Ints, instance: Instance) -> Prices:
    """Prices that put coverage strictly before minimum loads, and these before scores.

    A change along one alternating path trades at most min(papers, reviewers) + 1 pairs for as
    many, so it moves the total by at most that many times the spread of the gains.
    """
    if not gain.size:
        return Prices(short=3, idle=1)
    spread = max(int(gain.max()), 0) - min(int(gain.min()), 0)
    swing = (min(instance.n_papers, instance.n_reviewers) + 1) * spread + 1
    return Prices(short=3 * swing, idle=swing)


def best_flow(instance: Instance, gain: Ints, arcs: Ints, prices: Prices) -> Ints:
    """Positions of the pairs among `arcs` that give the highest sum of `gain`.

    Raises:
        RuntimeError: the solver failed, as when gains are too large for its integers.
    """
    from ortools.graph.python import min_cost_flow

    n, m = instance.n_papers, instance.n_reviewers
    graph = min_cost_flow.SimpleMinCostFlow()
    paper, reviewer = instance.paper[arcs], instance.reviewer[arcs] + n
    pairs = graph.add_arcs_with_capacity_and_unit_cost(
        paper, reviewer, np.ones(len(arcs), np.int64), -gain[arcs]
    )
    sink = n + m

    def to_sink(nodes: Ints, capacity: Ints, cost: int) -> None:
        some = capacity > 0
        graph.add_arcs_with_capacity_and_unit_cost(
            nodes[some],
            np.full(some.sum(), sink),
            capacity[some],
            np.full(some.sum(), cost, np.int64),
        )

    reviewers = np.arange(n, n + m)
    to_sink(reviewers, instance.min_load, -prices.idle)
    to_sink(reviewers, instance.max_load - instance.min_load, 0)
    to_sink(np.arange(n), instance.demand, prices.short)
    supply = np.concatenate([instance.demand, np.zeros(m, np.int64), [-instance.demand.sum()]])
    graph.set_nodes_supplies(np.arange(sink + 1), supply)
    status = graph.solve()
    if status != graph.OPTIMAL:
        raise RuntimeError(f"the flow solver stopped with status {status}")
    return arcs[np.asarray(graph.flows(pairs)) > 0]


def dual_prices(
    instance: Instance, gain: Ints, arcs: Ints, chosen: Ints, prices: Prices
) -> Duals | None:
    """Dual prices that prove `chosen` optimal among `arcs`; None when it is not, or not proven.

    The optimality conditions are difference constraints on the prices; Bellman-Ford sweeps satisfy
    them all or, on a choice that is not optimal, never end. All numbers are integers, so the proof
    needs no tolerance. With w = -reviewer price: paper <= w + gain on chosen pairs, w <= paper
    - gain on the others, and reviewer and paper prices lie between the prices of the last unit
    taken and the next unit on offer at the sink.
    """
    load = np.bincount(instance.reviewer[chosen], minlength=instance.n_reviewers)
    given = np.bincount(instance.paper[chosen], minlength=instance.n_papers)
    sink = _Sink(instance, given, load, prices)
    inside = np.zeros(len(gain), bool)
    inside[chosen] = True
    free = arcs[~inside[arcs]]
    free_paper, free_reviewer, free_gain = _ends(instance, gain, free)
    its_paper, its_reviewer, its_gain = _ends(instance, gain, chosen)
    paper = np.zeros(instance.n_papers, np.int64)
    w = np.zeros(instance.n_reviewers, np.int64)
    # A sweep looks only at pairs whose other end has changed, which soon are few.
    moved = np.ones(instance.n_papers, bool)
    stirred = np.ones(instance.n_reviewers, bool)
    for _ in range(_SWEEPS):
        before = sink.price, paper.copy(), w.copy()
        near = np.flatnonzero(moved[free_paper])
        np.minimum.at(w, free_reviewer[near], paper[free_paper[near]] - free_gain[near])
        sink.bound(paper, w)
        stirred |= w != before[2]
        near = np.flatnonzero(stirred[its_reviewer])
        np.minimum.at(paper, its_paper[near], w[its_reviewer[near]] + its_gain[near])
        sink.lower(paper, w)
        moved, stirred = paper != before[1], np.zeros_like(stirred)
        if sink.price == before[0] and not moved.any() and np.array_equal(w, before[2]):
            return Duals(paper - sink.price, sink.price - w)
    return None


def _ends(instance: Instance, gain: Ints, arcs: Ints) -> tuple[Ints, Ints, Ints]:
    """Paper, reviewer and gain of pairs."""
    return instance.paper[arcs], instance.reviewer[arcs], gain[arcs]


class _Sink:
    """The sink's price, and the constraints between it and papers and reviewers."""

    def __init__(self, instance: Instance, given: Ints, load: Ints, prices: Prices) -> None:
        self.price = 0
        self.short = prices.short
        # The next unit at a reviewer is worth `idle` below the minimum load, then 0.
        self.room = np.flatnonzero(load < instance.max_load)
        self.next = np.where(load < instance.min_load, prices.idle, 0)[self.room]
        self.busy = np.flatnonzero(load > 0)
        self.last = np.where(load > instance.min_load, 0, prices.idle)[self.busy]
        self.lacking = np.flatnonzero(given < instance.demand)
        self.served = np.flatnonzero(given > 0)

    def bound(self, paper: Ints, w: Ints) -> None:
        """Lower papers and reviewers to what the sink's price allows."""
        w[self.busy] = np.minimum(w[self.busy], self.price + self.last)
        paper[self.lacking] = np.minimum(paper[self.lacking], self.price - self.short)

    def lower(self, paper: Ints, w: Ints) -> None:
        """Lower the sink's price to what papers and reviewers allow."""
        self.price = min(
            self.price,
            int((w[self.room] - self.next).min(initial=self.price)),
            int((paper[self.served] + self.short).min(initial=self.price)),
        )
