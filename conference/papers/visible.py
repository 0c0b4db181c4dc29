"""Decides whether a reader can see each glyph, by drawing the page with and without it.

First all text is removed at once. A glyph counts as seen if its box shows contrast in the outer
thirds of its height and width and no other glyph overlaps it. Every other glyph is checked again,
enlarged, with only its own text object and distant ones removed, so that a neighbour's ink does not
count for it. In doubt it is not seen. Finally the seen letters of each font are compared with the
letters that they claim to be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conference.papers import shapes
from conference.papers.glyphs import (
    READABLE,
    Glyphs,
    Mask,
    glyphs_of,
    is_ideograph,
    outside,
    says_more,
    squeezed,
    stretches,
    tiny,
    whole_objects,
)
from conference.papers.sheet import Sheet
from conference.papers.views import (
    CONTRAST,
    SCALE,
    Difference,
    View,
    close_views,
    contrast_of,
    filled,
    full_view,
    shared,
    without,
)

LARGE, CONTRAST_LARGE = 24.0, 1.15  # points; large letters, as of watermarks, need less contrast
SMALL, CONTRAST_SMALL = 4.2, 1.7  # points; small print needs more contrast
NO_CONTRAST = 1.0
THICK = 0.2  # width of an outline as a share of the print size
CONTRAST_DOUBLED = 2.2  # needed by print over which the same letters are printed again
SHARED, CLEAR = 0.3, 0.03  # share of a glyph's box that others cover: some, almost none
NO_PICTURE = 0.05  # points: the height of a glyph that the font lacks
FEW_BETWEEN, PILE, PILED = 3, 10, 0.4  # glyphs in between; letters of a pile; their hidden share
MOST_LAYERS, MOST_GLYPHS = 12, 3000

OUTSIDE, TINY, SQUEEZED = "outside the page", "tiny print", "squeezed print"
SAYS_MORE, UNSEEN = "glyph that says more than it shows", "leaves no trace"
DIFFERS = "glyph and character differ"


def hidden_glyphs(sheet: Sheet) -> tuple[Glyphs, list[str]]:
    """The glyphs of a page, and how each is hidden; "" if it is seen in every viewer."""
    glyphs, ways = _hidden_glyphs(sheet)
    if sheet.strict:
        others, theirs = _hidden_glyphs(sheet.strict)
        seen = {each for each, way in zip(_printed(others), theirs, strict=True) if not way}
        ways = [
            way or ("" if each in seen else UNSEEN)
            for each, way in zip(_printed(glyphs), ways, strict=True)
        ]
    return glyphs, ways


def _printed(glyphs: Glyphs) -> list[tuple[str, float, float]]:
    """Each glyph's text and its place to a tenth of a point."""
    places = glyphs.boxes[:, :2].round(1).tolist()
    return [(text, left, low) for text, (left, low) in zip(glyphs.texts, places, strict=True)]


def _hidden_glyphs(sheet: Sheet) -> tuple[Glyphs, list[str]]:
    glyphs = glyphs_of(sheet)
    if not glyphs.texts:
        return glyphs, []
    view = full_view(sheet, glyphs)
    all_text = without(sheet, view, glyphs)
    share = shared(view.places(sheet, glyphs))
    seen, doubtful = _seen(sheet, glyphs, view, all_text, share <= SHARED)
    if len(sheet.doubled):  # White print over the same black letters leaves a pale outline.
        doubled = np.flatnonzero(np.isin(glyphs.objects, sheet.doubled))
        ink = all_text.ink(CONTRAST_DOUBLED)
        places = view.places(sheet, glyphs.some(doubled))
        seen[doubled] &= filled(ink, places, glyphs.marks[doubled])
    seen &= ~_among_hidden(seen, doubtful)
    ways = np.full(len(glyphs.texts), "", dtype=object)
    ways[~seen] = UNSEEN
    for way, some in (
        (SAYS_MORE, says_more(glyphs)),
        (SQUEEZED, squeezed(sheet, glyphs)),
        (TINY, tiny(sheet, glyphs)),
    ):
        ways[whole_objects(glyphs, some)] = way
    ways[outside(sheet, glyphs)] = OUTSIDE
    ways[_ornaments(sheet, glyphs) & (ways == "")] = DIFFERS
    clear = np.asarray((ways == "") & (share <= CLEAR), bool)
    faces = shapes.faces_of(sheet, glyphs)
    differing = shapes.mirrored(sheet, glyphs, clear, view, all_text)
    clear &= ~differing
    liars = shapes.differing(sheet, glyphs, faces, clear, view, all_text)
    clear &= ~liars
    liars |= shapes.strayed(sheet, glyphs, faces, clear, view, all_text)
    differing |= whole_objects(glyphs, liars)
    ways[differing & (ways == "")] = DIFFERS
    for start, end in stretches(np.asarray(ways == "", bool)) if differing.any() else ():
        if end - start <= FEW_BETWEEN and start > 0 and end < len(ways):
            ways[start:end] = DIFFERS
    ways[_of_no_font_here(sheet, glyphs, view) & (ways != OUTSIDE)] = ""
    return glyphs, ways.tolist()


