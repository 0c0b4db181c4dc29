"""Finds text of a PDF that its reader would not see; it is cut out and kept beside the paper.

No mind reads what the page does not show. `accusing.py` decides which hidden text counts against
the paper.
"""

from __future__ import annotations

import re

import msgspec
import numpy as np

from conference.core.clean import whole_characters
from conference.papers.glyphs import Glyphs, misplaced, ordered
from conference.papers.orders import (
    SELECTORS,
    TAGS,
    normal_form,
    without_orders,
)
from conference.papers.sheet import Sheet
from conference.papers.visible import OUTSIDE, UNSEEN, hidden_glyphs

SCAN = "text layer of a scan"
SPOKEN = "replacement text"
SCATTERED = "words here and there"
BETWEEN = "letters between others"
TAGGED = "tag characters"
VISIBLE = "visible instruction"
RUN_OFF, COVERED = "line that runs off", "rest of a word in sight"
UNCHECKED = "not checked"  # A page that could not be drawn; it does not accuse the paper.
ADDRESSES, ARGUES = "it addresses a reader", "it is as long as a sentence"
PRINTS_NOTHING = "its characters are made to print nothing"
TAGS_BEGIN = "\udb40"  # the first surrogate of each tag character
TAG = re.compile("[\U000e0020-\U000e007e\U000e0100-\U000e01ef]")
CUT = (OUTSIDE, "clipped away")
SCANNED = 0.7  # share of a page that a scan's pictures cover
RECOGNISED = 0.8  # share of a scanned page's text that is hidden
FEWEST_LETTERS = 8
FEW_BETWEEN, MANY, SHARE = 5, 5, 0.25  # glyphs between hidden runs; the runs; what they hide


class HiddenSpan(msgspec.Struct, frozen=True):
    """A run of hidden text: its page from 1 (0 for the file itself) and how it was hidden.

    `rule` says why it accuses the paper; "" if it does not.
    """

    page: int
    technique: str
    text: str
    rule: str = ""


class Look(msgspec.Struct, frozen=True):
    """A page as a reader sees it, its hidden spans, and the positions of hidden characters."""

    text: str
    spans: tuple[HiddenSpan, ...] = ()
    unseen: frozenset[int] = frozenset()


class Run(msgspec.Struct):
    """Hidden glyphs next to each other: their numbers, and how many visible ones precede them on
    the line."""

    at: list[int]
    before: int = 0


def look_at(sheet: Sheet, number: int) -> Look:
    """The text of a page as a reader sees it, and each hidden run."""
    spans = [HiddenSpan(number, SPOKEN, text) for text in sheet.spoken]
    glyphs, ways = hidden_glyphs(sheet)
    near = ordered(glyphs)
    if not near.all():
        ways = [way or ("" if own else SCATTERED) for way, own in zip(ways, near, strict=True)]
    gone = [at for at, way in enumerate(ways) if way] if any(ways) else []
    unseen = frozenset(n for at in gone for n in range(glyphs.first[at], glyphs.last[at]))
    if unseen:
        spans += _spans(sheet, number, glyphs, ways)
    seen = glyphs.some(np.array([not way for way in ways], bool)) if gone else glyphs
    kept, moved = _as_read(sheet.characters.text, unseen, seen, misplaced(sheet, seen))
    spans += said_in_tags(sheet.characters.text, number)
    text, orders = without_orders(lines_of(kept))
    spans += [HiddenSpan(number, VISIBLE, order, _told(signs)) for order, signs in orders]
    return Look(text, tuple(spans), unseen | moved)


def _as_read(
    text: str, unseen: frozenset[int], seen: Glyphs, lines: list[tuple[int, int, str]]
) -> tuple[str, frozenset[int]]:
    """A page's characters without the unseen, and lines painted in another order as they are read.

    Of the second also the numbers of their characters.
    """
    if not unseen and not lines:
        return text, frozenset()
    ends = [(int(seen.first[start]), int(seen.last[end - 1])) for start, end, _ in lines]
    moved = frozenset(n for first, last in ends for n in range(first, last))
    instead = {first: said for (first, _), (_, _, said) in zip(ends, lines, strict=True)}
    kept = "".join(
        instead.get(n, "") if n in moved else "" if n in unseen else char
        for n, char in enumerate(text)
    )
    return kept, moved


def said_in_tags(text: str, number: int) -> list[HiddenSpan]:
    """Text written in tag characters, which print nothing."""
    codes = map(ord, whole_characters(text) if TAGS_BEGIN in text or TAG.search(text) else "")
    said = "".join(
        chr(code - TAGS.start + 32) if code in TAGS else chr(code - SELECTORS.start + 16)
        for code in codes
        if code in TAGS or code in SELECTORS
    )
    enough = len(said) >= FEWEST_LETTERS
    return [HiddenSpan(number, TAGGED, said, PRINTS_NOTHING)] if enough else []


def visible_orders(text: str) -> tuple[str, list[HiddenSpan]]:
    """A text without its instructions to reviewers, and those that accuse the paper."""
    text, orders = without_orders(text)
    return text, [HiddenSpan(0, VISIBLE, order, _told(n)) for order, n in orders if _told(n)]


def _told(signs: int) -> str:
    """The rule for an instruction with so many signs: papers on language models may quote one
    phrase of an attack, but two are an attempt."""
    return ADDRESSES if signs > 1 else ""


