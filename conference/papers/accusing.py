"""Which hidden text accuses its paper, and by which rule.

It accuses where it addresses a reader or is as long as a sentence of argument. Lines that run off
the page, labels that figures lose, the recognised text behind a scan and a printer's notes accuse
nobody.
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

APART = frozenset((SCAN, SPOKEN, TAGGED, VISIBLE))  # Not words that stand here and there.
CUT_OFF = (RUN_OFF, COVERED)  # By the page's edge, or by a figure that lies over a line.
WORDS, CONNECTING = 6, 2  # of a sentence
STRETCH, MOST_WORDS = 5, 2000  # words that tell what stands elsewhere; of a text so compared
UNKNOWN = 60  # such letters at most for each connecting word of three or more
PROSE = 0.8  # Share of letters and blanks: source code and undecoded text have fewer.
FOREIGN = 6  # different words in a script other than Latin
CHARACTERS, UNBROKEN = 10, 30  # different ones where a script has no blanks; letters without one


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
    # Overfull lines leave the ends of many sentences beside the page.
    apart = (span.text for span in short if span.technique not in CUT_OFF)
    # A watermark under a figure stands in plain sight on other pages; a single word may by chance.
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
    elsewhere = max((own & set(words) for own in connecting_elsewhere()), key=len)
    foreign = len(elsewhere) > connecting and any(len(word) > 2 for word in elsewhere)
    if plain and foreign and len(long) >= least:
        return True
    if len({word for word in words if len(word) > 2 and _not_latin(word)}) >= FOREIGN:
        return True
    # Letters piled up have lost their blanks, and some have one after each of them.
    unbroken = re.findall(rf"[a-z]{{{UNBROKEN},}}|\b(?:[a-z] ){{{UNBROKEN},}}", flat)
    for letters in (each.replace(" ", "") for each in unbroken):
        # A font's table repeats few, and what was not decoded has no words.
        known = sum(letters.count(word) for word in connecting_words() if len(word) > 2)
        if CHARACTERS < len(set(letters)) <= len(letters) / 2 and known * UNKNOWN >= len(letters):
            return True
    return len({char for char in text if category(char) == "Lo"}) >= CHARACTERS


def _not_latin(word: str) -> bool:
    """Whether two letters of a word have no Latin twin."""
    return (
        sum(not char.isascii() and not name_of(char, "LATIN").startswith("LATIN") for char in word)
        > 1
    )


def _unshaped(text: str) -> str:
    """A text without letters that take their shape, and often their place, from their neighbours.

    In Indic scripts and in Arabic a sentence in plain sight leaves single letters that are drawn
    nowhere by themselves.
    """
    return "".join(char for char in text if category(char) != "Lo" or not is_joined(char))


def _new(text: str, seen: str) -> str:
    """What of a text stands nowhere in plain sight: other pages may show parts of it."""
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
    """What a text repeats: contours are printed as the same word many times, in white."""
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text
