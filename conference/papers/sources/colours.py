"""Colours as sources name them, and whether print in one is visible on another."""

from __future__ import annotations

import re
from collections.abc import Mapping

Colour = tuple[int, int, int]  # red, green and blue, 0 to 255
WHITE: Colour = (255, 255, 255)
_NUMBER = re.compile(r"[+-]?\d*\.?\d+%?")


def colour_of(value: str, model: str, known: Mapping[str, Colour]) -> Colour | None:
    """A colour given by values in a model of LaTeX's xcolor, by a name or mix, or as in CSS.

    None if it is unknown.
    """
    value, model = value.strip(), model.strip()
    if model.startswith("named") or not model:
        return _mixed(value, known)
    if model == "HTML":
        return _named(f"#{value.lstrip('#')}")
    found = [float(each.rstrip("%")) for each in _NUMBER.findall(value)]
    return _from_values(model, found)


def _from_values(model: str, found: list[float]) -> Colour | None:
    if model in ("gray", "Gray") and found:
        return _bytes([found[0] / (15 if model == "Gray" else 1)] * 3)
    if model == "rgb" and len(found) > 2:
        return _bytes(found[:3])
    if model == "RGB" and len(found) > 2:
        return _bytes([each / 255 for each in found[:3]])
    if model == "cmy" and len(found) > 2:
        return _bytes([1 - each for each in found[:3]])
    if model == "cmyk" and len(found) > 3:
        return _bytes([(1 - each) * (1 - found[3]) for each in found[:3]])
    if model in ("hsb", "Hsb", "HSB") and len(found) > 2:
        import colorsys

        most = {"hsb": (1, 1), "Hsb": (360, 1), "HSB": (240, 240)}[model]
        hue, others = found[0] / most[0], [each / most[1] for each in found[1:3]]
        return _bytes(list(colorsys.hsv_to_rgb(hue, *others)))
    return None


def _bytes(shares: list[float]) -> Colour:
    red, green, blue = (round(255 * min(max(each, 0.0), 1.0)) for each in shares)
    return red, green, blue


def _mixed(value: str, known: Mapping[str, Colour]) -> Colour | None:
    """A named colour, or a mix by percentages such as white!97!black."""
    first, *rest = value.split("!")
    found = known.get(first.strip("- ")) or _named(first.strip("- "))
    for share, other in zip(rest[::2], [*rest[1::2], "white"], strict=False):
        second = known.get(other.strip()) or _named(other.strip() or "white")
        number = _NUMBER.fullmatch(share.strip())
        if found is None or second is None or number is None:
            return None
        part = float(share) / 100
        pairs = zip(found, second, strict=True)
        found = _bytes([(part * a + (1 - part) * b) / 255 for a, b in pairs])
    if found and value.startswith("-"):
        found = (255 - found[0], 255 - found[1], 255 - found[2])
    return found


def _named(name: str) -> Colour | None:
    from PIL import ImageColor

    try:
        red, green, blue, *opacity = ImageColor.getrgb(name)
    except ValueError:
        return None
    return WHITE if opacity == [0] else (red, green, blue)


def is_unseen(ink: Colour, ground: Colour) -> bool:
    """Whether print has too little contrast with its ground, by the same rule as for PDFs."""
    if ink == (0, 0, 0) and ground == WHITE:
        return False
    import numpy as np

    from conference.papers.views import CONTRAST, contrast_of

    pixels = [np.array([(r << 16) | (g << 8) | b], np.uint32) for r, g, b in (ink, ground)]
    return float(contrast_of(*pixels)[0]) < CONTRAST
