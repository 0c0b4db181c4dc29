"""What a comparison shows, whatever it compares."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["round", "study", "benchmark"]


class Picture(msgspec.Struct, frozen=True):
    """A drawn figure as a data address."""

    caption: str
    data: str


class Table(msgspec.Struct, frozen=True):
    """A table in words; `note` says what its figures are and on what they stand. A picture of it
    stands above."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    picture: Picture | None = None


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """`names` are what is compared, the first being what the others stand against; `figures` are
    the numbers behind the tables, for JSON."""

    kind: Kind
    title: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    figures: Any
