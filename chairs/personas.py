"""The personas of area chairs with any mind: rows of personas.toml, or a venue's own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.personas import persona
from conference.core.records import Agent

FILE = Path(__file__).parent / "personas.toml"


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of personas.toml, which explains the fields."""

    own: float
    majority: float
    confidence: float
    says: str = ""


def persona_of(agent: Agent) -> Persona:
    """The agent's persona, "inclusive" by default. Raises `UserError` for an unknown one."""
    return persona(agent, FILE, Persona)
