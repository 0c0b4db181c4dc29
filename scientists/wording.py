"""Format a paper's numbers, settings, citations and phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.records import Work
from scientists.study import Effect
from scientists.templates import Reference, Value

HERE = Path(__file__).parent


def number(value: float) -> str:
    """A measured value as printed: four significant digits, without exponent if short."""
    text = f"{value:.4g}"
    return f"{value:.0f}" if "e" in text and abs(value) < 1e7 and abs(value) >= 1 else text


@cache
def phrases() -> dict[str, Any]:
    """The phrases of phrases.toml."""
    found: dict[str, Any] = msgspec.toml.decode((HERE / "phrases.toml").read_bytes())
    return found


def readable(name: str) -> str:
    return name.replace("_", " ")


def counted(number: int) -> str:
    """A count, in words up to ten."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[number] if number < len(words) else str(number)


def drawn(forms: Sequence[str], rng: np.random.Generator) -> str:
    """One of several phrases, drawn at random."""
    return forms[int(rng.integers(len(forms)))]


def finding(effect: Effect) -> dict[str, str]:
    """The numbers of a comparison as printed, by their names in phrases."""
    names = ("baseline", "treatment", "difference", "low", "high")
    return {"metric": effect.label, **{name: number(getattr(effect, name)) for name in names}}


def knob_list(knobs: Mapping[str, Value]) -> str:
    """Knobs with their values in words."""
    parts = [f"{readable(name)} = {setting(value)}" for name, value in knobs.items()]
    return ", ".join(parts) if parts else "nothing"


def setting(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return number(value) if isinstance(value, float) else str(value)


def cite(numbers: Sequence[int]) -> str:
    return "[" + ", ".join(str(each) for each in numbers) + "]"


def author_year(authors: Sequence[str], year: int | None) -> str:
    """A work's authors by family name with the year, for use in a sentence."""
    names = [author.split()[-1] for author in authors if author.split()]
    listed = {0: "Anonymous", 1: "".join(names[:1]), 2: " and ".join(names)}
    return f"{listed.get(len(names), f'{names[0]} et al.' if names else '')} ({year or 'no year'})"


def reference(entry: Reference) -> str:
    """A work's line in the list of references."""
    return _line(entry.authors, entry.title, entry.venue, entry.year)


def cited_work(work: Work) -> str:
    """The line in the list of references for a work that a search found."""
    where = f" https://doi.org/{work.doi}" if work.doi else f" {work.url}" if work.url else ""
    return _line(work.authors, work.title, work.venue, work.year) + where


def _line(authors: Sequence[str], title: str, venue: str, year: int | None) -> str:
    listed = ", ".join(authors[:4]) + (" and others" if len(authors) > 4 else "")
    when = ", ".join(part for part in (venue, str(year or "")) if part)
    return " ".join(f"{part.rstrip('.')}." for part in (listed, title, when) if part)
