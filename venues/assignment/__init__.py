"""Assignment of reviewers to papers as a flow problem: `solve(Instance(...)) -> Solution`."""

from __future__ import annotations

from venues.assignment.instance import Instance, Solution
from venues.assignment.solver import Objective, solve

__all__ = ["Instance", "Objective", "Solution", "solve"]
