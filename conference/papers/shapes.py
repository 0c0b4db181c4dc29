"""Checks whether glyphs look like the letters that they claim to be, by comparing known fonts.

A font may print one text and report another to programs. For each font of a page, pictures of its
letters and digits are compared with the same letters in common typefaces that come with Matplotlib.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from unicodedata import category, normalize

import numpy as np
from numpy.typing import NDArray

from conference.papers.glyphs import Glyphs, Mask, stretches
from conference.papers.orders import look_alikes
from conference.papers.sheet import Sheet
from conference.papers.views import Difference, View, close_view, without

Floats = NDArray[np.float32]
Boxes = NDArray[np.float64]
Letters = dict[str, list[int]]  # numbers of some glyphs of each letter
Groups = dict[tuple[int, str], Letters]  # by the font's address and the kind of letters
SIDE = 12  # samples on a side of a picture
EM = 15  # pixels of the known letters, about the size at which print is drawn
FACES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSansMono",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmti10", "cmss10", "cmtt10", "cmmi10",
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SAME = ("0o", "1il", "5s", "2z", "9g", "6b")  # alike in some typeface
BARS = frozenset("1Iil")  # A bar may fill its box, and then its picture has no contrast.
SAMPLES = 3
WORSE, LIKE = 0.1, 0.35  # correlations: behind another letter's, and least with its own
ENOUGH, LIKE_IN_CROWD = 8, 0.6  # crowded letters of a text object; their least median likeness
FOREIGN, LATIN = "foreign", 0.75  # letters unlike Latin ones; likeness that makes one Latin
LATIN_LIKE = range(0xE00, 0xF00)
FEWEST, LYING = 4, 0.5  # letters of a font; share of wrong ones at which the font lies
LEAST = 6.0  # pixels of a letter's height below which its picture cannot be judged
ASKEW = 0.3  # |cos 2a|: nearer to 45 degrees a glyph's sides cannot be computed


class Known(NamedTuple):
    """Pictures of letters in common typefaces, (pictures, SIDE * SIDE), sorted by class.

    `starts` are the first pictures of the classes; `number` is the class of each letter.
    """

    pictures: Floats
    starts: list[int]
    number: dict[str, int]


@cache
def letter_of(char: str) -> str:
    """The Latin letter or digit that a character should look like; "" for others."""
    if char.isascii():
        return char if char.isalnum() else ""
    if category(char)[0] != "L":
        return ""
    base = normalize("NFKD", look_alikes().get(char, char))[0]
    return base if base.isascii() and base.isalnum() else ""


def plain_letter(text: str) -> str:
    """The letter that a glyph's picture should show; "" if that cannot be judged."""
    return letter_of(text) if len(text) == 1 and text not in BARS else ""


class Samples(NamedTuple):
    """Some glyphs on a picture.

    `ink` (rows, columns) is how much each pixel shows of the print; `places` (glyphs, 4) are left,
    top, right and bottom in pixels, `angles` (glyphs,) are counterclockwise in radians.
    """

    ink: Floats
    places: Boxes
    angles: NDArray[np.float64]


def differing(sheet: Sheet, glyphs: Glyphs, clear: Mask, view: View, all_text: Difference) -> Mask:
    """The glyphs that look unlike the letters they claim to be, in fonts where most do.

    `clear` glyphs are visible and not covered. A font that seems to lie in the first view (`view`,
    `all_text`) is checked again in an enlarged one.
    """
    wrong = np.zeros(len(glyphs.texts), bool)
    groups, keys = _groups(sheet, glyphs, clear)
    suspects = _lying(sheet, glyphs, groups, view, all_text)
    if not suspects:
        return wrong
    chosen = [at for letters in suspects.values() for some in letters.values() for at in some]
    close = close_view(sheet, glyphs.some(np.array(chosen)))
    if close is None:
        return wrong
    liars = _lying(sheet, glyphs, suspects, close, without(sheet, close, glyphs))
    if liars:
        pooled = np.flatnonzero(keys < 0)
        wrong[pooled] = [(0, kind_of(glyphs.texts[at])) in liars for at in pooled.tolist()]
        for at, (owner, text) in enumerate(_said(glyphs)):
            wrong[at] |= (sheet.font(owner), kind_of(text)) in liars
    return wrong


