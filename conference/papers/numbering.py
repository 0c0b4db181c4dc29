"""Removes line numbers, which submissions under review often have, from a page's text."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_SKIPPED = 6  # largest step of a count: figures and formulas may swallow numbers
SHARE = 0.4  # share of lines with words that must be numbered before any number is removed
FEWEST = 15
ALONE = re.compile(r"\s*\d{1,4}\s*")
AT_END = re.compile(r"\d{1,4}\s*$")
AT_START = re.compile(r"\s*\d{1,4}")
WORD = re.compile(r"[^\W\d]")


def without_line_numbers(pages: list[list[str]]) -> list[list[str]]:
    """Pages of lines without line numbers that count on from page to page.

    Numbers may follow a line's text, precede it, or form a ruler of their own. Nothing is removed
    unless the numbers count upwards.
    """
    lines = [line for page in pages for line in page]
    for at_end in (True, False):
        chain = _longest_count([_numbers(line, at_end) for line in lines])
        if len(chain) >= max(FEWEST, SHARE * sum(bool(WORD.search(line)) for line in lines)):
            for at, digits in chain.items():
                line = lines[at].strip()
                lines[at] = (line[:-digits] if at_end else line[digits:]).strip()
    rest = iter(lines)
    return [_without_ruler([next(rest) for _ in page]) for page in pages]


def _numbers(line: str, at_end: bool) -> dict[int, int]:
    """The possible line numbers at that end of a line with words, and their lengths in digits."""
    found = AT_END.search(line) if at_end else AT_START.match(line)
    if not found or not WORD.search(line):
        return {}
    digits = found[0].strip()
    parts = [digits[at:] if at_end else digits[: len(digits) - at] for at in range(len(digits))]
    return {int(part): len(part) for part in reversed(parts)}


class End(NamedTuple):
    """The last number of a count: the count's length, this number's line and digits, and the
    number before it."""

    length: int
    line: int
    digits: int
    before: End | None


def _longest_count(candidates: list[dict[int, int]]) -> dict[int, int]:
    """The longest upward count through the lines' possible numbers: each line's digits to remove.

    From one line of the count to the next the number rises by 1, or by a few if some are missing.
    """
    ends: dict[int, End] = {}  # by number
    for at, numbers in enumerate(candidates):
        news = {}
        for number, digits in numbers.items():
            steps = (ends.get(number - step) for step in range(1, MOST_SKIPPED))
            last = max((end for end in steps if end), key=_length, default=None)
            news[number] = End(1 + (last.length if last else 0), at, digits, last)
        for number, end in news.items():
            if number not in ends or end.length >= ends[number].length:
                ends[number] = end
    chain: dict[int, int] = {}
    found = max(ends.values(), key=_length, default=None)
    while found:
        chain[found.line] = found.digits
        found = found.before
    return chain


def _length(end: End) -> int:
    return end.length


def _without_ruler(page: list[str]) -> list[str]:
    """A page without long runs of lines that are only numbers, each 1 above the one before."""
    kept: list[str] = []
    run: list[str] = []
    for line in [*page, ""]:
        number = int(line) if ALONE.fullmatch(line) else None
        if run and (number is None or number != int(run[-1]) + 1):
            kept += [] if len(run) >= FEWEST else run
            run = []
        (kept if number is None else run).append(line)
    return kept[:-1]
