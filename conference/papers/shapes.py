"""Checks whether glyphs look like the letters that they claim to be, by comparing known fonts.

A font may print one text and report another to programs. For each font of a page, pictures of its
letters and digits are compared with the same letters in common typefaces that come with Matplotlib.
"""

from __future__ import annotations

from functools import cache
from unicodedata import category, normalize
from unicodedata import name as name_of

import numpy as np
from numpy.typing import NDArray

from conference.papers.glyphs import (
    SEVERAL,
    Glyphs,
    Mask,
    is_cluster,
    is_ligature,
    stretches,
)
from conference.papers.letter_pictures import (
    COARSE,
    LETTERS,
    SIDE,
    Boxes,
    Samples,
    first_pictures,
    likeness,
    of_ligature,
    pictures,
    standard,
)
from conference.papers.orders import look_alikes
from conference.papers.sheet import WHITE, Pixels, Sheet
from conference.papers.views import (
    Difference,
    View,
    close_view,
    close_views,
    luminance,
    without,
)

Letters = dict[str, list[int]]  # numbers of some glyphs of each letter
Groups = dict[tuple[int, str], Letters]  # by the face and the kind of letters
Faces = NDArray[np.int64]
MOST_SIZES = 2**14  # half points
POOLED = -1  # stands for all faces with too few letters
BARS = frozenset("1Iil")  # A bar may fill its box, and then its picture has no contrast.
SAMPLES = 3
WORSE, LIKE = 0.1, 0.35  # correlations: behind another letter's, and least with its own
ENOUGH, LIKE_IN_CROWD = 8, 0.6  # crowded letters of a text object; their least median likeness
FOREIGN, LATIN = "foreign", 0.75  # letters unlike Latin ones; likeness that makes one Latin
LIGATURE = "ligature"
LATIN_LIKE = (  # scripts whose letters may look like Latin ones
    "LATIN", "MODIFIER", "SUPERSCRIPT", "SUBSCRIPT", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE",
    "COPTIC", "LISU", "THAI", "LAO", "DESERET", "OLD", "GOTHIC", "CARIAN", "LYCIAN", "LYDIAN",
    "CANADIAN", "VAI", "OSAGE", "WARANG", "MIAO", "VITHKUQI", "MEDEFAIDRIN", "FRASER",
)  # fmt: skip
FEWEST, LYING = 4, 0.5  # letters of a face; share of wrong ones at which it lies
LEAST = 6.0  # pixels of a letter's height below which its picture cannot be judged
ALIKE = 0.6  # least likeness of first pictures within a face
STRETCH, FEW_ODD, FEW_KINDS = 8, 4, 3  # letters; odd ones among them; different ones
PERHAPS_WORSE, PERHAPS_LIKE = 0.05, 0.5  # WORSE and LIKE for a first look
MOST_MIRRORED = 2000  # letters of a page that are compared with their mirror images
LOW = 4.0  # pixels: least height of a letter for a first picture
DARKEST = 0.7  # of the strongest ink of a letter
MUCH_WORSE = 0.25  # WORSE on a busy ground, as the shadow of a letter
BUSY, DROWNED = 0.1, 0.3  # standard deviation of a ground's luminance; least likeness on it
ASKEW = 0.3  # |cos 2a|: nearer to 45 degrees a glyph's sides cannot be computed


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


def faces_of(sheet: Sheet, glyphs: Glyphs) -> Faces:
    """A number for each glyph's font and size, to half a point.

    Letters drawn as outlines only belong to a face of filled letters of their font, if any.
    """
    sizes = np.round(2 * np.linalg.norm(sheet.ems(glyphs.first)[:, 1], axis=1))
    owners, own = np.unique(glyphs.objects, return_inverse=True)
    fonts = np.unique(sheet.fonts(owners), return_inverse=True)[1][own]
    if sheet.hollow:
        hollow = np.isin(glyphs.objects, np.array(list(sheet.hollow), np.uint64))
        for font in np.unique(fonts[hollow]).tolist():
            solid = sizes[(fonts == font) & ~hollow]
            if len(solid):
                sizes[(fonts == font) & hollow] = solid[0]
    return np.asarray(fonts * MOST_SIZES + sizes.clip(0, MOST_SIZES - 1).astype(np.int64))


