"""A study's file: its question, its arms and its outcomes."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec

from benchmarks.studies.design import Design, Rests
from benchmarks.studies.outcome_table import AA, AGAIN, CONTROL, Unit
from benchmarks.studies.outcomes import Need, check_outcomes, outcome_of
from benchmarks.studies.twins.twin import twin_of
from conference.core.errors import UserError, field_and_fault
from venues.round import prepare
from venues.venue import Venue

FOLDER = Path(__file__).parent / "library"  # the studies that come with the package
MINDS = ("scientist", "reviewer", "chair")
PAPERS = "{papers}"
Only = Literal["", "recorded", "decided"]
Correction = Literal["holm", "none"]
CHOICES = {
    "rests": get_args(Rests),
    "only": get_args(Only)[1:],
    "design.unit": get_args(Unit),
    "analysis.correction": get_args(Correction),
}


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of a study file's tables: an unknown key is an error."""


class Arm(Table, frozen=True, kw_only=True):
    """How an arm's rounds differ from the venue. The control says what all arms share.

    `set` are rules of the venue by their dotted names; `twin` changes the papers (`NAME:DETAIL`).
    Arms with the same `committee` number have the same people and draws; another number means
    other people. The papers and their quality are the same in all arms.
    """

    label: str = ""
    set: dict[str, Any] = {}
    scientist: str = ""
    reviewer: str = ""
    chair: str = ""
    twin: str = ""
    committee: Annotated[int, msgspec.Meta(ge=1)] = 1


class DesignTable(Table, frozen=True, kw_only=True):
    """`unit` is the unit of analysis. `replicates` is how often each arm is run, each time with
    other draws. See `Design` for `randomised`."""

    unit: Unit = "paper"
    replicates: Annotated[int, msgspec.Meta(ge=1)] = 5
    randomised: bool = True


class OutcomeTable(Table, frozen=True, kw_only=True):
    """What is measured in a round; `conference study list --outcomes` has the names."""

    primary: str
    also: tuple[str, ...] = ()


