"""A study's result as one record, kept in results.json."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.studies.design import Design, Rests
from benchmarks.studies.effects import Effect
from benchmarks.studies.flips import ArmFlips, Twice
from benchmarks.studies.power import Plan
from conference.core.errors import UserError

FILE = "results.json"
SIMULATED = (
    "where a panel knows the human ratings, its reviewers are still simulated: they are drawn from "
    "a panel fitted to one year's ratings, given what each paper's ratings say about its quality"
)


class StudyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A study's question, from its file, and what it was run on.

    `published` is the source's figure, in words; `plan_hash` is the SHA-256 of the study and the
    user's choices, noted before the first task. `papers` is the number of submissions; `notes` are
    sentences on limits of the answer. `labels` are the arms' labels, by name.
    """

    title: str
    question: str
    source: str
    published: str
    expects: str
    rests_on: Rests
    plan_hash: str
    venue: str
    papers: int
    replicates: int
    notes: tuple[str, ...] = ()
    labels: dict[str, str] = {}

    @property
    def known(self) -> str:
        """What was published, with its source; "" where the study's file names neither."""
        source = f"({self.source})" if self.published and self.source else self.source
        return " ".join(filter(None, (self.published, source)))

    def label(self, arm: str) -> str:
        """The arm's label, or its name in words."""
        return self.labels.get(arm) or named(arm)


def named(name: str) -> str:
    """An outcome's or arm's name in words."""
    return name.replace("_", " ")


class StudyResult(msgspec.Struct, frozen=True, kw_only=True):
    """A study with its answer. `plans` are for other numbers of replicates; `pairs` show how two
    committees under the same rules differ, for arms NAME and NAME_again."""

    study: StudyInfo
    design: Design
    answer: tuple[str, str]
    effects: tuple[Effect, ...]
    flips: tuple[ArmFlips, ...]
    plans: tuple[Plan, ...]
    notes: tuple[str, ...]
    versions: dict[str, str]
    pairs: tuple[Twice, ...] = ()

    @property
    def primary(self) -> tuple[Effect, ...]:
        """The effects of every arm on the primary outcome."""
        return tuple(each for each in self.effects if each.primary)


def read_result(folder: Path) -> StudyResult:
    """The result in a study's folder. Raises `UserError` if it is missing or damaged."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{path}: not found; is this the folder of a finished study?")
    try:
        return msgspec.json.decode(path.read_bytes(), type=StudyResult)
    except msgspec.MsgspecError as why:
        raise UserError(f"{path}: not the results of a study ({why})") from why


def write_result(result: StudyResult, folder: Path) -> None:
    """Write results.json whole or not at all."""
    part = folder / f".{FILE}"
    part.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    part.replace(folder / FILE)
