"""Read and check research templates, the folders from which scientists start.

A template is a folder with `template.toml`, `bibliography.bib`, `experiment.py` and `plot.py`. No
code names a template, so a new folder is all that a new one needs.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from conference.core.errors import UserError

Value = bool | int | float | str
Goal = Literal["min", "max"]

FOLDER = Path(__file__).resolve().parent.parent / "templates"
FILES = ("template.toml", "bibliography.bib", "experiment.py", "plot.py")


class Knob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting of an experiment: numbers are in [low, high], choices in `values`."""

    name: str
    kind: Literal["float", "int", "choice", "bool"]
    default: Value
    description: str
    low: float | None = None
    high: float | None = None
    values: tuple[Value, ...] = ()
    log: bool = False

    def allows(self, value: Value) -> bool:
        """Whether `value` has this knob's kind and is in its range."""
        if self.kind == "bool":
            return isinstance(value, bool)
        if self.kind == "choice":
            return any(value == v and type(value) is type(v) for v in self.values)
        number = int if self.kind == "int" else (int, float)
        if isinstance(value, bool) or not isinstance(value, number):
            return False
        assert self.low is not None and self.high is not None
        return self.low <= value <= self.high


class SeedIdea(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question to start from: `knobs` are the treatment's, `baseline` those it is compared with.

    Other knobs keep their defaults. `source` says where the idea comes from.
    """

    name: str
    title: str
    hypothesis: str
    knobs: dict[str, Value]
    source: str
    baseline: dict[str, Value] = {}


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number that an experiment reports, and which way is better.

    `label` is its name in prose, "" to use its own.
    """

    name: str
    goal: Goal
    unit: str
    description: str
    label: str = ""

    @property
    def shown(self) -> str:
        return self.label or self.name.replace("_", " ")


class Reference(msgspec.Struct, frozen=True):
    """One work of a template's bibliography; `authors` are "Given Family", in order.

    `annote` is a clause on what its authors did, "" if the file has none.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    venue: str
    annote: str = ""


class Template(msgspec.Struct, frozen=True):
    """A research template; the first metric is the primary one.

    `method` is text in Typst markup with equations in Typst math; `budget` maps a budget's name
    ("quick", "full") to numbers for the experiment, the same in all compared runs.
    """

    name: str
    title: str
    folder: Path
    topics: tuple[str, ...]
    task: str
    method: str
    data_description: str
    budget: dict[str, dict[str, int | float]]
    knobs: tuple[Knob, ...]
    ideas: tuple[SeedIdea, ...]
    metrics: tuple[Metric, ...]
    bibliography: tuple[Reference, ...]

    def settings(self, changes: dict[str, Value] | None = None) -> dict[str, Value]:
        """Every knob's value: the defaults with `changes`, checked.

        Errors: UserError for a knob that does not exist or a value out of range.
        """
        _check_values(self.folder / "template.toml", "settings", self.knobs, changes or {})
        return {knob.name: knob.default for knob in self.knobs} | (changes or {})


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `template.toml`."""

    name: str
    title: str
    topics: tuple[str, ...]
    task: str
    method: str
    data_description: str
    budget: dict[str, dict[str, int | float]]
    knobs: tuple[Knob, ...]
    ideas: tuple[SeedIdea, ...]
    metrics: tuple[Metric, ...]


def list_templates() -> tuple[str, ...]:
    """The names of the installed templates, sorted."""
    return tuple(sorted(p.parent.name for p in FOLDER.glob("*/template.toml")))


def load_template(name_or_path: str | Path) -> Template:
    """The installed template of that name, or the one in the folder at that path.

    Errors: UserError for a missing template or a bad file, with the field.
    """
    folder = template_folder(name_or_path)
    for name in FILES:
        if not (folder / name).is_file():
            raise UserError(f"{folder / name} is missing: a template needs {', '.join(FILES)}.")
    return _load(folder, tuple((folder / name).stat().st_mtime_ns for name in FILES))


@lru_cache(maxsize=64)
def _load(folder: Path, changed: tuple[int, ...]) -> Template:
    """Load a template; cached until a file changes, as scientists load it many times."""
    path = folder / "template.toml"
    try:
        parts = msgspec.toml.decode(path.read_bytes(), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}; fix that field.") from error
    _check(path, parts)
    fields = {name: getattr(parts, name) for name in parts.__struct_fields__}
    return Template(
        folder=folder, bibliography=read_bibliography(folder / "bibliography.bib"), **fields
    )


def read_bibliography(path: Path) -> tuple[Reference, ...]:
    """The entries of a BibTeX file, in order.

    Errors: UserError for an entry without title, author, year or venue, or a key given twice.
    """
    import bibtexparser  # type: ignore[import-untyped]
    from bibtexparser.bparser import BibTexParser  # type: ignore[import-untyped]
    from bibtexparser.customization import convert_to_unicode  # type: ignore[import-untyped]

    parser = BibTexParser(common_strings=True, customization=convert_to_unicode)
    entries = bibtexparser.loads(path.read_text(encoding="utf-8"), parser=parser).entries
    if not entries:
        raise UserError(f"{path} has no entries: give at least one work.")
    references = tuple(_reference(path, entry) for entry in entries)
    _check_unique(path, "key", [r.key for r in references])
    return references


def template_folder(name_or_path: str | Path) -> Path:
    """The folder of a template; an installed name has precedence over a path."""
    if isinstance(name_or_path, str) and name_or_path in list_templates():
        return FOLDER / name_or_path
    folder = Path(name_or_path)
    if not folder.is_dir():
        known = ", ".join(list_templates()) or "none"
        raise UserError(
            f"There is no template {str(name_or_path)!r}: give a folder or one of: {known}."
        )
    return folder.resolve()


def _reference(path: Path, entry: dict[str, str]) -> Reference:
    """One BibTeX entry as a record."""
    key = entry["ID"]
    venue = next((entry[f] for f in ("journal", "booktitle", "publisher") if entry.get(f)), "")
    values = {"title": entry.get("title"), "author": entry.get("author"), "venue": venue}
    for field, value in values.items():
        if not value:
            raise UserError(f"{path}, entry {key}: `{field}` is missing; add it.")
    if not entry.get("year", "").isdigit():
        raise UserError(f"{path}, entry {key}: `year` must be a year such as 2020.")
    return Reference(
        key=key,
        title=_plain(entry["title"]),
        authors=tuple(_given_first(a) for a in _plain(entry["author"]).split(" and ")),
        year=int(entry["year"]),
        venue=_plain(venue),
        annote=_plain(entry.get("annote", "")).rstrip("."),
    )


def _plain(text: str) -> str:
    """BibTeX text without its braces and line breaks."""
    return " ".join(text.replace("{", "").replace("}", "").split())


def _given_first(author: str) -> str:
    """`Family, Given` as `Given Family`."""
    family, comma, given = author.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else author.strip()


def _check(path: Path, parts: _File) -> None:
    """Check what the types of `template.toml` do not ensure."""
    for field in ("name", "title", "task", "method", "data_description"):
        if not getattr(parts, field).strip():
            raise UserError(f"{path}: `{field}` is empty; write it.")
    for field in ("topics", "knobs", "ideas", "metrics", "budget"):
        if not getattr(parts, field):
            raise UserError(f"{path}: `{field}` is empty; give at least one.")
    if parts.name != path.parent.name:
        raise UserError(f"{path}: `name` is {parts.name!r}; make it the folder's name.")
    if set(parts.budget) != {"quick", "full"}:
        raise UserError(f"{path}: `budget` needs exactly the tables quick and full.")
    for field in ("knobs", "ideas", "metrics"):
        _check_unique(path, f"{field}.name", [item.name for item in getattr(parts, field)])
    for knob in parts.knobs:
        _check_knob(path, knob)
    for idea in parts.ideas:
        _check_values(path, f"ideas.{idea.name}.knobs", parts.knobs, idea.knobs)
        _check_values(path, f"ideas.{idea.name}.baseline", parts.knobs, idea.baseline)
        _check_differs(path, idea, parts.knobs)


def _check_knob(path: Path, knob: Knob) -> None:
    """Check that a knob's range fits its kind and contains its default."""
    where = f"{path}: `knobs.{knob.name}`"
    if knob.kind in ("float", "int"):
        if knob.low is None or knob.high is None or not knob.low < knob.high:
            raise UserError(f"{where} needs `low` and `high` with low < high.")
        if knob.log and knob.low <= 0:
            raise UserError(f"{where} has log = true, so `low` must be above 0.")
    if knob.kind == "choice" and len(knob.values) < 2:
        raise UserError(f"{where} is a choice, so `values` needs two or more.")
    if not knob.allows(knob.default):
        raise UserError(f"{where}: the default {knob.default!r} is not in its range; change one.")


def _check_values(
    path: Path, field: str, knobs: tuple[Knob, ...], values: dict[str, Value]
) -> None:
    """Check that `values` names existing knobs, with values in their ranges."""
    known = {knob.name: knob for knob in knobs}
    for name, value in values.items():
        if name not in known:
            raise UserError(f"{path}: `{field}` names no knob {name!r}; use {', '.join(known)}.")
        if not known[name].allows(value):
            raise UserError(f"{path}: `{field}.{name}` = {value!r} is out of the knob's range.")


def _check_differs(path: Path, idea: SeedIdea, knobs: tuple[Knob, ...]) -> None:
    """Check that an idea's treatment differs from its baseline."""
    defaults = {knob.name: knob.default for knob in knobs}
    if defaults | idea.knobs == defaults | idea.baseline:
        raise UserError(f"{path}: `ideas.{idea.name}.knobs` equal the baseline; change a knob.")


def _check_unique(path: Path, field: str, names: list[str]) -> None:
    """Check that no name occurs twice."""
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: `{field}` has {name!r} twice; rename one.")
