"""`flaw:KIND`: plant a flaw in a paper with a full text, and note what it is and where.

`flaw:any` plants one kind per paper, drawn among those that apply to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from benchmarks.studies.twins.prose import (
    flat,
    front_end,
    insert,
    parts_of,
    sentences_of,
    without,
)
from benchmarks.studies.twins.twin import Twin
from conference.core.records import Planted
from conference.papers.anatomy import SIGNS
from venues.papers import TablePaper

FILE = Path(__file__).parent / "flaws.toml"
ANY = "any"
MOST_CUT = 0.35  # of a text; a cut that takes more would make another paper of it
RESULTS = re.compile(r"experiment|result|evaluation|analysis|introduction")
NUMBER = re.compile(  # a decimal, or a percentage, that is no part of a name or a longer number
    r"(?<![\w.,-])\d{1,3}\.\d+(?![\w.,]*\d)|(?<![\w.,-])\d{2,3}(?=\s?%)"
)
REVERSED = {
    "increases": "decreases", "decreases": "increases", "improves": "worsens",
    "reduces": "raises", "outperforms": "falls short of", "outperform": "fall short of",
    "higher": "lower", "lower": "higher", "increase": "decrease", "improve": "worsen",
}  # fmt: skip
UNITS = {
    "ms": "hours", "seconds": "days", "minutes": "milliseconds", "hours": "seconds",
    "days": "minutes", "GB": "KB", "MB": "TB", "epochs": "seconds", "GPUs": "GPU days",
    "layers": "metres", "images": "gigabytes", "samples": "percent",
}  # fmt: skip


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of flaw in flaws.toml, whose head explains the fields."""

    what: str
    how: Literal["cut", "insert", "replace"]
    sign: str = ""
    where: str = ""
    text: str = ""
    signs: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A paper's changed parts, the place and words of the change, and the values for `signs`."""

    text: str
    place: str
    said: str
    abstract: str = ""
    values: dict[str, str] = {}


