"""The glyphs of a page, and what their boxes show: size, place, and how much they stand for."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from unicodedata import bidirectional, category, east_asian_width
from unicodedata import name as name_of

import numpy as np
from numpy.typing import NDArray

from conference.core.clean import whole_characters
from conference.papers.page_objects import Floats
from conference.papers.sheet import Sheet

Mask = NDArray[np.bool_]
READABLE = 3.0  # points of print size
LARGE_PAGE, BODY = 1200.0, 10.0  # points: side of a sheet and size of its print, to scale others
NARROWEST = 0.12  # ratio of a letter's width and height
SHEARED = 0.05  # ratio of an em's height over its longest side and that side
FEWEST_SCATTERED, FEW_SIDE_BY_SIDE = 12, 4  # letters
APART, UPWARDS = 3.0, 0.3  # ems between scattered letters; share of steps that lead up
ONE_LINE, BLANK, OVER = 0.6, 0.2, 0.3  # ems; share of letters that lie over others
BACK, FAR_BACK, FEWEST_BACK, SHARE_BACK = 0.3, 1.5, 3, 1 / 3  # ems; steps; share of steps
CLUSTER = 4  # most letters and signs that one glyph of other scripts may stand for
BODY_OF_EM = 0.55  # approximate height and width of common letters
# Ligatures of common text fonts, among them Libertinus, EB Garamond and Calibri.
LIGATURES = frozenset((
    "ff", "fi", "fl", "ffi", "ffl", "ft", "fft", "fb", "ffb", "fh", "ffh", "fj", "ffj", "fk",
    "ffk", "fu", "fr", "fy", "fs", "st", "ct", "sp", "ch", "ck", "th", "tt", "ti", "tti", "tf",
    "ttf", "ty", "tty", "tu", "tj", "ij", "gg", "gy", "ae", "oe", "ss", "qu",
))  # fmt: skip
LOW = frozenset("acegmnopqrsuvwxyz")  # letters whose body is as high as an x
UNSHAPED = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "YI"}  # scripts
LATIN_ENDS = 0x58F
THIN = frozenset("1Iijlrtf|!")
SEVERAL = 0x110000


class Glyphs(NamedTuple):
    """The glyphs of a page: glyph i stands for `texts[i]`, the characters `first[i]` to `last[i]`
    (exclusive).

    `boxes` (glyphs, 4) are in points, `objects` are the text objects' addresses; `size` is the
    print size in points, as far as the glyph's height shows it; `marks` are punctuation. `codes`
    are the code points, or a number from SEVERAL up for each text of several characters.
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
    """Whether a character is drawn; private-use ones are, because symbols use them."""
    return category(char)[0] not in "ZC" or category(char) == "Co"


@cache
def is_half(char: str) -> bool:
    """Whether it is one half of a surrogate pair."""
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
    """Whether a text is one letter or digit that is not thin."""
    return len(text) == 1 and text.isalnum() and text not in THIN


def glyphs_of(sheet: Sheet) -> Glyphs:
    """The glyphs that are drawn; characters with the same box, as in a ligature, are one glyph."""
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
    several: dict[str, int] = {}
    for at in np.flatnonzero((last - first > 1) | half[which[first]]).tolist():
        texts[at] = whole_characters(text[first[at] : last[at]])
        code = several.setdefault(texts[at], SEVERAL + len(several))
        says[at] = ord(texts[at]) if len(texts[at]) == 1 else code
    own = boxes[first]
    long = np.maximum(own[:, 2] - own[:, 0], own[:, 3] - own[:, 1])
    body = np.array([0.45 if char in LOW else 0.66 for char in kinds] or [1.0])
    marks = np.array([is_mark(char) for char in kinds], bool)
    at = which[first]
    return Glyphs(first, last, texts, own, objects[first], long / body[at], marks[at], says)


