"""Power before a study is run: the effects it will be able to find, from a pilot's variance.

The pilot is any two arms run with two replicates or more. Control and A/A share no random numbers,
so their differences vary more than those between a control and a treatment that share them: a plan
based on control and A/A is conservative, unless the treatment acts on each paper differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from benchmarks.studies.detectable import POWER, detectable, expected_error, power_for
from benchmarks.studies.effects import FIXED, is_fixed
from benchmarks.studies.outcome_table import AA, CONTROL, Unit, cells, checked, differences
from benchmarks.studies.paired import Mean, Shape, two_way_mean
from conference.core.errors import UserError
from conference.statistics.estimate import Undefined


class Plan(msgspec.Struct, frozen=True):
    """A planned study: its units and replicates, the error of its effect, and the smallest true
    effect that it finds with `power` at `alpha`."""

    units: int
    replicates: int
    error: float
    df: float
    smallest: float
    alpha: float
    power: float


def pilot(outcomes: Any, outcome: str, unit: Unit = "paper", arm: str = AA) -> Mean:
    """How paired differences between control and `arm` vary. Raises `UserError` if unknown."""
    table = checked(outcomes)
    known = sorted(set(table["outcome"]))
    if outcome not in known:
        raise UserError(
            f"outcome {outcome!r} of the pilot: not measured; it has {', '.join(known)}"
        )
    found = cells(table, outcome, arm, unit), cells(table, outcome, CONTROL, unit)
    values = differences(*found)
    if is_fixed(values, outcome):
        raise UserError(f"outcome {outcome!r} of the pilot: {FIXED}; plan for another outcome")
    try:
        mean = two_way_mean(values)
    except Undefined as why:
        raise UserError(f"outcome {outcome!r} of the pilot: {why}") from why
    if mean.replicates < 2:
        raise UserError(
            f"outcome {outcome!r} of the pilot: it has one replicate, so how rounds differ is "
            "unknown; run it with two or more"
        )
    return mean


def plan(
    pilot: Mean, units: int, replicates: int, alpha: float = 0.05, power: float = POWER
) -> Plan:
    """The plan of a study of `units` × `replicates`. An outcome with one value per round (`units` 1
    in the pilot) gains only from replicates.
    """
    shape = _shape(pilot, units, replicates)
    error = expected_error(shape, pilot.components, alpha, power)
    df = shape.degrees(*pilot.components)
    smallest = detectable(error, df, alpha, power)
    return Plan(round(shape.units), replicates, error, df, smallest, alpha, power)


def plans(
    pilot: Mean,
    units: Sequence[int],
    replicates: Sequence[int],
    alpha: float = 0.05,
    power: float = POWER,
) -> list[Plan]:
    """The plans of all combinations, ordered by units first."""
    return [plan(pilot, u, r, alpha, power) for u in units for r in replicates]


def curve(plan: Plan, effects: Sequence[float]) -> list[float]:
    """The power of the planned study for each true effect."""
    return [power_for(effect, plan.error, plan.df, plan.alpha) for effect in effects]


def _shape(pilot: Mean, units: int, replicates: int) -> Shape:
    if pilot.units == 1:  # One value per round: more papers give no more values.
        units = 1
    if units < 1 or replicates < 1 or units * replicates < 2:
        raise UserError(f"a study of {units} units × {replicates} replicates has no two pairs")
    if pilot.units == 1:
        return Shape(1, replicates, replicates, unit=False, replicate=False)
    filled = pilot.n / (pilot.units * pilot.replicates)
    pairs = max(2.0, units * replicates * filled)
    return Shape(units, replicates, pairs, unit=1 < units < pairs, replicate=1 < replicates < pairs)
