"""Sanitizes SVG figures from outside: only listed elements and attributes, which only draw."""

from __future__ import annotations

import base64
import binascii
import io
import xml.etree.ElementTree as ElementTree

import defusedxml.ElementTree as Defused
from defusedxml import DefusedXmlException

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
OF_XML = frozenset(f"{{http://www.w3.org/XML/1998/namespace}}{name}" for name in ("space", "lang"))
HREF = f"{{{XLINK}}}href"


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


ELEMENTS = _names(
    "svg g defs style title desc path rect circle ellipse line polyline polygon text tspan "
    "use symbol marker clipPath linearGradient radialGradient stop pattern image"
)
LEFT_OUT = "metadata"  # matplotlib writes it; it draws nothing
# Properties that may be set in style sheets, in style attributes, and as attributes.
PROPERTIES = _names(
    "alignment-baseline baseline-shift clip-path clip-rule color direction display "
    "dominant-baseline fill fill-opacity fill-rule font font-family font-size font-stretch "
    "font-style font-variant font-weight letter-spacing marker-end marker-mid marker-start "
    "opacity overflow paint-order shape-rendering stop-color stop-opacity stroke "
    "stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit "
    "stroke-opacity stroke-width text-anchor text-decoration text-rendering unicode-bidi "
    "vector-effect visibility white-space word-spacing image-rendering"
)
ATTRIBUTES = PROPERTIES | _names(
    "id class style type version width height viewBox x y x1 y1 x2 y2 cx cy r rx ry fx fy "
    "dx dy d points pathLength transform gradientTransform gradientUnits spreadMethod "
    "offset patternUnits patternContentUnits patternTransform clipPathUnits markerWidth "
    "markerHeight markerUnits refX refY orient preserveAspectRatio rotate textLength "
    "lengthAdjust href"
)
FUNCTIONS = _names(
    "url rgb rgba hsl hsla matrix translate translateX translateY scale scaleX scaleY "
    "rotate skew skewX skewY"
)
UNCLEAN = frozenset("\\@<>&:;{}")  # characters that could end a value and begin something else
PICTURES = {"data:image/png;base64,": "PNG", "data:image/jpeg;base64,": "JPEG"}
MOST_PIXELS = 16 << 20  # of a picture in a figure
MOST_ELEMENTS = 100_000
DEEPEST = 100  # levels, because programs that draw a figure recurse into them


class BadFigure(ValueError):
    """A figure has something that is not allowed; the message names it."""


def plain_svg(svg: bytes) -> bytes:
    """The figure rewritten in UTF-8, with only allowed elements, attributes and addresses.

    Raises:
        BadFigure: it is not an SVG, is too large to draw, or has anything else in it.
    """
    try:
        root = Defused.fromstring(svg, forbid_dtd=False)
    except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise BadFigure(f"it is not a plain SVG ({error})") from None
    if root.tag != f"{{{SVG}}}svg":
        raise BadFigure(f"it begins with <{root.tag}>, not with an svg of {SVG}")
    _check_depth(root)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    for number, element in enumerate(root.iter()):
        if number >= MOST_ELEMENTS:
            raise BadFigure(f"it has over {MOST_ELEMENTS} elements; draw fewer points")
        for child in [child for child in element if child.tag == f"{{{SVG}}}{LEFT_OUT}"]:
            element.remove(child)
        _check(element)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _check_depth(root: ElementTree.Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise BadFigure(f"it is nested deeper than {DEEPEST} levels")
        level = [child for element in level for child in element]


def _check(element: ElementTree.Element) -> None:
    name = str(element.tag).removeprefix(f"{{{SVG}}}")
    if name not in ELEMENTS:
        raise BadFigure(f"<{name}> is not allowed in a figure")
    for attribute, value in element.items():
        if attribute in ("href", HREF):
            _check_address(name, value)
        elif attribute == "style":
            _check_declarations(value)
        elif attribute in ATTRIBUTES:
            _check_value(attribute, value)
        elif attribute not in OF_XML:
            raise BadFigure(f"<{name}> has the attribute {attribute}='{value[:60]}'")
    if name == "style":
        if len(element):  # what stands behind it would be part of the sheet, too
            raise BadFigure("<style> has other elements in it")
        _check_sheet(element.text or "")


def _check_address(name: str, value: str) -> None:
    """A part of the figure itself, or, of an image, a picture in the figure."""
    if value.startswith("#"):
        return
    kind = next((kind for kind in PICTURES if value.startswith(kind)), None)
    if name != "image" or kind is None:
        raise BadFigure(f"<{name}> leads to '{value[:60]}'")
    from PIL import Image, UnidentifiedImageError

    try:
        data = base64.b64decode("".join(value.removeprefix(kind).split()), validate=True)
        with Image.open(io.BytesIO(data), formats=[PICTURES[kind]]) as picture:
            pixels = picture.width * picture.height
    except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise BadFigure(f"a picture in it cannot be read ({error})") from None
    except Image.DecompressionBombError:
        pixels = MOST_PIXELS + 1
    if pixels > MOST_PIXELS:
        raise BadFigure(f"a picture in it has over {MOST_PIXELS} pixels")


def _check_sheet(text: str) -> None:
    """Rules such as `*{stroke-linejoin: round}` and no more."""
    for rule in text.split("}"):
        selector, opened, declarations = rule.partition("{")
        if not opened and not selector.strip():
            continue
        _check_value("style", selector)
        _check_declarations(declarations)


def _check_declarations(text: str) -> None:
    for declaration in filter(str.strip, text.split(";")):
        name, _, value = declaration.partition(":")
        if name.strip() not in PROPERTIES and not name.strip().startswith("-inkscape-"):
            raise BadFigure(f"a style sets '{name.strip()[:60]}'")
        _check_value(name.strip(), value)


def _check_value(name: str, value: str) -> None:
    """Accept words, numbers, colours, known functions, and references within the figure."""
    before, *after = value.split("(")
    for inside in after:
        function = before.replace(",", " ").replace(")", " ").split(" ")[-1]
        within = inside.strip().lstrip("\"'").startswith("#")
        if function not in FUNCTIONS or (function == "url" and not within):
            raise BadFigure(f"{name} is '{value[:60]}'")
        before = inside
    if UNCLEAN & set(value):
        raise BadFigure(f"{name} is '{value[:60]}'")
