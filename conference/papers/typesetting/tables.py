"""The tables of latex.toml, which map text and Typst's mathematics to LaTeX."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "latex.toml"


class Greek(msgspec.Struct, frozen=True):
    names: tuple[str, ...]


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of latex.toml, which explains its tables."""

    text: dict[str, str]
    symbols: dict[str, str]
    functions: dict[str, str]
    greek: Greek


@cache
def tables() -> Tables:
    """The tables, read once."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Tables)
