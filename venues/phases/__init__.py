"""The phases of a round: one file each, found by their registered names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from conference.core.errors import UserError, field_and_fault
from conference.core.records import AnyRecord
from conference.core.registry import PHASES, load, registered
from conference.core.tasks import Sight, Task
from conference.models.context import Context
from venues.phase import Phase, own_rules
from venues.state import Step
from venues.venue import Venue

FIRST = ("call", "submit")  # A round has at least these.


def phases_of(venue: Venue, where: str = "venue") -> list[Phase]:
    """A venue's phases, in order. Raises `UserError` for an unknown one."""
    return [load(PHASES, name, f"{where}: phases") for name in venue.phases]


def steps_of(venue: Venue) -> list[Step]:
    """The steps of a venue's phases, in order."""
    return [step for phase in phases_of(venue) for step in phase.steps]


def perform(task: Task, context: Context) -> list[AnyRecord]:
    """Do a task of the venue itself, which has no agent; return its records."""
    return _performers()[type(task.sight)](task.sight, context)


@cache
def _performers() -> dict[type[Sight], Callable[[Any, Context], list[AnyRecord]]]:
    phases = [load(PHASES, name, "phases") for name in registered(PHASES)]
    return {sight: does for phase in phases for sight, does in phase.performs.items()}


def forget() -> None:
    """Forget which phases are installed, as `conference.core.registry.forget` does."""
    _performers.cache_clear()


def check_phases(venue: Venue, where: str) -> None:
    """Raise `UserError`, with the fix, for a wrong order of phases or a wrong `[phase.NAME]`."""
    phases = phases_of(venue, where)
    twice = [name for name in venue.phases if venue.phases.count(name) > 1]
    if twice:
        raise UserError(f"{where}: phases names '{twice[0]}' twice; name it once.")
    missing = [name for name in FIRST if name not in venue.phases]
    if missing:
        raise UserError(f"{where}: phases must include '{missing[0]}'.")
    for at, phase in enumerate(phases):
        for needed in phase.after:
            if needed not in venue.phases[:at]:
                raise UserError(
                    f"{where}: phases has '{phase.name}' without '{needed}' before it; add it or "
                    f"take '{phase.name}' out."
                )
        if problem := phase.problem(venue):
            raise UserError(f"{where}: {problem}.")
    own = {phase.name: phase.own for phase in phases if phase.own}
    for name in venue.phase:
        if name not in own:
            raise UserError(
                f"{where}: [phase.{name}] belongs to no phase of this venue; take the table out, "
                "or add the phase."
            )
        try:
            own_rules(venue, name, own[name])
        except msgspec.ValidationError as error:
            field, what = field_and_fault(error, f"phase.{name}")
            raise UserError(f"{where}: {field}: {what}; fix that field.") from error