def _ornaments(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Letters of ornament fonts that are not in the file: readers see ornaments there."""
    owners, own = np.unique(glyphs.objects, return_inverse=True)
    _, first, which = np.unique(sheet.fonts(owners), return_index=True, return_inverse=True)
    some = np.array([sheet.ornamental(owner) for owner in owners[first].tolist()], bool)
    if not some.any():
        return np.zeros(len(glyphs.texts), bool)
    of_them = some[which][own]
    letters = np.array([text.isascii() and text.isalnum() for text in glyphs.texts])
    return np.asarray(of_them & letters)


def _of_no_font_here(sheet: Sheet, glyphs: Glyphs, view: View) -> Mask:
    """Normally painted ideographs of a font that neither the file nor this machine has.

    A reader's viewer has the font, as in East Asia; here there is no picture to judge.
    """
    _, low, _, high = glyphs.boxes.T
    found = np.zeros(len(glyphs.texts), bool)
    flat = np.flatnonzero(high - low < NO_PICTURE)
    if not len(flat):
        return found
    sides = np.linalg.norm(sheet.ems(glyphs.first[flat]), axis=2).min(axis=1)
    places = np.nan_to_num(view.places(sheet, glyphs.some(flat)))
    x, y = places.reshape(-1, 2, 2).mean(axis=1).T
    rows, columns = view.picture.shape
    ground = view.picture[y.clip(0, rows - 1).astype(int), x.clip(0, columns - 1).astype(int)]
    for at, side, pixel in zip(flat.tolist(), sides.tolist(), ground, strict=True):
        owner, box = int(glyphs.objects[at]), glyphs.boxes[at]
        ours = is_ideograph(glyphs.texts[at][0]) and not sheet.embedded(owner)
        if not ours or side < READABLE or sheet.paint(owner, box):
            continue
        colour = sheet.plain_colour(owner)
        if colour is not None and not sheet.covers.over(owner, box):
            found[at] = contrast_of(np.array([colour], np.uint32), pixel[None])[0] >= CONTRAST
    return found


def _seen(
    sheet: Sheet, glyphs: Glyphs, view: View, all_text: Difference, alone: Mask
) -> tuple[Mask, Mask]:
    """Masks of the glyphs that are seen, and of those that were in doubt in the first view."""
    places = view.places(sheet, glyphs)
    seen = filled(all_text.ink(CONTRAST), places, glyphs.marks) & (view.scale == SCALE)
    small = np.flatnonzero(seen & (glyphs.size < SMALL) & ~glyphs.marks)
    if len(small):
        seen[small] = filled(all_text.ink(CONTRAST_SMALL), places[small], glyphs.marks[small])
    doubtful = ~(seen & alone)
    high = places[:, 3] - places[:, 1] >= shapes.LEAST
    seen &= alone | high | glyphs.marks  # Small overlapping glyphs are checked enlarged.
    crowded = np.flatnonzero(seen & (~alone | _drowned(sheet, glyphs)))
    if len(crowded):
        seen[crowded] = _seen_alone(sheet, glyphs.some(crowded), view, ~alone[crowded])
    left, top, right, bottom = places.T
    rows, columns = view.picture.shape
    inside = (right > 0) & (bottom > 0) & (left < columns) & (top < rows)
    unclear = np.flatnonzero(~seen & inside)
    if len(unclear) and view.scale == SCALE:  # Glyphs that change no pixel are not checked again.
        # A thin rule may be drawn in the row of pixels next to its own.
        around = places[unclear] + np.array([-1, -1, 1, 1])
        every = np.ones(len(unclear), bool)
        unclear = unclear[filled(all_text.ink(NO_CONTRAST), around, every)]
    if len(unclear):
        seen[unclear] = _seen_close(sheet, glyphs.some(unclear), ~alone[unclear])
    some = glyphs.objects[~seen & inside]
    beside = np.flatnonzero(seen & alone & np.isin(glyphs.objects, some))
    if len(beside):  # Their ink may be a neighbour's that reaches into their boxes.
        seen[beside] = _seen_alone(sheet, glyphs.some(beside), view, ~alone[beside])
        doubtful[beside] = True
    return seen, doubtful & inside


def _drowned(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Letters with outlines so thick that they may fill the letters."""
    found = np.zeros(len(glyphs.texts), bool)
    for owner, width in sheet.outlines.items():
        found |= (glyphs.objects == owner) & (width >= THICK * glyphs.size)
    return found


def _among_hidden(seen: Mask, doubtful: Mask) -> Mask:
    """Doubtful glyphs among hidden ones, which are seen only by chance.

    These are a few between hidden glyphs, and all in a pile of letters many of which are hidden.
    """
    found = np.zeros(len(seen), bool)
    if seen.all():
        return found
    for start, end in stretches(doubtful & seen):
        between = start > 0 and end < len(seen) and not seen[start - 1] and not seen[end]
        found[start:end] = between and end - start <= FEW_BETWEEN
    for start, end in stretches(doubtful):
        own = seen[start:end]
        mixed = np.count_nonzero(own[1:] != own[:-1]) * PILE >= len(own) >= PILE
        found[start:end] |= mixed and np.count_nonzero(~own) >= PILED * len(own)
    return found


def _seen_alone(sheet: Sheet, glyphs: Glyphs, view: View, crowded: Mask) -> Mask:
    """Whether each glyph is seen by removing its own text object but not those around it."""
    seen = np.zeros(len(glyphs.texts), bool)
    if len(seen) > MOST_GLYPHS:
        return seen
    whole = view.places(sheet, glyphs)
    small = (glyphs.size < SMALL) & ~glyphs.marks
    needed = np.select([glyphs.size >= LARGE, small], [CONTRAST_LARGE, CONTRAST_SMALL], CONTRAST)
    for layer in _layers(glyphs):
        part = view.part(whole[layer])
        places = part.places(sheet, glyphs)
        own = without(sheet, part, glyphs.some(layer))
        for least in np.unique(needed[layer]).tolist():
            chosen = layer[needed[layer] == least]
            if len(chosen):
                seen[chosen] = filled(own.ink(least), places[chosen], glyphs.marks[chosen])
        some = glyphs.some(layer)
        seen[layer] &= ~shapes.shapeless(sheet, some, places[layer], own, crowded[layer])
    return seen


def _seen_close(sheet: Sheet, glyphs: Glyphs, crowded: Mask) -> Mask:
    """Like `_seen_alone`, enlarged, cell by cell of the page."""
    seen = np.zeros(len(glyphs.texts), bool)
    for inside, view in close_views(sheet, glyphs):
        seen[inside] = _seen_alone(sheet, glyphs.some(inside), view, crowded[inside])
    return seen


def _layers(glyphs: Glyphs) -> list[NDArray[np.int64]]:
    """Layers of whole text objects, as glyph numbers; no glyphs of a layer overlap.

    Objects that print the same letters in the same places, as for fake bold, share a layer. Glyphs
    that would need more than `MOST_LAYERS` layers are in none.
    """
    owners, owner = np.unique(glyphs.objects, return_inverse=True)
    left, low, right, high = glyphs.boxes.T
    over = (left[:, None] < right) & (right[:, None] > left)
    over &= (low[:, None] < high) & (high[:, None] > low)
    first, second = np.nonzero(np.triu(over, 1))
    near = 0.15 * np.maximum(high - low, right - left)
    shift = np.abs(glyphs.boxes[first] - glyphs.boxes[second]).max(axis=1)
    texts = np.array(glyphs.texts, dtype=object)
    twins = (shift < near[first]) & (texts[first] == texts[second])
    group = np.arange(len(owners))
    for a, b in zip(owner[first[twins]], owner[second[twins]], strict=True):
        group[group == group[b]] = group[a]
    apart: dict[int, set[int]] = {}
    for a, b in zip(group[owner[first]].tolist(), group[owner[second]].tolist(), strict=True):
        if a != b:
            apart.setdefault(a, set()).add(b)
            apart.setdefault(b, set()).add(a)
    level: dict[int, int] = {}
    for each in dict.fromkeys(group.tolist()):
        taken = {level[other] for other in apart.get(each, ()) if other in level}
        level[each] = next(n for n in range(len(owners) + 1) if n not in taken)
    levels = np.array([level[each] for each in group[owner].tolist()])
    return [np.flatnonzero(levels == n) for n in range(min(MOST_LAYERS, int(levels.max()) + 1))]
