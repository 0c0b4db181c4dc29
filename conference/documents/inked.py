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

SCALE = 1.5  # pixels to a point
FAINTEST = 18  # of 255, in the channel where a letter differs most from the page without it
SHORTEST_RUN = 3
MOST_PIXELS = 4_000_000
PDFIUM = threading.Lock()  # PDFium serves one thread of a process at a time, and crashes on two.


class Unseen(msgspec.Struct, frozen=True):
    """A run of letters on a page (from 1) that leave no trace."""

    page: int
    text: str


def unseen_text(path: Path) -> tuple[list[Unseen], int]:
    """The runs of unseen letters of a PDF, and how many of its pages could be drawn."""
    import pypdfium2

    runs: list[Unseen] = []
    drawn = 0
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(path)
        except (pypdfium2.PdfiumError, OSError):
            return [], 0
        try:
            for number in range(len(document)):
                try:
                    page = document[number]
                    runs += [Unseen(number + 1, text) for text in _unseen(page)]
                    page.close()
                    drawn += 1
                except pypdfium2.PdfiumError:
                    continue
        finally:
            document.close()
    return runs, drawn


def _unseen(page: Any) -> list[str]:
    width, height = page.get_size()
    scale = min(SCALE, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    letters = _letters(page, round(width * scale), round(height * scale))
    if not letters:
        return []
    whole = _picture(page, scale)
    _drop_text(page)
    change = np.abs(whole - _picture(page, scale)).max(axis=2)
    runs: list[list[str]] = [[]]
    for char, box in letters:
        if box is None:
            if runs[-1]:
                runs[-1].append(" ")
        elif _seen(change, box):
            if runs[-1]:
                runs.append([])
        else:
            runs[-1].append(char)
    texts = (" ".join("".join(run).split()) for run in runs)
    return [text for text in texts if sum(char.isalnum() for char in text) >= SHORTEST_RUN]


def _seen(change: NDArray[np.int16], box: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = box
    part = change[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2]
    return bool(part.size) and int(part.max()) >= FAINTEST


def _letters(
    page: Any, width: int, height: int
) -> list[tuple[str, tuple[int, int, int, int] | None]]:
    """Letters and digits with their boxes in pixels; None for all that is neither."""
    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    sides = [ctypes.c_double() for _ in range(4)]
    x, y = ctypes.c_int(), ctypes.c_int()
    found: list[tuple[str, tuple[int, int, int, int] | None]] = []
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        char = chr(code) if code < 0x110000 else " "
        if not char.isalnum() or pdfium.FPDFText_IsGenerated(text, index) == 1:
            found.append((" ", None))
            continue
        if not pdfium.FPDFText_GetCharBox(text, index, *sides):
            found.append((" ", None))
            continue
        left, right, low, high = (side.value for side in sides)
        xs, ys = [], []
        for across, up in ((left, low), (right, high)):
            pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
            xs.append(x.value)
            ys.append(y.value)
        found.append((char, (min(xs), min(ys), max(xs), max(ys))))
    text.close()
    return found


def _drop_text(page: Any) -> None:
    """Make all text of the page, in nested forms too, paint nothing."""
    import pypdfium2.raw as pdfium

    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=15):
        pdfium.FPDFTextObj_SetTextRenderMode(item, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)


def _picture(page: Any, scale: float) -> NDArray[np.int16]:
    bitmap = page.render(scale=scale, may_draw_forms=False)
    picture = np.asarray(bitmap.to_numpy(), dtype=np.int16)[:, :, :3].copy()
    bitmap.close()
    return picture
