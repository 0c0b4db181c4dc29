"""A study's plan, written to its folder before the first task, so that a change is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from benchmarks.studies.study import Study
from conference.core.errors import UserError
from conference.core.files import check_writable, keep_as
from venues.venue import Venue

PLAN = "plan.json"
OTHERS = ("ledger.sqlite", "results.json", "report.html", "site")  # files of rounds and benchmarks


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A study, what the user chose for it, and the hash of both.

    `rules` has each arm's venue, for a report that is written again where the venue's file is not.
    """

    hash: str
    study: Study
    chosen: dict[str, Any]
    notes: tuple[str, ...] = ()
    rules: dict[str, Venue] = {}


def check_place(out: Path) -> None:
    """Raise `UserError` if the folder cannot be written, or holds something other than a study."""
    check_writable(out)
    other = next((name for name in OTHERS if (out / name).exists()), None)
    if other and not (out / PLAN).is_file():
        raise UserError(f"{out}: this folder holds {other} but no study; choose another --out.")


def note_plan(out: Path, planned: Planned) -> None:
    """Write the plan to the folder, unless it is already there.

    Raises:
        UserError: the folder holds another plan.
    """
    path = out / PLAN
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        held = read_plan(out)
        if held.hash != planned.hash:
            raise UserError(
                f"{out}: this folder holds a study with another plan ({held.hash[:12]}, not "
                f"{planned.hash[:12]}); give the same study and arguments, or another --out."
            )
        return
    keep_as(path, msgspec.json.format(msgspec.json.encode(planned)))


def read_plan(folder: Path) -> Planned:
    """The plan in a study's folder. Raises `UserError` if it is missing or damaged."""
    path = folder / PLAN
    if not path.is_file():
        raise UserError(f"{folder}: there is no {PLAN} here; name the folder of a study.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Planned)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise UserError(f"{path}: not a study's plan ({error}); use another --out.") from error


def check_folder(folder: Path, study: Study) -> None:
    """Raise `UserError` if the folder holds a run of another study."""
    path = folder / PLAN
    if not path.is_file():
        return
    held = read_plan(folder).study
    if held.title.removesuffix(f" ({held.venue})") != study.title:
        raise UserError(
            f"{folder}: this folder holds the study “{held.title}”, not “{study.title}”; name the "
            "folder of a run of this one."
        )
