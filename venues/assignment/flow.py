"""One assignment as a minimum-cost flow, with dual prices that prove it best.

Each paper sends its demand over its pairs to reviewers and from them to one sink. Priced slack
keeps every instance feasible: a review not given costs more than anything else, a reviewer's
missing minimum load more than any sum of scores that it could be traded for. So coverage comes
first, minimum loads second, the total score third.
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
    """Prices that make the order of the three aims strict.

    A change along one alternating path trades at most min(papers, reviewers) + 1 pairs for as
    many, so it moves the total by at most that many times the spread of the gains.
    """
    if not gain.size:
        return Prices(short=3, idle=1)
    spread = max(int(gain.max()), 0) - min(int(gain.min()), 0)
    swing = (min(instance.n_papers, instance.n_reviewers) + 1) * spread + 1
    return Prices(short=3 * swing, idle=swing)


def best_flow(instance: Instance, gain: Ints, arcs: Ints, prices: Prices) -> Ints:
    """Positions of the pairs chosen among `arcs`, for the highest sum of `gain`.

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
    """Dual prices that prove `chosen` best among `arcs`, or None when there are none.

    The optimality conditions are difference constraints on the prices; Bellman and Ford's sweeps
    satisfy them all or, on a choice that is not optimal, never end. All numbers are whole, so the
    proof has no tolerance. With w = -reviewer price: paper <= w + gain on chosen pairs, w <= paper
    - gain on the others, and reviewer and paper prices lie between the prices of the last unit
    taken and the next unit on offer at the sink.
    """
    inside = np.zeros(len(gain), bool)
    inside[chosen] = True
    given = np.bincount(instance.paper[chosen], minlength=instance.n_papers)
    load = np.bincount(instance.reviewer[chosen], minlength=instance.n_reviewers)
    taken = _Rows(chosen, instance.paper)
    free = _Rows(arcs[~inside[arcs]], instance.reviewer)
    at_sink = 0
    paper = np.zeros(instance.n_papers, np.int64)
    w = np.zeros(instance.n_reviewers, np.int64)
    # The next unit at reviewer r is worth `idle` below the minimum load, 0 up to the maximum.
    room, below = load < instance.max_load, load < instance.min_load
    least = np.where(below, prices.idle, 0)[room]
    busy = load > 0
    most = np.where(load > instance.min_load, 0, prices.idle)[busy]
    lacking, served = given < instance.demand, given > 0
    for _ in range(_SWEEPS):
        before = (at_sink, int(paper.sum()), int(w.sum()))
        w[busy] = np.minimum(w[busy], at_sink + most)
        free.lower(w, paper[instance.paper[free.arcs]] - gain[free.arcs])
        paper[lacking] = np.minimum(paper[lacking], at_sink - prices.short)
        taken.lower(paper, w[instance.reviewer[taken.arcs]] + gain[taken.arcs])
        at_sink = min(
            at_sink,
            int((w[room] - least).min(initial=at_sink)),
            int((paper[served] + prices.short).min(initial=at_sink)),
        )
        if before == (at_sink, int(paper.sum()), int(w.sum())):
            return Duals(paper - at_sink, at_sink - w)
    return None


class _Rows:
    """Pairs grouped by one end, to take the least value in each group at once."""

    def __init__(self, arcs: Ints, end: Ints) -> None:
        self.arcs = arcs[np.argsort(end[arcs], kind="stable")]
        self.ends, self.starts = np.unique(end[self.arcs], return_index=True)

    def lower(self, target: Ints, values: Ints) -> None:
        if len(self.arcs):
            least = np.minimum.reduceat(values, self.starts)
            target[self.ends] = np.minimum(target[self.ends], least)
