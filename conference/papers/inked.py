"""Which letters of a PDF leave no trace on the page: PDFium draws it with and without its text.

A letter whose place looks the same in both pictures cannot be read by a person, whatever hides it:
its colour, a shape or image over it, a clip, a layer, a font that paints nothing.
"""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SCALE = 1.5  # pixels to a point
FAINTEST = 18  # of 255, in the channel where a letter differs most from the page without it
LARGE, FAINTEST_LARGE = 25.0, 4  # Points; a watermark's letters are seen at less.
SHORTEST_RUN = 3
MOST_PIXELS = 4_000_000
LEAST_PIXELS = 3  # A letter's height on a huge page from which it can be told whether it is there.
LATIN = 0x250  # Letters before it are drawn in a font at hand where a file brings none.
FAR = 10_000  # points
PDFIUM = threading.Lock()  # PDFium serves one thread of a process at a time, and crashes on two.


class Unseen(msgspec.Struct, frozen=True):
    """A run of letters on a page (from 1) that leave no trace, `nested` in a form or not."""

    page: int
    text: str
    nested: bool = False


class Letters(msgspec.Struct, frozen=True):
    """The characters of a page in reading order, those that are no letters or digits as blanks.

    `boxes` (characters, 4) are left, bottom, right and top in points.
    """

    chars: str
    boxes: Floats
    nested: NDArray[np.bool_]


def unseen_text(path: Path) -> tuple[list[Unseen], set[int]]:
    """The runs of unseen letters of a PDF, and which of its pages could be drawn."""
    import pypdfium2

    runs: list[Unseen] = []
    drawn: set[int] = set()
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(path)
        except (pypdfium2.PdfiumError, OSError):
            return [], drawn
        try:
            for number in range(len(document)):
                try:
                    page = document[number]
                    runs += [Unseen(number + 1, *run) for run in _unseen(page)]
                    page.close()
                    drawn.add(number + 1)
                except pypdfium2.PdfiumError:
                    continue
        finally:
            document.close()
    return runs, drawn


def _unseen(page: Any) -> list[tuple[str, bool]]:
    letters = _letters(page)
    if not letters.chars.strip():
        return []
    width, height = page.get_size()
    scale = min(SCALE, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    places = _pixels(page, letters.boxes, round(width * scale), round(height * scale))
    whole = _picture(page, scale)
    _drop_text(page)
    bare = _picture(page, scale)
    change = np.maximum(whole, bare) - np.minimum(whole, bare)
    red, green, blue = np.moveaxis(change, 2, 0)
    most = np.maximum(np.maximum(red, green), blue)
    seen = _touches(most >= FAINTEST, places)
    large = letters.boxes[:, 3] - letters.boxes[:, 1] >= LARGE
    if large.any():
        seen[large] = _touches(most >= FAINTEST_LARGE, places[large])
    if scale < SCALE:
        seen |= places[:, 3] - places[:, 1] < LEAST_PIXELS
    return _runs(letters, seen)


def _runs(letters: Letters, seen: NDArray[np.bool_]) -> list[tuple[str, bool]]:
    """Runs of unseen letters; within forms, where texts stand apart, line by line."""
    left, low, right, high = letters.boxes.T
    runs: list[list[str]] = [[]]
    flags = [False]
    last = -1
    for at, char in enumerate(letters.chars):
        if char == " ":
            if runs[-1]:
                runs[-1].append(" ")
            continue
        if seen[at]:
            runs.append([])
            flags.append(False)
            continue
        if runs[-1] and letters.nested[at]:
            gap = max(left[at] - right[last], left[last] - right[at], low[at] - high[last])
            if max(gap, low[last] - high[at]) > 1.5 * max(high[at] - low[at], 1.0):
                runs.append([])
                flags.append(False)
        runs[-1].append(char)
        flags[-1], last = bool(letters.nested[at]), at
    texts = (" ".join("".join(run).split()) for run in runs)
    return [
        (text, flag)
        for text, flag in zip(texts, flags, strict=True)
        if sum(char.isalnum() for char in text) >= SHORTEST_RUN
    ]


def _touches(ink: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether there is ink in each place (left, top, right, bottom) or a pixel beside it."""
    rows, columns = ink.shape
    sums = np.zeros((rows + 1, columns + 1), dtype=np.int32)
    np.cumsum(ink, axis=0, out=sums[1:, 1:])
    np.cumsum(sums, axis=1, out=sums)
    left, right = np.clip(places[:, 0] - 1, 0, columns), np.clip(places[:, 2] + 2, 0, columns)
    top, bottom = np.clip(places[:, 1] - 1, 0, rows), np.clip(places[:, 3] + 2, 0, rows)
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(inside > 0)


def _letters(page: Any) -> Letters:
    import pypdfium2.raw as pdfium

    text, forms = page.get_textpage(), _in_forms(page)
    sides = [ctypes.c_double() for _ in range(4)]
    chars: list[str] = []
    boxes: list[tuple[float, ...]] = []
    nested: list[bool] = []
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        char = chr(code) if code < 0x110000 else " "
        usable = char.isalnum() and pdfium.FPDFText_IsGenerated(text, index) != 1
        usable = usable and (code < LATIN or _brings_its_font(text, index))
        if not usable or not pdfium.FPDFText_GetCharBox(text, index, *sides):
            chars.append(" ")
            boxes.append((0.0,) * 4)
            nested.append(False)
            continue
        left, right, low, high = (side.value for side in sides)
        chars.append(char)
        boxes.append((left, low, right, high))
        nested.append(bool(forms) and _address(pdfium.FPDFText_GetTextObject(text, index)) in forms)
    text.close()
    return Letters("".join(chars), np.array(boxes).reshape(-1, 4), np.array(nested, dtype=bool))


def _brings_its_font(text: Any, index: int) -> bool:
    """Whether a letter's font is in the file: one that is not may be lacking on this machine."""
    import pypdfium2.raw as pdfium

    font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(text, index))
    return bool(pdfium.FPDFFont_GetIsEmbedded(font) == 1)


def _in_forms(page: Any) -> set[int]:
    """The addresses of the text objects that lie in forms."""
    import pypdfium2.raw as pdfium

    items = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=15)
    return {_address(item.raw) for item in items if item.level > 0}


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def _pixels(page: Any, boxes: Floats, width: int, height: int) -> NDArray[np.int64]:
    """Boxes in points as left, top, right and bottom in pixels of a picture of the page."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_int(), ctypes.c_int()
    ends = []
    for across, up in ((0, 0), (FAR, 0), (0, FAR)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        ends.append((x.value, y.value))
    base = np.array(ends[0])
    turn = (np.array(ends[1:]) - base) / FAR
    corners = np.stack([boxes[:, :2] @ turn + base, boxes[:, 2:] @ turn + base])
    low, high = corners.min(axis=0), corners.max(axis=0)
    places = np.clip(np.concatenate([low, high], axis=1), -1e6, 1e6)
    return np.asarray(places.round().astype(np.int64))


def _drop_text(page: Any) -> None:
    """Make all text of the page, in nested forms too, paint nothing."""
    import pypdfium2.raw as pdfium

    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=15):
        pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)


def _picture(page: Any, scale: float) -> NDArray[np.uint8]:
    bitmap = page.render(scale=scale, may_draw_forms=False)
    picture = np.asarray(bitmap.to_numpy(), dtype=np.uint8)[:, :, :3].copy()
    bitmap.close()
    return picture
