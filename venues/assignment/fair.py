"""The worst-off paper first: raise the lowest sum of any paper, then the total."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from venues.assignment.flow import best_total
from venues.assignment.instance import Instance, paper_sums

LP_ARCS = 120_000  # The linear programme is solved up to this size: a few seconds.
SMALL_ARCS = 400_000
ROUNDS = 24
FEW_ROUNDS = 6
RAISE = 1.5
MARGIN = 0.08


def worst_off_first(instance: Instance) -> tuple[NDArray[Any], float]:
    """Positions of arcs that serve the worst-off paper best, and an upper bound on its sum.

    The best flow, and for instances of moderate size the rounded solution of the linear programme,
    are improved by exchanging reviewers between the worst-off paper and others while the lowest
    sum rises. While that sum is below the bound, flows are solved again with the weight raised of
    every paper below the best minimum so far plus a margin.
    """
    needs = instance.demand > 0
    best = improve(instance, best_total(instance))
    bound = own_bound(instance)
    if not _reached(instance, best, bound) and len(instance.score) <= LP_ARCS:
        linear, rounded = linear_bound(instance)
        bound = min(bound, linear)
        best = max(best, improve(instance, rounded), key=lambda arcs: _worth(instance, arcs))
    weight = np.ones(instance.papers)
    for _ in range(ROUNDS if len(instance.score) <= SMALL_ARCS else FEW_ROUNDS):
        if _reached(instance, best, bound):
            break
        low = paper_sums(instance, best)[needs].min()
        again = best_total(instance, weight)
        sums = paper_sums(instance, again)
        best = max(best, improve(instance, again), key=lambda arcs: _worth(instance, arcs))
        weight[needs & (sums < low + MARGIN)] *= RAISE
        weight /= weight[needs].mean()
    return best, bound


def own_bound(instance: Instance) -> float:
    """No paper can have more than the sum of its own best scores; the lowest such sum."""
    order = np.lexsort((-instance.score, instance.paper))
    place = np.arange(len(order)) - np.searchsorted(instance.paper[order], instance.paper[order])
    counted = order[place < instance.demand[instance.paper[order]]]
    return float(paper_sums(instance, counted)[instance.demand > 0].min())


def _reached(instance: Instance, chosen: NDArray[Any], bound: float) -> bool:
    return bool(paper_sums(instance, chosen)[instance.demand > 0].min() >= bound - 1e-6)


def _worth(instance: Instance, chosen: NDArray[Any]) -> tuple[int, float, float]:
    sums = paper_sums(instance, chosen)
    low = float(sums[instance.demand > 0].min())
    return len(chosen), round(low, 9), float(sums.sum())


def linear_bound(instance: Instance) -> tuple[float, NDArray[Any]]:
    """The linear programme's bound on the lowest sum, and a flow guided by its solution.

    max t subject to: every paper's sum >= t, demands met, loads kept, 0 <= x <= 1 (HiGHS). The
    rounding solves the flow with each arc's score raised by its share in the solution.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix, hstack, vstack

    arcs, needs = len(instance.score), np.flatnonzero(instance.demand > 0)
    at, ones = np.arange(arcs), np.ones(arcs)
    by_paper = csr_matrix((ones, (instance.paper, at)), (instance.papers, arcs))
    by_person = csr_matrix((ones, (instance.reviewer, at)), (instance.reviewers, arcs))
    value = csr_matrix((instance.score, (instance.paper, at)), (instance.papers, arcs))[needs]
    blank = csr_matrix((instance.reviewers, 1))
    at_least = hstack([-value, csr_matrix(np.ones((len(needs), 1)))])
    result = linprog(
        np.concatenate([-1e-4 * instance.score / max(1, len(needs)), [-1.0]]),
        A_ub=vstack([at_least, hstack([by_person, blank])]),
        b_ub=np.concatenate([np.zeros(len(needs)), instance.max_load]),
        A_eq=hstack([by_paper, csr_matrix((instance.papers, 1))]),
        b_eq=instance.demand,
        bounds=[(0, 1)] * arcs + [(None, None)],
        method="highs",
    )
    if result.status != 0:
        raise RuntimeError(f"the linear programme was not solved: {result.message}")
    share = np.clip(result.x[:-1], 0, 1)
    top = max(float(np.abs(instance.score).max()), 1e-9)
    guided = Instance(
        paper=instance.paper,
        reviewer=instance.reviewer,
        score=instance.score + 4 * top * share,
        demand=instance.demand,
        max_load=instance.max_load,
        min_load=instance.min_load,
    )
    return float(result.x[-1]), best_total(guided)


