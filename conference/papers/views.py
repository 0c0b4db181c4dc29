"""Pictures of a page with and without some of its text, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from conference.papers.glyphs import Glyphs, Mask
from conference.papers.page_objects import Floats
from conference.papers.sheet import Pixels, Sheet, Window

Levels = NDArray[np.float32]
Sides = NDArray[np.int64]
Parts = tuple[Mask, ...]
SCALE, CLOSE = 1.5, 5.0  # pixels per point in the full view and in the closest one
HEIGHT = 30.0  # pixels of print size that are enough in a close view
MOST_PIXELS = 4_000_000
CONTRAST = 1.5  # as defined by WCAG 2, which requires 4.5; papers print grey on white at 2
BRIGHT, OTHER_COLOUR = 1.2, 192  # contrast and bytes: bright green is legible at less than grey
FAR, ROW, WORD = 1e6, 4.0, 56  # pixels
CELL, CELLS, MOST_CELLS = 300.0, 6, 60  # points of a cell; most cells on a side and on a page
FEW, MOST_NEAR = 400, 20_000  # glyphs compared with all others at once; most such glyphs of a page
_BYTE = np.arange(256) / 255
_LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4)
# Luminance of a pixel's blue, green and red bytes.
LINEAR = [(share * _LINEAR).astype(np.float32) for share in (0.0722, 0.7152, 0.2126)]


class View(NamedTuple):
    """A part of a page as drawn: `window` is left, top, right and bottom in pixels at `scale`."""

    scale: float
    window: Window
    picture: Pixels

    def places(self, sheet: Sheet, glyphs: Glyphs) -> Floats:
        """The glyphs' boxes in pixels of the picture: left, top, right and bottom."""
        left, top = self.window[:2]
        return np.asarray(sheet.places(glyphs.boxes, self.scale) - np.array([left, top] * 2))

    def part(self, places: Floats) -> View:
        """The part of the view around some places in its picture."""
        rows, columns = self.picture.shape
        most = np.array([columns, rows])
        left, top = np.floor(places[:, :2].min(axis=0) - 2).clip(0, most - 1).astype(int).tolist()
        right, bottom = np.ceil(places[:, 2:].max(axis=0) + 2).clip(1, most).astype(int).tolist()
        right, bottom = max(right, left + 1), max(bottom, top + 1)
        x, y = self.window[:2]
        window = (x + left, y + top, x + right, y + bottom)
        return View(self.scale, window, self.picture[top:bottom, left:right])


@dataclass(frozen=True, eq=False)
class Difference:
    """The pixels of a picture of `shape` that change without some text: their flat indices `at`.

    `contrast` (n,) is WCAG 2's, from 1 up, raised to what print needs for bright colours; `step`
    (n,) is the change of relative luminance. `ground` is the picture without the text.
    """

    shape: tuple[int, ...]
    at: NDArray[np.int64]
    contrast: Levels
    step: Levels
    ground: Pixels

    def ink(self, least: float) -> Mask:
        """A mask of the pixels with at least that contrast, (rows, columns)."""
        found = np.zeros(self.shape, bool)
        found.ravel()[self.at[self.contrast >= least]] = True
        return found

    def steps(self) -> Levels:
        """The steps as a picture, (rows, columns)."""
        return self._steps

    @cached_property
    def _steps(self) -> Levels:
        found = np.zeros(self.shape, np.float32)
        found.ravel()[self.at] = self.step
        return found

    def rounded(self) -> NDArray[np.uint8]:
        """The steps from 0 to 255, (rows, columns)."""
        found = np.zeros(self.shape, np.uint8)
        found.ravel()[self.at] = self.step * np.float32(255)
        return found


def full_view(sheet: Sheet, glyphs: Glyphs) -> View:
    """A view of the part of a page that has glyphs; a huge page is scaled down."""
    scale = min(SCALE, (MOST_PIXELS / max(1.0, sheet.width * sheet.height)) ** 0.5)
    width, height = sheet.pixels(scale)
    places, most = np.nan_to_num(sheet.places(glyphs.boxes, scale)), np.array([width, height])
    low = np.floor(places[:, :2].min(axis=0) - 2).clip(0, most - 1).astype(int)
    high = np.ceil(places[:, 2:].max(axis=0) + 2).clip(low + 1, most).astype(int)
    window = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return View(scale, window, sheet.draw(scale, window))


