"""The tables of latex.toml: how text and Typst's mathematics are written in LaTeX."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "latex.toml"


class Greek(msgspec.Struct, frozen=True):
    names: tuple[str, ...]


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of latex.toml, where its tables are explained."""

    text: dict[str, str]
    symbols: dict[str, str]
    functions: dict[str, str]
    greek: Greek


@cache
def tables() -> Tables:
    """The tables, read once."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Tables)
