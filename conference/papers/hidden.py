"""Text of a PDF that its reader would not see: it is cut, and where it tells, it accuses.

A paper's text is data: no mind reads what the page does not show. Hidden text accuses its paper
where it addresses a reader or is as long as a sentence of argument. Lines that run off the page,
labels that figures lose, the recognised text behind a scan and a printer's notes accuse nobody.
"""

from __future__ import annotations

import re
from unicodedata import category
from unicodedata import name as name_of

import msgspec

from conference.core.clean import whole_characters
from conference.papers.glyphs import Glyphs
from conference.papers.orders import (
    TAGS,
    addresses_reader,
    connecting_words,
    normal_form,
    patterns,
    plain_letters,
    readings,
    squeezed,
    without_orders,
)
from conference.papers.sheet import Sheet
from conference.papers.visible import OUTSIDE, UNSEEN, hidden_glyphs

SCAN = "text layer of a scan"
SPOKEN = "replacement text"
SCATTERED = "words here and there"
TAGGED = "tag characters"
VISIBLE = "visible instruction"
RUN_OFF = "line that runs off"
APART = frozenset((SCAN, SPOKEN, TAGGED, VISIBLE))  # Not words that stand here and there.
UNCHECKED = "not checked"  # A page that could not be drawn; it accuses nobody.
ADDRESSES, ARGUES = "it addresses a reader", "it is as long as a sentence"
PRINTS_NOTHING = "its characters are made to print nothing"
TAGS_BEGIN = "\udb40"  # the first half of each of them
SCANNED = 0.7  # share of a page that the picture of a scan covers
FEWEST_LETTERS = 8
UNSHAPED = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "YI"}  # of letters in category Lo
WORDS, CONNECTING = 6, 2  # of a sentence
PROSE = 0.8  # Share of letters and blanks: source code and undecoded text have fewer.
CHARACTERS, UNBROKEN = 10, 30  # different ones where a script has no blanks; letters without one


class HiddenSpan(msgspec.Struct, frozen=True):
    """A run of hidden text: its page from 1 (0 for the file itself) and how it was hidden.

    `rule` says why it accuses the paper; "" where it does not.
    """

    page: int
    technique: str
    text: str
    rule: str = ""


class Look(msgspec.Struct, frozen=True):
    """A page as a reader sees it; what stands on it unseen, and the numbers of its characters."""

    text: str
    spans: tuple[HiddenSpan, ...] = ()
    unseen: frozenset[int] = frozenset()


class Run(msgspec.Struct):
    """Glyphs hidden side by side: their numbers, and how many in sight begin their line."""

    at: list[int]
    before: int = 0


def look_at(sheet: Sheet, number: int) -> Look:
    """The text of a page without what a reader cannot see, and each hidden run."""
    spans = [HiddenSpan(number, SPOKEN, text) for text in sheet.spoken]
    glyphs, ways = hidden_glyphs(sheet)
    gone = [at for at, way in enumerate(ways) if way]
    unseen = frozenset(n for at in gone for n in range(glyphs.first[at], glyphs.last[at]))
    kept = sheet.characters.text
    if unseen:
        kept = "".join(c for n, c in enumerate(kept) if n not in unseen)
        spans += _spans(sheet, number, glyphs, ways)
    written = sheet.characters.text
    codes = map(ord, whole_characters(written) if TAGS_BEGIN in written else "")
    tagged = "".join(chr(code - TAGS.start + 32) for code in codes if code in TAGS)
    if len(tagged) >= FEWEST_LETTERS:
        spans.append(HiddenSpan(number, TAGGED, tagged, PRINTS_NOTHING))
    text, orders = without_orders(lines_of(kept))
    spans += [HiddenSpan(number, VISIBLE, order, _told(signs)) for order, signs in orders]
    return Look(text, tuple(spans), unseen)


def visible_orders(text: str) -> tuple[str, list[HiddenSpan]]:
    """A whole text without its orders, and those that accuse."""
    text, orders = without_orders(text)
    return text, [HiddenSpan(0, VISIBLE, order, _told(n)) for order, n in orders if _told(n)]


def accused(looks: list[Look], notes: list[tuple[str, str]]) -> list[HiddenSpan]:
    """Those hidden spans of a file that accuse it, each with its rule.

    What also stands in plain sight is not hidden. `notes` are texts beside the pages, each with its
    place; of them only what addresses a reader counts.
    """
    suspects = [look.spans for look in looks if look.spans]
    seen = squeezed("".join(look.text for look in looks)) if suspects else ""
    told = [span for spans in suspects for span in _accusing(spans, seen)]
    orders = ((place, without_orders(text)[1]) for place, text in notes)
    return told + [
        HiddenSpan(0, place, order, ADDRESSES) for place, own in orders for order, _ in own
    ]


