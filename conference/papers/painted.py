"""How a PDF's pages are painted: glyphs, filled boxes and images in order, by pdfminer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
Colour = tuple[float, float, float]
CELLS = 2_000_000  # Glyphs by patches that are compared at once.
logger = logging.getLogger(__name__)


class Glyph(msgspec.Struct, frozen=True):
    """One painted character. `order` counts painting steps; `colour` is None for a pattern.

    `size` is the print size and `across` the advance, both in points. `nested` says that it is part
    of an embedded form, as figures are.
    """

    text: str
    box: Box
    size: float
    across: float
    colour: Colour | None
    mode: int
    opacity: float
    layer_off: bool
    swapped: bool
    clipped: bool
    order: int
    nested: bool = False


class Patch(msgspec.Struct, frozen=True):
    """A filled shape or an image, by its box within the clip.

    `colour` is None where it differs from place to place or is not known; `square` says that all
    of the box is painted.
    """

    box: Box
    colour: Colour | None
    opacity: float
    order: int
    square: bool = False
    picture: bool = False


class Page(msgspec.Struct, frozen=True):
    """A page: its visible box, glyphs and patches in the order of painting.

    `spoken` are texts that stand for others when the page is read aloud or copied (ActualText).
    """

    number: int
    box: Box
    glyphs: tuple[Glyph, ...]
    patches: tuple[Patch, ...]
    spoken: tuple[str, ...] = ()

    def shows(self, glyph: Glyph) -> bool:
        """Whether the glyph's centre lies within the page's visible box."""
        x, y = _centre(glyph.box)
        return self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]

    def pictured(self) -> float:
        """The share of the page that its largest picture covers."""
        left, low, right, high = self.box
        area = max((right - left) * (high - low), 1e-9)
        boxes = [patch.box for patch in self.patches if patch.picture]
        sides = [
            (min(box[2], right) - max(box[0], left), min(box[3], high) - max(box[1], low))
            for box in boxes
        ]
        return max((max(w, 0) * max(h, 0) / area for w, h in sides), default=0.0)


class Layers:
    """What lies under and over each glyph of a page, (glyphs,); all at once, as there are many.

    `covered` says that something opaque is painted over the whole glyph later, or nearly the whole,
    and `pictured` that the glyph's centre lies on or under a picture.
    """

    def __init__(self, page: Page) -> None:
        self._patches = page.patches
        count, patches = len(page.glyphs), len(page.patches)
        self.covered, self.pictured = np.zeros(count, bool), np.zeros(count, bool)
        self._under = np.full(count, -1)
        if not count or not patches:
            return
        boxes = np.array([glyph.box for glyph in page.glyphs])
        order = np.array([glyph.order for glyph in page.glyphs])
        step = max(1, CELLS // patches)
        for start in range(0, count, step):
            some = slice(start, start + step)
            self._compare(some, boxes[some].T[:, :, None], order[some][:, None])

    def ground(self, at: int) -> Colour | None:
        """The colour under a glyph: white where nothing was painted, None where not known."""
        if self._under[at] < 0:
            return (1.0, 1.0, 1.0)
        patch = self._patches[self._under[at]]
        return patch.colour if patch.opacity > 0.95 else None

    def _compare(self, some: slice, boxes: NDArray[Any], order: NDArray[Any]) -> None:
        """Compare some glyphs, (sides, glyphs, 1) and (glyphs, 1), with all patches."""
        left, low, right, high = self._sides
        slack = 0.1 * (boxes[3] - boxes[1])
        over = self._opaque & (self._order > order)
        over &= (left <= boxes[0] + slack) & (right >= boxes[2] - slack)
        over &= (low <= boxes[1] + slack * 2) & (high >= boxes[3] - slack * 2)
        self.covered[some] = over.any(axis=1)
        x, y = (boxes[0] + boxes[2]) / 2, (boxes[1] + boxes[3]) / 2
        around = (left <= x) & (x <= right) & (low <= y) & (y <= high)
        self.pictured[some] = (around & self._picture).any(axis=1)
        under = around & self._shown & (self._order < order)
        last = under.shape[1] - 1 - under[:, ::-1].argmax(axis=1)
        self._under[some] = np.where(under.any(axis=1), last, -1)

    @cached_property
    def _order(self) -> NDArray[Any]:
        return np.array([patch.order for patch in self._patches])

    @cached_property
    def _sides(self) -> NDArray[Any]:
        return np.array([patch.box for patch in self._patches]).T

    @cached_property
    def _opaque(self) -> NDArray[np.bool_]:
        return np.array([patch.square and patch.opacity > 0.9 for patch in self._patches])

    @cached_property
    def _shown(self) -> NDArray[np.bool_]:
        return np.array([patch.opacity > 0.1 for patch in self._patches])

    @cached_property
    def _picture(self) -> NDArray[np.bool_]:
        return np.array([patch.picture for patch in self._patches])


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


class Reading(NamedTuple):
    """A PDF as painted: its pages, what it says beside them with the place, what was followed.

    `followed` are the numbers of the pages that were followed to their end; of another page there
    may be the part before the fault.
    """

    pages: list[Page]
    notes: list[tuple[str, str]]
    followed: set[int]


def read_pages(path: Path) -> Reading:
    """Each page as painted, and the texts of metadata, bookmarks and annotations.

    Every part is read for itself, so that a fault in one takes no other with it.
    """
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser

    from conference.papers.interpreter import Resources

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    reading = Reading([], [], set())
    with path.open("rb") as file, _forgiven(f"{path}: cannot be opened"):
        document = PDFDocument(PDFParser(file))
        _read_notes(document, path, reading.notes)
        off: set[int] = set()
        with _forgiven(f"{path}: its layers"):
            off = layers_off(document)
        resources = Resources()
        for number, page in enumerate(PDFPage.create_pages(document), 1):
            _follow(path, number, page, resources, off, reading)
    return reading


def _follow(
    path: Path, number: int, page: Any, resources: Any, off: set[int], reading: Reading
) -> None:
    """Read one page; of one that breaks pdfminer, what was painted before."""
    from conference.papers.interpreter import Interpreter
    from conference.papers.painter import Painter

    painter = Painter(resources)
    ended = False
    with _forgiven(f"{path}: page {number}"):
        Interpreter(resources, painter, off).process_page(page)
        ended = True
    with _forgiven(f"{path}: the box of page {number}"):
        reading.pages.append(painter.page(number, page))
        if ended:
            reading.followed.add(number)
    with _forgiven(f"{path}: the annotations of page {number}"):
        reading.notes.extend(_annotations(page))


@contextmanager
def _forgiven(what: str) -> Iterator[None]:
    """Go on after a fault: a hostile file breaks the parser anywhere."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        logger.debug("%s cannot be followed: %r", what, error)


