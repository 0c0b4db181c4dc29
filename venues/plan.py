"""A round's plan: all that its results depend on, noted in its ledger."""

from __future__ import annotations

import hashlib
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import msgspec

from conference.core.errors import UserError
from conference.core.ledger import Ledger
from conference.core.ledger_errors import other_version
from conference.core.seeds import seed_of
from conference.core.tasks import TaskKey
from conference.core.version import __version__
from conference.data.reader import Sample
from conference.models.records import OPERATIONAL
from venues.human_papers import calibration_table
from venues.minds import models_of
from venues.papers import PaperSource
from venues.recorded import fingerprints
from venues.state import Archived, Options
from venues.venue import Venue

WRITING = ("call", "submit")  # the phases in which papers are written


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a round's results depend on. A folder can only be resumed with the same plan.

    `sample` says which of the papers were drawn. `papers`, `archive` and `calibration` are hashes
    of contents, "" for none; `recorded` holds the hashes of recorded reviewers' files by mind.
    """

    venue: Venue
    seed: int
    number: int
    papers: str
    archive: str
    options: Options
    calibration: str = ""
    sample: Sample | None = None
    recorded: dict[str, str] = {}


def make_plan(
    venue: Venue,
    seed: int,
    number: int = 1,
    source: PaperSource | None = None,
    archive: tuple[Archived, ...] = (),
    options: Options | None = None,
) -> Plan:
    """The plan of a round with these arguments."""
    options = options or Options()
    calibration = calibration_table(venue, options.calibration)
    return Plan(
        venue,
        seed,
        number,
        source.fingerprint if source else "",
        _archive_print(archive) if archive else "",
        options,
        calibration.fingerprint if calibration else "",
        source.sample if source else None,
        fingerprints(venue),
    )


def _archive_print(archive: tuple[Archived, ...]) -> str:
    """A hash of the papers of earlier rounds without their folders, which may be moved."""
    placeless = [msgspec.structs.replace(entry, folder="") for entry in archive]
    return hashlib.sha256(msgspec.json.encode(placeless)).hexdigest()


def draws_seed(seed: int, number: int) -> int:
    """The seed of a round's draws. People are drawn with the first round's seed."""
    return seed if number == 1 else seed_of(seed, "round", number)


def seed_of_task(key: TaskKey, draws: int, world: int) -> int:
    """The seed of a task's draws: `world`, unless 0, for the writing of papers, so that rounds of
    one world have the same papers; else `draws`."""
    return world if world and key.step.partition(".")[0] in WRITING else draws


def note_plan(ledger: Ledger, plan: Plan) -> None:
    """Note the plan; raises `UserError` when the ledger has a different one.

    Prices, timeouts and the like of models may differ (`OPERATIONAL`).
    """
    noted, new = ledger.read_note("plan"), msgspec.json.encode(plan)
    where = _first_difference(_fixed(new, ledger), _fixed(noted, ledger)) if noted else None
    if where:
        field, wanted, held = where
        raise UserError(
            f"{ledger.folder}: this folder holds a round with {field} = {held!r}, not {wanted!r}; "
            "give the same arguments to go on with it, or another --out."
        )
    if noted != new:
        ledger.write_note("plan", new)
    if ledger.read_note("versions") is None:
        ledger.write_note("versions", msgspec.json.encode(_versions()))


def _versions() -> dict[str, str]:
    """The versions of the packages that the round begins with."""
    found = {"Conference": __version__, "Python": platform.python_version()}
    for name in ("numpy", "scikit-learn", "ray", "torch"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _fixed(noted: bytes, ledger: Ledger) -> object:
    """The part of a plan that may not change: of `[models]` only the sampling of models in use, of
    a calibration table only its content."""
    try:
        plan = msgspec.json.decode(noted, type=Plan)
    except msgspec.MsgspecError as error:
        raise other_version(ledger.folder) from error
    found = msgspec.json.decode(noted)
    found["options"].pop("calibration", None)
    found["venue"]["models"] = {
        name: {
            field: value
            for field, value in msgspec.to_builtins(rules).items()
            # A server's context is often known only once it has refused a paper.
            if field not in (*OPERATIONAL, "context")
        }
        for name, rules in models_of(plan.venue).items()
    }
    return found


def _first_difference(
    new: object, old: object, field: str = ""
) -> tuple[str, object, object] | None:
    if isinstance(new, dict) and isinstance(old, dict):
        # The papers' hash comes last: it says least, and many other changes change it.
        for key in sorted(dict.fromkeys([*new, *old]), key="papers".__eq__):
            found = _first_difference(
                new.get(key), old.get(key), f"{field}.{key}" if field else str(key)
            )
            if found:
                return found
        return None
    return None if new == old else (field, new, old)
