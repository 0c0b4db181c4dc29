"""Finds orders in a paper: injected instructions to a reviewer or to a language model.

Text is first brought into a normal form, so that look-alike letters and fillers hide nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import gcd
from pathlib import Path
from typing import NamedTuple
from unicodedata import category, normalize

import msgspec

HERE = Path(__file__).parent
LONGEST, BESIDE = 500, 150  # characters of a sentence; kept around a phrase in a longer one
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_OTHERS = re.compile(r"[^\x00-\x7f]")
_WORD = r"[^\s\x80-\U0010ffff]+"
_PIECES = re.compile(rf"{_WORD}(?: {_WORD})*|\s+|[^\s\x00-\x7f]")  # ASCII words, blanks, one other.
TAGS = range(0xE0020, 0xE007F)  # invisible twins of the ASCII characters
SELECTORS = range(0xE0100, 0xE01F0)  # also invisible; they stand for bytes from 16 on
BRACKETED = range(0x249C, 0x24B6)  # small letters in brackets
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_BRAILLE = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
_ALIKE = {
    "aebikmhopctyxsj": "аевікмнорстухѕј",
    "abehikmvoptuxyz": "αβεηικμνορτυχγζ",
    "abcdeghijklmnoprtuvwyz": "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ",
    "odlze": "օԁӏʐҽ",
}


# Letters that look only roughly alike, so fonts are not judged by them; some are upside down.
_NEARLY = {
    "bfgnqrsuvw": "ьꜰɡпꞯгꜱцѵω",
    "nyg": "ΝΥԌ",
    "abccdeghijkklmnopqrrsstttvwyyz": "ᎪᏴᏟᏨᎠᎬᏀᎻᎥᎫᏦᏥᏞᎷɴϴᏢԚᎡᏒᏚᏕᎢᎿᏆᏙᎳᎩᎽᏃ",
    "ghjlnoqsuusfl": "ցհյլոօզՏսՍՏքԼ",
    "abcdefghijklmnoprstuvwxyz": "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ",
    "acefghijkmrtvwy": "ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ",
}
_TURNED = frozenset("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ")
_UPRIGHT = dict(zip("bdnpqu", "qpudbn", strict=True))  # these letters read upside down


# Letters separated by blanks, hyphens or dots, as many as an order has; words with digits in them.
_SPELT = re.compile(r"(?<!\w)(?:[^\W_][ .,:;\-_*·|/~]{1,5}){15,}[^\W_](?!\w)")
_MIXED = re.compile(r"\b(?=\w*[a-z])(?=\w*\d)\w{3,}\b")
_DIGITS = str.maketrans("013457", "oieast")
FEWEST_MIXED, MAIN_LETTER = 3, 0.4  # words with digits; a share that no letter has in a language
PRIVATE = "Co"  # the category of private-use characters


class Order(NamedTuple):
    """The place of an order in a text, and how many of the known phrases it contains."""

    start: int
    end: int
    signs: int


def normal_form(text: str) -> str:
    """The text that a mind reads: compatibility forms resolved, invisible characters removed.

    Superscripts and subscripts stay, because 10² is not 102.
    """
    if text.isascii():
        return text
    text = _OTHERS.sub(lambda found: _resolved(found[0]), IGNORABLE.sub("", text))
    return normalize("NFC", IGNORABLE.sub("", text))


def squeezed(text: str) -> str:
    """Only the letters and digits: two prints of a text may differ in blanks and hyphens."""
    return "".join(filter(str.isalnum, normalize("NFKC", text)))


def orders_in(text: str) -> list[Order]:
    """The sentences that instruct a reviewer, and such orders spelled out letter by letter.

    Of a very long sentence only the surroundings of the phrases are returned.
    """
    flat = plain_letters(text)
    spelt = _SPELT.search(flat)
    worded = [flat for flat in _worded(flat) if _signs(flat)]
    if not worded and not spelt:
        return []
    flat, places = _folded(text)
    found = {
        (start, end): signs
        for each in _worded(flat) if worded
        for start, end in _sentences(each)
        if (signs := _signs(each[start:end]))
    }  # fmt: skip
    for run in _SPELT.finditer(flat) if spelt else ():
        if signs := _spelt_signs(run[0], "visible"):
            found[run.span()] = signs
    ends = [(start, end, found[start, end]) for start, end in sorted(found)]
    apart = [each for n, each in enumerate(ends) if not n or each[0] >= ends[n - 1][1]]
    return [Order(places[start], places[end - 1] + 1, signs) for start, end, signs in apart]


def _worded(flat: str) -> list[str]:
    """The text, and if many of its words contain digits also a version with letters for them."""
    mixed = _MIXED.findall(flat)
    if len(mixed) < FEWEST_MIXED:
        return [flat]
    return [flat, _MIXED.sub(lambda word: word[0].translate(_DIGITS), flat)]


def _signs(flat: str) -> int:
    return sum(bool(pattern.search(flat)) for pattern in patterns("visible"))


def _spelt_signs(run: str, kind: str) -> int:
    """How many of the known phrases a run of separated letters spells."""
    letters = "".join(filter(str.isalnum, run))
    return sum(bool(pattern.search(letters)) for pattern in _unbroken(kind))


@cache
def _unbroken(kind: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of the phrases without blanks and word boundaries."""
    rows = (row.replace(r"\b", "").replace(" ?", "").replace(" ", "") for row in _phrases()[kind])
    return tuple(map(re.compile, rows))


