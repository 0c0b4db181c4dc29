"""Set a venue's rules to other values by their dotted names, and check the result."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.forms import with_least, without_texts
from conference.models.records import ModelRules
from venues import population
from venues.identities import read_profiles
from venues.minds import check_minds
from venues.venue import Venue
from venues.venue_file import check_venue, load_venue, venue_of

# Rules that people look for in another table.
ALSO_KNOWN_AS = {"review.reviews_per_paper": "assignment.reviews_per_paper"}
FIXED = ("name", "form")  # The venue's identity, and the form of its data.


def prepare(
    venue: str | Path | Venue,
    *,
    scientists: int | None = None,
    reviewers: int | None = None,
    chairs: int | None = None,
    minds: dict[str, str] | None = None,
    models: dict[str, ModelRules] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Venue:
    """A venue's rules with the user's own settings, population sizes and minds, checked."""
    rules = with_settings(venue if isinstance(venue, Venue) else load_venue(venue), settings or {})
    sizes = {"scientists": scientists, "reviewers": reviewers, "chairs": chairs}
    chosen = {name: size for name, size in sizes.items() if size is not None}
    rules = msgspec.structs.replace(
        rules,
        population=msgspec.structs.replace(rules.population, **chosen),
        minds=msgspec.structs.replace(rules.minds, **(minds or {})),
        models={**rules.models, **(models or {})},
        form=(
            with_least(rules.form, rules.review.least_words)
            if rules.review.texts
            else without_texts(rules.form)
        ),
    )
    check_venue(rules, f"venue '{rules.name}'")
    population.check_personas(rules)
    if rules.population.profiles:
        read_profiles(rules.population.profiles)
    check_minds(rules)
    return rules


def with_settings(venue: Venue, settings: Mapping[str, Any]) -> Venue:
    """The venue with each named rule (`"assignment.max_load": 4`) set to its value, checked.

    A rule that is a table of names (`population.personas`) is replaced whole, or one name of it is
    set (`population.personas.strict`).

    Raises:
        UserError: an unknown rule, or a value of the wrong type.
    """
    if not settings:
        return venue
    said = msgspec.to_builtins(venue)
    for name, value in settings.items():
        _set(said, venue, ALSO_KNOWN_AS.get(name, name), name, value)
    return venue_of(said, f"venue '{venue.name}' with {', '.join(settings)} set")


def parse_settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a command line: `NAME=VALUE`, the value as TOML writes it.

    A value that is not valid TOML is taken as text, so `minds.reviewer=embedded` needs no quotes.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UserError(
                f"--set {pair}: give NAME=VALUE, such as assignment.reviews_per_paper=4."
            )
        if name in found:
            raise UserError(f"--set {name}: it is set twice; set it once.")
        try:
            found[name] = msgspec.toml.decode(f"value = {value}")["value"]
        except msgspec.DecodeError:
            found[name] = value.strip()
    return found


def _set(said: dict[str, Any], venue: Venue, name: str, asked: str, value: Any) -> None:
    *tables, last = name.split(".")
    if tables[:1] == ["phase"] and len(tables) == 2:  # A phase's own rules, checked later.
        said["phase"].setdefault(tables[1], {})[last] = value
        return
    place: Any = said
    for table in tables:
        place = place.get(table) if isinstance(place, dict) else None
    free = ".".join(tables) in _tables_of_names(venue)
    if name.split(".")[0] in FIXED or not isinstance(place, dict) or not (free or last in place):
        raise UserError(f"set {asked}: unknown rule of a venue{_nearest(asked, venue)}.")
    if not free and isinstance(place[last], dict) and name not in _tables_of_names(venue):
        one = next(each for each in setting_names(venue) if each.startswith(f"{name}."))
        raise UserError(f"set {asked}: this is a table of rules; set each by its name, as {one}.")
    place[last] = value


def _nearest(name: str, venue: Venue) -> str:
    known = [*setting_names(venue), *ALSO_KNOWN_AS]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    near += [each for each in known if each.split(".")[-1] == name.split(".")[-1]]
    return f" (did you mean {', '.join(dict.fromkeys(near))}?)" if near else ""


def setting_names(venue: Venue) -> list[str]:
    """The dotted names of all rules that may be set."""
    return sorted(name for name, _ in _leaves(venue, "") if name.split(".")[0] not in FIXED)


def _leaves(rules: msgspec.Struct, above: str) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(rules):
        value = getattr(rules, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _leaves(value, f"{above}{field.name}.")
        else:
            yield f"{above}{field.name}", value


def _tables_of_names(venue: Venue) -> set[str]:
    return {name for name, value in _leaves(venue, "") if isinstance(value, dict)}