def close_view(sheet: Sheet, glyphs: Glyphs) -> View | None:
    """A view around some glyphs, enlarged more for smaller ones; None if it is off the page."""
    size = (glyphs.boxes[:, 2:].max(axis=0) - glyphs.boxes[:, :2].min(axis=0)).clip(1)
    scale = float(np.clip(HEIGHT / max(glyphs.size.min(), 1e-9), SCALE, CLOSE))
    scale = min(scale, float((MOST_PIXELS / size.prod()) ** 0.5))
    places, (width, height) = sheet.places(glyphs.boxes, scale), sheet.pixels(scale)
    left, top = np.floor(places[:, :2].min(axis=0) - 3).clip(0, 1e6).astype(int).tolist()
    right, bottom = np.ceil(places[:, 2:].max(axis=0) + 3).clip(0, 1e6).astype(int).tolist()
    window = (left, top, min(right, width), min(bottom, height))
    if left >= window[2] or top >= window[3]:
        return None
    return View(scale, window, sheet.draw(scale, window))


def close_views(sheet: Sheet, glyphs: Glyphs) -> Iterator[tuple[NDArray[np.int64], View]]:
    """For each cell of the page, the numbers of its glyphs and a close view of them."""
    cell = max(CELL, max(sheet.width, sheet.height) / CELLS)
    middle = np.floor((glyphs.boxes[:, :2] + glyphs.boxes[:, 2:]) / 2 / cell).clip(-1e6, 1e6)
    cells, where = np.unique(middle, axis=0, return_inverse=True)
    for number in range(min(len(cells), MOST_CELLS)):
        inside = np.flatnonzero(where.ravel() == number)
        view = close_view(sheet, glyphs.some(inside))
        if view:
            yield inside, view


def without(sheet: Sheet, view: View, glyphs: Glyphs) -> Difference:
    """How the view changes when the text objects of some glyphs are removed."""
    ground = sheet.draw_without(glyphs.objects.tolist(), view.scale, view.window)
    whole, bare = view.picture.ravel(), ground.ravel()
    at = np.flatnonzero(whole != bare)
    first, second = whole[at], bare[at]
    # Pairs of greys are looked up in a table: most print is black on white.
    pairs = ((first & 0xFF) << 8) | (second & 0xFF)
    contrast, step = _greys()[0][pairs], _greys()[1][pairs]
    coloured = np.flatnonzero(_is_coloured(first) | _is_coloured(second))
    if len(coloured):
        contrast[coloured], step[coloured] = _compared(first[coloured], second[coloured])
    return Difference(view.picture.shape, at, contrast, step, ground)


@cache
def _greys() -> tuple[Levels, Levels]:
    """Tables of contrast and step for two greys, indexed by 256 * first + second."""
    bytes_ = np.arange(256, dtype=np.uint32) * 0x010101
    return _compared(np.repeat(bytes_, 256), np.tile(bytes_, 256))


def _is_coloured(colours: Pixels) -> Mask:
    return np.asarray(((colours ^ (colours >> 8)) & 0xFFFF) != 0)


def contrast_of(first: Pixels, second: Pixels) -> Levels:
    """The contrast between two arrays of pixels, (n,)."""
    return _compared(first, second)[0]


def _compared(first: Pixels, second: Pixels) -> tuple[Levels, Levels]:
    """The contrast between pixels, and the difference of their luminance."""
    a, b = luminance(first), luminance(second)
    high, low = np.maximum(a, b), np.minimum(a, b)
    contrast = np.asarray((high + 0.05) / (low + 0.05), np.float32)
    pale = np.flatnonzero((contrast >= BRIGHT) & (contrast < CONTRAST))
    colours = zip(_channels(first[pale]), _channels(second[pale]), strict=True)
    apart = np.max([np.abs(a - b) for a, b in colours], axis=0)
    contrast[pale[apart >= OTHER_COLOUR]] = CONTRAST
    return contrast, high - low


def _channels(colours: Pixels) -> list[NDArray[np.int64]]:
    """Blue, green and red of pixels, from 0 to 255."""
    return [((colours >> shift) & 0xFF).astype(np.int64) for shift in (0, 8, 16)]


def luminance(colours: Pixels) -> Levels:
    """Relative luminance of BGR pixels, from 0 to 1, as WCAG 2 defines it."""
    blue, green, red = _channels(colours)
    return np.asarray(LINEAR[0][blue] + LINEAR[1][green] + LINEAR[2][red])


def filled(ink: Mask, places: Floats, marks: Mask) -> Mask:
    """Whether each box has ink; a large one must have it in its outer thirds in both directions."""
    places = np.nan_to_num(places)
    left, top = np.floor(places[:, 0]), np.floor(places[:, 1])
    right, bottom = np.ceil(places[:, 2]), np.ceil(places[:, 3])
    across, down = (right - left) / 3, (bottom - top) / 3
    upper, lower = np.ceil(top + down), np.floor(bottom - down)
    inner, outer = np.ceil(left + across), np.floor(right - across)
    high, wide = (bottom - top >= 6) & ~marks, (right - left >= 6) & ~marks
    rows, columns = ink.shape
    sides = (left, inner, outer, right), (top, upper, lower, bottom)
    across, down = (
        np.stack(some, axis=1).clip(0, most).astype(np.int64)
        for some, most in zip(sides, (columns, rows), strict=True)
    )
    seen = np.zeros(len(places), bool)
    narrow = across[:, 3] - across[:, 0] <= WORD
    for some, look in ((narrow, _inked_words), (~narrow, _inked_boxes)):
        if some.any():
            any_, up, low, first, last = look(ink, across[some], down[some])
            tall, broad = high[some], wide[some]
            seen[some] = any_ & (~tall | (up & low)) & (~broad | (first & last))
    return seen


