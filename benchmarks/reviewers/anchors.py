"""Published figures of other reviewers (anchors.toml), which are not on the same papers as ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FILE = Path(__file__).parent / "anchors.toml"


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reviewer's published figures with their source and data; "" and None where the source does
    not say. `against` is what `spearman` is with; `read` is how we got the figures."""

    name: str
    source: str
    read: Literal["source", "second hand", "recomputed"]
    data: str = ""
    input: str = ""
    mix: str = ""
    n: int | None = None
    auroc: float | None = None
    accuracy: float | None = None
    exact_match: float | None = None
    spearman: float | None = None
    against: str = ""
    lacking: str = ""


class _File(msgspec.Struct, frozen=True):
    anchor: tuple[Anchor, ...]


@cache
def anchors() -> tuple[Anchor, ...]:
    """The anchors in their file's order."""
    return msgspec.toml.decode(FILE.read_bytes(), type=_File).anchor
