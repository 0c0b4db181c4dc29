"""Numbers that JSON has: a record or a plan that holds infinity or NaN would be read as none."""

from __future__ import annotations

import math

import msgspec


class NotFinite(ValueError):
    """A number is infinite or NaN, in a sentence that names its field."""


def check_finite(value: object) -> None:
    """Raise `NotFinite` for the first number in structs, tables and lists that JSON has not."""
    _check(msgspec.to_builtins(value), "")


def _check(value: object, place: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFinite(f"{place or 'it'} is {value}, which is not a finite number")
    if isinstance(value, dict):
        for name, part in value.items():
            _check(part, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for part in value:
            _check(part, place)
