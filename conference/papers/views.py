"""Pictures of a page with and without some of its text, and what differs between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from conference.papers.glyphs import Glyphs, Mask
from conference.papers.pdfium import Floats, Pixels, Sheet

Levels = NDArray[np.float32]
SCALE, CLOSE = 1.5, 5.0  # pixels to a point, at the first look and at the closest
HEIGHT = 30.0  # pixels of print size that are enough at a closer look
MOST_PIXELS = 4_000_000
WHITE = 0xFFFFFF
CONTRAST = 1.5  # as WCAG 2 defines it; it asks for 4.5, and papers print grey on white at 2
BRIGHT, OTHER_COLOUR = 1.2, 192  # contrast and bytes: bright green is read at less than grey is
FAR, ROW = 1e6, 4.0  # pixels
FEW, MOST_NEAR = 400, 20_000  # glyphs that are compared with all others at once; of a page
_BYTE = np.arange(256) / 255
_LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4)
GREYS = _LINEAR.astype(np.float32)  # of a grey pixel's byte, as WCAG 2 has it
# Of a pixel's blue, green and red bytes.
LINEAR = [(share * _LINEAR).astype(np.float32) for share in (0.0722, 0.7152, 0.2126)]


class View(NamedTuple):
    """A part of a page as drawn: `window` is left, top, right and bottom in pixels at `scale`."""

    scale: float
    window: tuple[int, int, int, int]
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


class Difference(NamedTuple):
    """What a picture of `shape` shows only with some text: its pixels `at` (n,), as numbers.

    `contrast` (n,) is from 1 as WCAG 2 defines it, for bright colours no less than print needs;
    `step` (n,) is the change of relative luminance.
    """

    shape: tuple[int, ...]
    at: NDArray[np.int64]
    contrast: Levels
    step: Levels

    def ink(self, least: float) -> Mask:
        """The pixels of that contrast or more, (rows, columns)."""
        found = np.zeros(self.shape, bool)
        found.ravel()[self.at[self.contrast >= least]] = True
        return found

    def steps(self) -> Levels:
        """The steps as a picture, (rows, columns)."""
        found = np.zeros(self.shape, np.float32)
        found.ravel()[self.at] = self.step
        return found


def full_view(sheet: Sheet, glyphs: Glyphs) -> View:
    """The part of a page on which glyphs stand, of a huge page smaller."""
    scale = min(SCALE, (MOST_PIXELS / max(1.0, sheet.width * sheet.height)) ** 0.5)
    width, height = sheet.pixels(scale)
    places, most = np.nan_to_num(sheet.places(glyphs.boxes, scale)), np.array([width, height])
    low = np.floor(places[:, :2].min(axis=0) - 2).clip(0, most - 1).astype(int)
    high = np.ceil(places[:, 2:].max(axis=0) + 2).clip(low + 1, most).astype(int)
    window = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return View(scale, window, sheet.draw(scale, window))


def close_view(sheet: Sheet, glyphs: Glyphs) -> View | None:
    """The part of a page around some glyphs, the smaller they are the larger; None beside it."""
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


def without(sheet: Sheet, view: View, glyphs: Glyphs) -> Difference:
    """What the view shows less when the text objects of some glyphs are taken away."""
    with sheet.without(set(glyphs.objects.tolist())):
        bare = sheet.draw(view.scale, view.window).ravel()
    whole = view.picture.ravel()
    at = np.flatnonzero(whole != bare)
    first, second = _luminance(whole[at]), _luminance(bare[at])
    high, low = np.maximum(first, second), np.minimum(first, second)
    contrast = np.asarray((high + 0.05) / (low + 0.05), np.float32)
    pale = np.flatnonzero((contrast >= BRIGHT) & (contrast < CONTRAST))
    colours = zip(_channels(whole[at[pale]]), _channels(bare[at[pale]]), strict=True)
    apart = np.max([np.abs(a - b) for a, b in colours], axis=0)
    contrast[pale[apart >= OTHER_COLOUR]] = CONTRAST
    return Difference(view.picture.shape, at, contrast, high - low)


def _channels(colours: Pixels) -> list[NDArray[np.int64]]:
    """Blue, green and red of pixels, from 0 to 255."""
    return [((colours >> shift) & 0xFF).astype(np.int64) for shift in (0, 8, 16)]


def _luminance(colours: Pixels) -> Levels:
    """Relative luminance of BGR pixels, from 0 to 1, as WCAG 2 defines it."""
    blue = colours & 0xFF
    if np.array_equal(colours & WHITE, blue * 0x010101):
        return np.asarray(GREYS[blue])
    green, red = (colours >> 8) & 0xFF, (colours >> 16) & 0xFF
    return np.asarray(LINEAR[0][blue] + LINEAR[1][green] + LINEAR[2][red])


def filled(ink: Mask, places: Floats, marks: Mask) -> Mask:
    """Whether each box has ink in the outer thirds of its height and width, where it is large."""
    sums = _summed(ink)
    places = np.nan_to_num(places)
    left, top = np.floor(places[:, 0]), np.floor(places[:, 1])
    right, bottom = np.ceil(places[:, 2]), np.ceil(places[:, 3])
    across, down = (right - left) / 3, (bottom - top) / 3
    seen = _count(sums, left, top, right, bottom) > 0
    high, wide = (bottom - top >= 6) & ~marks, (right - left >= 6) & ~marks
    seen &= ~high | (_count(sums, left, top, right, np.ceil(top + down)) > 0)
    seen &= ~high | (_count(sums, left, np.floor(bottom - down), right, bottom) > 0)
    seen &= ~wide | (_count(sums, left, top, np.ceil(left + across), bottom) > 0)
    seen &= ~wide | (_count(sums, np.floor(right - across), top, right, bottom) > 0)
    return np.asarray(seen)


def shared(places: Floats) -> Floats:
    """At most what share of each box, less its rim, lies within other boxes too."""
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
    """The boxes that share a row of the page with another one over or under them."""
    high, step = boxes[:, 3] - boxes[:, 1], ROW
    while (high / step).sum() > 100_000 + 4 * len(boxes):
        step *= 2
    first, last = (np.floor(side / step).astype(np.int64) for side in (boxes[:, 1], boxes[:, 3]))
    count = last - first + 1
    who = np.repeat(np.arange(len(boxes)), count)
    row = first[who] + np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    order = np.lexsort((boxes[who, 0], row))
    who = who[order]
    # Each row far to the right of the one before it: what was leftmost stays so.
    away = row[order] * (4.0 * FAR)
    left, right = boxes[who, 0] + away, boxes[who, 2] + away
    found = np.zeros(len(boxes), bool)
    found[who[1:][left[1:] < np.maximum.accumulate(right)[:-1]]] = True
    found[who[:-1][left[1:] < right[:-1]]] = True
    return found


def _summed(values: NDArray[np.bool_]) -> NDArray[np.int32]:
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1), dtype=np.int32)
    np.cumsum(values, axis=1, dtype=np.int32, out=sums[1:, 1:])
    for row in range(1, len(sums)):  # Faster than a sum across the rows.
        sums[row] += sums[row - 1]
    return sums


def _count(sums: NDArray[np.int32], *sides: NDArray[Any]) -> NDArray[np.int32]:
    """The sum within boxes (left, top, right, bottom)."""
    rows, columns = sums.shape[0] - 1, sums.shape[1] - 1
    left, top, right, bottom = (
        side.clip(0, most).astype(np.int64)
        for side, most in zip(sides, (columns, rows) * 2, strict=True)
    )
    return np.asarray(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])
