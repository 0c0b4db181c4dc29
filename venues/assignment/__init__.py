"""Assignment of reviewers to papers as a flow problem: `solve(Instance(...)) -> Solution`."""

from __future__ import annotations

from venues.assignment.instance import Instance, Solution
from venues.assignment.randomised import solve_by_lot
from venues.assignment.solver import Objective, solve

__all__ = ["Instance", "Objective", "Solution", "solve", "solve_by_lot"]