def lines_of(text: str) -> str:
    """PDFium's characters as lines; words that it joined across line ends stay joined."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe]", "", whole_characters(text))
    text = re.sub(r"[ \t\xa0]{2,}|[\t\xa0]", " ", normal_form(text))
    lines = map(str.strip, text.split("\n"))
    return "\n".join(line for line in lines if line)


# --- runs ----------------------------------------------------------------------------------------


def _spans(sheet: Sheet, number: int, glyphs: Glyphs, ways: list[str]) -> list[HiddenSpan]:
    text = sheet.characters.text
    runs = _runs(glyphs, ways)
    # A scanned page may have a visible line added by a library.
    unseen = sum(bool(way) for way in ways)
    scan = unseen > RECOGNISED * len(ways) and sheet.pictured() > SCANNED
    spans = []
    for run in runs:
        how = SCAN if scan else _technique(sheet, glyphs, ways, run)
        said = text[glyphs.first[run.at[0]] : glyphs.last[run.at[-1]]]
        spans.append(HiddenSpan(number, how, re.sub(r"\s+", " ", lines_of(said))))
    for start, end in _mixed(runs):
        said = text[glyphs.first[start] : glyphs.last[end]]
        spans.append(HiddenSpan(number, BETWEEN, re.sub(r"\s+", " ", lines_of(said))))
    return spans


def _mixed(runs: list[Run]) -> list[tuple[int, int]]:
    """The first and last glyphs of stretches in which many single letters are hidden.

    The hidden letters say nothing without the visible ones between them.
    """
    found: list[tuple[int, int]] = []
    chain: list[Run] = []
    for run in [*runs, None]:
        if run and chain and run.at[0] - chain[-1].at[-1] - 1 <= FEW_BETWEEN:
            chain.append(run)
            continue
        whole = chain[-1].at[-1] - chain[0].at[0] + 1 if chain else 0
        if len(chain) >= MANY and sum(len(each.at) for each in chain) >= SHARE * whole:
            found.append((chain[0].at[0], chain[-1].at[-1]))
        chain = [run] if run else []
    return found


def _runs(glyphs: Glyphs, ways: list[str]) -> list[Run]:
    """Runs of hidden glyphs that are next to each other or on lines of one paragraph."""
    runs: list[Run] = []
    line = 0
    for at, way in enumerate(ways):
        beside = at > 0 and _beside(glyphs, at - 1, at)
        if not way:
            line = line + 1 if beside else 1
            continue
        same = at > 0 and glyphs.objects[at] == glyphs.objects[at - 1]
        near = same or beside or (runs and _beneath(glyphs, runs[-1], at))
        if runs and runs[-1].at[-1] == at - 1 and near:
            runs[-1].at.append(at)
        else:
            within = beside and not ways[at - 1]
            runs.append(Run([at], line if within else 0))
    return runs


def _beside(glyphs: Glyphs, first: int, second: int) -> bool:
    """Whether two glyphs are no further apart than words on a line."""
    a, b = glyphs.boxes[first], glyphs.boxes[second]
    gap = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
    return bool(gap <= 1.5 * max(glyphs.size[first], glyphs.size[second], a[3] - a[1]))


def _beneath(glyphs: Glyphs, run: Run, at: int) -> bool:
    """Whether a glyph begins the next line of a run's paragraph, upright or rotated."""
    boxes, new = glyphs.boxes[run.at], glyphs.boxes[at]
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    last = glyphs.boxes[run.at[-1]]
    far = 1.5 * max(glyphs.size[run.at[-1]], glyphs.size[at])
    for along, down in ((0, 1), (1, 0)):
        inside = low[along] - far <= new[along] <= high[along] + far
        gap = max(new[down] - last[down + 2], last[down] - new[down + 2])
        if inside and gap <= far:
            return True
    return False


def _technique(sheet: Sheet, glyphs: Glyphs, ways: list[str], run: Run) -> str:
    """How a run is hidden, by the most frequent technique of its glyphs and by its object."""
    own = [ways[at] for at in run.at]
    way = max(dict.fromkeys(own), key=own.count)
    middle = run.at[len(run.at) // 2]
    if way == UNSEEN:
        way = sheet.paint(int(glyphs.objects[middle]), glyphs.boxes[middle]) or UNSEEN
    within = way in (UNSEEN, *CUT) and _within_a_word(glyphs, ways, run)
    if way in CUT and (within or 2 * run.before >= len(run.at)):
        return RUN_OFF
    if within:
        return COVERED
    if way == "invisible rendering mode" and sheet.on_nested_picture(
        int(glyphs.objects[middle]), glyphs.boxes[middle]
    ):
        return SCAN
    return way


def _within_a_word(glyphs: Glyphs, ways: list[str], run: Run) -> bool:
    """Whether a run is on one line and begins in the middle of a word of its text object."""
    at = run.at[0]
    if not at or ways[at - 1] or glyphs.last[at - 1] != glyphs.first[at]:
        return False
    boxes = glyphs.boxes[run.at]
    spread = np.ptp(boxes[:, :2] + boxes[:, 2:], axis=0) / 2
    word = f"{glyphs.texts[at - 1]}{glyphs.texts[at]}".isalpha()
    one = glyphs.objects[at - 1] == glyphs.objects[at]
    return bool(word and one and spread.min() < glyphs.size[run.at].max())
