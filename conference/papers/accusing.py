"""Decides which hidden text accuses its paper, and by which rule.

Hidden text accuses its paper if it addresses a reader or is as long as a sentence. Lines that run
off the page, labels lost in figures, the text layer of a scan and producers' notes do not.
"""

from __future__ import annotations

import re
from unicodedata import category
from unicodedata import name as name_of

import msgspec

from conference.papers.glyphs import is_joined
from conference.papers.hidden import (
    ADDRESSES,
    ARGUES,
    COVERED,
    RUN_OFF,
    SCAN,
    SCATTERED,
    SPOKEN,
    TAGGED,
    VISIBLE,
    HiddenSpan,
    Look,
)
from conference.papers.orders import (
    addresses_reader,
    connecting_elsewhere,
    connecting_words,
    normal_form,
    patterns,
    plain_letters,
    readings,
    squeezed,
    without_orders,
)

APART = frozenset((SCAN, SPOKEN, TAGGED, VISIBLE))  # not counted as scattered words
CUT_OFF = (RUN_OFF, COVERED)  # by the page's edge, or by a figure over a line
WORDS, CONNECTING = 6, 2  # of a sentence, at least
STRETCH, MOST_WORDS = 5, 2000  # words that are looked up elsewhere; longest text so compared
UNKNOWN = 60  # most letters per connecting word of three or more letters
PROSE = 0.8  # share of letters and blanks: source code and undecoded text have fewer
FOREIGN = 6  # different words in a script other than Latin
CHARACTERS, UNBROKEN = 10, 30  # different characters of a script without blanks; letters in a row


def accused(looks: list[Look], notes: list[tuple[str, str]]) -> list[HiddenSpan]:
    """The hidden spans of a file that accuse it, each with its rule.

    Text that is also visible elsewhere is not hidden. `notes` are (place, text) pairs from outside
    the pages; they count only if they address a reader.
    """
    suspects = [look.spans for look in looks if look.spans]
    seen = squeezed("".join(look.text for look in looks)) if suspects else ""
    told = [span for spans in suspects for span in _accusing(spans, seen)]
    orders = ((place, without_orders(text)[1]) for place, text in notes)
    return told + [
        HiddenSpan(0, place, order, ADDRESSES) for place, own in orders for order, _ in own
    ]


def _accusing(spans: tuple[HiddenSpan, ...], seen: str) -> list[HiddenSpan]:
    """The accusing spans of one page: single ones, or else the short ones taken together."""
    told = [judged for span in spans if (judged := _judged(span, seen)).rule]
    short = [span for span in spans if span.technique not in APART]
    if told or len(short) < 2:
        return told
    together = " ".join(span.text for span in short)
    # Overfull lines push the ends of many sentences off the page.
    apart = (span.text for span in short if span.technique not in CUT_OFF)
    # A watermark under a figure is visible on other pages; a single word may be so by chance.
    new = " ".join(_unshaped(_new(t, seen) if " " in t.strip() else t) for t in apart)
    if addresses_reader(together):
        return [HiddenSpan(short[0].page, SCATTERED, normal_form(together), ADDRESSES)]
    if argues(new, WORDS + 2, CONNECTING + 1):
        return [HiddenSpan(short[0].page, SCATTERED, normal_form(new), ARGUES)]
    return []


def _judged(span: HiddenSpan, seen: str) -> HiddenSpan:
    if span.technique in (VISIBLE, TAGGED):
        return span
    rule, text = "", span.text
    if any(map(addresses_reader, readings(text))):
        rule = ADDRESSES
    elif span.technique not in (SCAN, *CUT_OFF) and any(map(argues, readings(_new(text, seen)))):
        rule = ARGUES
    return msgspec.structs.replace(span, rule=rule, text=normal_form(span.text))


def argues(text: str, least: int = WORDS, connecting: int = CONNECTING) -> bool:
    """Whether a text is as long as a sentence and is not a note of a producer or printer."""
    flat = plain_letters(text)
    if any(pattern.search(flat) for pattern in patterns("service")):
        return False
    words = re.findall(r"(?<!\\)\b[^\W\d_]+", flat)
    long = {word for word in words if len(word) > 1}
    joints = connecting_words() & set(words)
    plain = sum(char.isalpha() or char.isspace() for char in flat) >= PROSE * len(flat)
    # Undecoded text has short words of accented letters by chance.
    decoded = text.isascii() or any(len(word) > 2 for word in joints)
    if plain and decoded and len(long) >= least and len(joints) >= connecting:
        return True
    elsewhere = max((own & set(words) for own in connecting_elsewhere()), key=len)
    foreign = len(elsewhere) > connecting and any(len(word) > 2 for word in elsewhere)
    if plain and foreign and len(long) >= least:
        return True
    if len({word for word in words if len(word) > 2 and _not_latin(word)}) >= FOREIGN:
        return True
    # Letters piled on each other lose their blanks; other texts have a blank after each letter.
    unbroken = re.findall(rf"[a-z]{{{UNBROKEN},}}|\b(?:[a-z] ){{{UNBROKEN},}}", flat)
    for letters in (each.replace(" ", "") for each in unbroken):
        # A font's character table repeats few letters, and undecoded text has no words.
        known = sum(letters.count(word) for word in connecting_words() if len(word) > 2)
        if CHARACTERS < len(set(letters)) <= len(letters) / 2 and known * UNKNOWN >= len(letters):
            return True
    return len({char for char in text if category(char) == "Lo"}) >= CHARACTERS


def _not_latin(word: str) -> bool:
    """Whether at least two letters of a word are not Latin."""
    return (
        sum(not char.isascii() and not name_of(char, "LATIN").startswith("LATIN") for char in word)
        > 1
    )


def _unshaped(text: str) -> str:
    """The text without letters whose shape, and often place, depends on their neighbours.

    In Indic scripts and in Arabic a visible sentence has single letters that are not drawn by
    themselves.
    """
    return "".join(char for char in text if category(char) != "Lo" or not is_joined(char))


def _new(text: str, seen: str) -> str:
    """The words of a text that are nowhere visible: other pages may show parts of it."""
    if _once(squeezed(text)) in seen:
        return ""
    words = text.split()
    new = [True] * len(words)
    for at in range(len(words) - STRETCH + 1 if len(words) <= MOST_WORDS else 0):
        stretch = slice(at, at + STRETCH)
        if squeezed("".join(words[stretch])) in seen:
            new[stretch] = [False] * STRETCH
    return " ".join(word for word, own in zip(words, new, strict=True) if own)


def _once(text: str) -> str:
    """The repeated part of a text: outlines are made by printing a word many times in white."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text