@cache
def kinds() -> dict[str, Kind]:
    """The kinds of flaws by their names."""
    return msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Kind])


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with one flaw of this kind; None if no place in it fits."""
    if not paper.text:
        return None
    names = [str(name) for name in rng.permutation(list(kinds()))] if detail == ANY else [detail]
    for name in names:
        found = _plant(paper.text, paper.abstract, name, rng)
        if found:
            return _changed(paper, name, found)
    return None


def _plant(text: str, abstract: str, name: str, rng: np.random.Generator) -> Change | None:
    kind = kinds()[name]
    if kind.how == "cut":
        return _cut(text, kind)
    if kind.how == "insert":
        return _insert(text, abstract, kind)
    return REPLACE[name](text, abstract, rng)


def _changed(paper: TablePaper, name: str, found: Change) -> TablePaper:
    values = {key: re.escape(value) for key, value in found.values.items()}
    signs = tuple(_filled(sign, values) for sign in kinds()[name].signs)
    truth = Planted(
        paper=paper.paper, kind=f"flaw:{name}", place=found.place, said=found.said, signs=signs
    )
    return msgspec.structs.replace(
        paper,
        text=found.text,
        abstract=found.abstract or paper.abstract,
        planted=(*paper.planted, truth),
    )


def _filled(sign: str, values: dict[str, str]) -> str:
    """The sign with its values filled in; other braces of the regular expression stay."""
    for name, value in values.items():
        sign = sign.replace(f"{{{name}}}", value)
    return sign


def _cut(text: str, kind: Kind) -> Change | None:
    pattern = re.compile(SIGNS[kind.sign], re.IGNORECASE)
    after, removed = without(text, pattern)
    if not removed or len(after) < (1 - MOST_CUT) * len(text):
        return None
    return Change(
        text=after, place=f"{len(removed)} places", said=f"cut: {' … '.join(removed)[:500]}"
    )


def _insert(text: str, abstract: str, kind: Kind) -> Change | None:
    if kind.where == "abstract":
        end = front_end(text)
        body = text[:end].rstrip()
        if not end or not abstract:
            return None
        return Change(
            text=f"{body} {kind.text}\n\n{text[end:]}",
            abstract=f"{abstract.rstrip()} {kind.text}",
            place="abstract",
            said=kind.text,
        )
    found = insert(text, re.compile(kind.where), kind.text)
    return Change(text=found[0], place=found[1], said=kind.text) if found else None


def _swapped_number(text: str, abstract: str, rng: np.random.Generator) -> Change | None:
    """Change the first digit of a number in the abstract that the body has too."""
    end = front_end(text)
    front, body = text[:end], text[end:]
    numbers = NUMBER.findall(abstract)
    for old in rng.permutation(sorted(set(numbers))) if numbers else ():
        old = str(old)
        alone = rf"(?<![\d.]){re.escape(old)}(?![\d]|\.\d)"
        if not re.search(alone, front) or not re.search(alone, body):
            continue
        new = _other_number(old, text, rng)
        if new:
            return Change(
                text=re.sub(alone, new, front) + body,
                abstract=re.sub(alone, new, abstract),
                place="abstract",
                said=f"{new} instead of {old}",
                values={"old": old, "new": new},
            )
    return None


def _other_number(old: str, text: str, rng: np.random.Generator) -> str:
    """The number with another first digit that makes it new to the text; "" for none."""
    for digit in rng.permutation(list("123456789")):
        new = f"{digit}{old[1:]}"
        if new != old and not re.search(rf"(?<!\d){re.escape(new)}(?!\d)", text):
            return new
    return ""


def _wrong_sign(text: str, abstract: str, rng: np.random.Generator) -> Change | None:
    """Make one result with a number say the opposite."""
    words = re.compile(rf"\b({'|'.join(REVERSED)})\b")
    places = []
    for part in parts_of(text):
        if RESULTS.search(part.title):
            for start, end in sentences_of(text, part):
                found, number = words.search(text, start, end), _number_in(text[start:end])
                if found and number:
                    places.append((found, number, part.title, flat(text[start:end])))
    if not places:
        return None
    found, number, title, sentence = places[int(rng.integers(len(places)))]
    new = REVERSED[found[1]]
    return Change(
        text=f"{text[: found.start()]}{new}{text[found.end() :]}",
        place=title,
        said=f"'{new}' instead of '{found[1]}' in: {sentence[:300]}",
        values={"number": number},
    )


def _wrong_unit(text: str, abstract: str, rng: np.random.Generator) -> Change | None:
    """Give one quantity a unit that it cannot have."""
    quantity = re.compile(rf"(?<![\w.])(\d+(?:[.,]\d+)*) ({'|'.join(UNITS)})\b")
    places = [
        (found, part.title)
        for part in parts_of(text)
        for found in quantity.finditer(text, part.inside, part.end)
    ]
    if not places:
        return None
    found, title = places[int(rng.integers(len(places)))]
    new = f"{found[1]} {UNITS[found[2]]}"
    return Change(
        text=f"{text[: found.start()]}{new}{text[found.end() :]}",
        place=title,
        said=f"'{new}' instead of '{found[0]}'",
        values={"number": found[1]},
    )


def _number_in(sentence: str) -> str:
    found = re.search(r"(?<![\w.])\d+\.\d+|\d+(?=\s?%)", sentence)
    return found[0] if found else ""


REPLACE: dict[str, Callable[[str, str, np.random.Generator], Change | None]] = {
    "swapped_number": _swapped_number,
    "wrong_sign": _wrong_sign,
    "wrong_unit": _wrong_unit,
}

twin = Twin(
    what="a flaw is planted in the full text",
    details={ANY: "one kind a paper, drawn", **{name: kind.what for name, kind in kinds().items()}},
    change=change,
    needs_text=True,
    unseen="Embedded minds measure a paper but do not understand it: they cannot see flaws of "
    "meaning, such as a leaked test set.",
)