def improve(instance: Instance, chosen: NDArray[Any]) -> NDArray[Any]:
    """Exchange reviewers of the worst-off paper while the lowest of the sums touched rises.

    A move gives the paper a better reviewer in place of one of its own; a full reviewer comes from
    another paper, which takes the one given up or any reviewer with room in its place.
    """
    state = _Exchange(instance, chosen)
    for _ in range(4 * instance.papers):
        # Once no move helps the worst-off paper, the minimum is where it is.
        if not state.raise_paper(state.worst()):
            break
    return state.chosen()


class _Exchange:
    """The exchange's working state: who reviews what, sums, loads."""

    def __init__(self, instance: Instance, chosen: NDArray[Any]) -> None:
        self.instance = instance
        self.used = np.zeros(len(instance.score), dtype=bool)
        self.used[chosen] = True
        self.sums = paper_sums(instance, chosen)
        self.load = np.bincount(instance.reviewer[chosen], minlength=instance.reviewers)
        order = np.argsort(instance.paper, kind="stable")
        self.order = order
        self.first = np.searchsorted(instance.paper[order], np.arange(instance.papers + 1))
        by_person = np.argsort(instance.reviewer, kind="stable")
        self.by_person = by_person
        self.first_of = np.searchsorted(
            instance.reviewer[by_person], np.arange(instance.reviewers + 1)
        )
        self.needs = np.flatnonzero(instance.demand > 0)

    def chosen(self) -> NDArray[Any]:
        return np.flatnonzero(self.used)

    def worst(self) -> int:
        return int(self.needs[np.argmin(self.sums[self.needs])])

    def _arcs(self, paper: int) -> NDArray[Any]:
        return self.order[self.first[paper] : self.first[paper + 1]]

    def raise_paper(self, paper: int) -> bool:
        """Make the best move for a paper; False when none raises the lowest sum it touches."""
        score, arcs = self.instance.score, self._arcs(paper)
        own, free = arcs[self.used[arcs]], arcs[~self.used[arcs]]
        if not len(own):
            return False
        best: tuple[float, list[int], list[int]] | None = None
        for out in own:
            for into in free[score[free] > score[out]]:
                move = self._move(paper, int(out), int(into))
                if move and (best is None or move[0] > best[0] + 1e-12):
                    best = move
        if best is None or best[0] <= self.sums[paper] + 1e-9:
            return False
        self._do(best[1], best[2])
        return True

    def _move(self, paper: int, out: int, into: int) -> tuple[float, list[int], list[int]] | None:
        """The lowest sum after giving `into` for `out`, with arcs dropped and taken."""
        instance, score = self.instance, self.instance.score
        gain = self.sums[paper] + score[into] - score[out]
        person = int(instance.reviewer[into])
        if self.load[person] < instance.max_load[person]:
            return float(gain), [out], [into]
        given = self.by_person[self.first_of[person] : self.first_of[person + 1]]
        best: tuple[float, list[int], list[int]] | None = None
        for lost in given[self.used[given]]:
            other = int(instance.paper[lost])
            arcs = self._arcs(other)
            people = instance.reviewer[arcs]
            room = (self.load[people] < instance.max_load[people]) | (
                people == instance.reviewer[out]
            )
            able = arcs[room & ~self.used[arcs]]
            if not len(able):
                continue
            instead = int(able[np.argmax(score[able])])
            low = min(float(gain), float(self.sums[other] - score[lost] + score[instead]))
            if best is None or low > best[0]:
                best = low, [out, int(lost)], [into, instead]
        return best

    def _do(self, drop: list[int], take: list[int]) -> None:
        for arcs, sign in ((drop, -1), (take, 1)):
            for arc in arcs:
                self.used[arc] = sign > 0
                self.load[self.instance.reviewer[arc]] += sign
                self.sums[self.instance.paper[arc]] += sign * self.instance.score[arc]
