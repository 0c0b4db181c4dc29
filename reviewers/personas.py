"""The personas of reviewers, whatever their mind: rows of personas.toml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from conference.core.errors import UserError

FILE = Path(__file__).parent / "personas.toml"


class Persona(msgspec.Struct, frozen=True):
    """A row of personas.toml, where its fields are explained."""

    dimension: str
    severity: float
    noise: float
    absent: float
    late: float
    points: int
    stubborn: float
    stresses: tuple[str, ...]
    says: str = ""


@cache
def persona_of(name: str) -> Persona:
    """The persona by name; "" is neutral. Raises `UserError` for an unknown one."""
    rows = msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Persona])
    if (name or "neutral") not in rows:
        raise UserError(
            f"population.personas: there is no reviewer persona '{name}'; "
            f"choose from {', '.join(rows)}."
        )
    return rows[name or "neutral"]
