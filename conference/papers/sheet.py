"""A page of a PDF: its characters with their boxes, and drawings of it as viewers make them."""

from __future__ import annotations

import ctypes
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.papers import page_objects
from conference.papers.annotations import notes_of_page
from conference.papers.page_objects import Box, Floats, Objects
from conference.papers.pdfium import PDFIUM, address, call, open_pdf

Pixels = NDArray[np.uint32]
FAR = 10_000  # points
GRID = 100  # cells on a side of a page, to measure the area of its pictures
OUTLINED, STROKED = (1, 2, 5, 6), (1, 5)  # rendering modes
SOFT_HYPHEN, HYPHEN_AT_END = 0xAD, 0xFFFE
WHITE = 0xFFFFFFFF
Window = tuple[int, int, int, int]
ORNAMENTS = re.compile(
    r"wing ?dings|webdings|dingbats|marlett|symbol|ornament|mt ?extra|blank|bar ?code"
    r"|code ?(?:39|128)|3 ?of ?9|invisible|icons?\b|awesome",
    re.IGNORECASE,
)


class Characters(msgspec.Struct, frozen=True):
    """The n characters of a page in the order of its content.

    `text` has one UTF-16 unit per character. `boxes` (n, 4) are the glyphs' left, bottom, right and
    top in points; `objects` (n,) are the addresses of the text objects that paint them, 0 for
    blanks and line ends that PDFium inserts between words.
    """

    text: str
    boxes: Floats
    objects: NDArray[np.uint64]


