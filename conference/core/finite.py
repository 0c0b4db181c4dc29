"""Checks that numbers are finite: JSON has no infinity or NaN and would turn them into null."""

from __future__ import annotations

import math

import msgspec


class NotFinite(ValueError):
    """A number is infinite or NaN; the message names its field."""


def check_finite(value: object) -> None:
    """Raise `NotFinite` for the first infinity or NaN in a value, however deeply nested."""
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
