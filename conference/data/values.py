"""Reading single values of foreign records: a number is a number, or the record is damaged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from conference.core.clean import clean
from conference.data.tables import Damage, Status

# "10", "8: accept", "4 = sure", "6 (weak accept)", "6 - weak accept", "3 good"; not "3-4", "8/10",
# "7 of 10" or "5 and a half".
_LEADING = re.compile(
    r"\s*([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"(?!\s+(?:and|point|plus|minus|half|or|to|from|of|out)\b)"
    r"(?:\s*$|\s*[:=(].*$|\s*[-–—]\s*[^\d\s].*$|\s+[^\W\d]+(?: [^\W\d]+){0,2}\s*$)",
    re.DOTALL,
)
# Words of decisions to kinds of presentation; ICLR 2020 held talks, 2023 named its best papers.
_PRESENTATIONS = {
    r"\borals?\b|\btalks?\b|top-5%": "oral",
    r"\bspotlights?\b|top-25%": "spotlight",
    r"\bposters?\b": "poster",
}
_ACCEPTED = re.compile("|".join([r"\baccept", "notable", *_PRESENTATIONS]))
_REJECTED = re.compile(r"reject|\bdeclin|\b(?:not|no) accept|\bunaccepted")
# What a table's column of decisions may hold.
YES, NO = ("accept", "accepted", "yes", "true", "1"), ("reject", "rejected", "no", "false", "0")
# What says that nothing is decided yet, whatever else the line names.
_OPEN = re.compile(r"\bno decision|^submitted\b|^under review|^pending")
# The workshop track is a rejection from the conference (ICLR 2013, 2017 and 2018).
_WORKSHOP = re.compile(r"invite.*workshop|^workshop|iclr2013-workshop$")


class Damaged(ValueError):
    """A value that cannot be read; the message says what is wrong with it."""


def number(value: Any, field: str) -> float | None:
    """The number in `value`, or None where there is none.

    Text such as "10", "8: accept, good paper" and "3 good" is read whole: "10" is ten and never
    one. A range such as "3-4" is no number.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        raise Damaged(f"{field} is {value}, not a number")
    if isinstance(value, str):
        found = _LEADING.fullmatch(value)
        if not found:
            raise Damaged(f"{field} is {value[:40]!r}, not a number")
        value = found.group(1)
    try:
        read = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Damaged(f"{field} is {str(value)[:40]!r}, not a number") from None
    if math.isnan(read):
        return None
    if math.isinf(read):
        raise Damaged(f"{field} is infinite")
    return read


def rating(value: Any, scale: tuple[float, ...], field: str = "rating") -> float | None:
    """A rating that lies on its scale, or None where there is none."""
    read = number(value, field)
    if read is not None and scale and read not in scale:
        allowed = ", ".join(f"{step:g}" for step in scale)
        raise Damaged(f"{field} {read:g} is not on its scale ({allowed})")
    return read


def numbers(fields: Mapping[str, Any], record: str, damaged: list[Damage]) -> dict[str, float]:
    """The numbers of a record's fields; one that cannot be read is left out alone, and named."""
    found = {}
    for field, value in fields.items():
        try:
            read = number(value, field)
        except Damaged as fault:
            damaged.append(Damage(f"{field} of {record}", str(fault)))
            continue
        if read is not None:
            found[field] = read
    return found


def listed(value: Any, field: str) -> list[Any]:
    """The list in a cell, which may be text such as "[6, 8]"; empty where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            value = json.loads(value.strip() or "[]")
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise Damaged(f"{field} is {str(value)[:40]!r}, not a list such as [6, 8]")
    return list(value)


def listed_ratings(
    row: Mapping[str, Any], paper: str, damaged: list[Damage]
) -> list[tuple[Any, Any]]:
    """Each of a row's `ratings` with its confidence; confidences that do not fit are named."""
    try:
        given = listed(row.get("ratings"), "ratings")
    except Damaged as fault:
        damaged.append(Damage(f"reviews of paper {paper}", str(fault)))
        return []
    sure: list[Any] = []
    try:
        sure = listed(row.get("confidences"), "confidences")
        if sure and len(sure) != len(given):
            raise Damaged(f"there are {len(sure)} for {len(given)} ratings")
    except Damaged as fault:
        damaged.append(Damage(f"confidences of paper {paper}", str(fault)))
        sure = []
    return list(zip(given, sure or [None] * len(given), strict=True))


def text(value: Any) -> str | None:
    """Clean text without surrounding space; None where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return clean(str(value)).strip() or None


def id_of(value: Any) -> str:
    """A paper's id as text without surrounding space; "" where there is none.

    A whole number is the same id in a column of integers and in one of floats.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return text(value) or ""


def status_of(decision: str) -> Status:
    """The status that a venue's decision text names; "unknown" where it names none."""
    words = _words(decision)
    if "desk" in words and "reject" in words:
        return "desk_rejected"
    if "withdraw" in words:
        return "withdrawn"
    if _REJECTED.search(words) or _WORKSHOP.search(words):
        return "rejected"
    if not _OPEN.search(words) and _ACCEPTED.search(words):
        return "accepted"
    return "unknown"


def presentation_of(decision: str) -> str:
    """The kind of presentation that a decision text names, or ""."""
    words = _words(decision)
    if _WORKSHOP.search(words):
        return "workshop"
    if _OPEN.search(words):
        return ""
    return next((kind for sign, kind in _PRESENTATIONS.items() if re.search(sign, words)), "")


def _words(decision: str) -> str:
    """A decision's words apart, such as those of "ConditionalPoster"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", decision).lower()
