"""What a twin is, and how an arm names one: `NAME` or `NAME:DETAIL`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.core.registry import TWINS, load, registered
from venues.papers import TablePaper

Change = Callable[[TablePaper, str, np.random.Generator], TablePaper | None]


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """A way to change a paper.

    `details` describes each DETAIL. If `file` is given, it describes what any other detail, the
    path of a file, does. `change` gets the paper, the detail and a generator for this paper, and
    returns the changed paper with what was `planted` in it, or None if it does not apply. If that
    takes long, `outline` does nearly the same quickly for a dry run, for the same papers.
    `needs_text` says that a title and an abstract are not enough; `unseen` is a sentence on what
    embedded minds cannot see of the change.
    """

    what: str
    details: Mapping[str, str]
    change: Change
    outline: Change | None = None
    file: str = ""
    needs_text: bool = False
    unseen: str = ""


def all_twins() -> list[tuple[str, str, str]]:
    """Every registered twin: its name in an arm, what it does, and what papers need."""
    found: list[tuple[str, str, str]] = []
    for name in registered(TWINS):
        twin: Twin = load(TWINS, name, "twin")
        needs = "texts" if twin.needs_text else ""
        found += [
            (f"{name}:{detail}" if detail else name, f"{twin.what}: {what}", needs)
            for detail, what in (*twin.details.items(), *_by_file(twin))
        ]
    return found


def _by_file(twin: Twin) -> list[tuple[str, str]]:
    return [("FILE", twin.file)] if twin.file else []


def twin_of(spec: str) -> tuple[Twin, str]:
    """The twin that an arm names, and its detail. Raises `UserError` if it is unknown."""
    name, _, detail = spec.partition(":")
    found: Twin = load(TWINS, name, "twin")
    if detail not in found.details and not (found.file and detail):
        known = (*found.details, *(each for each, _ in _by_file(found)))
        raise UserError(
            f"twin: '{name}' has no '{detail}'; choose from "
            f"{', '.join(f'{name}:{each}' for each in known)}."
        )
    return found, detail
