"""Named configurations of language-model reviewers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from conference.core.errors import UserError

HERE = Path(__file__).parent
PROMPTS = HERE / "prompts"


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of presets.toml, where its fields are explained."""

    reflections: int
    ensemble: int
    few_shot: int
    images: int
    form: str
    source: str
    temperature: float | None = None
    ensemble_temperature: float | None = None
    says: str = ""
    soft: bool = False


@cache
def load_presets() -> dict[str, Preset]:
    """All presets by name."""
    return msgspec.toml.decode((HERE / "presets.toml").read_bytes(), type=dict[str, Preset])


def load_preset(name: str) -> Preset:
    """The preset of that name. Raises `UserError` for an unknown one."""
    rows = load_presets()
    if name not in rows:
        raise UserError(f"preset '{name}': there is none; choose from {', '.join(rows)}.")
    return rows[name]