def shapeless(sheet: Sheet, glyphs: Glyphs, places: Boxes, own: Difference, crowded: Mask) -> Mask:
    """The letters that do not look like themselves at all, as when white print covers black.

    If most `crowded` letters of a text object look wrong, all its crowded letters count.
    """
    letters = [plain_letter(text) for text in glyphs.texts]
    angles = sheet.angles(glyphs.first)
    high = places[:, 3] - places[:, 1] >= LEAST
    judged = np.flatnonzero([bool(letter) for letter in letters])
    judged = judged[high[judged] & (np.abs(np.cos(2 * angles[judged])) >= ASKEW)]
    found = np.zeros(len(letters), bool)
    if not len(judged):
        return found
    drawn = pictures(Samples(own.steps(), places[judged], angles[judged]))
    like = likeness(drawn, [letters[at] for at in judged])[0]
    found[judged] = like < LIKE
    close = crowded[judged]
    owners, number = np.unique(glyphs.objects[judged][close], return_counts=True)
    for owner in owners[number >= ENOUGH].tolist():
        of_it = close & (glyphs.objects[judged] == owner)
        if np.median(like[of_it]) < LIKE_IN_CROWD:
            found |= crowded & (glyphs.objects == owner)
    return found


def _said(glyphs: Glyphs) -> list[tuple[int, str]]:
    return list(zip(glyphs.objects.tolist(), glyphs.texts, strict=True))


@cache
def kind_of(text: str) -> str:
    """The kind of a letter: digit, small, capital, foreign, or "" for others.

    Kinds are judged separately, because a font may lie in only one of them. Foreign letters belong
    to scripts that look unlike Latin, which Thai and Lao do not.
    """
    letter = letter_of(text) if len(text) == 1 else ""
    if not letter:
        foreign = len(text) == 1 and category(text) == "Lo" and ord(text) not in LATIN_LIKE
        return FOREIGN if foreign else ""
    return "digit" if letter.isdigit() else "small" if letter.islower() else "capital"


def _groups(sheet: Sheet, glyphs: Glyphs, clear: Mask) -> tuple[Groups, NDArray[np.int64]]:
    """For each font and kind its letters, each with the numbers of some of its glyphs.

    Fonts with too few letters are pooled under address 0 if several of their letters are next to
    each other, as in a text with one font per letter; the second array is -1 there. Glyphs that are
    not clear do not interrupt such letters.
    """
    objects, own = np.unique(glyphs.objects, return_inverse=True)
    known: dict[int, int] = {}
    fonts = np.array([known.setdefault(sheet.font(each), len(known)) for each in objects.tolist()])
    codes = glyphs.codes
    keys = np.where(clear & (codes > 0), fonts[own] * sys.maxunicode + codes, 0)
    addresses = list(known)
    groups: Groups = {}
    for some in _alike(keys, np.flatnonzero(keys)):
        text = glyphs.texts[some[0]]
        if kind := kind_of(text):
            key = addresses[int(fonts[own[some[0]]])], kind
            _add(groups.setdefault(key, {}), text if kind == FOREIGN else letter_of(text), some)
    few = {key for key, letters in groups.items() if len(letters) < FEWEST}
    if len(few) > 1:
        owners = [addresses[each] for each in fonts[own].tolist()]
        kinds = map(kind_of, glyphs.texts)
        apart = np.array([key in few for key in zip(owners, kinds, strict=True)]) & (keys > 0)
        for start, end in stretches(apart | ~clear):
            inside = (start + np.flatnonzero(apart[start:end])).tolist()
            for at in inside if len(inside) >= FEWEST else ():
                keys[at] = -1
                kind = kind_of(glyphs.texts[at])
                letter = glyphs.texts[at] if kind == FOREIGN else letter_of(glyphs.texts[at])
                _add(groups.setdefault((0, kind), {}), letter, [at])
    return {key: letters for key, letters in groups.items() if len(letters) >= FEWEST}, keys


def _alike(keys: NDArray[np.int64], chosen: NDArray[np.int64]) -> list[list[int]]:
    """The first few chosen glyphs of each key, in the order of the page."""
    order = chosen[np.argsort(keys[chosen], kind="stable")]
    starts = np.flatnonzero(np.diff(keys[order], prepend=0)).tolist()
    ends = [*starts[1:], len(order)] if starts else []
    return [
        order[start : min(end, start + SAMPLES)].tolist()
        for start, end in zip(starts, ends, strict=True)
    ]


def _add(letters: Letters, letter: str, some: list[int]) -> None:
    letters[letter] = [*letters.get(letter, ()), *some][:SAMPLES]


