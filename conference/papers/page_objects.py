"""The objects that a page of a PDF paints, by address, and how text objects are hidden."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from conference.papers.annotations import THICK
from conference.papers.pdfium import address, call, parameter_of

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, bottom, right and top in points
DEEPEST = 15  # forms within forms


class Objects(NamedTuple):
    """The objects of a page, including those in its forms.

    `texts` maps each text object to the number of forms around it; `only_text` says that the page
    has no other objects.
    """

    texts: dict[int, int]
    pictures: list[int]
    only_text: bool


def objects_of(page: Any) -> Objects:
    """The objects of an open page, in the order in which they are painted."""
    import pypdfium2.raw as pdfium

    texts: dict[int, int] = {}
    pictures: list[int] = []
    kind, others = call("FPDFPageObj_GetType"), 0

    def walk(within: int, level: int, count: Any, get: Any) -> None:
        nonlocal others
        inside = [each for each in map(get, repeat(within), range(max(0, count(within)))) if each]
        for each, what in zip(inside, map(kind, inside), strict=True):
            if what == pdfium.FPDF_PAGEOBJ_TEXT:
                texts[each] = level
                continue
            others += 1
            if what == pdfium.FPDF_PAGEOBJ_IMAGE:
                pictures.append(each)
            elif what == pdfium.FPDF_PAGEOBJ_FORM and level < DEEPEST - 1:
                own = call("FPDFFormObj_CountObjects"), call("FPDFFormObj_GetObject")
                walk(each, level + 1, *own)

    walk(address(page.raw), 0, call("FPDFPage_CountObjects"), call("FPDFPage_GetObject"))
    return Objects(texts, pictures, others == 0)


def pointer(owner: int) -> Any:
    """A page object as an argument of PDFium's functions."""
    import pypdfium2.raw as pdfium

    return ctypes.cast(owner, pdfium.FPDF_PAGEOBJECT)


def box_of(owner: int) -> Box | None:
    """The box of an object; None if PDFium does not know it."""
    import pypdfium2.raw as pdfium

    left, low, right, high = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(pointer(owner), left, low, right, high):
        return None
    return left.value, low.value, right.value, high.value


def drop_replacements(objects: Objects) -> list[tuple[str, list[int]]]:
    """Remove a page's replacement texts; return each with the text objects that it replaced."""
    import pypdfium2.raw as pdfium

    found: list[tuple[str, list[int]]] = []
    for owner, count in zip(
        objects.texts, map(call("FPDFPageObj_CountMarks"), objects.texts), strict=True
    ):
        for at in reversed(range(max(0, count))):
            mark = pdfium.FPDFPageObj_GetMark(pointer(owner), at)
            text = parameter_of(mark, b"ActualText")
            if text is None:
                continue
            pdfium.FPDFPageObj_RemoveMark(pointer(owner), mark)
            if found and found[-1][0] == text:
                found[-1][1].append(owner)
            else:
                found.append((text, [owner]))
    return found


def paint(owner: int, box: Floats) -> str:
    """How a text object's own settings hide a glyph in `box`; "" if they do not."""
    import pypdfium2.raw as pdfium

    item = pointer(owner)
    if pdfium.FPDFTextObj_GetTextRenderMode(item) in (3, 7):
        return "invisible rendering mode"
    if _beyond_clip(item, box):
        return "clipped away"
    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetFillColor(item, *parts):
        return ""
    *colour, opacity = (part.value for part in parts)
    if opacity < 25:
        return "zero opacity"
    return "white on white" if min(colour) > 240 else ""


def plain_colour(owner: int) -> int | None:
    """The colour with which a text object fills its letters, as a pixel's blue, green and red.

    None where it is drawn in another way, as in outlines, in a pattern or through a mask.
    """
    import pypdfium2.raw as pdfium

    item = pointer(owner)
    parts = [ctypes.c_uint() for _ in range(4)]
    filled = pdfium.FPDFTextObj_GetTextRenderMode(item) in (0, 2)
    if not filled or pdfium.FPDFPageObj_HasTransparency(item):
        return None
    if not pdfium.FPDFPageObj_GetFillColor(item, *parts):
        return None
    red, green, blue, _ = (part.value for part in parts)
    return blue | green << 8 | red << 16


class Covers(NamedTuple):
    """What may lie over a page's text: `boxes` (n, 4) in points of what is painted at step `at`.

    `texts` has the step of each text object of the page, and of one in a form that of the form; or
    one before all where the form paints something after it.
    """

    at: NDArray[np.int64]
    boxes: Floats
    texts: dict[int, int]

    def over(self, owner: int, box: Floats) -> bool:
        """Whether something may lie over a text object's glyph in `box`."""
        if owner not in self.texts:
            return True
        left, low, right, high = self.boxes[self.at > self.texts[owner]].T
        beside = (right < box[0]) | (left > box[2]) | (high < box[1]) | (low > box[3])
        return not beside.all()


LONGEST_NAME = 200
EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)


