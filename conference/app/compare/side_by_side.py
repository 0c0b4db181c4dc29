"""What a comparison shows, whatever it compares."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["round", "study", "benchmark"]


class Picture(msgspec.Struct, frozen=True):
    """A plot as a data URL."""

    caption: str
    data: str


class Table(msgspec.Struct, frozen=True):
    """A table of texts; `note` explains its figures and `picture` is shown above it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    picture: Picture | None = None


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison. `names` are what is compared with the first of them; `figures` are the numbers
    behind the tables, for JSON."""

    kind: Kind
    title: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    figures: Any