def _lying(
    sheet: Sheet, glyphs: Glyphs, groups: Groups, view: View, all_text: Difference
) -> Groups:
    """The groups in which most letters look wrong, with these letters."""
    said = [(key, letter) for key, letters in groups.items() for letter in letters]
    some = [groups[key][letter] for key, letter in said]
    at = np.array([each for own in some for each in own], dtype=np.int64)
    number = np.repeat(np.arange(len(said)), [len(own) for own in some])
    angles = sheet.angles(glyphs.first[at])
    upright = np.abs(np.cos(2 * angles)) >= ASKEW
    at, number = at[upright], number[upright]
    if not len(at):
        return {}
    places = view.places(sheet, glyphs.some(at))
    drawn = pictures(Samples(all_text.steps(), places, angles[upright]))
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    letters = [said[each] for each in number[starts].tolist()]
    foreign = np.array([key[1] == FOREIGN for key, _ in letters])
    expected = [LETTERS[0] if key[1] == FOREIGN else letter for key, letter in letters]
    own, other = likeness(np.add.reduceat(drawn, starts), expected)
    wrong = (other - own > WORSE) | (own < LIKE)
    wrong[foreign] = np.maximum(own, other)[foreign] >= LATIN
    found = {}
    for key in groups:
        mine = np.array([letter[0] == key for letter in letters])
        if mine.sum() >= FEWEST and wrong[mine].mean() >= LYING:
            liars = [letter for letter, bad in zip(letters, wrong, strict=True) if bad]
            found[key] = {letter: groups[key][letter] for own, letter in liars if own == key}
    return found


def likeness(pictures: Floats, letters: Sequence[str]) -> tuple[Floats, Floats]:
    """Each picture's highest correlation with its letter in a common typeface, and with others."""
    known = _known()
    match = _standard(pictures) @ known.pictures.T
    best = np.maximum.reduceat(match, known.starts, axis=1)
    said = np.array([known.number[letter] for letter in letters])
    own = np.take_along_axis(best, said[:, None], axis=1)[:, 0]
    np.put_along_axis(best, said[:, None], -1, axis=1)
    return own, best.max(axis=1)


def pictures(samples: Samples) -> Floats:
    """The ink in each place, turned upright and sampled at SIDE x SIDE points: (places, SIDE^2)."""
    ink, places, angles = samples
    rows, columns = ink.shape
    middle = (places[:, :2] + places[:, 2:]) / 2
    outer = places[:, 2:] - places[:, :2]
    cos, sin = np.cos(angles), np.sin(angles)
    # The sides of the upright box, from those of the box around the rotated one.
    scale = cos**2 - sin**2
    wide = (outer[:, 0] * np.abs(cos) - outer[:, 1] * np.abs(sin)) / scale
    high = (outer[:, 1] * np.abs(cos) - outer[:, 0] * np.abs(sin)) / scale
    steps = (np.arange(SIDE) + 0.5) / SIDE - 0.5
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


def _standard(pictures: Floats) -> Floats:
    centred = pictures - pictures.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6))


@cache
def _class_of(letter: str) -> int:
    low = letter.lower()
    return next((ord(same[0]) for same in SAME if low in same), ord(low))


@cache
def _known() -> Known:
    found = find_spec("matplotlib")  # Only its fonts are needed.
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    known = np.stack([_drawn(folder / f"{face}.ttf") for face in FACES], axis=1)
    classes = [_class_of(letter) for letter in LETTERS]
    order = list(dict.fromkeys(classes))
    own = [[at for at, each in enumerate(classes) if each == one] for one in order]
    every = np.concatenate([known[at].reshape(-1, SIDE * SIDE) for some in own for at in some])
    starts = np.cumsum([0, *(len(some) * len(FACES) for some in own)])[:-1].tolist()
    number = {letter: order.index(one) for letter, one in zip(LETTERS, classes, strict=True)}
    return Known(_standard(every), starts, number)


def _drawn(face: Path) -> Floats:
    """The letters of a typeface as pictures, each drawn in its own cell."""
    from PIL import Image, ImageDraw, ImageFont

    font, cell = ImageFont.truetype(str(face), EM), 3 * EM
    canvas = Image.new("L", (len(LETTERS) * cell, cell))
    for at, letter in enumerate(LETTERS):
        ImageDraw.Draw(canvas).text((at * cell + EM, EM), letter, font=font, fill=255)
    ink = np.asarray(canvas).astype(np.float32) / np.float32(255)
    inked = (ink > 0).reshape(cell, len(LETTERS), cell)
    across, down = np.asarray(inked.any(axis=0)), np.asarray(inked.any(axis=2)).T
    left, top = across.argmax(axis=1), down.argmax(axis=1)
    right, bottom = (cell - some[:, ::-1].argmax(axis=1) for some in (across, down))
    begin = np.arange(len(LETTERS)) * cell
    places = np.stack([begin + left, top, begin + right, bottom], axis=1).astype(float)
    return pictures(Samples(ink, places, np.zeros(len(LETTERS))))
