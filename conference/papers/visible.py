"""Whether a reader can see each glyph of a page: the page is drawn with it and without it.

First all text at once is taken away. A glyph whose box shows a contrast in each third of its height
and width is seen, where no other glyph lies over or under it. Every other glyph is looked at again,
enlarged, when only its own text object and others far from it are taken away: no neighbour's ink
counts for it. What cannot be told is not seen. Of what is seen, the letters of each font are then
compared with what they are said to be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from conference.papers import shapes
from conference.papers.glyphs import (
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
    filled,
    full_view,
    shared,
    without,
)

LARGE, CONTRAST_LARGE = 24.0, 1.15  # Points; a watermark's letters are seen at less.
NO_CONTRAST = 1.0
THICK = 0.2  # of an outline, by the print size
CONTRAST_DOUBLED = 2.2  # of print over which the same letters are printed once more
SHARED, CLEAR = 0.3, 0.03  # share of a glyph's box that others lie over: some, next to none
NO_PICTURE = 0.05  # points: the height of a glyph that a font lacks
FEW_BETWEEN, PILE, PILED = 3, 10, 0.4  # glyphs; of a pile of letters; the share hidden of it
MOST_LAYERS, MOST_GLYPHS = 12, 3000

OUTSIDE, TINY, SQUEEZED = "outside the page", "tiny print", "squeezed print"
SAYS_MORE, UNSEEN = "glyph that says more than it shows", "leaves no trace"
DIFFERS = "glyph and character differ"


def hidden_glyphs(sheet: Sheet) -> tuple[Glyphs, list[str]]:
    """The glyphs of a page, and how each is hidden, "" where a reader sees it by any viewer."""
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
    """What each glyph says, and where it stands to a tenth of a point."""
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
    if len(sheet.doubled):  # Black print under white of the same letters leaves a pale outline.
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
    clear = (ways == "") & (share <= CLEAR)
    differing = shapes.differing(sheet, glyphs, np.asarray(clear, bool), view, all_text)
    ways[whole_objects(glyphs, differing) & (ways == "")] = DIFFERS
    for start, end in stretches(np.asarray(ways == "", bool)) if differing.any() else ():
        if end - start <= FEW_BETWEEN and start > 0 and end < len(ways):
            ways[start:end] = DIFFERS
    ways[_of_no_font_here(sheet, glyphs) & (ways != OUTSIDE)] = ""
    return glyphs, ways.tolist()


def _of_no_font_here(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Plainly painted ideographs of a font that neither the file nor this machine has.

    A reader's viewer has one, as those of East Asia do; here they have no picture to judge.
    """
    _, low, _, high = glyphs.boxes.T
    found = np.zeros(len(glyphs.texts), bool)
    for at in np.flatnonzero(high - low < NO_PICTURE).tolist():
        owner = int(glyphs.objects[at])
        plain = is_ideograph(glyphs.texts[at][0]) and not sheet.embedded(owner)
        found[at] = plain and not sheet.paint(owner, glyphs.boxes[at])
    return found


def _seen(
    sheet: Sheet, glyphs: Glyphs, view: View, all_text: Difference, alone: Mask
) -> tuple[Mask, Mask]:
    """Which glyphs are seen, and of which this was in doubt at the first look."""
    places = view.places(sheet, glyphs)
    seen = filled(all_text.ink(CONTRAST), places, glyphs.marks) & (view.scale == SCALE)
    doubtful = ~(seen & alone)
    high = places[:, 3] - places[:, 1] >= shapes.LEAST
    seen &= alone | high | glyphs.marks  # The small ones of a crowd are looked at enlarged.
    crowded = np.flatnonzero(seen & (~alone | _drowned(sheet, glyphs)))
    if len(crowded):
        seen[crowded] = _seen_alone(sheet, glyphs.some(crowded), view, ~alone[crowded])
    left, top, right, bottom = places.T
    rows, columns = view.picture.shape
    inside = (right > 0) & (bottom > 0) & (left < columns) & (top < rows)
    unclear = np.flatnonzero(~seen & inside)
    if len(unclear) and view.scale == SCALE:  # What changes no pixel is not looked at enlarged.
        # A thin rule may be drawn in the row of pixels beside its own.
        around = places[unclear] + np.array([-1, -1, 1, 1])
        every = np.ones(len(unclear), bool)
        unclear = unclear[filled(all_text.ink(NO_CONTRAST), around, every)]
    if len(unclear):
        seen[unclear] = _seen_close(sheet, glyphs.some(unclear), ~alone[unclear])
    some = glyphs.objects[~seen & inside]
    beside = np.flatnonzero(seen & alone & np.isin(glyphs.objects, some))
    if len(beside):  # Ink that runs through a gap between letters may be a neighbour's.
        seen[beside] = _seen_alone(sheet, glyphs.some(beside), view, ~alone[beside])
        doubtful[beside] = True
    return seen, doubtful & inside


def _drowned(sheet: Sheet, glyphs: Glyphs) -> Mask:
    """Letters whose outlines may fill them."""
    found = np.zeros(len(glyphs.texts), bool)
    for owner, width in sheet.outlines.items():
        found |= (glyphs.objects == owner) & (width >= THICK * glyphs.size)
    return found


def _among_hidden(seen: Mask, doubtful: Mask) -> Mask:
    """Doubtful glyphs among hidden ones: letters of which some parts show by chance.

    A few of them between hidden ones; and all in a pile of letters of which many are hidden.
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
    """Whether each glyph is seen when its own text object, not those around it, is taken away."""
    seen = np.zeros(len(glyphs.texts), bool)
    if len(seen) > MOST_GLYPHS:
        return seen
    whole = view.places(sheet, glyphs)
    for layer in _layers(glyphs):
        part = view.part(whole[layer])
        places = part.places(sheet, glyphs)
        own = without(sheet, part, glyphs.some(layer))
        for large, least in ((False, CONTRAST), (True, CONTRAST_LARGE)):
            chosen = layer[(glyphs.size[layer] >= LARGE) == large]
            if len(chosen):
                seen[chosen] = filled(own.ink(least), places[chosen], glyphs.marks[chosen])
        some = glyphs.some(layer)
        seen[layer] &= ~shapes.shapeless(sheet, some, places[layer], own, crowded[layer])
    return seen


def _seen_close(sheet: Sheet, glyphs: Glyphs, crowded: Mask) -> Mask:
    """The same, enlarged, cell by cell of the page."""
    seen = np.zeros(len(glyphs.texts), bool)
    for inside, view in close_views(sheet, glyphs):
        seen[inside] = _seen_alone(sheet, glyphs.some(inside), view, crowded[inside])
    return seen


def _layers(glyphs: Glyphs) -> list[NDArray[np.int64]]:
    """Glyphs in layers of whole text objects, none over another of its layer.

    Objects that print the same letters in the same places, as bold print by printing twice has
    them, go together. What lies under more than a dozen others is in no layer.
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
