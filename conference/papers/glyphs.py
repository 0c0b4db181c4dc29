"""The glyphs of a page, and what their own boxes tell: their size, place and how much they say."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from unicodedata import category, east_asian_width

import numpy as np
from numpy.typing import NDArray

from conference.core.clean import whole_characters
from conference.papers.page_objects import Floats
from conference.papers.sheet import Sheet

Mask = NDArray[np.bool_]
READABLE = 3.0  # points of print size
LARGE_PAGE, BODY = 1200.0, 10.0  # points: a sheet and the print on it, by which others are scaled
NARROWEST = 0.12  # a letter's width by its height
BODY_OF_EM = 0.55  # about the height and width of common letters
# As common text fonts draw them, Libertinus, EB Garamond and Calibri among them.
LIGATURES = frozenset((
    "ff", "fi", "fl", "ffi", "ffl", "ft", "fft", "fb", "ffb", "fh", "ffh", "fj", "ffj", "fk",
    "ffk", "fu", "fr", "fy", "fs", "st", "ct", "sp", "ch", "ck", "th", "tt", "ti", "tti", "tf",
    "ttf", "ty", "tty", "tu", "tj", "ij", "gg", "gy", "ae", "oe", "ss", "qu",
))  # fmt: skip
LOW = frozenset("acegmnopqrsuvwxyz")  # letters whose body is as high as an x
THIN = frozenset("1Iijlrtf|!")


class Glyphs(NamedTuple):
    """The glyphs of a page: `first` and `last` + 1 of their characters, and what they say.

    `boxes` (glyphs, 4) in points, `objects` the text objects' addresses; `size` is the print size
    in points, as far as the glyph's own height tells; `marks` are punctuation. `codes` are the
    characters' numbers, 0 where a glyph says several.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    texts: list[str]
    boxes: Floats
    objects: NDArray[np.uint64]
    size: Floats
    marks: Mask
    codes: NDArray[np.int64]

    def some(self, chosen: NDArray[np.int64] | Mask) -> Glyphs:
        kept = np.arange(len(self.texts))[chosen]
        first, last, texts, *parts = self
        own = [texts[at] for at in kept.tolist()]
        return Glyphs(first[kept], last[kept], own, *(part[kept] for part in parts))


@cache
def prints(char: str) -> bool:
    """Whether a character has a picture; those of private use do, as symbols have them."""
    return category(char)[0] not in "ZC" or category(char) == "Co"


@cache
def is_half(char: str) -> bool:
    """Whether it is half of a surrogate pair."""
    return 0xD800 <= ord(char) < 0xE000


@cache
def is_mark(char: str) -> bool:
    """Whether it is punctuation."""
    return category(char)[0] == "P"


@cache
def is_ideograph(char: str) -> bool:
    """Whether it is a letter of East Asian writing."""
    return category(char) == "Lo" and east_asian_width(char) == "W"


@cache
def is_wide(text: str) -> bool:
    """Whether a text is one letter or digit that is no bar."""
    return len(text) == 1 and text.isalnum() and text not in THIN


def glyphs_of(sheet: Sheet) -> Glyphs:
    """The printing glyphs; the characters of one box are one glyph, as a ligature's are."""
    chars = sheet.characters
    text, boxes, objects = chars.text, chars.boxes, chars.objects
    written = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    codes, which = np.unique(written, return_inverse=True)
    kinds = [chr(code) for code in codes.tolist()]
    half = np.array([is_half(char) for char in kinds], bool)
    printing = np.array([prints(char) for char in kinds], bool)
    found = np.flatnonzero(half[which] | (printing[which] & (objects > 0)))
    same = np.zeros(len(found), bool)
    if len(found) > 1:
        a, b = found[1:], found[:-1]
        same[1:] = (boxes[a] == boxes[b]).all(axis=1) & (objects[a] == objects[b]) & (a - b == 1)
    first = found[~same]
    ends = np.append(np.flatnonzero(~same)[1:], len(found))
    last = found[ends - 1] + 1 if len(found) else first
    texts = [text[at] for at in first.tolist()]
    says = written[first].astype(np.int64)
    for at in np.flatnonzero((last - first > 1) | half[which[first]]).tolist():
        texts[at] = whole_characters(text[first[at] : last[at]])
        says[at] = ord(texts[at]) if len(texts[at]) == 1 else 0
    own = boxes[first]
    long = np.maximum(own[:, 2] - own[:, 0], own[:, 3] - own[:, 1])
    body = np.array([0.45 if char in LOW else 0.66 for char in kinds] or [1.0])
    marks = np.array([is_mark(char) for char in kinds], bool)
    at = which[first]
    return Glyphs(first, last, texts, own, objects[first], long / body[at], marks[at], says)


def outside(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Glyphs of which the centre lies beside the page."""
    places = sheet.places(glyphs.boxes, 1.0)
    x, y = (places[:, 0] + places[:, 2]) / 2, (places[:, 1] + places[:, 3]) / 2
    return np.asarray((x < 0) | (y < 0) | (x > sheet.width) | (y > sheet.height))


def tiny(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Print below the readable size; on a poster with a poster's print, below its share of that."""
    letters = glyphs.size[~glyphs.marks]
    main = float(np.median(letters)) if len(letters) else BODY
    page = max(sheet.width, sheet.height) / LARGE_PAGE
    least = READABLE * max(1.0, min(page, main / BODY))
    return np.asarray((glyphs.size < least) & ~glyphs.marks)


def squeezed(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Letters pressed to a line, or with an em that is below the readable size on one side."""
    left, low, right, high = glyphs.boxes.T
    across, up = right - left, high - low
    share = np.minimum(across, up) / np.maximum(np.maximum(across, up), 1e-9)
    found = share < NARROWEST
    for at in np.flatnonzero(found).tolist():
        found[at] = is_wide(glyphs.texts[at])
    small = np.flatnonzero(~found & (np.minimum(across, up) < BODY_OF_EM * READABLE))
    small = small[[is_wide(glyphs.texts[at]) for at in small.tolist()]] if len(small) else small
    if len(small):
        sides = np.linalg.norm(sheet.ems(glyphs.first[small]), axis=2)
        found[small] = sides.min(axis=1) < READABLE
    return np.asarray(found)


def says_more(glyphs: Glyphs) -> Mask:
    """Glyphs of several letters that are no ligature."""
    found = np.zeros(len(glyphs.texts), bool)
    for at in np.flatnonzero(glyphs.last - glyphs.first > 1).tolist():
        text = glyphs.texts[at]  # One character where the two were halves of it.
        found[at] = len(text) > 1 and text.lower() not in LIGATURES
    return found


def whole_objects(glyphs: Glyphs, some: Mask) -> Mask:
    """All glyphs of the text objects of which half the glyphs are among `some`."""
    if not some.any():
        return some
    owners, owner = np.unique(glyphs.objects, return_inverse=True)
    of_all = np.bincount(owner, minlength=len(owners))
    of_some = np.bincount(owner, weights=some, minlength=len(owners))
    return np.asarray((2 * of_some >= of_all)[owner] | some)


def stretches(some: Mask) -> list[tuple[int, int]]:
    """The first and the last + 1 of each run of them."""
    edges = np.flatnonzero(np.diff(some.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