class Sheet:
    """One open page.

    `spoken` are replacement texts (ActualText, for reading aloud and copying) that say much more
    than the print they replace; they are not part of the page's text. `notes` are the texts of
    annotations and form fields, each with its place. `strict` is the page as stricter viewers draw
    it, if that differs.
    """

    def __init__(self, page: Any, strict: Sheet | None = None) -> None:
        self.page = page
        self.strict = strict
        self.width, self.height = page.get_size()
        self.notes = notes_of_page(page)
        replaced = page_objects.drop_replacements(self.objects)
        self._text = page.get_textpage()
        self._fonts: dict[int, int] = {}
        self._angles: dict[int, float] = {}
        self._maps: dict[float, tuple[Floats, Floats]] = {}
        self.characters = self._read()
        letters = Counter(self.characters.objects.tolist() if replaced else ())
        self.spoken = [
            text
            for text, owners in replaced
            if sum(map(str.isalnum, text)) > 3 * sum(letters[each] for each in owners) + 20
        ]

    def _read(self) -> Characters:
        raw = address(self._text.raw)
        count = max(0, self._text.count_chars())
        sides = np.zeros((count, 4))
        left = sides.ctypes.data
        box, owner = call("FPDFText_GetCharBox"), call("FPDFText_GetTextObject")
        codes = self._codes(count)
        if len(codes) != count:
            each = map(call("FPDFText_GetUnicode"), repeat(raw), range(count))
            codes = np.array(list(each), dtype=np.int64)
        places = (range(left + 8 * side, left + sides.nbytes, 32) for side in (0, 2, 1, 3))
        deque(map(box, repeat(raw), range(count), *places), maxlen=0)
        objects = [found or 0 for found in map(owner, repeat(raw), range(count))]
        # A soft hyphen that is drawn is a hyphen or a minus: some fonts share one glyph for them.
        drawn = (sides[:, 2] > sides[:, 0]) & (sides[:, 3] > sides[:, 1])
        drawn[1:] &= (sides[1:] != sides[:-1]).any(axis=1)  # It is not part of a letter's glyph.
        codes[(codes == SOFT_HYPHEN) & drawn] = ord("-")
        written = np.minimum(codes, 0xFFFF).astype("<u4").tobytes()
        text = written.decode("utf-32-le", "surrogatepass")
        return Characters(text, sides, np.array(objects, dtype=np.uint64))

    def _codes(self, count: int) -> NDArray[np.int64]:
        """The characters' UTF-16 units from one call, which omits control characters."""
        import pypdfium2.raw as pdfium

        room = np.zeros(count + 1, dtype=np.uint16)
        start = room.ctypes.data_as(ctypes.POINTER(ctypes.c_ushort))
        written = pdfium.FPDFText_GetText(self._text, 0, count, start)
        codes = room[: max(0, written - 1)].astype(np.int64)
        codes[codes == HYPHEN_AT_END] = 2  # as FPDFText_GetUnicode returns it
        return codes

    def font(self, owner: int) -> int:
        """The address of a text object's font."""
        if owner not in self._fonts:
            known = owner in self.objects.texts
            self._fonts[owner] = call("FPDFTextObj_GetFont")(owner) or 0 if known else 0
        return self._fonts[owner]

    def embedded(self, owner: int) -> bool:
        """Whether a text object's font is embedded in the file."""
        return owner in self.objects.texts and page_objects.embedded(owner)

    def ornamental(self, owner: int) -> bool:
        """Whether a text object's font is not in the file, and has ornaments by its name."""
        known = owner in self.objects.texts and not page_objects.embedded(owner)
        return known and bool(ORNAMENTS.search(page_objects.font_name(owner)))

    def angles(self, at: NDArray[np.int64]) -> Floats:
        """The counterclockwise angles of some characters on the page, in radians."""
        import pypdfium2.raw as pdfium

        owners, first, own = np.unique(
            self.characters.objects[at], return_index=True, return_inverse=True
        )
        for owner, each in zip(owners.tolist(), at[first].tolist(), strict=True):
            if owner not in self._angles:
                turned = -pdfium.FPDFText_GetCharAngle(self._text, each)
                self._angles[owner] = float(turned - self.page.get_rotation() * np.pi / 180)
        return np.array([self._angles[owner] for owner in owners.tolist()])[own]

    def ems(self, at: NDArray[np.int64]) -> Floats:
        """How far an em of some characters leads across and up the page, (n, 2, 2) in points."""
        owners, _, ems = self._owners
        return np.asarray(ems[np.searchsorted(owners, self.characters.objects[at])])

    def fonts(self, owners: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """The addresses of the fonts of text objects that have characters."""
        known = self._owners[0]
        return self._font_addresses[np.searchsorted(known, owners)]

    @cached_property
    def _font_addresses(self) -> NDArray[np.uint64]:
        return np.array([self.font(owner) for owner in self._owners[0].tolist()], np.uint64)

    @cached_property
    def _owners(self) -> tuple[NDArray[np.uint64], NDArray[np.int64], Floats]:
        """The text objects of the characters, the first character of each, and its em."""
        owners, first = np.unique(self.characters.objects, return_index=True)
        raw = address(self._text.raw)
        matrices = np.zeros((len(owners), 6), dtype=np.float32)
        start = matrices.ctypes.data
        places = range(start, start + matrices.nbytes, matrices.itemsize * 6)
        deque(map(call("FPDFText_GetMatrix"), repeat(raw), first.tolist(), places), maxlen=0)
        sizes = list(map(call("FPDFText_GetFontSize"), repeat(raw), first.tolist()))
        ems = matrices[:, :4].reshape(-1, 2, 2).astype(float) * np.array(sizes)[:, None, None]
        return owners, first, ems

    def print_sizes(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The print size of each character in points, and whether it is rotated."""
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

    def paint(self, owner: int, box: Floats) -> str:
        """How a text object's own settings hide a glyph in `box`; "" if they do not."""
        return page_objects.paint(owner, box) if owner in self.objects.texts else ""

    def plain_colour(self, owner: int) -> int | None:
        """The colour of a text object's letters, as of a pixel; None where it is no plain one."""
        return page_objects.plain_colour(owner) if owner in self.objects.texts else None

    @cached_property
    def covers(self) -> page_objects.Covers:
        return page_objects.covers_of(self.page)

    def pictured(self) -> float:
        """The share of the page that its pictures cover together: a scan may come in strips."""
        covered = np.zeros((GRID, GRID), bool)
        places = self.places(np.array(self.pictures).reshape(-1, 4), 1.0)
        cells = places / np.array([self.width, self.height] * 2) * GRID
        for left, top, right, bottom in np.round(cells).clip(0, GRID).astype(int).tolist():
            covered[top:bottom, left:right] = True
        return float(covered.mean())

    def on_nested_picture(self, owner: int, box: Floats) -> bool:
        """Whether a glyph in a nested form, such as a figure, is on a picture."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        on = any(p[0] <= x <= p[2] and p[1] <= y <= p[3] for p in self.pictures)
        return on and self.objects.texts.get(owner, 0) > 0

    @cached_property
    def pictures(self) -> list[Box]:
        """Left, bottom, right and top of the page's images."""
        return [box for each in self.objects.pictures if (box := page_objects.box_of(each))]

    @cached_property
    def objects(self) -> Objects:
        return page_objects.objects_of(self.page)

    def draw(self, scale: float, window: Window) -> Pixels:
        """A part of the page as viewers draw it, with its annotations and form fields.

        `window` is left, top, right and bottom of the part in pixels at this scale. The bytes of a
        pixel of the result (rows, columns) are blue, green, red and opacity, lowest first.
        """
        import pypdfium2.raw as pdfium

        left, top, right, bottom = window
        wide, high = right - left, bottom - top
        picture = np.full((high, wide), WHITE, dtype=np.uint32)
        # PDFium follows all blend modes only on a bitmap with an alpha channel.
        kind, data = pdfium.FPDFBitmap_BGRA, picture.ctypes.data
        bitmap = pdfium.FPDFBitmap_CreateEx(wide, high, kind, data, 4 * wide)
        place = (-left, -top, *self.pixels(scale), 0, pdfium.FPDF_ANNOT)
        pdfium.FPDF_RenderPageBitmap(bitmap, self.page, *place)
        if self.page.formenv:
            pdfium.FPDF_FFLDraw(self.page.formenv, bitmap, self.page, *place)
        pdfium.FPDFBitmap_Destroy(bitmap)
        return picture

    def draw_without(self, owners: Iterable[int], scale: float, window: Window) -> Pixels:
        """Like `draw`, without some text objects (by address) and their duplicates."""
        chosen = set(owners)
        chosen |= {twin for each in chosen for twin in self._twins.get(each, ())}
        known = chosen & self.objects.texts.keys()
        if self._bare and len(known) == len(self.objects.texts):  # Nothing is left to draw.
            high, wide = window[3] - window[1], window[2] - window[0]
            return _white(1 << (high * wide).bit_length())[: high * wide].reshape(high, wide)
        show = call("FPDFPageObj_SetIsActive")
        try:
            deque(map(show, known, repeat(0)), maxlen=0)
            return self.draw(scale, window)
        finally:
            deque(map(show, known, repeat(1)), maxlen=0)

    @cached_property
    def _bare(self) -> bool:
        """Whether the page has only text."""
        import pypdfium2.raw as pdfium

        return self.objects.only_text and not pdfium.FPDFPage_GetAnnotCount(self.page)

    @cached_property
    def hollow(self) -> frozenset[int]:
        """The text objects whose letters are painted as outlines alone."""
        return frozenset(each for each, mode in self._modes.items() if mode in STROKED)

    @cached_property
    def _modes(self) -> dict[int, int]:
        """The rendering modes of the text objects that have another than the common one."""
        mode = call("FPDFTextObj_GetTextRenderMode")
        modes = zip(self.objects.texts, map(mode, self.objects.texts), strict=True)
        return {each: own for each, own in modes if own}

    @cached_property
    def outlines(self) -> dict[int, float]:
        """The text objects whose letters are painted with outlines, and the outlines' widths.

        Those with the same letters painted inside once more, as for a halo, are left out.
        """
        some = [each for each, mode in self._modes.items() if mode in OUTLINED]
        read = set(self.characters.objects.tolist()) if some else set()
        left = self.objects.texts.keys() - read if some else ()
        again = [page_objects.box_of(each) for each in left]
        return {
            each: page_objects.outline(each)
            for each in some
            if not any(page_objects.within(box, page_objects.box_of(each)) for box in again)
        }

    @property
    def doubled(self) -> NDArray[np.uint64]:
        """The text objects that have a duplicate."""
        return np.array(list(self._twins), dtype=np.uint64)

    @cached_property
    def _twins(self) -> dict[int, list[int]]:
        return page_objects.twins_of(self.objects, set(self.characters.objects.tolist()))

    def pixels(self, scale: float) -> tuple[int, int]:
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def places(self, boxes: Floats, scale: float) -> Floats:
        base, turn = self._map(scale)
        corners = np.stack([boxes[:, :2] @ turn + base, boxes[:, 2:] @ turn + base])
        return np.concatenate([corners.min(axis=0), corners.max(axis=0)], axis=1)

    def _map(self, scale: float) -> tuple[Floats, Floats]:
        """The page's origin in pixels, and the pixel steps of one point across and one up."""
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


@lru_cache(maxsize=1)
def _white(pixels: int) -> Pixels:
    """White pixels, which nobody may change."""
    found = np.full(pixels, WHITE, dtype=np.uint32)
    found.flags.writeable = False
    return found


def sheets(path: Path) -> Iterator[Sheet]:
    """Each page of a PDF that we made ourselves."""
    with PDFIUM, open_pdf(path, path.read_bytes()) as document:
        for page in document:
            yield Sheet(page)