def _accusing(spans: tuple[HiddenSpan, ...], seen: str) -> list[HiddenSpan]:
    """The hidden spans of one page that accuse: each by itself, or else the short ones together."""
    told = [judged for span in spans if (judged := _judged(span, seen)).rule]
    short = [span for span in spans if span.technique not in APART]
    if told or len(short) < 2:
        return told
    together = " ".join(span.text for span in short)
    # A watermark under a figure stands in plain sight on other pages.
    # Overfull lines leave the ends of many sentences beside the page.
    apart = (span for span in short if span.technique != RUN_OFF and not _repeats(span.text, seen))
    new = " ".join(_unshaped(span.text) for span in apart)
    if addresses_reader(together):
        return [HiddenSpan(short[0].page, SCATTERED, normal_form(together), ADDRESSES)]
    if argues(new, WORDS + 2, CONNECTING + 1):
        return [HiddenSpan(short[0].page, SCATTERED, normal_form(new), ARGUES)]
    return []


def _told(signs: int) -> str:
    """Papers on language models quote one phrase of an attack; two make an attempt."""
    return ADDRESSES if signs > 1 else ""


def _judged(span: HiddenSpan, seen: str) -> HiddenSpan:
    if span.technique in (VISIBLE, TAGGED):
        return span
    rule, text = "", span.text
    if any(map(addresses_reader, readings(text))):
        rule = ADDRESSES
    elif span.technique not in (SCAN, RUN_OFF) and any(map(argues, readings(text))):
        rule = "" if _once(squeezed(span.text)) in seen else ARGUES
    return msgspec.structs.replace(span, rule=rule, text=normal_form(span.text))


def argues(text: str, least: int = WORDS, connecting: int = CONNECTING) -> bool:
    """Whether a text is as long as a sentence and no note of a producer or printer."""
    flat = plain_letters(text)
    if any(pattern.search(flat) for pattern in patterns("service")):
        return False
    words = re.findall(r"(?<!\\)\b[^\W\d_]+", flat)
    long = {word for word in words if len(word) > 1}
    joints = connecting_words() & set(words)
    plain = sum(char.isalpha() or char.isspace() for char in flat) >= PROSE * len(flat)
    # A text that was not decoded has short words of accented letters by chance.
    decoded = text.isascii() or any(len(word) > 2 for word in joints)
    if plain and decoded and len(long) >= least and len(joints) >= connecting:
        return True
    # Letters piled up have lost their blanks, and some have one after each of them.
    unbroken = re.findall(rf"[a-z]{{{UNBROKEN},}}|\b(?:[a-z] ){{{UNBROKEN},}}", flat)
    for letters in (each.replace(" ", "") for each in unbroken):
        if CHARACTERS < len(set(letters)) <= len(letters) / 2:  # A font's table repeats few.
            return True
    return len({char for char in text if category(char) == "Lo"}) >= CHARACTERS


def _unshaped(text: str) -> str:
    """A text without letters that take their shape, and often their place, from their neighbours.

    In Indic scripts and in Arabic a sentence in plain sight leaves single letters that are drawn
    nowhere by themselves.
    """
    return "".join(char for char in text if category(char) != "Lo" or _without_blanks(char))


def _without_blanks(char: str) -> bool:
    return name_of(char, "").split(" ")[0] in UNSHAPED


def _repeats(text: str, seen: str) -> bool:
    """Whether words side by side stand in plain sight too; a single word may by chance."""
    return " " in text.strip() and squeezed(text) in seen


def _once(text: str) -> str:
    """What a text repeats: contours are printed as the same word many times, in white."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text


def lines_of(text: str) -> str:
    """PDFium's characters as lines; a word that it joined over a line's end stays joined."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe]", "", whole_characters(text))
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in normal_form(text).split("\n"))
    return "\n".join(line for line in lines if line)


# --- runs ----------------------------------------------------------------------------------------


def _spans(sheet: Sheet, number: int, glyphs: Glyphs, ways: list[str]) -> list[HiddenSpan]:
    text = sheet.characters.text
    runs = _runs(glyphs, ways)
    scan = all(ways) and sheet.pictured() > SCANNED
    spans = []
    for run in runs:
        how = SCAN if scan else _technique(sheet, glyphs, ways, run)
        said = text[glyphs.first[run.at[0]] : glyphs.last[run.at[-1]]]
        spans.append(HiddenSpan(number, how, re.sub(r"\s+", " ", lines_of(said))))
    return spans


def _runs(glyphs: Glyphs, ways: list[str]) -> list[Run]:
    """Hidden glyphs side by side or in the lines of one paragraph."""
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
    """Whether two glyphs are no further apart than the words of a line."""
    a, b = glyphs.boxes[first], glyphs.boxes[second]
    gap = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
    return bool(gap <= 1.5 * max(glyphs.size[first], glyphs.size[second], a[3] - a[1]))


def _beneath(glyphs: Glyphs, run: Run, at: int) -> bool:
    """Whether a glyph begins the next line of a run's paragraph, upright or turned."""
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
    """How a run is hidden: by the most frequent way of its glyphs, and what their object says."""
    own = [ways[at] for at in run.at]
    way = max(dict.fromkeys(own), key=own.count)
    middle = run.at[len(run.at) // 2]
    if way == UNSEEN:
        way = sheet.paint(int(glyphs.objects[middle]), glyphs.boxes[middle]) or UNSEEN
    if way in (OUTSIDE, "clipped away") and 2 * run.before >= len(run.at):
        return RUN_OFF
    if way == "invisible rendering mode" and sheet.on_nested_picture(
        int(glyphs.objects[middle]), glyphs.boxes[middle]
    ):
        return SCAN
    return way
