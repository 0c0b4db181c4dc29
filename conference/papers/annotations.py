"""A page's annotations: their texts, and appearances for those that viewers draw themselves."""

from __future__ import annotations

import ctypes
from typing import Any

from conference.papers.pdfium import string_of

THICK = 3.0  # points; a border this wide may hide print


def notes_of_page(page: Any) -> list[tuple[str, str]]:
    """The texts of a page's annotations and form fields. Also adds missing appearances.

    PDFium does not draw most kinds of annotation without an appearance; other viewers do.
    """
    import pypdfium2.raw as pdfium

    found = []
    for at in range(max(0, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        for key in (b"Contents", b"V"):
            text = string_of(pdfium.FPDFAnnot_GetStringValue, note, key)
            found += [("annotation", text)] if text else []
        look = _look(note)
        if look:
            letters = (look + "\0").encode("utf-16-le")
            room = ctypes.create_string_buffer(letters)
            code = ctypes.cast(room, ctypes.POINTER(pdfium.FPDF_WCHAR))
            pdfium.FPDFAnnot_SetAP(note, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, code)
        pdfium.FPDFPage_CloseAnnot(note)
    return found


def _look(note: Any) -> str:
    """Operators that draw an annotation; "" if viewers draw none or it has an appearance."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetSubtype(note)
    lines = (pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_POLYLINE)
    areas = (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_POLYGON)
    width = _width(note)
    if kind not in (*lines, *areas) and (kind != pdfium.FPDF_ANNOT_LINK or width < THICK):
        return ""
    if pdfium.FPDFAnnot_GetAP(note, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) > 2:
        return ""
    if kind in areas:
        inner = kind == pdfium.FPDF_ANNOT_POLYGON
        colour, path = _colour(note, inner), _path(note) if inner else _rectangle(note)
        return f"{colour} rg {path} f" if colour and path else ""
    link = kind == pdfium.FPDF_ANNOT_LINK
    path = _rectangle(note) if link else _path(note)
    width = width if link else max(width, _room_beside(note))
    return f"{_colour(note, False) or '0 0 0'} RG {width} w {path} S" if path else ""


def _room_beside(note: Any) -> float:
    """The line width of an annotation: how much larger its rectangle is than its points."""
    import pypdfium2.raw as pdfium

    box, points = pdfium.FS_RECTF(), _points(note)
    if not points or not pdfium.FPDFAnnot_GetRect(note, box):
        return 0.0
    across, up = (max(sides) - min(sides) for sides in zip(*points, strict=True))
    return float(max(abs(box.right - box.left) - across, abs(box.top - box.bottom) - up))


def _width(note: Any) -> float:
    import pypdfium2.raw as pdfium

    across, down, width = (ctypes.c_float() for _ in range(3))
    known = pdfium.FPDFAnnot_GetBorder(note, across, down, width)
    return width.value if known else 1.0


def _colour(note: Any, inner: bool) -> str:
    """Red, green and blue as operands; "" if the annotation has no such colour."""
    import pypdfium2.raw as pdfium

    key = b"IC" if inner else b"C"
    if not pdfium.FPDFAnnot_HasKey(note, key):
        return ""
    kind = pdfium.FPDFANNOT_COLORTYPE_InteriorColor if inner else pdfium.FPDFANNOT_COLORTYPE_Color
    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFAnnot_GetColor(note, kind, *parts):
        return ""
    return " ".join(f"{part.value / 255:.3f}" for part in parts[:3])


def _rectangle(note: Any) -> str:
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(note, box):
        return ""
    return f"{box.left} {box.bottom} {box.right - box.left} {box.top - box.bottom} re"


def _path(note: Any) -> str:
    """Operators for the lines through an annotation's points."""
    first, *rest = [f"{x} {y}" for x, y in _points(note)] or [""]
    return " ".join([f"{first} m", *(f"{each} l" for each in rest)]) if first else ""


def _points(note: Any) -> list[tuple[float, float]]:
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFAnnot_GetVertices(note, None, 0)
    points = (pdfium.FS_POINTF * max(2, count))()
    if count:
        pdfium.FPDFAnnot_GetVertices(note, points, count)
    elif not pdfium.FPDFAnnot_GetLine(note, points[0], points[1]):
        return []
    return [(point.x, point.y) for point in points[: count or 2]]
