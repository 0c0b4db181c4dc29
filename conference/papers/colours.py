"""Colours of a PDF's content stream as red, green and blue."""

from __future__ import annotations

from typing import Any

from pdfminer.pdftypes import resolve1
from pdfminer.psparser import literal_name

Colour = tuple[float, float, float]


def to_rgb(value: Any, space: Any = None) -> Colour | None:
    """A colour as red, green and blue in [0, 1]; None for patterns and what cannot be known.

    `space` is the colour space as the page's resources have it; without one the number of
    components tells. Tints (Separation) are followed through exponential functions only.
    """
    if value is None:
        return (0.0, 0.0, 0.0)
    parts = _numbers(value)
    if parts is None:
        return None
    kind = _kind(space)
    if kind in ("Separation", "DeviceN"):
        return _tint(parts, space)
    if kind in ("Lab", "Indexed", "Pattern"):
        return None
    if len(parts) == 1:
        return (parts[0],) * 3
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    if len(parts) == 4:
        c, m, y, k = parts
        return (1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)
    return None


def _numbers(value: Any) -> list[float] | None:
    if isinstance(value, (int, float)):
        return [float(value)]
    try:
        return [float(part) for part in value]
    except (TypeError, ValueError):
        return None


def _kind(space: Any) -> str:
    found = resolve1(space)
    if isinstance(found, list) and found:
        found = resolve1(found[0])
    return "" if found is None else str(literal_name(found))


def _tint(parts: list[float], space: Any) -> Colour | None:
    """The colour of a tint: between the ends of its function, of which 0 is no ink."""
    found = resolve1(space)
    if len(found) < 4 or len(parts) != 1:
        return None
    function = resolve1(found[3])
    table = getattr(function, "attrs", function)
    if not isinstance(table, dict) or resolve1(table.get("FunctionType")) != 2:
        return None
    low, high = (resolve1(table.get(name)) for name in ("C0", "C1"))
    if not low or not high:
        return None
    power = float(resolve1(table.get("N", 1)))
    share = parts[0] ** power
    mixed = [float(a) + share * (float(b) - float(a)) for a, b in zip(low, high, strict=True)]
    return to_rgb(mixed, found[2])
