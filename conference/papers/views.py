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
_BYTE = np.arange(256) / 255
_LINEAR = np.where(_BYTE <= 0.04045, _BYTE / 12.92, ((_BYTE + 0.055) / 1.055) ** 2.4)
LINEAR = _LINEAR.astype(np.float32)  # of a colour's byte, as WCAG 2 has it


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
    """What a picture shows only with some text, (rows, columns).

    `contrast` is from 1 as WCAG 2 defines it, `step` the change of relative luminance.
    """

    contrast: Levels
    step: Levels


def full_view(sheet: Sheet) -> View:
    """All of a page, a huge one smaller."""
    scale = min(SCALE, (MOST_PIXELS / max(1.0, sheet.width * sheet.height)) ** 0.5)
    return View(scale, (0, 0, *sheet.pixels(scale)), sheet.draw(scale))


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
    contrast, step = np.ones(whole.size, np.float32), np.zeros(whole.size, np.float32)
    at = np.flatnonzero(whole != bare)
    first, second = _luminance(whole[at]), _luminance(bare[at])
    high, low = np.maximum(first, second), np.minimum(first, second)
    contrast[at], step[at] = (high + 0.05) / (low + 0.05), high - low
    return Difference(contrast.reshape(view.picture.shape), step.reshape(view.picture.shape))


def _luminance(colours: Pixels) -> Levels:
    """Relative luminance of BGR pixels, from 0 to 1, as WCAG 2 defines it."""
    blue, green, red = (LINEAR[(colours >> shift) & 0xFF] for shift in (0, 8, 16))
    return np.asarray(0.2126 * red + 0.7152 * green + 0.0722 * blue)


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


def shared(places: Floats, shape: tuple[int, ...]) -> Floats:
    """The share of each box, less its rim, that lies within other boxes too."""
    left, top, right, bottom = places.T
    across, down = 0.15 * (right - left), 0.15 * (bottom - top)
    rows, columns = shape
    x, right = _whole(left + across, right - across, columns)
    y, bottom = _whole(top + down, bottom - down, rows)
    layers = np.zeros((rows + 1, columns + 1), dtype=np.int16)
    corners = ((y, x, 1), (bottom, right, 1), (y, right, -1), (bottom, x, -1))
    for row, column, step in corners:
        np.add.at(layers, (row, column), step)
    np.cumsum(layers, axis=1, out=layers)
    for below in range(1, rows):
        layers[below] += layers[below - 1]
    sums = _summed(layers[:rows, :columns] > 1)
    return np.asarray(_count(sums, x, y, right, bottom) / ((right - x) * (bottom - y)))


def _whole(low: Floats, high: Floats, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both sides in whole pixels of the picture, at least one apart."""
    first, last = (side.clip(0, most - 1).round().astype(np.int64) for side in (low, high))
    return first, np.maximum(last, first + 1)


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
