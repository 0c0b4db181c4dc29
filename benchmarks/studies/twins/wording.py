"""Replace words of a paper by rules, without changing numbers, citations or references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from benchmarks.studies.twins.prose import parts_of
from venues.papers import TablePaper

FILE = Path(__file__).parent / "wording.toml"
CITATION = re.compile(r"\[\d+(?:\s*[,;–-]\s*\d+)*\]|\([^()]*\b(?:19|20)\d\d[a-z]?\)")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@cache
def rules(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The replacements of one table of wording.toml."""
    tables = msgspec.toml.decode(FILE.read_bytes(), type=dict[str, Mapping[str, str]])
    return tuple((re.compile(pattern), to) for pattern, to in tables[name].items())


def reworded(paper: TablePaper, name: str) -> TablePaper | None:
    """The paper with the rules applied to its abstract and text; None if no rule applies."""
    abstract, text = _replaced(paper.abstract, name), paper.text or ""
    for part in reversed(parts_of(text)):
        body = _replaced(text[part.inside : part.end], name)
        text = text[: part.inside] + body + text[part.end :]
    if (abstract, text) == (paper.abstract, paper.text or ""):
        return None
    return msgspec.structs.replace(paper, abstract=abstract, text=text or None)


def _replaced(text: str, name: str) -> str:
    for pattern, to in rules(name):
        text = pattern.sub(to, text)
    return text


def facts(text: str) -> tuple[list[str], list[str]]:
    """The numbers and the citations of a text, in order."""
    return NUMBER.findall(text), CITATION.findall(text)
