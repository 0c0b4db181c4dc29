"""The protocol of importers: each reads one source of human reviews into datasets.

Packages register importers in the group `conference.importers` under the name for
`conference data import NAME SOURCE`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.data.tables import Dataset


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The user's options for an import; `scale` is empty if it was not given.

    `cache` is a folder of the store for fetched data. `ratings`, `venue` and `year` are for PDFs;
    `api`, `url`, `pause` (seconds between two requests) and `fresh` for OpenReview. `progress` is
    called with step, done and total (None if unknown).
    """

    cache: Path
    scale: tuple[float, ...] = ()
    ratings: Path | None = None
    venue: str = "local"
    year: int = 0
    api: str = ""
    url: str | None = None
    pause: float = 1.0
    fresh: bool = False
    progress: Callable[[str, int, int | None], None] = lambda step, done, total: None


Importer = Callable[[str, Options], list[Dataset]]


def folder(source: str) -> Path:
    """The source as a folder. Raises `UserError` if it is not a folder."""
    path = Path(source)
    if not path.is_dir():
        raise UserError(f"{source}: no such folder; give the path of a folder.")
    return path