def _inked_boxes(ink: Mask, across: Sides, down: Sides) -> Parts:
    """Whether boxes have ink at all, and in their upper, lower, left and right thirds.

    `across` and `down` (boxes, 4) are the bounds of a box and of its thirds.
    """
    rows = [
        (
            ink[a:d, e:h].any(), ink[a:b, e:h].any(), ink[c:d, e:h].any(),
            ink[a:d, e:f].any(), ink[a:d, g:h].any(),
        )
        for (e, f, g, h), (a, b, c, d) in zip(across.tolist(), down.tolist(), strict=True)
    ]  # fmt: skip
    return tuple(np.array(rows, bool).T)


def _inked_words(ink: Mask, across: Sides, down: Sides) -> Parts:
    """Like `_inked_boxes`, for boxes of at most WORD pixels, whose rows fit into 64 bits."""
    packed = np.packbits(ink, axis=1, bitorder="little")
    packed = np.pad(packed, ((0, 0), (0, 8)))
    rows, width = packed.shape
    words = np.ndarray((rows, width - 7), "<u8", packed, strides=(width, 1))
    start = np.minimum(across[:, 0] >> 3, width - 8)
    first, inner, outer, last = (across - 8 * start[:, None]).astype(np.uint64).T
    tall = np.maximum(down[:, 3] - down[:, 0], 1)
    begins = np.cumsum(tall) - tall
    who = np.repeat(np.arange(len(tall)), tall)
    row = np.arange(len(who)) + (down[:, 0] - begins)[who]
    inside = row < down[who, 3]
    found = words[np.minimum(row, rows - 1), start[who]] & _bits(first, last)[who]
    found[~inside] = 0
    whole = np.bitwise_or.reduceat(found, begins)
    up = np.bitwise_or.reduceat(np.where(row < down[who, 1], found, 0), begins)
    low = np.bitwise_or.reduceat(np.where(row >= down[who, 2], found, 0), begins)
    sides = whole & _bits(first, inner), whole & _bits(outer, last)
    return tuple(np.asarray(part != 0) for part in (whole, up, low, *sides))


def _bits(first: NDArray[np.uint64], last: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Words with the bits from `first` to `last` (exclusive) set."""
    one = np.uint64(1)
    return np.asarray(((one << last) - one) & ~((one << first) - one))


def shared(places: Floats) -> Floats:
    """An upper bound for the share of each box, without its rim, that other boxes cover."""
    left, top, right, bottom = np.nan_to_num(places).clip(-FAR, FAR).T
    across, down = 0.15 * (right - left), 0.15 * (bottom - top)
    inner = np.stack([left + across, top + down, right - across, bottom - down], axis=1)
    inner[:, 2:] = np.maximum(inner[:, 2:], inner[:, :2] + 1)
    found = np.zeros(len(places))
    some = np.flatnonzero(_near_others(inner))
    if len(some) > MOST_NEAR:
        found[some] = 1.0
        return found
    left, top, right, bottom = inner[some].T
    for part in np.array_split(np.arange(len(some)), len(some) // FEW + 1):
        wide = np.minimum(right[part, None], right) - np.maximum(left[part, None], left)
        high = np.minimum(bottom[part, None], bottom) - np.maximum(top[part, None], top)
        both = wide.clip(0) * high.clip(0)
        own = (right - left)[part] * (bottom - top)[part]
        both[np.arange(len(part)), part] = 0
        found[some[part]] = both.sum(axis=1) / own
    return found


def _near_others(boxes: Floats) -> Mask:
    """The boxes that may overlap another one, because they overlap in a row of pixels."""
    high, step = boxes[:, 3] - boxes[:, 1], ROW
    while (high / step).sum() > 100_000 + 4 * len(boxes):
        step *= 2
    first, last = (np.floor(side / step).astype(np.int64) for side in (boxes[:, 1], boxes[:, 3]))
    count = last - first + 1
    who = np.repeat(np.arange(len(boxes)), count)
    row = first[who] + np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    order = np.lexsort((boxes[who, 0], row))
    who = who[order]
    # Rows are placed far to the right of each other, so that one pass handles all of them.
    away = row[order] * (4.0 * FAR)
    left, right = boxes[who, 0] + away, boxes[who, 2] + away
    found = np.zeros(len(boxes), bool)
    found[who[1:][left[1:] < np.maximum.accumulate(right)[:-1]]] = True
    found[who[:-1][left[1:] < right[:-1]]] = True
    return found
