"""Rating scales of venues by year and the stage of the ratings, from scales.toml or the user."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from conference.core.errors import UserError
from conference.data.tables import Stage

Scale = tuple[float, ...]


@cache
def _known() -> dict[tuple[str, int], dict[str, Any]]:
    text = (Path(__file__).parent / "scales.toml").read_text(encoding="utf-8")
    return {
        (entry["venue"].lower(), year): entry
        for entry in tomllib.loads(text)["scale"]
        for year in entry["years"]
    }


def scale_of(venue: str, year: int) -> tuple[Scale, Stage]:
    """The venue-year's allowed ratings and their stage; empty and "unknown" if not known."""
    entry = _known().get((venue.lower(), year))
    return (tuple(map(float, entry["values"])), entry["stage"]) if entry else ((), "unknown")


def dataset_name(venue: str, year: int) -> str:
    """The name of a venue-year's dataset, such as "iclr2022" or (for "My Venue") "my-venue2022";
    the year 0 is left out."""
    plain = re.sub(r"[^\w.-]+", "-", venue.lower()).strip("-._")
    return f"{plain}{year or ''}"


def venue_year_of(name: str) -> tuple[str, int]:
    """Venue and year of a name such as "iclr2022"; the year is 0 if it has none."""
    found = re.fullmatch(r"(.+?)(\d{4})", name)
    return (found[1], int(found[2])) if found else (name, 0)


def caveat_of(venue: str, year: int) -> str:
    """A caveat about a venue-year's published data; empty for none."""
    return str(_known().get((venue.lower(), year), {}).get("caveat", ""))


def accepted_share(venue: str, year: int) -> float | None:
    """The share of decided papers that a venue-year accepted; None if not on record."""
    share = _known().get((venue.lower(), year), {}).get("accepted", {}).get(str(year))
    return None if share is None else float(share)


def parse_scale(text: str, option: str = "--scale") -> Scale:
    """A scale from "1,3,5,6,8,10" or "1-10"; raises `UserError` on anything else."""
    try:
        if "," in text:
            values = tuple(float(part) for part in text.split(","))
        else:
            low, high = (int(part) for part in text.split("-"))
            values = tuple(float(value) for value in range(low, high + 1))
    except ValueError:
        values = ()
    if len(values) < 2 or list(values) != sorted(set(values)):
        raise UserError(
            f"{option} {text!r} is not a rating scale; write the allowed values lowest first, such "
            "as 1,3,5,6,8,10 or 1-10."
        )
    return values
