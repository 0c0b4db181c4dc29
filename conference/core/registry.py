"""What packages may add to the conference: named parts of a kind, registered as entry points.

Our own parts are registered in the same way, in this project's pyproject.toml. A part of yours
needs a line such as `mine = "my_package.my_module:my_part"` under `[project.entry-points."GROUP"]`.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from conference.core.errors import UserError

OUTCOMES = "conference.outcomes"  # what a study measures of a round (benchmarks.studies.outcomes)
TWINS = "conference.twins"  # how a study's papers are changed (benchmarks.studies.twins)


@cache
def registered(group: str) -> tuple[str, ...]:
    """The names that installed packages register in a group, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=group)}))


def load(group: str, name: str, what: str) -> Any:
    """The part called `name`. Raises `UserError`, which names `what` it is, where it is unknown."""
    for entry in entry_points(group=group, name=name):
        return entry.load()
    near = difflib.get_close_matches(name, registered(group), n=1)
    known = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(registered(group))}."
    raise UserError(f"{what}: unknown '{name}'; {known}")
