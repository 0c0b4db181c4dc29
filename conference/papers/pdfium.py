"""Pages of a PDF through PDFium: their characters with boxes, and how a viewer draws them.

All that the reader of papers knows of a file comes through here. PDFium serves one thread of a
process at a time, and crashes on two: whoever calls it holds `PDFIUM`.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.clean import whole_characters

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint32]
PDFIUM = threading.Lock()
FAR = 10_000  # points
DEEPEST = 15  # forms within forms
SOFT_HYPHEN, HYPHEN_AT_END = 0xAD, 0xFFFE
METADATA = (b"Title", b"Author", b"Subject", b"Keywords", b"Creator", b"Producer")


class Characters(msgspec.Struct, frozen=True):
    """A page's characters in the order of its content, n of them.

    `text` has one UTF-16 unit for each. `boxes` (n, 4) are the glyphs' own left, bottom, right and
    top in points; `objects` (n,) the addresses of the text objects that paint them, 0 for the
    blanks and line ends that PDFium puts between words.
    """

    text: str
    boxes: Floats
    objects: NDArray[np.uint64]


@cache
def _calls() -> dict[str, Any]:
    """PDFium's three calls that are made for every character, taking addresses as numbers."""
    import pypdfium2.raw as pdfium

    address, number = ctypes.c_void_p, ctypes.c_int
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "FPDFText_GetUnicode": (ctypes.c_uint, [address, number]),
        "FPDFText_GetCharBox": (number, [address, number, address, address, address, address]),
        "FPDFText_GetTextObject": (address, [address, number]),
    }
    made = {}
    for name, (result, arguments) in shapes.items():
        raw = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
        assert raw is not None
        made[name] = ctypes.CFUNCTYPE(result, *arguments)(raw)
    return made