def covers_of(page: Any) -> Covers:
    """What an open page paints beside its text, and its annotations but links."""
    import pypdfium2.raw as pdfium

    kind, get = call("FPDFPageObj_GetType"), call("FPDFPage_GetObject")
    raw = address(page.raw)
    texts: dict[int, int] = {}
    found: list[tuple[int, Box]] = [(-1, EVERYWHERE)]  # over what is at -2
    for at in range(max(0, call("FPDFPage_CountObjects")(raw))):
        each = get(raw, at)
        if each and kind(each) == pdfium.FPDF_PAGEOBJ_TEXT:
            texts[each] = at
        elif each and kind(each) == pdfium.FPDF_PAGEOBJ_FORM:
            open_: list[int] = []
            for inner in _within(each, 1):
                if kind(inner) == pdfium.FPDF_PAGEOBJ_TEXT:
                    open_.append(inner)
                elif _covers(inner):
                    texts |= dict.fromkeys(open_, -2)
                    open_ = []
            texts |= dict.fromkeys(open_, at)
            found.append((at, box_of(each) or EVERYWHERE))
        elif each and _covers(each):
            found.append((at, box_of(each) or EVERYWHERE))
    found += [(2**40, box) for box in _notes(page)]
    steps, boxes = zip(*found, strict=True)
    return Covers(np.array(steps, np.int64), np.array(boxes, float).reshape(-1, 4), texts)


def _within(form: int, level: int) -> Iterator[int]:
    """The objects of a form in the order of painting, those of its own forms among them."""
    import pypdfium2.raw as pdfium

    get = call("FPDFFormObj_GetObject")
    for at in range(max(0, call("FPDFFormObj_CountObjects")(form))):
        each = get(form, at)
        if each and call("FPDFPageObj_GetType")(each) == pdfium.FPDF_PAGEOBJ_FORM:
            yield from _within(each, level + 1) if level < DEEPEST else ()
        elif each:
            yield each


def _covers(other: int) -> bool:
    """Whether an object paints more than thin lines."""
    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if call("FPDFPageObj_GetType")(other) != pdfium.FPDF_PAGEOBJ_PATH:
        return True
    pdfium.FPDFPath_GetDrawMode(pointer(other), fill, stroke)
    return bool(fill.value) or outline(other) >= THICK


def _notes(page: Any) -> list[Box]:
    """The boxes of a page's annotations but links."""
    import pypdfium2.raw as pdfium

    sides, found = pdfium.FS_RECTF(), []
    for at in range(max(0, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, at)
        link = pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_LINK
        if not link and pdfium.FPDFAnnot_GetRect(note, sides):
            found.append((sides.left, sides.bottom, sides.right, sides.top))
        pdfium.FPDFPage_CloseAnnot(note)
    return found


def within(inner: Box | None, outer: Box | None) -> bool:
    """Whether a box is inside another one."""
    if inner is None or outer is None:
        return False
    low = inner[0] >= outer[0] and inner[1] >= outer[1]
    return low and inner[2] <= outer[2] and inner[3] <= outer[3]


def outline(owner: int) -> float:
    """The width of an object's outline in points."""
    import pypdfium2.raw as pdfium

    width = ctypes.c_float()
    pdfium.FPDFPageObj_GetStrokeWidth(pointer(owner), width)
    return width.value


def _beyond_clip(item: Any, box: Floats) -> bool:
    """Whether a box is outside a path of the object's clip."""
    import pypdfium2.raw as pdfium

    clip = pdfium.FPDFPageObj_GetClipPath(item)
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(max(0, pdfium.FPDFClipPath_CountPaths(clip)) if clip else 0):
        points = []
        for at in range(max(0, pdfium.FPDFClipPath_CountPathSegments(clip, path))):
            segment = pdfium.FPDFClipPath_GetPathSegment(clip, path, at)
            if pdfium.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            (left, low), (right, high) = np.min(points, axis=0), np.max(points, axis=0)
            if box[2] < left or box[0] > right or box[3] < low or box[1] > high:
                return True
    return False


def embedded(owner: int) -> bool:
    """Whether the font of a text object is in the file."""
    import pypdfium2.raw as pdfium

    font = pdfium.FPDFTextObj_GetFont(pointer(owner))
    return bool(font) and pdfium.FPDFFont_GetIsEmbedded(font) == 1


def font_name(owner: int) -> str:
    """The name of the font of a text object."""
    import pypdfium2.raw as pdfium

    room = ctypes.create_string_buffer(LONGEST_NAME)
    font = pdfium.FPDFTextObj_GetFont(pointer(owner))
    pdfium.FPDFFont_GetBaseFontName(font, room, LONGEST_NAME)
    return room.value.decode("utf-8", "replace")


def twins_of(objects: Objects, read: set[int]) -> dict[int, list[int]]:
    """For each text object that was read, those that PDFium skipped as its exact duplicates.

    `read` are the text objects with characters.
    """
    left_out = objects.texts.keys() - read
    twins: dict[int, list[int]] = {}
    known: dict[tuple[int, int, int, int], list[tuple[int, Floats]]] = {}
    for each in objects.texts.keys() & read if left_out else ():
        shape, corner = _shape(each)
        known.setdefault(shape, []).append((each, corner))
    for each in left_out:
        shape, corner = _shape(each)
        for owner, other in known.get(shape, ()):
            if np.abs(corner - other).max() < 0.01 * shape[1]:  # of the font size in 1/100
                twins.setdefault(owner, []).append(each)
    return twins


def _shape(owner: int) -> tuple[tuple[int, int, int, int], Floats]:
    """A text object's font, print size, width and height (in 1/100 points), and its corner."""
    import pypdfium2.raw as pdfium

    size = ctypes.c_float()
    font = call("FPDFTextObj_GetFont")(owner) or 0
    pdfium.FPDFTextObj_GetFontSize(pointer(owner), size)
    left, low, right, high = box_of(owner) or (0.0, 0.0, 0.0, 0.0)
    sides = (size.value, right - left, high - low)
    points = tuple(round(100 * min(max(side, -1e9), 1e9)) for side in sides)
    return (font, points[0], points[1], points[2]), np.array([left, low])