def differing(
    sheet: Sheet, glyphs: Glyphs, faces: Faces, clear: Mask, view: View, all_text: Difference
) -> Mask:
    """The glyphs that look unlike the letters they claim to be, in faces where most do.

    `clear` glyphs are visible and not covered. A font that seems to lie in the first view (`view`,
    `all_text`) is checked again in an enlarged one.
    """
    wrong = np.zeros(len(glyphs.texts), bool)
    groups, keys = _groups(glyphs, faces, clear)
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
        wrong[pooled] = [(POOLED, kind_of(glyphs.texts[at])) in liars for at in pooled.tolist()]
        for at, (face, text) in enumerate(zip(faces.tolist(), glyphs.texts, strict=True)):
            wrong[at] |= (face, kind_of(text)) in liars
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


def mirrored(sheet: Sheet, glyphs: Glyphs, clear: Mask, view: View, all_text: Difference) -> Mask:
    """Letters of text objects that are drawn mirrored, and look so: some fonts are mirrored too.

    A few letters may be a sign, such as the E of XeTeX's name.
    """
    found = np.zeros(len(glyphs.texts), bool)
    owners, first, own = np.unique(glyphs.objects, return_index=True, return_inverse=True)
    turned = np.linalg.det(sheet.ems(glyphs.first[first])) < 0
    some = np.flatnonzero(turned[own] & clear) if turned.any() else first[:0]
    some = some[[bool(plain_letter(glyphs.texts[at])) for at in some.tolist()]]
    if not len(some):
        return found
    some = some[:: max(1, len(some) // MOST_MIRRORED)]
    places = view.places(sheet, glyphs.some(some))
    drawn = pictures(Samples(all_text.steps(), places, sheet.angles(glyphs.first[some])))
    said = [plain_letter(glyphs.texts[at]) for at in some.tolist()]
    upright = likeness(drawn, said)[0]
    flipped = likeness(drawn.reshape(-1, SIDE, SIDE)[:, ::-1].reshape(drawn.shape), said)[0]
    better = np.bincount(own[some], weights=flipped - upright, minlength=len(owners))
    looks = turned & (better > 0)
    kinds = {letter for letter, at in zip(said, own[some].tolist(), strict=True) if looks[at]}
    return np.asarray(looks[own]) if len(kinds) >= FEW_KINDS else found


def strayed(
    sheet: Sheet, glyphs: Glyphs, faces: Faces, clear: Mask, view: View, all_text: Difference
) -> Mask:
    """Letters in stretches of which many look unlike the rest of their font and unlike themselves.

    A font may tell the truth in most places and lie in one; letters may be covered or clipped but
    for some specks, or drowned in a ground of lines and specks.
    """
    found = np.zeros(len(glyphs.texts), bool)
    codes, which = np.unique(glyphs.codes, return_inverse=True)
    plain = [plain_letter(chr(code)) if code < SEVERAL else "" for code in codes.tolist()]
    judged = np.flatnonzero(clear & np.array([bool(letter) for letter in plain])[which])
    if sheet.hollow:  # Their pictures are known of no face.
        judged = judged[~np.isin(glyphs.objects[judged], list(sheet.hollow))]
    places = view.places(sheet, glyphs.some(judged))
    low = places[:, 3] - places[:, 1] < LOW
    judged, places = judged[~low], places[~low]
    if len(judged) < STRETCH:
        return found
    keys = faces[judged] * SEVERAL + glyphs.codes[judged]
    odd = _unlike_others(keys, places, all_text.rounded())
    odd &= _dense(odd, which[judged])
    some = np.flatnonzero(odd)
    if len(some):
        drawn = pictures(Samples(all_text.steps(), places[some], np.zeros(len(some))))
        like, other = likeness(drawn, [plain[each] for each in which[judged[some]].tolist()])
        odd[some] = (other - like > PERHAPS_WORSE) | (like < PERHAPS_LIKE)
    busy = _busy(places, all_text.ground)
    suspected = odd | busy
    chosen = judged[_dense(suspected, which[judged])]
    wrong = np.zeros(len(found), bool)
    for inside, close in close_views(sheet, glyphs.some(chosen)) if len(chosen) else ():
        own = chosen[inside]
        letters = [plain[each] for each in which[own].tolist()]
        wrong[own] = _illegible(sheet, glyphs.some(own), letters, close, glyphs)
    if not wrong.any():
        return found
    found[judged] = _dense(wrong[judged] & suspected, which[judged])
    return found


def _unlike_others(keys: NDArray[np.int64], places: Boxes, ink: NDArray[np.uint8]) -> Mask:
    """Which letters look unlike the first, the middle or the last of those with the same key."""
    drawn = standard(first_pictures(ink, places))
    _, group, count = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    first = np.cumsum(count) - count
    likes = [
        np.einsum("ij,ij->i", drawn, drawn[order[first + step][group]])
        for step in (0, count // 2, count - 1)
    ]
    return np.asarray(np.min(likes, axis=0) < ALIKE)


def _busy(places: Boxes, ground: Pixels) -> Mask:
    """Which boxes have a ground of more than one brightness."""
    found = np.zeros(len(places), bool)
    if not ground.flags.writeable:  # It is plain white, on a page with nothing but text.
        return found
    rows, columns = ground.shape
    top, bottom = (places[:, at].clip(0, rows).astype(int) for at in (1, 3))
    painted = np.append(0, np.cumsum((ground != WHITE).any(axis=1)))
    some = np.flatnonzero(painted[np.minimum(bottom + 1, rows)] > painted[top])
    steps = (np.arange(COARSE) + 0.5) / COARSE
    left, top = places[some, 0, None], places[some, 1, None]
    x = (left + (places[some, 2, None] - left) * steps).clip(0, columns - 1).astype(int)
    y = (top + (places[some, 3, None] - top) * steps).clip(0, rows - 1).astype(int)
    pixels = ground[y[:, :, None], x[:, None, :]].reshape(len(some), COARSE * COARSE)
    mixed = np.flatnonzero((pixels != pixels[:, :1]).any(axis=1))
    if len(mixed):
        spread = luminance(pixels[mixed].ravel()).reshape(len(mixed), -1).std(axis=1)
        found[some[mixed]] = spread > BUSY
    return found


def _dense(some: Mask, kinds: NDArray[np.int64]) -> Mask:
    """The members of all stretches of some length that have enough of them, of several kinds."""
    found = np.zeros(len(some), bool)
    if some.sum() < FEW_ODD or len(some) < STRETCH:
        return found
    enough = np.convolve(some, np.ones(STRETCH, int), "valid") >= FEW_ODD
    for start in np.flatnonzero(enough).tolist():
        stretch = slice(start, start + STRETCH)
        found[stretch] |= len(set(kinds[stretch][some[stretch]].tolist())) >= FEW_KINDS
    return found


def _illegible(sheet: Sheet, some: Glyphs, letters: list[str], view: View, glyphs: Glyphs) -> Mask:
    """Which letters look like others, like none, or on their ground like none."""
    own = without(sheet, view, glyphs)
    angles = sheet.angles(some.first)
    upright = np.abs(np.cos(2 * angles)) >= ASKEW
    found = np.zeros(len(letters), bool)
    at = np.flatnonzero(upright)
    if not len(at):
        return found
    places, said = view.places(sheet, some)[at], [letters[each] for each in at.tolist()]
    drawn = pictures(Samples(own.steps(), places, angles[at]))
    alone, other = likeness(drawn, said)
    wrong = (other - alone > WORSE) | (alone < LIKE)
    if wrong.any():  # Letters with a pale shadow are read by their darkest parts.
        darkest = np.where(drawn >= DARKEST * drawn.max(axis=1, keepdims=True), drawn, 0)
        dark, others = likeness(darkest.astype(np.float32), said)
        wrong &= (others - dark > WORSE) | (dark < LIKE)
    busy = _busy(places, own.ground)
    if busy.any():
        seen = luminance(view.picture.ravel()).reshape(view.picture.shape)
        bare = luminance(own.ground.ravel()).reshape(own.ground.shape)
        shown = pictures(Samples(seen, places, angles[at]))
        darker = pictures(Samples(seen - bare, places, angles[at])).mean(axis=1, keepdims=True) < 0
        amid, others = likeness(np.where(darker, -shown, shown), said)
        drowned = (amid < DROWNED) & (amid < alone / 2)
        wrong &= ~busy | (others - amid > MUCH_WORSE) | (amid < LIKE)
        wrong |= busy & drowned
    found[at] = wrong
    return found


@cache
def kind_of(text: str) -> str:
    """The kind of a letter: digit, small, capital, foreign, or "" for others.

    Kinds are judged separately, because a font may lie in only one of them. Foreign letters belong
    to scripts that look unlike Latin; signs that stand for letters, as circled ones, count as such.
    """
    letter = letter_of(text) if len(text) == 1 else ""
    if letter:
        return "digit" if letter.isdigit() else "small" if letter.islower() else "capital"
    if is_ligature(text) and text.isascii():
        return LIGATURE
    foreign = is_cluster(text) if len(text) > 1 else _is_foreign(text)
    return FOREIGN if foreign else ""


def _is_foreign(char: str) -> bool:
    """Whether it is a letter of a script unlike Latin, or a sign that stands for a letter."""
    if category(char)[0] == "L":
        base = normalize("NFKD", char)[0]
        return name_of(base, "LATIN").split(" ")[0] not in LATIN_LIKE
    stands = char in look_alikes() or any(map(str.isalpha, normalize("NFKD", char)))
    return category(char) == "So" and stands


def _groups(glyphs: Glyphs, faces: Faces, clear: Mask) -> tuple[Groups, NDArray[np.int64]]:
    """For each face and kind its letters, each with the numbers of some of its glyphs.

    Faces with too few letters are pooled if several of their letters are next to each other, as in
    a text with one font per letter; the second array is -1 there. Glyphs that are not clear do not
    interrupt such letters.
    """
    keys = np.where(clear, faces * 2 * SEVERAL + glyphs.codes, 0)
    groups: Groups = {}
    for some in _alike(keys, np.flatnonzero(keys)):
        text = glyphs.texts[some[0]]
        if kind := kind_of(text):
            key = int(faces[some[0]]), kind
            _add(groups.setdefault(key, {}), _class_in(kind, text), some)
    few = {key for key, letters in groups.items() if len(letters) < FEWEST}
    if len(few) > 1:
        kinds = map(kind_of, glyphs.texts)
        both = zip(faces.tolist(), kinds, strict=True)
        apart = np.array([key in few for key in both]) & (keys > 0)
        for start, end in stretches(apart | ~clear):
            inside = (start + np.flatnonzero(apart[start:end])).tolist()
            for at in inside if len(inside) >= FEWEST else ():
                keys[at] = -1
                kind = kind_of(glyphs.texts[at])
                letter = _class_in(kind, glyphs.texts[at])
                _add(groups.setdefault((POOLED, kind), {}), letter, [at])
    return {key: letters for key, letters in groups.items() if len(letters) >= FEWEST}, keys


def _class_in(kind: str, text: str) -> str:
    """What is judged together of a kind: a letter with its accents, other texts as they are."""
    return text if kind in (FOREIGN, LIGATURE) else letter_of(text)


def _alike(keys: NDArray[np.int64], chosen: NDArray[np.int64]) -> list[list[int]]:
    """The first, the middle and the last chosen glyph of each key."""
    order = chosen[np.argsort(keys[chosen], kind="stable")]
    starts = np.flatnonzero(np.diff(keys[order], prepend=0)).tolist()
    ends = [*starts[1:], len(order)] if starts else []
    return [
        order[list(dict.fromkeys((start, (start + end) // 2, end - 1)))].tolist()
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
    apart = (FOREIGN, LIGATURE)
    expected = [LETTERS[0] if key[1] in apart else letter for key, letter in letters]
    summed = np.add.reduceat(drawn, starts)
    own, other = likeness(summed, expected)
    for row, (key, letter) in enumerate(letters):
        if key[1] == LIGATURE:
            other[row] = max(own[row], other[row])
            own[row] = (standard(summed[row : row + 1]) @ of_ligature(letter).T).max()
    wrong = (other - own > WORSE) | (own < LIKE)
    wrong[foreign] = np.maximum(own, other)[foreign] >= LATIN
    found = {}
    for key in groups:
        mine = np.array([letter[0] == key for letter in letters])
        if mine.sum() >= FEWEST and wrong[mine].mean() >= LYING:
            liars = [letter for letter, bad in zip(letters, wrong, strict=True) if bad]
            found[key] = {letter: groups[key][letter] for own, letter in liars if own == key}
    return found
