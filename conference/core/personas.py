"""Personas: tables of a role's personas.toml, and those that a venue's own file adds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from conference.core.errors import UserError, field_and_fault
from conference.core.records import Agent

P = TypeVar("P", bound=msgspec.Struct)


@cache
def _rows(file: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = msgspec.toml.decode(file.read_bytes())
    return rows


def names(file: Path) -> tuple[str, ...]:
    """The names of the personas in a role's file."""
    return tuple(_rows(file))


def persona(agent: Agent, file: Path, kind: type[P]) -> P:
    """An agent's persona; the file's first one if the agent names none.

    Raises:
        UserError: the file has no persona of that name, and the venue gave no traits.
    """
    if agent.traits:
        return msgspec.convert(agent.traits, kind)
    found: P = _shipped(agent.persona, file, kind)
    return found


@cache
def _shipped(name: str, file: Path, kind: type[msgspec.Struct]) -> Any:
    rows = _rows(file)
    if name and name not in rows:
        raise UserError(f"there is no persona '{name}'; choose from {', '.join(rows)}.")
    return msgspec.convert(rows[name or next(iter(rows))], kind)


def own_traits(said: dict[str, Any], file: Path, kind: type[P], where: str) -> dict[str, Any]:
    """The traits of a venue's own persona; those that it leaves out come from its `like`.

    Raises:
        UserError: an unknown persona or field, or a value of the wrong type.
    """
    rows = _rows(file)
    like = said.get("like", next(iter(rows)))
    if like not in rows:
        raise UserError(f"{where}.like: no persona '{like}'; choose from {', '.join(rows)}.")
    traits = {**rows[like], **{name: value for name, value in said.items() if name != "like"}}
    try:
        msgspec.convert(traits, kind)
    except msgspec.ValidationError as error:
        field, what = field_and_fault(error, where)
        raise UserError(f"{field}: {what}; fix that field.") from error
    return traits
