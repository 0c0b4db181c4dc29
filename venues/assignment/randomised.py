"""Randomised assignment with a limit on every pair's probability (Jecmen et al. 2020,
arXiv 2006.16437): even a ring with the highest bids cannot be sure to get its papers.

A linear program finds the probabilities with the highest expected score under the limit. Dependent
rounding (Gandhi et al. 2006) then draws an assignment in which every pair has exactly its
probability, every paper its number of reviews, and no reviewer exceeds the maximum load.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from venues.assignment.instance import Floats, Instance, Ints, Solution
from venues.assignment.solver import report

WHOLE = 1e-7  # a probability this close to 0 or 1 counts as 0 or 1


def probabilities(instance: Instance, most: float) -> Floats:
    """The probability of each pair, at most `most`, float (pairs,).

    Coverage comes first, minimum loads second, the expected total score third: a lacking unit costs
    more than any scores that could be traded for it.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, eye_array, hstack, vstack

    n, m, pairs = instance.n_papers, instance.n_reviewers, len(instance.paper)
    ones, at = np.ones(pairs), np.arange(pairs)
    by_paper = coo_array((ones, (instance.paper, at)), shape=(n, pairs))
    by_reviewer = coo_array((ones, (instance.reviewer, at)), shape=(m, pairs))
    spread = float(np.ptp(instance.score)) + float(np.abs(instance.score).max(initial=0.0)) + 1.0
    idle, short = 2 * spread, 6 * spread
    none = coo_array((m, n))
    solved = linprog(
        np.concatenate([-instance.score, np.full(n, short), np.full(m, idle)]),
        A_eq=hstack([by_paper, eye_array(n), coo_array((n, m))]),
        b_eq=instance.demand,
        A_ub=vstack(
            [
                hstack([by_reviewer, none, coo_array((m, m))]),
                hstack([-by_reviewer, none, -eye_array(m)]),
            ]
        ),
        b_ub=np.concatenate([instance.max_load, -instance.min_load]),
        bounds=np.column_stack(
            [
                np.zeros(pairs + n + m),
                np.concatenate([np.full(pairs, most), instance.demand, instance.min_load]),
            ]
        ),
        method="highs",
    )
    if not solved.success:
        raise RuntimeError(f"the linear program stopped: {solved.message}")
    found = np.clip(solved.x[:pairs], 0.0, most)
    return np.asarray(np.where(found < WHOLE, 0.0, found), np.float64)


def solve_by_lot(
    instance: Instance, most: float, rng: np.random.Generator
) -> tuple[Solution, Floats]:
    """A randomised assignment, and the probability of each of its pairs.

    Papers that the limit leaves short of reviews are in the solution's `short`.
    """
    chances = probabilities(instance, most)
    chosen = np.flatnonzero(draw(instance.paper, instance.reviewer, chances, rng))
    order = np.lexsort((instance.reviewer[chosen], instance.paper[chosen]))
    solution = report(instance, chosen, WHOLE, False, 1, int((chances > 0).sum()))
    expected = float(chances @ instance.score)
    said = (
        f"the assignment was drawn at random with pair probabilities of at most {most:.0%}; the "
        f"expected total was {expected:.4g}"
    )
    message = solution.message if solution.short or solution.idle else said
    return replace(solution, message=message), chances[chosen[order]]


def draw(
    paper: Ints, reviewer: Ints, chances: Floats, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which pairs are drawn, bool (pairs,): each with exactly its probability.

    A paper or reviewer whose probabilities sum to x gets x pairs, rounded down or up.
    """
    rounding = _Rounding(paper, reviewer, chances)
    while rounding.open:
        path = rounding.walk()
        rounding.move(path, rng)
    return np.asarray(rounding.value > 0.5)


class _Rounding:
    """Probabilities being rounded to 0 or 1; open edges of the graph are those not yet rounded.

    Along a cycle or a maximal path, every other edge rises by as much as the others fall, until
    one of them is 0 or 1; the direction is drawn so that every expected value stays the same.
    """

    def __init__(self, paper: Ints, reviewer: Ints, chances: Floats) -> None:
        first = int(paper.max(initial=-1)) + 1
        self.ends = list(zip(paper.tolist(), (reviewer + first).tolist(), strict=True))
        self.value: Any = chances.copy()
        self.open: dict[int, dict[int, None]] = {}  # node to its open edges, in order
        for edge in np.flatnonzero((chances > WHOLE) & (chances < 1 - WHOLE)).tolist():
            for node in self.ends[edge]:
                self.open.setdefault(node, {})[edge] = None

    def walk(self) -> list[int]:
        """The edges of a cycle, or of a path between two nodes without another open edge."""
        start = next((node for node, edges in self.open.items() if len(edges) == 1), None)
        node = next(iter(self.open)) if start is None else start
        path: list[int] = []
        seen = {node: 0}
        while True:
            edge = next((each for each in self.open[node] if not path or each != path[-1]), None)
            if edge is None:
                return path
            path.append(edge)
            a, b = self.ends[edge]
            node = b if node == a else a
            if node in seen:
                return path[seen[node] :]
            seen[node] = len(path)

    def move(self, path: list[int], rng: np.random.Generator) -> None:
        """Move the edges of the path by one draw, and close those that reached 0 or 1."""
        odd, even = path[::2], path[1::2]
        values = self.value
        up = min([*(1 - values[odd]), *values[even]])
        down = min([*values[odd], *(1 - values[even])])
        step = up if rng.random() * (up + down) < down else -down
        values[odd] += step
        values[even] -= step
        for edge in path:
            if values[edge] < WHOLE or values[edge] > 1 - WHOLE:
                values[edge] = round(float(values[edge]))
                self._close(edge)

    def _close(self, edge: int) -> None:
        for node in self.ends[edge]:
            del self.open[node][edge]
            if not self.open[node]:
                del self.open[node]
