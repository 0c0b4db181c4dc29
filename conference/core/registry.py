"""Plug-ins: named parts that installed packages register as entry points.

This project's own parts are registered in the same way, in its pyproject.toml. To add a part, write
a line such as `mine = "my_package.my_module:my_part"` under `[project.entry-points."GROUP"]`.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from conference.core.errors import UserError

PHASES = "conference.phases"  # of a round (venues.phase.Phase)
MINDS = "conference.minds"  # of a role, by `make(role, spec)` (venues.minds)
MODELS = "conference.models"  # language models, by `make(target, rules)` (conference.models)
IMPORTERS = "conference.importers"  # of human reviews (conference.data.importers)
EXPORTERS = "conference.exporters"  # of a round (conference.app.export)
OUTCOMES = "conference.outcomes"  # what a study measures of a round (benchmarks.studies.outcomes)
TWINS = "conference.twins"  # how a study's papers are changed (benchmarks.studies.twins)


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


def forget() -> None:
    """Look at the installed packages again, in case one came or went while the program runs."""
    _entries.cache_clear()


def registered(group: str) -> tuple[str, ...]:
    """The names that installed packages register in a group, sorted."""
    return tuple(sorted(_entries(group)))


def is_registered(group: str, name: str) -> bool:
    """Whether an installed package registers this name in a group."""
    return name in _entries(group)


def load(group: str, name: str, what: str) -> Any:
    """The part called `name`. Raises `UserError`, which names `what` it is, if it is unknown."""
    if name in _entries(group):
        return _entries(group)[name].load()
    near = difflib.get_close_matches(name, registered(group), n=1)
    known = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(registered(group))}."
    raise UserError(f"{what}: unknown '{name}'; {known}")
