"""Published figures of other reviewers (anchors.toml): beside ours, and not on the same papers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FILE = Path(__file__).parent / "anchors.toml"


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reviewer's published figures, with their source and on what they stand; "" and None where
    the source does not say. `against` is what `spearman` is taken with, `read` how it was had."""

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
    """The anchors in the order of their file."""
    return msgspec.toml.decode(FILE.read_bytes(), type=_File).anchor