class AnalysisTable(Table, frozen=True, kw_only=True):
    """`equivalence` is the smallest difference of practical interest, in the primary outcome's
    units."""

    alpha: Annotated[float, msgspec.Meta(gt=0, lt=0.5)] = 0.05
    correction: Correction = "holm"
    equivalence: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Study(Table, frozen=True, kw_only=True):
    """A question to the venue. `rests` says on what its answer rests.

    With several `rounds`, a replicate is that many successive rounds, and the last is measured.
    """

    title: str
    question: str
    source: str = ""
    published: str = ""
    expects: str = ""
    rests: Rests = "assumption"
    venue: str = "iclr2022"
    papers: str = ""  # what kind of papers it needs, in words
    # "recorded": papers with a record for every recorded seat of all arms; "decided": papers that
    # people rated and the real venue decided on.
    only: Only = ""
    sample: Annotated[int, msgspec.Meta(ge=0)] = 0
    rounds: Annotated[int, msgspec.Meta(ge=1)] = 1
    design: DesignTable = DesignTable()
    arm: dict[str, Arm]
    outcome: OutcomeTable
    analysis: AnalysisTable = AnalysisTable()

    @property
    def treatments(self) -> tuple[str, ...]:
        return tuple(name for name in self.arm if name != CONTROL)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The primary outcome first."""
        return tuple(dict.fromkeys((self.outcome.primary, *self.outcome.also)))

    @property
    def needs(self) -> tuple[tuple[Need, ...], ...]:
        """What each outcome needs of papers or rounds."""
        return tuple(outcome_of(name).needs for name in self.outcomes)

    @property
    def twins(self) -> dict[str, str]:
        """Each arm's twin; a treatment without one has the control's."""
        control = self.arm[CONTROL].twin
        return {name: arm.twin or control for name, arm in self.all_arms().items()}

    def all_arms(self) -> dict[str, Arm]:
        """The control, the A/A arm (the control with another committee) and the treatments."""
        control = self.arm[CONTROL]
        committee = 1 + max(arm.committee for arm in self.arm.values())
        again = msgspec.structs.replace(control, label="control again", committee=committee)
        return {CONTROL: control, AA: again, **{name: self.arm[name] for name in self.treatments}}


def list_studies() -> tuple[str, ...]:
    """The names of the studies that come with the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_study(
    name_or_path: str | Path,
    venue: str | None = None,
    arms: Sequence[str] = (),
    outcomes: Sequence[str] = (),
) -> Study:
    """A study by its name or its file's path, for its own venue or `venue`, checked.

    With `arms`, only these treatments are run. With `outcomes`, only these are measured, the first
    as the primary one.

    Raises:
        UserError: the study is unknown, or its file breaks a rule.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if not path.is_file():
            near = difflib.get_close_matches(str(name_or_path).lower(), list_studies(), n=1)
            meant = f"did you mean {near[0]}? Or " if near else ""
            raise UserError(
                f"Unknown study '{name_or_path}'; {meant}choose one of "
                f"{', '.join(list_studies())}, or give the path of a TOML file."
            )
    try:
        study = msgspec.toml.decode(path.read_bytes(), type=Study)
    except OSError as error:
        raise UserError(f"{path}: the study cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file ({error.reason}); save it as UTF-8.") from error
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {_fault(path.read_bytes(), error)}") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: {error}; fix that line.") from error
    if venue:
        title = f"{study.title} ({venue})"
        study = msgspec.structs.replace(study, venue=venue, title=title)
    if outcomes:
        measured = OutcomeTable(primary=outcomes[0], also=tuple(outcomes[1:]))
        study = msgspec.structs.replace(study, outcome=measured)
    _check(study, str(path))
    return _with_arms(study, arms, str(path)) if arms else study


def _fault(content: bytes, error: Exception) -> str:
    """A sentence with the wrong field of a study's file, its arm's name and the choices."""
    said = msgspec.toml.decode(content)
    arms = said.get("arm")
    above = ""
    for name, table in arms.items() if isinstance(arms, dict) else ():
        try:
            msgspec.convert(table, Arm)
        except msgspec.ValidationError as why:
            if str(why).partition(" - at ")[0] == str(error).partition(" - at ")[0]:
                error, above = why, f"arm.{name}"
                break
    field, what = field_and_fault(error, above)
    choices = CHOICES.get(field)
    may = f"choose from {', '.join(choices)}" if choices else "fix that field"
    return f"{field}: {what}; {may}." if field else f"{what}; {may}."


def _with_arms(study: Study, names: Sequence[str], where: str) -> Study:
    unknown = [name for name in names if name not in study.treatments]
    if unknown:
        raise UserError(
            f"{where}: there is no arm '{unknown[0]}'; choose from {', '.join(study.treatments)}."
        )
    kept = {name: arm for name, arm in study.arm.items() if name in (CONTROL, *names)}
    return msgspec.structs.replace(study, arm=kept)


def _check(study: Study, where: str) -> None:
    if CONTROL not in study.arm:
        raise UserError(f"{where}: there is no table [arm.{CONTROL}]; add it, even if empty.")
    if AA in study.arm:
        raise UserError(f"{where}: arm.{AA} is run by itself; take the table out.")
    if not study.treatments:
        raise UserError(f"{where}: there is no arm except {CONTROL}; add a treatment.")
    odd = next((name for name in study.arm if not re.fullmatch(r"\w[\w-]{,59}", name)), None)
    if odd is not None:
        raise UserError(
            f"{where}: an arm is called '{odd}'; use letters, digits, '_' and '-', at most 60, "
            "since a folder is called so (its label may say anything)."
        )
    if study.only and any(arm.twin for arm in study.arm.values()):
        raise UserError(f"{where}: only = '{study.only}' and twins do not go together; drop one.")
    seen: dict[bytes, str] = {}
    for name, arm in study.arm.items():
        content = msgspec.json.encode(msgspec.structs.replace(arm, label=""), order="sorted")
        if content in seen:
            raise UserError(f"{where}: arm.{name} is the same as arm.{seen[content]}; change one.")
        seen[content] = name
        again = study.arm.get(f"{name}{AGAIN}", arm)
        if name != CONTROL and _without_committee(again) != _without_committee(arm):
            raise UserError(
                f"{where}: arm.{name}{AGAIN} is to be another committee under the rules of "
                f"arm.{name}, and its rules differ; give it the same, or another name."
            )
    try:
        check_outcomes(study.outcomes)
        for name, arm in study.arm.items():
            venue_of(study, name)
            if arm.twin:
                twin_of(arm.twin)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def _without_committee(arm: Arm) -> Arm:
    return msgspec.structs.replace(arm, label="", committee=1)


def venue_of(
    study: Study,
    arm: str,
    settings: dict[str, Any] | None = None,
    minds: dict[str, str] | None = None,
    papers: str = "",
    **prepared: Any,
) -> Venue:
    """The rules of an arm's rounds: the venue's, then the user's for all arms, the control's and
    the arm's own, each overriding those before.

    `{papers}` in minds and rules stands for the path of the study's papers.

    Raises:
        UserError: a rule that is unknown or has a wrong value.
    """
    layers = [study.arm[CONTROL], study.all_arms()[arm]]
    given, chosen = dict(settings or {}), dict(minds or {})
    for layer in layers:
        given |= layer.set
        chosen |= {role: getattr(layer, role) for role in MINDS if getattr(layer, role)}
    if papers:
        chosen = {role: mind.replace(PAPERS, papers) for role, mind in chosen.items()}
        given = {
            rule: value.replace(PAPERS, papers) if isinstance(value, str) else value
            for rule, value in given.items()
        }
    try:
        return prepare(study.venue, minds=chosen, settings=given, **prepared)
    except UserError as error:
        raise UserError(f"arm.{arm}: {error}") from error


def design_of(study: Study, replicates: int, seed: int) -> Design:
    """The `Design` for the analysis."""
    return Design(
        primary=study.outcome.primary,
        also=study.outcome.also,
        unit=study.design.unit,
        replicates=replicates,
        alpha=study.analysis.alpha,
        correction=study.analysis.correction,
        margin=study.analysis.equivalence,
        randomised=study.design.randomised,
        seed=seed,
    )


def in_toml(value: Any) -> str:
    """A rule's value as written in a study's file or after `--set`."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {in_toml(each)}' for name, each in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def plan_hash(study: Study, chosen: dict[str, Any]) -> str:
    """The SHA-256 of the study and of all that the user chose for it."""
    content = msgspec.json.encode([study, chosen], order="sorted")
    return hashlib.sha256(content).hexdigest()
