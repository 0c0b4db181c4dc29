"""Assignment of reviewers to papers as a flow problem: `solve(Instance(...)) -> Solution`."""

from __future__ import annotations

from venues.assignment.instance import Instance, Solution
from venues.assignment.solver import solve

__all__ = ["Instance", "Solution", "solve"]
