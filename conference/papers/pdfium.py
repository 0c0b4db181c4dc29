"""PDFium, the library that reads PDFs: fast calls of it, opening files, and their metadata.

PDFium serves one thread of a process at a time and crashes otherwise: callers hold `PDFIUM`.
"""

from __future__ import annotations

import ctypes
import io
import threading
from functools import cache
from pathlib import Path
from typing import Any

from conference.core.clean import whole_characters
from conference.papers.paint import as_the_standard_paints, may_differ, strictly

PDFIUM = threading.Lock()
METADATA = (b"Title", b"Author", b"Subject", b"Keywords", b"Creator", b"Producer")
_AT, _NUMBER = ctypes.c_void_p, ctypes.c_int
_SHAPES: dict[str, tuple[Any, ...]] = {  # the result, and the arguments
    "FPDFText_GetUnicode": (ctypes.c_uint, _AT, _NUMBER),
    "FPDFText_GetCharBox": (_NUMBER, _AT, _NUMBER, _AT, _AT, _AT, _AT),
    "FPDFText_GetTextObject": (_AT, _AT, _NUMBER),
    "FPDFText_GetMatrix": (_NUMBER, _AT, _NUMBER, _AT),
    "FPDFText_GetFontSize": (ctypes.c_double, _AT, _NUMBER),
    "FPDFTextObj_GetTextRenderMode": (_NUMBER, _AT),
    "FPDFPage_CountObjects": (_NUMBER, _AT),
    "FPDFPage_GetObject": (_AT, _AT, _NUMBER),
    "FPDFFormObj_CountObjects": (_NUMBER, _AT),
    "FPDFFormObj_GetObject": (_AT, _AT, ctypes.c_ulong),
    "FPDFPageObj_GetType": (_NUMBER, _AT),
    "FPDFPageObj_CountMarks": (_NUMBER, _AT),
    "FPDFPageObj_SetIsActive": (_NUMBER, _AT, _NUMBER),
    "FPDFTextObj_GetFont": (_AT, _AT),
}


@cache
def call(name: str) -> Any:
    """A PDFium function that takes addresses, for calls that are made per character or object."""
    import pypdfium2.raw as pdfium

    result, *arguments = _SHAPES[name]
    return ctypes.PYFUNCTYPE(result, *arguments)(address(getattr(pdfium, name)))


def address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def open_pdf(path: Path, data: bytes) -> Any:
    """The document in `path` with the content `data`, ready to draw its form fields.

    Parts that PDFium would not paint as the standard says are rewritten (`paint.py`).

    Raises:
        pypdfium2.PdfiumError: PDFium cannot read it; its `err_code` says why.
        ValueError: its colours cannot be parsed.
    """
    return _opened(path, _saved(path, data))


def open_twice(path: Path, data: bytes) -> tuple[Any, Any | None]:
    """The document, and the document as stricter viewers draw it; None if that does not differ.

    Raises:
        As `open_pdf`.
    """
    saved = _saved(path, data)
    document = _opened(path, saved)
    strict = strictly(as_the_standard_paints(saved) or saved) if saved else None
    return document, _ready(strict) if strict else None


def _saved(path: Path, data: bytes) -> bytes | None:
    """The file as PDFium saves it; None if it has no part that may be painted differently."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    if not may_differ(data):
        return None
    saved = io.BytesIO()
    with pypdfium2.PdfDocument(path) as document:
        if pdfium.FPDF_GetSecurityHandlerRevision(document) >= 0:
            return None
        document.save(saved, flags=pdfium.FPDF_NO_INCREMENTAL)
    return saved.getvalue()


def _opened(path: Path, saved: bytes | None) -> Any:
    return _ready((as_the_standard_paints(saved) if saved else None) or path)


def _ready(source: Path | bytes) -> Any:
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    return document


def title_of(document: Any) -> str:
    """The title in the document's metadata."""
    import pypdfium2.raw as pdfium

    return string_of(pdfium.FPDF_GetMetaText, document, b"Title")


def notes_of(document: Any) -> list[tuple[str, str]]:
    """The texts of a document's metadata and bookmarks, each once, as (place, text)."""
    import pypdfium2.raw as pdfium

    found: dict[tuple[str, str], None] = {}
    for key in METADATA:
        found["metadata", string_of(pdfium.FPDF_GetMetaText, document, key)] = None
    seen: set[int] = set()
    waiting = [pdfium.FPDFBookmark_GetFirstChild(document, None)]
    while waiting:  # Bookmarks may form a cycle.
        mark = waiting.pop()
        if mark and address(mark) not in seen:
            seen.add(address(mark))
            found["bookmark", string_of(pdfium.FPDFBookmark_GetTitle, mark)] = None
            waiting.append(pdfium.FPDFBookmark_GetNextSibling(document, mark))
            waiting.append(pdfium.FPDFBookmark_GetFirstChild(document, mark))
    return [note for note in found if note[1]]


def string_of(call: Any, *arguments: Any) -> str:
    """The text that a PDFium function writes into a buffer of the size that it asks for."""
    import pypdfium2.raw as pdfium

    size = call(*arguments, None, 0)
    room = ctypes.create_string_buffer(max(2, size))
    if "Annot" in call.__name__:
        call(*arguments, ctypes.cast(room, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    else:
        call(*arguments, room, size)
    return whole_characters(room.raw.decode("utf-16-le", "surrogatepass").rstrip("\0"))


def parameter_of(mark: Any, name: bytes) -> str | None:
    """A text parameter of a mark; None if it has none of that name."""
    import pypdfium2.raw as pdfium

    size, nothing = ctypes.c_ulong(), ctypes.POINTER(ctypes.c_ubyte)()
    read = pdfium.FPDFPageObjMark_GetParamBlobValue
    if not read(mark, name, nothing, 0, size):
        return None
    room = (ctypes.c_ubyte * max(1, size.value))()
    read(mark, name, room, size.value, size)
    data = bytes(room)[: size.value]
    for start, coding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        if data.startswith(start):
            return whole_characters(data[2:].decode(coding, "replace")).rstrip("\0")
    try:
        return data.decode("utf-8-sig").rstrip("\0")
    except UnicodeDecodeError:
        return data.decode("latin-1").rstrip("\0")
