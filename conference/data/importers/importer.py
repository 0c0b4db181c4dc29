"""What an importer is: it reads one source of human reviews into datasets, and writes nothing.

Another package's stand beside ours in the group `conference.importers`, under the name that
`conference data import NAME SOURCE` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.data.tables import Dataset


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the user said beside the source; `scale` is empty where it was not said.

    `cache` is a folder of the store for what was fetched. `ratings`, `venue` and `year` are for
    PDFs; `api`, `url`, `pause` (seconds between two requests) and `fresh` for OpenReview.
    `progress` is told step, done and total, None where that is unknown.
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
    """The source as a folder. Raises `UserError` where there is none."""
    path = Path(source)
    if not path.is_dir():
        raise UserError(f"{source}: no such folder.")
    return path
