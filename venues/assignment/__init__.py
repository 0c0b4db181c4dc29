"""Assignment of reviewers to papers as a flow problem: `solve(Instance(...)) -> Solution`."""

from __future__ import annotations

from typing import Literal

from venues.assignment.instance import Instance, Solution
from venues.assignment.randomised import solve_by_lot
from venues.assignment.solver import highest_total

Objective = Literal["total", "worst"]


def solve(instance: Instance, objective: Objective = "total") -> Solution:
    """The assignment with the most reviews given and, among those, the best objective.

    Args:
        objective: "total" for the highest sum of scores; "worst" for the highest sum of the
            worst-off paper first and the total second.

    Returns:
        Only listed pairs, none twice, and no reviewer over the maximum load. Papers that lack
        reviews are in `short`, and `message` says why.
    """
    solution, best = highest_total(instance)
    if objective == "total" or solution.short or not instance.demand.any():
        return solution
    from venues.assignment.fair import fairest

    return fairest(instance, solution, best)


__all__ = ["Instance", "Objective", "Solution", "solve", "solve_by_lot"]
