"""Minds by name: "embedded", or any other that a package registers as an entry point."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from conference.errors import UserError
from venues.population import parse_minds
from venues.venue import Venue

GROUP = "conference.minds"


def embedded(role: str, spec: str) -> Any:
    """The statistical mind of a role, fitted to human data."""
    if role == "scientist":
        from scientists.embedded import make as make_scientist

        return make_scientist()
    if role == "reviewer":
        from reviewers.embedded import make as make_reviewer

        return make_reviewer()
    from chairs.embedded import make as make_chair

    return make_chair()


@cache
def mind_of(role: str, name: str) -> Any:
    """The mind called `name` ("embedded", "NAME:spec") for a role; made once in each process.

    Raises:
        UserError: no installed package has a mind of that name.
    """
    kind, _, spec = name.partition(":")
    if kind == "embedded":
        return embedded(role, spec)
    for entry in entry_points(group=GROUP, name=kind):
        return entry.load()(role, spec)
    raise UserError(f"minds: there is no mind '{kind}'; choose from {', '.join(known_minds())}.")


def check_minds(venue: Venue) -> None:
    """Raise `UserError` for a mind that no installed package has, before the round starts."""
    for role in ("scientist", "reviewer", "chair"):
        for _, name in parse_minds(getattr(venue.minds, role)):
            if name.partition(":")[0] not in known_minds():
                raise UserError(
                    f"minds.{role}: there is no mind '{name}'; choose from "
                    f"{', '.join(known_minds())}."
                )


def known_minds() -> list[str]:
    """The names of all minds that installed packages register."""
    return sorted({"embedded", *(entry.name for entry in entry_points(group=GROUP))})
