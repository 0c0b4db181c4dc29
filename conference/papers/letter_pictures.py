"""Pictures of letters as a page shows them, and how like they are to common typefaces.

The known letters are those of the typefaces that come with Matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Boxes = NDArray[np.float64]
SIDE = 12  # samples on a side of a picture
EM = 15  # pixels of the known letters, about the size at which print is drawn
FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmti10", "cmss10", "cmtt10", "cmmi10",
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SAME = ("0o", "1il", "5s", "2z", "9g", "6b")  # alike in some typeface
COARSE = 6  # samples on a side of a first picture
FEW_AT_ONCE = 500  # letters whose first pictures are taken at a time


class Known(NamedTuple):
    """Pictures of letters in common typefaces, (pictures, SIDE * SIDE), sorted by class.

    `starts` are the first pictures of the classes; `number` is the class of each letter.
    """

    pictures: Floats
    starts: list[int]
    number: dict[str, int]


class Samples(NamedTuple):
    """Some glyphs on a picture.

    `ink` (rows, columns) is how much each pixel shows of the print; `places` (glyphs, 4) are left,
    top, right and bottom in pixels, `angles` (glyphs,) are counterclockwise in radians.
    """

    ink: Floats
    places: Boxes
    angles: NDArray[np.float64]


def likeness(pictures: Floats, letters: Sequence[str]) -> tuple[Floats, Floats]:
    """Each picture's highest correlation with its letter in a common typeface, and with others."""
    known = _known()
    match = standard(pictures) @ known.pictures.T
    best = np.maximum.reduceat(match, known.starts, axis=1)
    said = np.array([known.number[letter] for letter in letters])
    own = np.take_along_axis(best, said[:, None], axis=1)[:, 0]
    np.put_along_axis(best, said[:, None], -1, axis=1)
    return own, best.max(axis=1)


def pictures(samples: Samples, side: int = SIDE) -> Floats:
    """The ink in each place, turned upright and sampled at side x side points."""
    ink, places, angles = samples
    rows, columns = ink.shape
    middle = (places[:, :2] + places[:, 2:]) / 2
    outer = places[:, 2:] - places[:, :2]
    cos, sin = np.cos(angles), np.sin(angles)
    # The sides of the upright box, from those of the box around the rotated one.
    scale = cos**2 - sin**2
    wide = (outer[:, 0] * np.abs(cos) - outer[:, 1] * np.abs(sin)) / scale
    high = (outer[:, 1] * np.abs(cos) - outer[:, 0] * np.abs(sin)) / scale
    steps = (np.arange(side) + 0.5) / side - 0.5
    along = wide[:, None, None] * steps[None, None, :]
    down = high[:, None, None] * steps[None, :, None]
    cos, sin = cos[:, None, None], sin[:, None, None]
    x, y = along * cos, down * cos
    if sin.any():  # For upright letters x depends only on the column and y on the row.
        x, y = x + down * sin, y - along * sin
    x = (middle[:, 0, None, None] + x - 0.5).clip(0, columns - 1.001)
    y = (middle[:, 1, None, None] + y - 0.5).clip(0, rows - 1.001)
    left, top = x.astype(int), y.astype(int)
    a, b = (x - left).astype(np.float32), (y - top).astype(np.float32)
    flat, first = ink.ravel(), top * columns + left
    right, below = np.minimum(left + 1, columns - 1) - left, columns * (top < rows - 1)
    upper, lower = flat[first], flat[first + below]
    upper += (flat[first + right] - upper) * a
    lower += (flat[first + below + right] - lower) * a
    return np.asarray((upper + (lower - upper) * b).reshape(len(places), -1))


def first_pictures(ink: NDArray[np.uint8], places: Boxes) -> Floats:
    """The same of upright letters at COARSE x COARSE points, from bytes, which is faster."""
    rows, columns = ink.shape
    flat = ink.ravel()
    steps = (np.arange(COARSE) + 0.5) / COARSE
    sides = places[:, 2:] - places[:, :2]
    x = (places[:, 0, None] + sides[:, 0, None] * steps - 0.5).clip(0, max(0.0, columns - 1.001))
    y = (places[:, 1, None] + sides[:, 1, None] * steps - 0.5).clip(0, max(0.0, rows - 1.001))
    left, top = x.astype(np.int32), y.astype(np.int32)
    across, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    found = np.empty((len(places), COARSE, COARSE), np.float32)
    for start in range(0, len(places), FEW_AT_ONCE):  # More would not stay in the cache.
        part = slice(start, start + FEW_AT_ONCE)
        a, b = across[part, None, :], down[part, :, None]
        at = (top[part] * np.int32(columns))[:, :, None] + left[part, None, :]
        upper = _between(flat, at, a)
        at += columns
        upper += (_between(flat, at, a) - upper) * b
        found[part] = upper
    return found.reshape(len(places), -1)


def _between(flat: NDArray[np.uint8], at: NDArray[np.int32], share: Floats) -> Floats:
    """Values between pixels and those to their right."""
    left = flat.take(at, mode="clip").astype(np.float32)
    right = flat.take(at + 1, mode="clip").astype(np.float32)
    return np.asarray(left + (right - left) * share)


def standard(pictures: Floats) -> Floats:
    centred = pictures - pictures.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6))


@cache
def _class_of(letter: str) -> int:
    low = letter.lower()
    return next((ord(same[0]) for same in SAME if low in same), ord(low))


@cache
def _known() -> Known:
    known = np.stack([_drawn(face) for face in _faces()], axis=1)
    classes = [_class_of(letter) for letter in LETTERS]
    order = list(dict.fromkeys(classes))
    own = [[at for at, each in enumerate(classes) if each == one] for one in order]
    every = np.concatenate([known[at].reshape(-1, SIDE * SIDE) for some in own for at in some])
    starts = np.cumsum([0, *(len(some) * len(FACES) for some in own)])[:-1].tolist()
    number = {letter: order.index(one) for letter, one in zip(LETTERS, classes, strict=True)}
    return Known(standard(every), starts, number)


@cache
def of_ligature(text: str) -> Floats:
    """The pictures of a ligature in the known typefaces: its letters side by side."""
    return standard(np.concatenate([_drawn(face, [text]) for face in _faces()]))


def _faces() -> list[Path]:
    found = find_spec("matplotlib")  # Only its fonts are needed.
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return [folder / f"{face}.ttf" for face in FACES]


def _drawn(face: Path, texts: Sequence[str] = LETTERS) -> Floats:
    """Letters of a typeface as pictures, each drawn in its own cell."""
    from PIL import Image, ImageDraw, ImageFont

    font, cell = ImageFont.truetype(str(face), EM), 5 * EM
    canvas = Image.new("L", (len(texts) * cell, cell))
    for at, letter in enumerate(texts):
        ImageDraw.Draw(canvas).text((at * cell + EM, EM), letter, font=font, fill=255)
    ink = np.asarray(canvas).astype(np.float32) / np.float32(255)
    inked = (ink > 0).reshape(cell, len(texts), cell)
    across, down = np.asarray(inked.any(axis=0)), np.asarray(inked.any(axis=2)).T
    left, top = across.argmax(axis=1), down.argmax(axis=1)
    right, bottom = (cell - some[:, ::-1].argmax(axis=1) for some in (across, down))
    begin = np.arange(len(texts)) * cell
    places = np.stack([begin + left, top, begin + right, bottom], axis=1).astype(float)
    return pictures(Samples(ink, places, np.zeros(len(texts))))