def without_orders(text: str) -> tuple[str, list[tuple[str, int]]]:
    """The text without its orders, and each order with its number of known phrases."""
    found = orders_in(text)
    cut = [(re.sub(r"\s+", " ", text[order.start : order.end]), order.signs) for order in found]
    for order in reversed(found):
        text = f"{text[: order.start]} {text[order.end :]}"
    return text, cut


def beside(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts that are shown with another's paper, without their orders, so that they cannot steer
    its review."""
    return tuple(without_orders(text)[0] for text in texts)


def readings(text: str) -> list[str]:
    """The text, and what it says if it was disguised.

    Disguises are letters turned upside down, each letter repeated, one filler letter between the
    others, and reversed order.
    """
    found = [text]
    if any(letter in _TURNED for letter in text):
        found.append("".join(_UPRIGHT.get(char, char) for char in text))
    runs = [(run[0][0], len(run[0])) for run in re.finditer(r"(\S)\1*", text)]
    times = gcd(*(count for _, count in runs))
    if times > 1:
        found.append(re.sub(r"(\S)\1*", lambda run: run[0][: len(run[0]) // times], text))
    letter, count = (Counter(filter(str.isalnum, text)).most_common(1) or [("", 0)])[0]
    if count > MAIN_LETTER * sum(map(str.isalnum, text)):
        found.append(text.replace(letter, ""))
    return [*found, *(each[::-1] for each in found)]


def addresses_reader(text: str) -> bool:
    """Whether a hidden text addresses the person or model that judges the paper."""
    kinds, flat = ("visible", "hidden"), plain_letters(text)
    if any(p.search(each) for each in _worded(flat) for kind in kinds for p in patterns(kind)):
        return True
    return any(_spelt_signs(run[0], kind) for run in _SPELT.finditer(flat) for kind in kinds[:1])


@cache
def patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    """The phrases of one kind in `injections.toml`."""
    return tuple(map(re.compile, _phrases()[kind]))


@cache
def connecting_words() -> frozenset[str]:
    """English function words, which sentences have and lists of labels do not."""
    return frozenset(_phrases()["connecting"])


@cache
def connecting_elsewhere() -> tuple[frozenset[str], ...]:
    """Function words of other languages, in plain letters."""
    return tuple(
        frozenset(plain_letters(row).split()) for row in _phrases()["connecting_elsewhere"]
    )


@cache
def _phrases() -> dict[str, list[str]]:
    data = (HERE / "injections.toml").read_bytes()
    return msgspec.toml.decode(data, type=dict[str, list[str]])


def plain_letters(text: str) -> str:
    """A text in plain lower-case letters.

    Accents, fillers and styles are removed, letters that look like Latin ones become these, and
    white space becomes one blank.
    """
    if not text.isascii():
        text = _OTHERS.sub(lambda found: _plain(found[0]), text)
    return re.sub(r"\s+", " ", text).lstrip().lower()


def _folded(text: str) -> tuple[str, list[int]]:
    """Like `plain_letters`, with the position of each character in the text."""
    pieces: list[str] = []
    places: list[int] = []
    for found in _PIECES.finditer(text):
        at, piece = found.start(), found[0]
        plain = piece.lower() if piece.isascii() else _plain(piece)
        if plain.isspace():
            if pieces and pieces[-1][-1] != " ":
                pieces.append(" ")
                places.append(at)
        elif plain:
            pieces.append(plain)
            places += range(at, found.end()) if piece.isascii() else [at] * len(plain)
    return "".join(pieces), places


@cache
def _plain(char: str) -> str:
    table = _folding()
    char = table.get(char, char)
    parts = normalize("NFKD", IGNORABLE.sub("", char))
    kept = (p for p in parts if category(p) not in ("Mn", PRIVATE) and not IGNORABLE.match(p))
    return "".join(table.get(part.lower(), part.lower()) for part in kept)


@cache
def _folding() -> dict[str, str]:
    table = dict(look_alikes())
    for latin, other in _NEARLY.items():
        table |= dict(zip(other, latin, strict=True))
    return table


@cache
def look_alikes() -> dict[str, str]:
    """A map from letters of other alphabets, Braille and ornaments to similar Latin letters."""
    table = dict(zip(_BRAILLE, _LATIN, strict=True))
    for latin, other in _ALIKE.items():
        table |= dict(zip(other, latin, strict=True))
    for start in (0x1F150, 0x1F170, 0x1F1E6):  # white on black circles, squares; flags
        table |= {chr(start + at): letter for at, letter in enumerate(_LATIN)}
    return table


@cache
def _resolved(char: str) -> str:
    if ord(char) in BRACKETED:
        return _LATIN[ord(char) - BRACKETED.start]
    raised = normalize("NFKD", char) != char and category(char) in ("No", "Lm")
    return char if raised else normalize("NFKC", char)


def _sentences(flat: str) -> list[tuple[int, int]]:
    ends = [found.end() for found in re.finditer(r"[.!?]\s", flat)]
    pieces = []
    for start, end in zip([0, *ends], [*ends, len(flat)], strict=True):
        while end > start and flat[end - 1] == " ":
            end -= 1
        if end - start <= LONGEST:
            pieces.append((start, end))
        else:
            pieces += _around_phrases(flat, start, end)
    return [(start, end) for start, end in pieces if end > start]


def _around_phrases(flat: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    hits = (found.span() for p in patterns("visible") for found in p.finditer(flat, start, end))
    for left, right in sorted((max(start, a - BESIDE), min(end, b + BESIDE)) for a, b in hits):
        if pieces and left <= pieces[-1][1]:
            pieces[-1] = pieces[-1][0], max(right, pieces[-1][1])
        else:
            pieces.append((left, right))
    return pieces
