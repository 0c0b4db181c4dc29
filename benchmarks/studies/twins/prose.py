"""Find, cut and insert sections and sentences of a paper's text.

Reference entries are never changed. Places are offsets into the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from conference.papers.document import BACK, LETTERED, REFERENCES, is_heading

SHORT = 80  # characters up to which a block is not a paragraph
LONGEST = 700  # characters of a sentence; anything longer is a table or listing
_END = re.compile(
    r"(?<!et al)(?<!e\.g)(?<!i\.e)(?<!\bvs)(?<!\bcf)(?<!\bFig)(?<!\bEq)(?<!\bSec)(?<!\bTab)"
    r"[.!?][)”\"]?\s+(?=[A-Z(“\"•])"
)


class Part(msgspec.Struct, frozen=True):
    """A section: its heading in lower case ("" before the first) and its place.

    `start` is where its heading begins, `inside` where the text below it begins.
    """

    title: str
    start: int
    inside: int
    end: int


def parts_of(text: str) -> list[Part]:
    """The sections in order, without the reference list."""
    marks: list[tuple[str, int, int]] = [("", 0, 0)]
    at, references = 0, False
    for line in text.splitlines(keepends=True):
        title = is_heading(line)
        if title in REFERENCES:
            references = True
            marks.append((title, at, at + len(line)))
        elif title is not None and (not references or title in BACK or LETTERED.match(line)):
            references = False
            marks.append((title, at, at + len(line)))
        at += len(line)
    ends = [start for _, start, _ in marks[1:]] + [len(text)]
    found = [Part(*mark, end) for mark, end in zip(marks, ends, strict=True)]
    return [part for part in found if part.title not in REFERENCES]


def sentences_of(text: str, part: Part) -> Iterator[tuple[int, int]]:
    """The places of a section's sentences; of a table or listing, of its lines."""
    at = part.inside
    for block in re.split(r"(\n\s*\n)", text[part.inside : part.end]):
        if block.strip():
            yield from _pieces(block, at)
        at += len(block)


def _pieces(block: str, at: int) -> Iterator[tuple[int, int]]:
    start = 0
    for end in [*(found.end() for found in _END.finditer(block)), len(block)]:
        if end - start <= LONGEST:
            if block[start:end].strip():
                yield at + start, at + end
        else:
            line = start
            for piece in block[start:end].splitlines(keepends=True):
                yield at + line, at + line + len(piece)
                line += len(piece)
        start = end


def flat(text: str) -> str:
    """The text with each run of whitespace as one space."""
    return re.sub(r"\s+", " ", text).strip()


def without(text: str, pattern: re.Pattern[str]) -> tuple[str, list[str]]:
    """The text without the sections whose heading matches the pattern and the sentences that match
    it; and what was cut."""
    cut: list[tuple[int, int]] = []
    for part in parts_of(text):
        if pattern.search(part.title):
            cut.append((part.start, part.end))
            continue
        cut += [(a, b) for a, b in sentences_of(text, part) if pattern.search(flat(text[a:b]))]
    removed = [flat(text[a:b]) for a, b in cut]
    for a, b in reversed(cut):
        gap = "\n" if text[a:b].endswith("\n") else ""
        text = text[:a] + gap + text[b:]
    return text, removed


def insert(text: str, heading: re.Pattern[str], sentence: str) -> tuple[str, str] | None:
    """The text with a sentence added to the first paragraph below a heading, and that heading.

    None if no section has such a heading and a paragraph.
    """
    for part in parts_of(text):
        if not heading.search(part.title):
            continue
        at = part.inside
        for block in re.split(r"(\n\s*\n)", text[at : part.end]):
            whole = block.rstrip()
            if len(whole) > SHORT and whole[-1] in ".!?":
                end = at + len(whole)
                return f"{text[:end]} {sentence}{text[end:]}", part.title
            at += len(block)
    return None


def insert_first(text: str, sentence: str) -> tuple[str, str] | None:
    """The text with a sentence added to the first section with a heading and a paragraph."""
    return insert(text, re.compile("."), sentence)


def front_end(text: str) -> int:
    """Where title and abstract end: at the introduction's heading; 0 without one."""
    return next((part.start for part in parts_of(text) if "introduction" in part.title), 0)