def outside(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Glyphs whose centre is outside the page."""
    places = sheet.places(glyphs.boxes, 1.0)
    x, y = (places[:, 0] + places[:, 2]) / 2, (places[:, 1] + places[:, 3]) / 2
    return np.asarray((x < 0) | (y < 0) | (x > sheet.width) | (y > sheet.height))


def tiny(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Glyphs below the readable size, which is scaled up for posters with large print."""
    letters = glyphs.size[~glyphs.marks]
    main = float(np.median(letters)) if len(letters) else BODY
    page = max(sheet.width, sheet.height) / LARGE_PAGE
    least = READABLE * max(1.0, min(page, main / BODY))
    return np.asarray((glyphs.size < least) & ~glyphs.marks)


def squeezed(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Letters squeezed to a line, or with an em that is too small to read on one side.

    For a sheared em this is its height over its longest side.
    """
    left, low, right, high = glyphs.boxes.T
    across, up = right - left, high - low
    share = np.minimum(across, up) / np.maximum(np.maximum(across, up), 1e-9)
    found = share < NARROWEST
    for at in np.flatnonzero(found).tolist():
        found[at] = is_wide(glyphs.texts[at])
    _, first, own = np.unique(glyphs.objects, return_index=True, return_inverse=True)
    ems = sheet.ems(glyphs.first[first])
    longest = np.linalg.norm(ems, axis=2).max(axis=1)
    flat = np.abs(np.linalg.det(ems)) < SHEARED * longest**2
    found |= flat[own] & (longest[own] > 0)
    small = np.flatnonzero(~found & (np.minimum(across, up) < BODY_OF_EM * READABLE))
    small = small[[is_wide(glyphs.texts[at]) for at in small.tolist()]] if len(small) else small
    if len(small):
        sides = np.linalg.norm(sheet.ems(glyphs.first[small]), axis=2)
        found[small] = sides.min(axis=1) < READABLE
    return np.asarray(found)


def says_more(glyphs: Glyphs) -> Mask:
    """Glyphs that stand for several letters and are not ligatures."""
    found = np.zeros(len(glyphs.texts), bool)
    for at in np.flatnonzero(glyphs.last - glyphs.first > 1).tolist():
        text = glyphs.texts[at]  # It is one character if the two were a surrogate pair.
        found[at] = len(text) > 1 and text.lower() not in LIGATURES and not is_cluster(text)
    return found


def is_ligature(text: str) -> bool:
    return len(text) > 1 and text.lower() in LIGATURES


def is_cluster(text: str) -> bool:
    """Whether it is a cluster of joined letters, as in Indic and Arabic scripts."""
    kinds = {category(char)[0] if is_joined(char) else "" for char in text}
    return len(text) <= CLUSTER and kinds <= {"L", "M"}


@cache
def is_joined(char: str) -> bool:
    """Whether it belongs to a script whose letters are shaped by their neighbours."""
    other = category(char) in ("Lo", "Mn", "Mc", "Cf") and ord(char) > LATIN_ENDS
    return other and name_of(char, "").split(" ")[0] not in UNSHAPED


def whole_objects(glyphs: Glyphs, some: Mask) -> Mask:
    """`some`, extended to all glyphs of text objects with at least half of their glyphs in it."""
    if not some.any():
        return some
    owners, owner = np.unique(glyphs.objects, return_inverse=True)
    of_all = np.bincount(owner, minlength=len(owners))
    of_some = np.bincount(owner, weights=some, minlength=len(owners))
    return np.asarray((2 * of_some >= of_all)[owner] | some)


def ordered(glyphs: Glyphs) -> Mask:
    """All glyphs except letters that are scattered over the page, each far from the one before.

    Nobody reads them in their order: many steps lead up the page, unlike in tables and in text
    along a line, column or curve.
    """
    found = np.ones(len(glyphs.texts), bool)
    if len(found) < FEWEST_SCATTERED:
        return found
    middle = (glyphs.boxes[:, :2] + glyphs.boxes[:, 2:]) / 2
    steps = np.diff(middle, axis=0)
    size = np.maximum(glyphs.size[1:], glyphs.size[:-1])
    far = np.abs(steps).max(axis=1) > APART * size
    alone = np.append(True, far) & np.append(far, True)
    for start, end in stretches(~alone):  # A few scattered letters may be side by side.
        alone[start:end] |= start > 0 and end < len(alone) and end - start <= FEW_SIDE_BY_SIDE
    up = np.append(False, steps[:, 1] > size)
    for start, end in stretches(alone) if alone.sum() >= FEWEST_SCATTERED else ():
        letters = sum(map(str.isalpha, glyphs.texts[start:end]))
        if letters >= FEWEST_SCATTERED and up[start + 1 : end].mean() >= UPWARDS:
            found[start:end] = False
    return found


def misplaced(sheet: Sheet, glyphs: Glyphs) -> list[tuple[int, int, str]]:
    """Stretches of glyphs in one line that are painted in another order than they are read.

    The first glyph and the last + 1 of each, and what a reader reads there.
    """
    found: list[tuple[int, int, str]] = []
    if len(glyphs.texts) < FEWEST_SCATTERED:
        return found
    middle = (glyphs.boxes[:, :2] + glyphs.boxes[:, 2:]) / 2
    steps = np.diff(middle, axis=0) / np.maximum(glyphs.size[1:], glyphs.size[:-1])[:, None]
    apart = np.abs(steps)
    # A line's letters may lead another way than its first sign does, which may be turned.
    ems_before = np.cumsum(np.pad(sheet.ems(glyphs.first)[:, 0], ((1, 0), (0, 0))), axis=0)
    for across, other in ((0, 1), (1, 0)):
        beside = (apart[:, other] < ONE_LINE) & (apart[:, across] >= apart[:, other])
        lines = np.array(stretches(beside), np.int64).reshape(-1, 2)
        lines = lines[lines[:, 1] - lines[:, 0] + 1 >= FEWEST_SCATTERED]
        ems = ems_before[lines[:, 1] + 1] - ems_before[lines[:, 0]]
        # First in a hurry: how many steps of each line lead against its letters' direction.
        forth = np.append(0, np.cumsum(steps[:, across] > BACK / 2))
        back = np.append(0, np.cumsum(steps[:, across] < -BACK / 2))
        left, right = (each[lines[:, 1]] - each[lines[:, 0]] for each in (back, forth))
        some = np.where(ems[:, across] > 0, left, right) >= FEWEST_BACK
        lines, ems = lines[some], ems[some]
        for (start, end), em in zip(lines.tolist(), ems, strict=True):
            along = middle[start : end + 1] @ (em / max(float(np.linalg.norm(em)), 1e-9))
            own = np.diff(along) / glyphs.size[start + 1 : end + 1]
            near, far = np.count_nonzero(own < -BACK), np.count_nonzero(own < -FAR_BACK)
            if far < FEWEST_BACK and near < max(FEWEST_BACK, len(own) * SHARE_BACK):
                continue
            if said := _by_place(glyphs.some(np.arange(start, end + 1)), along, across):
                found.append((start, end + 1, said))
    return found


def _by_place(line: Glyphs, along: Floats, across: int) -> str:
    """A line's letters in the order of their places; "" where these tell of no other order.

    Letters over each other are prints of one text, and some scripts run from right to left.
    """
    letters = [char for text in line.texts for char in text if char.isalpha()]
    if len(letters) < FEWEST_SCATTERED or 2 * sum(map(is_joined_or_turned, letters)) > len(letters):
        return ""
    order = np.argsort(along, kind="stable")
    wide = (line.boxes[:, across + 2] - line.boxes[:, across])[order]
    gaps = np.diff(along[order]) - (wide[1:] + wide[:-1]) / 2
    over = gaps < -np.minimum(wide[1:], wide[:-1]) / 2
    if over.mean() > OVER:
        return ""
    blank = (gaps > BLANK * line.size[order][1:]).tolist()
    texts = [line.texts[at] for at in order.tolist()]
    pieces = (" " * gap + text for gap, text in zip(blank, texts[1:], strict=True))
    return "".join((texts[0], *pieces))


@cache
def is_joined_or_turned(char: str) -> bool:
    """Whether it is of a script that joins its letters or runs from right to left."""
    return bidirectional(char) in ("R", "AL") or is_joined(char)


def stretches(some: Mask) -> list[tuple[int, int]]:
    """The start and end (exclusive) of each run of true values."""
    edges = np.flatnonzero(np.diff(some.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
