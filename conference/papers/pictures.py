"""The print size of text in figures, read from the figures' SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from conference.papers.layout import Fault

SMALLEST_IN_FIGURES = 6.0  # points, as printed
OUTLINE_SIZE = 100.0  # points at which matplotlib draws letters' outlines before scaling them
SCALE = re.compile(r"scale\(\s*([\d.]+)")
SIZE = re.compile(r"(?:font-size:|font:[^;]*?)\s*([\d.]+)(?:px|pt)?")
NAMESPACE = "{http://www.w3.org/2000/svg}"


def text_sizes(svg: bytes) -> list[float]:
    """The sizes of a figure's texts in its own units: matplotlib's outlines and `text` elements.

    Raises:
        ValueError: the figure is not an SVG.
    """
    sizes = []
    for element in _root(svg).iter():
        if element.tag == f"{NAMESPACE}text":
            style = element.get("style", "") + f";font-size:{element.get('font-size', '')}"
            sizes += [float(found) for found in SIZE.findall(style)[:1]]
        elif element.tag == f"{NAMESPACE}g" and element.get("id", "").startswith("text_"):
            for part in element.findall(f"{NAMESPACE}g"):
                found = SCALE.search(part.get("transform", ""))
                sizes += [OUTLINE_SIZE * float(found[1])] if found else []
    return sizes


def small_in_figure(name: str, svg: bytes, printed: float) -> list[Fault]:
    """Faults if a figure's text is too small to read at a width of `printed` points."""
    try:
        sizes, width = text_sizes(svg), _width(svg)
    except ValueError as error:
        return [Fault("print size", f"figure {name}: {error}")]
    if not sizes:
        return [Fault("print size", f"figure {name}: no text was found to measure")]
    smallest = min(sizes) * printed / width
    if smallest >= SMALLEST_IN_FIGURES:
        return []
    detail = f"figure {name}: text of {smallest:.1f} points, the least is {SMALLEST_IN_FIGURES:g}"
    return [Fault("print size", detail)]


def _width(svg: bytes) -> float:
    box = _root(svg).get("viewBox", "").split()
    if len(box) != 4 or not float(box[2]) > 0:
        raise ValueError("it has no viewBox")
    return float(box[2])


def _root(svg: bytes) -> ElementTree.Element:
    if b"<!ENTITY" in svg:
        raise ValueError("it declares entities")
    try:
        return ElementTree.fromstring(svg)
    except (ElementTree.ParseError, LookupError) as error:  # no XML, or in no known encoding
        raise ValueError(f"it is not an SVG ({error})") from error