def layers_off(document: Any) -> set[int]:
    """Object numbers of the optional content groups that are off by default."""
    from pdfminer.pdftypes import PDFObjRef, resolve1

    properties = resolve1(document.catalog.get("OCProperties")) or {}
    default = resolve1(properties.get("D")) or {}
    off = {ref.objid for ref in resolve1(default.get("OFF")) or [] if isinstance(ref, PDFObjRef)}
    if str(default.get("BaseState", "")).endswith("OFF'"):
        on = {ref.objid for ref in resolve1(default.get("ON")) or []}
        off |= {ref.objid for ref in resolve1(properties.get("OCGs")) or []} - on
    return off


def _read_notes(document: Any, path: Path, notes: list[tuple[str, str]]) -> None:
    """Add the texts of metadata and bookmarks, those before a fault too, each once."""
    with _forgiven(f"{path}: its metadata"):
        for info in document.info:
            notes.extend(("metadata", _plain(value)) for value in info.values())
    found: dict[tuple[str, str], None] = {}
    with _forgiven(f"{path}: its bookmarks"):  # PDFNoOutlines where there are none.
        for row in document.get_outlines():  # It never ends where they go round in a circle.
            found["bookmark", str(row[1])] = None
    notes.extend(found)


def _annotations(page: Any) -> list[tuple[str, str]]:
    from pdfminer.pdftypes import resolve1

    notes = []
    for reference in resolve1(page.annots) or []:
        annotation = resolve1(reference) or {}
        for entry in ("Contents", "V") if isinstance(annotation, dict) else ():
            if annotation.get(entry):
                notes.append(("annotation", _plain(annotation[entry])))
    return notes


def _plain(value: Any) -> str:
    from pdfminer.pdftypes import resolve1
    from pdfminer.utils import decode_text

    value = resolve1(value)
    return decode_text(value) if isinstance(value, bytes) else str(value)