class Sheet:
    """One open page.

    `spoken` are the texts that stand for others when the page is read aloud or copied
    (ActualText) and say much more than these show. No text of the page is taken from them.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.width, self.height = page.get_size()
        replaced = self._drop_replacements()
        self._text = page.get_textpage()
        self._fonts: dict[int, int] = {}
        self._angles: dict[int, float] = {}
        self._maps: dict[float, tuple[Floats, Floats]] = {}
        self.characters = self._read()
        shown = np.unique(self.characters.objects, return_counts=True)
        letters = dict(zip(*(part.tolist() for part in shown), strict=True))
        self.spoken = [
            text
            for text, owners in replaced
            if sum(map(str.isalnum, text)) > 3 * sum(letters.get(each, 0) for each in owners) + 20
        ]

    def _drop_replacements(self) -> list[tuple[str, list[int]]]:
        """Take the replacement texts off the page; each with the text objects that it stood for."""
        import pypdfium2.raw as pdfium

        found: list[tuple[str, list[int]]] = []
        for owner, item in self.objects.items():
            for at in reversed(range(max(0, pdfium.FPDFPageObj_CountMarks(item)))):
                mark = pdfium.FPDFPageObj_GetMark(item, at)
                text = _parameter(mark, b"ActualText")
                if text is None:
                    continue
                pdfium.FPDFPageObj_RemoveMark(item, mark)
                if found and found[-1][0] == text:
                    found[-1][1].append(owner)
                else:
                    found.append((text, [owner]))
        return found

    def _read(self) -> Characters:
        calls = _calls()
        raw = ctypes.cast(self._text.raw, ctypes.c_void_p).value
        count = max(0, self._text.count_chars())
        sides = np.zeros((count, 4))
        left = sides.ctypes.data
        end = left + sides.nbytes
        places = (range(left + 8 * side, end, 32) for side in (0, 2, 1, 3))
        code, box, owner = calls.values()
        deque(map(box, repeat(raw), range(count), *places), maxlen=0)
        codes = self._codes(count)
        if len(codes) != count:
            codes = np.array(list(map(code, repeat(raw), range(count))), dtype=np.int64)
        objects = [found or 0 for found in map(owner, repeat(raw), range(count))]
        # A soft hyphen that is drawn is a hyphen or a minus, as where both are one glyph of a font.
        drawn = (sides[:, 2] > sides[:, 0]) & (sides[:, 3] > sides[:, 1])
        drawn[1:] &= (sides[1:] != sides[:-1]).any(axis=1)  # Not one that goes with a letter.
        codes[(codes == SOFT_HYPHEN) & drawn] = ord("-")
        text = "".join(map(chr, np.minimum(codes, 0xFFFF).tolist()))
        return Characters(text, sides, np.array(objects, dtype=np.uint64))

    def _codes(self, count: int) -> NDArray[np.int64]:
        """The characters' UTF-16 units at one call, which leaves out those that are controls."""
        import pypdfium2.raw as pdfium

        room = np.zeros(count + 1, dtype=np.uint16)
        start = room.ctypes.data_as(ctypes.POINTER(ctypes.c_ushort))
        written = pdfium.FPDFText_GetText(self._text, 0, count, start)
        codes = room[: max(0, written - 1)].astype(np.int64)
        codes[codes == HYPHEN_AT_END] = 2  # as it is when asked for by itself
        return codes

    def font(self, owner: int) -> int:
        """The address of the font of a text object."""
        import pypdfium2.raw as pdfium

        if owner not in self._fonts:
            item = self.objects.get(owner)
            self._fonts[owner] = address(pdfium.FPDFTextObj_GetFont(item)) if item else 0
        return self._fonts[owner]

    def embedded(self, owner: int) -> bool:
        """Whether the font of a text object is in the file."""
        import pypdfium2.raw as pdfium

        item = self.objects.get(owner)
        font = pdfium.FPDFTextObj_GetFont(item) if item else None
        return bool(font) and pdfium.FPDFFont_GetIsEmbedded(font) == 1

    def angle(self, at: int) -> float:
        """By how much a character is turned against the clock on the page, in radians."""
        import pypdfium2.raw as pdfium

        owner = int(self.characters.objects[at])
        if owner not in self._angles:
            turned = -pdfium.FPDFText_GetCharAngle(self._text, at)
            self._angles[owner] = float(turned - self.page.get_rotation() * np.pi / 180)
        return self._angles[owner]

    def print_sizes(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The print size of each character in points, and which are turned; by text object."""
        import pypdfium2.raw as pdfium

        text, matrix = self._text, pdfium.FS_MATRIX()
        owners, first, own = np.unique(
            self.characters.objects, return_index=True, return_inverse=True
        )
        sizes, turned = np.zeros(len(owners)), np.zeros(len(owners), bool)
        for number, (owner, at) in enumerate(zip(owners.tolist(), first.tolist(), strict=True)):
            if owner and pdfium.FPDFText_GetMatrix(text, at, matrix):
                height = (matrix.c**2 + matrix.d**2) ** 0.5
                sizes[number] = round(pdfium.FPDFText_GetFontSize(text, at) * height, 1)
                turned[number] = abs(matrix.b) > 1e-3
        return sizes[own], turned[own]

    def notes(self) -> list[tuple[str, str]]:
        """The texts of the page's annotations and form fields."""
        import pypdfium2.raw as pdfium

        found = []
        for at in range(max(0, pdfium.FPDFPage_GetAnnotCount(self.page))):
            note = pdfium.FPDFPage_GetAnnot(self.page, at)
            if note:
                for key in (b"Contents", b"V"):
                    text = _string(pdfium.FPDFAnnot_GetStringValue, note, key)
                    found += [("annotation", text)] if text else []
                pdfium.FPDFPage_CloseAnnot(note)
        return found

    def paint(self, owner: int, box: Floats) -> str:
        """How a text object says that it paints a glyph in `box`, where that hides it."""
        import pypdfium2.raw as pdfium

        item = self.objects.get(owner)
        if item is None:
            return ""
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

    def pictured(self) -> float:
        """The share of the page that its largest picture covers."""
        largest = max(((box[2] - box[0]) * (box[3] - box[1]) for box in self.pictures), default=0.0)
        return float(largest / max(self.width * self.height, 1.0))

    def on_nested_picture(self, owner: int, box: Floats) -> bool:
        """Whether a glyph of a nested form, as figures are, lies on a picture."""
        item = self.objects.get(owner)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        on = any(p[0] <= x <= p[2] and p[1] <= y <= p[3] for p in self.pictures)
        return on and item is not None and item.level > 0

    @cached_property
    def pictures(self) -> list[tuple[float, float, float, float]]:
        """Left, bottom, right and top of the page's images."""
        import pypdfium2
        import pypdfium2.raw as pdfium

        found = []
        for item in self.page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=DEEPEST):
            with suppress(pypdfium2.PdfiumError):
                found.append(item.get_bounds())
        return found

    @cached_property
    def objects(self) -> dict[int, Any]:
        """The text objects of the page, in nested forms too, by address."""
        import pypdfium2.raw as pdfium

        found = self.page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=DEEPEST)
        return {address(item.raw): item for item in found}

    def draw(self, scale: float, window: tuple[int, int, int, int] | None = None) -> Pixels:
        """The page as viewers draw it, with its annotations and form fields; (rows, columns).

        A pixel's bytes are blue, green, red and opacity, from the lowest.
        `window` is the part to draw: left, top, right and bottom in pixels at this scale.
        """
        import pypdfium2.raw as pdfium

        width, height = self.pixels(scale)
        left, top, right, bottom = window or (0, 0, width, height)
        picture = np.full((bottom - top, right - left), 0xFFFFFFFF, dtype=np.uint32)
        # Only on a ground with an alpha channel does PDFium follow all blend modes.
        bitmap = pdfium.FPDFBitmap_CreateEx(
            right - left,
            bottom - top,
            pdfium.FPDFBitmap_BGRA,
            picture.ctypes.data,
            4 * (right - left),
        )
        place = (-left, -top, width, height, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDF_RenderPageBitmap(bitmap, self.page, *place)
        if self.page.formenv:
            pdfium.FPDF_FFLDraw(self.page.formenv, bitmap, self.page, *place)
        pdfium.FPDFBitmap_Destroy(bitmap)
        return picture

    def pixels(self, scale: float) -> tuple[int, int]:
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def places(self, boxes: Floats, scale: float) -> Floats:
        base, turn = self._map(scale)
        corners = np.stack([boxes[:, :2] @ turn + base, boxes[:, 2:] @ turn + base])
        return np.concatenate([corners.min(axis=0), corners.max(axis=0)], axis=1)

    def _map(self, scale: float) -> tuple[Floats, Floats]:
        """Where the page's origin lies in pixels, and how far a point across and one up lead."""
        import pypdfium2.raw as pdfium

        if scale not in self._maps:
            x, y = ctypes.c_int(), ctypes.c_int()
            ends = []
            # In hundredths of a pixel: PDFium gives whole numbers.
            width, height = (round(100 * side) for side in self.pixels(scale))
            for across, up in ((0, 0), (FAR, 0), (0, FAR)):
                pdfium.FPDF_PageToDevice(self.page, 0, 0, width, height, 0, across, up, x, y)
                ends.append((x.value / 100, y.value / 100))
            base = np.array(ends[0])
            self._maps[scale] = base, (np.array(ends[1:]) - base) / FAR
        return self._maps[scale]

    @contextmanager
    def without(self, owners: Iterable[int]) -> Iterator[None]:
        """Meanwhile these text objects, by address, and their twins are not drawn."""
        import pypdfium2.raw as pdfium

        chosen = set(owners)
        chosen |= {twin for each in chosen for twin in self._twins.get(each, ())}
        known = [self.objects[each] for each in chosen if each in self.objects]
        try:
            for item in known:
                pdfium.FPDFPageObj_SetIsActive(item, False)
            yield
        finally:
            for item in known:
                pdfium.FPDFPageObj_SetIsActive(item, True)

    @property
    def doubled(self) -> NDArray[np.uint64]:
        """The text objects that have a twin."""
        return np.array(list(self._twins), dtype=np.uint64)

    @cached_property
    def _twins(self) -> dict[int, list[int]]:
        """Text objects that PDFium leaves out as it read the same letters in the same place."""
        owners = set(self.characters.objects.tolist())
        left_out = [each for each in self.objects if each not in owners]
        twins: dict[int, list[int]] = {}
        known: dict[tuple[int, int, int, int], list[tuple[int, Any]]] = {}
        for each in self.objects if left_out else ():
            shape, corner = self._shape(each)
            if each in owners:
                known.setdefault(shape, []).append((each, corner))
        for each in left_out:
            shape, corner = self._shape(each)
            for owner, other in known.get(shape, ()):
                if np.abs(corner - other).max() < 0.01 * shape[1]:  # of the font size in 1/100
                    twins.setdefault(owner, []).append(each)
        return twins

    def _shape(self, owner: int) -> tuple[tuple[int, int, int, int], Floats]:
        """A text object's font, and its print and outer sizes in 1/100 points; and its corner."""
        import pypdfium2
        import pypdfium2.raw as pdfium

        item, size = self.objects[owner], ctypes.c_float()
        font = address(pdfium.FPDFTextObj_GetFont(item))
        pdfium.FPDFTextObj_GetFontSize(item, size)
        try:
            left, low, right, high = item.get_bounds()
        except pypdfium2.PdfiumError:
            left = low = right = high = 0.0
        sides = (size.value, right - left, high - low)
        points = tuple(round(100 * min(max(side, -1e9), 1e9)) for side in sides)
        return (font, points[0], points[1], points[2]), np.array([left, low])


def _string(call: Any, *arguments: Any) -> str:
    """The text that one of PDFium's calls writes into a buffer of the size that it asks for."""
    import pypdfium2.raw as pdfium

    size = call(*arguments, None, 0)
    room = ctypes.create_string_buffer(max(2, size))
    if "Annot" in call.__name__:
        call(*arguments, ctypes.cast(room, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    else:
        call(*arguments, room, size)
    return whole_characters(room.raw.decode("utf-16-le", "surrogatepass").rstrip("\0"))


def _parameter(mark: Any, name: bytes) -> str | None:
    """A text among the parameters of a mark."""
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


def _beyond_clip(item: Any, box: Floats) -> bool:
    """Whether a box lies beyond any path of the object's clip."""
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


def address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def open_pdf(path: Path) -> Any:
    """The document, ready to draw its form fields.

    Raises:
        pypdfium2.PdfiumError: PDFium cannot read it; its `err_code` says why.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    return document


def sheets(path: Path) -> Iterator[Sheet]:
    """Each page of a PDF of our own."""
    with PDFIUM, open_pdf(path) as document:
        for page in document:
            yield Sheet(page)


def title_of(document: Any) -> str:
    """The title on record."""
    import pypdfium2.raw as pdfium

    return _string(pdfium.FPDF_GetMetaText, document, b"Title")


def notes_of(document: Any) -> list[tuple[str, str]]:
    """The texts of a document's metadata and bookmarks, each once and with its place."""
    import pypdfium2.raw as pdfium

    found: dict[tuple[str, str], None] = {}
    for key in METADATA:
        found["metadata", _string(pdfium.FPDF_GetMetaText, document, key)] = None
    seen: set[int] = set()
    waiting = [pdfium.FPDFBookmark_GetFirstChild(document, None)]
    while waiting:  # They may go round in a circle.
        mark = waiting.pop()
        if mark and address(mark) not in seen:
            seen.add(address(mark))
            found["bookmark", _string(pdfium.FPDFBookmark_GetTitle, mark)] = None
            waiting.append(pdfium.FPDFBookmark_GetNextSibling(document, mark))
            waiting.append(pdfium.FPDFBookmark_GetFirstChild(document, mark))
    return [note for note in found if note[1]]
