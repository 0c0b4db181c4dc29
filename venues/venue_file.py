"""Read a venue from a TOML file and check it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError, field_and_fault
from conference.core.finite import NotFinite, check_finite
from conference.core.forms import check_form
from conference.models.makers import over_default
from scientists.templates import template_folder
from venues.phases import check_phases
from venues.venue import Venue

VENUES = Path(__file__).parent
WHOLE = ("form", "deadlines", "personas", "chair_personas")  # Replaced whole, not merged.
LIMITS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def list_venues() -> tuple[str, ...]:
    """The names of the venues that come with the package."""
    return tuple(sorted(path.stem for path in VENUES.glob("*.toml")))


def load_venue(name_or_path: str | Path) -> Venue:
    """The rules of a venue by its name or its file's path.

    A file may name a `base`, another venue or file, and then gives only what differs from it.

    Raises:
        UserError: there is no such venue, or its file breaks a rule.
    """
    path = _find(name_or_path)
    said = _read(path)
    if isinstance(tables := said.get("models"), dict):
        said["models"] = over_default(tables)
    return venue_of(said, str(path))


def venue_of(said: dict[str, Any], where: str) -> Venue:
    """The venue that these tables describe, checked.

    Raises:
        UserError: a field is wrong; the sentence has `where`, the field and the fix.
    """
    try:
        venue = msgspec.convert(said, Venue, str_keys=True)
    except msgspec.ValidationError as error:
        raise UserError(f"{where}: {_sentence(error, said)}") from error
    _check(venue, where)
    return venue


def check_venue(venue: Venue, where: str) -> None:
    """Check rules that were changed in Python as if they came from a file."""
    venue_of(msgspec.to_builtins(venue), where)


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = VENUES / f"{name_or_path}.toml"
        if not path.is_file():
            raise UserError(
                f"There is no venue '{name_or_path}'; choose one of {', '.join(list_venues())}, "
                "or give the path of a TOML file."
            )
    return path


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, object]:
    """The tables of a venue file, merged over those of its base."""
    if path.resolve() in above:
        raise UserError(f"{path}: base leads back to this file; name another venue.")
    try:
        own: dict[str, object] = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: the venue file cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file ({error.reason}); save it as UTF-8.") from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: {error}; fix that line.") from error
    base = own.pop("base", None)
    if base is None:
        return own
    if not isinstance(base, str):
        raise UserError(f"{path}: base is {base!r}; give the name or path of a venue.")
    where = path.parent / base if base.endswith(".toml") else _find(base)
    return _over(_read(where, (*above, path.resolve())), own)


def _over(base: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    """`base` with the keys of `own` replaced; tables are merged key by key, except `WHOLE`."""
    found = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and key not in WHOLE:
            value = _over(below, value)
        found[key] = value
    return found


def _sentence(error: Exception, said: dict[str, Any]) -> str:
    """A sentence with the field, its fault and the fix."""
    field, what = field_and_fault(error)
    limit = re.fullmatch(r"Expected `\w+` (>=|<=|>|<) (\S+)", what)
    if limit is None:
        return f"{field}: {what}; fix that field." if field else f"{what}; fix that field."
    value: Any = said
    for key in field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return f"{field} is {value}; give {LIMITS[limit[1]]} {float(limit[2]):,.15g}."


def _check(venue: Venue, where: str) -> None:
    try:
        check_finite(venue)
    except NotFinite as error:
        raise UserError(f"{where}: {error}; give a number.") from error
    check_form(venue.form, where)
    check_phases(venue, where)
    decision = venue.decision
    if decision.oral_rate + decision.spotlight_rate > decision.accept_rate:
        raise UserError(
            f"{where}: decision.oral_rate and decision.spotlight_rate together exceed "
            f"decision.accept_rate ({decision.accept_rate:g}); lower them."
        )
    if venue.assignment.most_probable < 1 and venue.assignment.objective != "total":
        raise UserError(
            f"{where}: assignment.most_probable below 1 goes with assignment.objective 'total' "
            "alone; set that, or most_probable = 1."
        )
    if venue.assignment.min_load > venue.assignment.max_load:
        raise UserError(
            f"{where}: assignment.min_load is {venue.assignment.min_load}, above "
            f"assignment.max_load ({venue.assignment.max_load}); lower it."
        )
    if venue.attack.ring == 1 or (venue.attack.acts and not venue.attack.ring):
        raise UserError(
            f"{where}: attack.ring is {venue.attack.ring}; a ring has at least 2 members, or is 0 "
            "without attack.acts."
        )
    _check_population(venue, where)


def _check_population(venue: Venue, where: str) -> None:
    population = venue.population
    if population.scientists and not venue.call.templates:
        raise UserError(
            f"{where}: call.templates is empty, so the {population.scientists} scientists have "
            "nothing to work on; name a template, or set population.scientists = 0."
        )
    for name in venue.call.templates if population.scientists else ():
        try:
            template_folder(name)
        except UserError as error:
            raise UserError(f"{where}: call.templates: {error}") from error
    for name, weights in (
        ("personas", population.personas),
        ("chair_personas", population.chair_personas),
    ):
        if not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise UserError(
                f"{where}: population.{name} needs at least one persona with a weight above 0."
            )
