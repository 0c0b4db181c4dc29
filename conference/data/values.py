"""Reads single values of foreign records strictly: a value is valid, or the record is damaged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from conference.core.clean import clean
from conference.data.tables import Damage

# "10", "8: accept", "4 = sure", "6 (weak accept)", "6 - weak accept", "3 good"; not "3-4", "8/10",
# "7 of 10" or "5 and a half".
_LEADING = re.compile(
    r"\s*([-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"(?!\s+(?:and|point|plus|minus|half|or|to|from|of|out)\b)"
    r"(?:\s*$|\s*[:=(].*$|\s*[-–—]\s*[^\d\s].*$|\s+[^\W\d]+(?: [^\W\d]+){0,2}\s*$)",
    re.DOTALL,
)


OFF_SCALE = "is not on its scale"


class Damaged(ValueError):
    """A value that cannot be read; the message says what is wrong with it."""


def number(value: Any, field: str) -> float | None:
    """The number in `value`, or None for a missing value; raises `Damaged` for anything else.

    Text may be "10", "8: accept, good paper" or "3 good". A range such as "3-4" is not a number.
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
    """A rating, or None for a missing one; raises `Damaged` if it is not on its scale."""
    read = number(value, field)
    if read is not None and scale and read not in scale:
        allowed = ", ".join(f"{step:g}" for step in scale)
        raise Damaged(f"{field} {read:g} {OFF_SCALE} ({allowed})")
    return read


def numbers(fields: Mapping[str, Any], record: str, damaged: list[Damage]) -> dict[str, float]:
    """The numbers of a record's fields; an unreadable one is left out and goes to `damaged`."""
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
    """The list in a cell, which may be text such as "[6, 8]"; empty for a missing value."""
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
    """A row's `ratings` with their confidences; confidences of another number go to `damaged`."""
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
    """Clean text without surrounding space; None if it is missing or empty."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return clean(str(value)).strip() or None


def id_of(value: Any) -> str:
    """A paper's id as text without surrounding space; "" if it is missing.

    A whole number gives the same id in a column of integers and one of floats.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return text(value) or ""
