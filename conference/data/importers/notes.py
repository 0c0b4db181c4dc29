"""OpenReview API 2 notes from a file, as `conference export --to openreview` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.data.gather import gather
from conference.data.importers.importer import Options
from conference.data.importers.openreview_notes import Reading, read_note
from conference.data.scales import dataset_name
from conference.data.tables import Damage, Dataset, HumanReview, Paper, Stage
from conference.data.values import Damaged

SIMULATED = ".simulated"  # ends the group name of a simulated venue


class File(msgspec.Struct, frozen=True):
    """The whole file; each note has its replies in `details`. `stage` is that of the ratings."""

    venue_id: str
    venue: str
    year: int
    scale: tuple[float, ...]
    notes: list[dict[str, Any]]
    stage: Stage = "unknown"


def read_notes(path: Path) -> list[Dataset]:
    """Papers, reviews and decisions of a file of notes; raises `UserError` if it is not one.

    A simulated round's dataset is named accordingly, such as "iclr2026-simulated".
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=File)
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}).") from error
    except msgspec.MsgspecError as error:
        raise UserError(f"{path}: it is not a file of notes ({error}); fix that field.") from error
    about = Reading(file.venue_id, file.venue, file.year, file.scale, file.stage, 2)
    papers: list[Paper] = []
    reviews: list[HumanReview] = []
    damaged: list[Damage] = []
    for note in file.notes:
        details = note.get("details")
        replies = details.get("replies", []) if isinstance(details, dict) else []
        try:
            paper, said, faults = read_note({**note, "replies": replies}, "Submission", about)
        except Damaged as fault:
            damaged.append(Damage(f"paper {note.get('id')}", str(fault)))
            continue
        papers.append(paper)
        reviews += said
        damaged += faults
    name = dataset_name(file.venue, file.year)
    if f"{SIMULATED}/" in file.venue_id:  # It must not replace the human data of that name.
        name += "-simulated"
    return [gather(name, papers, reviews, damaged, source=f"notes of {file.venue_id}")]


def read(source: str, options: Options) -> list[Dataset]:
    """A file of OpenReview API 2 notes."""
    return read_notes(Path(source))
