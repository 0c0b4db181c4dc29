"""Checks of a finished PDF: margins, print sizes, citations, and stated numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from conference.papers.anatomy import NUMBER
from conference.papers.document import Document, is_heading
from conference.papers.glyphs import glyphs_of
from conference.papers.sheet import sheets

SMALLEST_PRINT = 5.0  # points
SMALL_WHOLE = 12
CAPTION = re.compile(r"(Table|Figure)\s(\d+)[:.]\s")
CITED = re.compile(r"\[(\d+(?:,\s*\d+)*)\]")


class Fault(msgspec.Struct, frozen=True):
    """A fault of a finished paper: the check that found it, and a detail."""

    check: str
    detail: str


def beyond_margins(path: Path, margin: float = 28.0, sides: float | None = None) -> list[Fault]:
    """Pages with glyphs or images nearer than `margin` points to an edge.

    `sides` is the distance for the left and right edges, if the text width is known; it finds
    tables and figures that are wider than the text.
    """
    wide = margin if sides is None else sides
    faults = []
    for number, sheet in enumerate(sheets(path), 1):
        inner = (wide, margin, sheet.width - wide, sheet.height - margin)
        boxes = [*glyphs_of(sheet).boxes.tolist(), *sheet.pictures]
        out = [
            box
            for box in boxes
            if box[0] < inner[0] or box[1] < inner[1] or box[2] > inner[2] or box[3] > inner[3]
        ]
        if out:
            faults.append(Fault("margins", f"page {number}: {len(out)} item(s) in the margin"))
    return faults


def small_print(path: Path, smallest: float = SMALLEST_PRINT) -> list[Fault]:
    """Pages with print below `smallest` points, also in figures."""
    faults = []
    for number, sheet in enumerate(sheets(path), 1):
        printed = sheet.print_sizes()[0][glyphs_of(sheet).first]
        small = printed[printed < smallest]
        if len(small) > 3:
            faults.append(
                Fault(
                    "print size",
                    f"page {number}: {len(small)} characters below {smallest:g} points, the "
                    f"smallest {small.min():.1f}",
                )
            )
    return faults


def unknown_citations(cited: Iterable[str], known: Iterable[str]) -> list[Fault]:
    """Citation keys that are missing in the bibliography."""
    missing = sorted(set(cited) - set(known))
    return [Fault("citations", f"'{key}' is cited but not in the bibliography") for key in missing]


class Claim(msgspec.Struct, frozen=True):
    """A number that a paper states, its place, and whether a result file has it."""

    number: str
    where: str
    matched: bool


def check_claims(
    text: str, values: Sequence[float], where: str, plain: Sequence[float] = ()
) -> list[Claim]:
    """Compare every number of a text with the values of result files.

    A number printed with d decimals matches a value that rounds to it at d decimals. `plain` are
    other allowed numbers, such as years of citations or sizes from the set-up. A percentage also
    matches 100 times a value, or 100 times a share in `plain`. In prose, whole numbers up to 12 are
    skipped as counts, and the sign may be expressed in words; in tables neither holds.
    """
    signed = where.startswith("Table")
    return [
        Claim(number.strip(), where, _matches(number, values, plain, signed))
        for number in NUMBER.findall(text)
        if signed or not _counts(number)
    ]


def _counts(number: str) -> bool:
    bare = number.strip()
    return bare.isdigit() and float(bare) <= SMALL_WHOLE


def _matches(number: str, values: Sequence[float], plain: Sequence[float], signed: bool) -> bool:
    bare = number.strip().replace(",", "").replace("−", "-").lower()
    said = float(bare.rstrip("% "))
    mantissa, _, exponent = bare.rstrip("% ").partition("e")
    try:
        half = 0.5001 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    except (OverflowError, ValueError):  # The exponent is beyond that of any measured value.
        return False
    known = [*values, *plain]
    if bare.endswith("%"):
        known += [100 * value for value in (*values, *(v for v in plain if abs(v) <= 1))]
    if signed or said < 0:
        return any(abs(said - value) <= half for value in known)
    return any(abs(said - abs(value)) <= half for value in known)


def numbers_in(results: object) -> list[float]:
    """Every number in a nested result from JSON."""
    if isinstance(results, bool) or results is None or isinstance(results, str):
        return []
    if isinstance(results, (int, float)):
        return [float(results)]
    if isinstance(results, Mapping):
        return [value for part in results.values() for value in numbers_in(part)]
    if isinstance(results, Sequence):
        return [value for part in results for value in numbers_in(part)]
    return []


def table_rows(text: str) -> list[tuple[str, str]]:
    """The printed lines of a finished paper's tables, as (table's name, line).

    A table begins with its caption, "Table 2: …", and ends where another caption, a heading or a
    sentence follows its rows.
    """
    found: list[tuple[str, str]] = []
    name, rows = "", 0
    for line in text.splitlines():
        caption = CAPTION.match(line)
        sentence = bool(re.search(r"[a-z]{3}[.:]$", line))
        if caption:
            name, rows = (f"Table {caption[2]}" if caption[1] == "Table" else ""), 0
        elif name and rows and (sentence or is_heading(line) or _is_prose(line)):
            name = ""
        elif name and not sentence:
            rows += 1
            found.append((name, line))
    return found


def _is_prose(line: str) -> bool:
    """Whether a line belongs to a paragraph that continues below a table."""
    words = re.findall(r"(?<![\w-])[A-Za-z][a-z]+(?![\w-])", line)
    return len(line) > 110 or (len(words) >= 8 and len(words) > len(NUMBER.findall(line)))


class Row(msgspec.Struct, frozen=True):
    """A row of a table: its label, and its numbers from the result files."""

    label: str
    values: tuple[float, ...]


def stated(
    document: Document,
    values: Sequence[float],
    plain: Sequence[float],
    tables: Mapping[str, Sequence[Row]] = {},
) -> list[Claim]:
    """Compare every printed number of a finished paper's abstract and tables with the results.

    In a table of `tables` ("Table 2": its rows) the numbers of a printed row must be the row's own,
    in order; elsewhere any of the values matches.
    """
    claims = check_claims(document.abstract, values, "abstract", plain)
    left = {name: list(rows) for name, rows in tables.items()}
    for name, line in table_rows(document.text):
        row = _row_of(line, left.get(name, ()))
        if row is None:
            claims += check_claims(line, values, name, plain)
        else:
            left[name].remove(row)  # Runs of an arm share a label: the next line is the next run.
            claims += _check_row(line.removeprefix(row.label), row, name)
    return claims


def _row_of(line: str, rows: Sequence[Row]) -> Row | None:
    """The first row with the longest label that the line begins with."""
    found = [row for row in rows if line.startswith(f"{row.label} ")]
    return max(found, key=lambda row: len(row.label), default=None)


def _check_row(cells: str, row: Row, name: str) -> list[Claim]:
    printed = NUMBER.findall(cells)
    # If a cell continues on the next line, the numbers on this line are not in the row's order.
    whole = len(printed) == len(row.values)
    own = [[value] for value in row.values] if whole else [row.values] * len(printed)
    return [
        Claim(number.strip(), name, _matches(number, values, (), True))
        for number, values in zip(printed, own, strict=True)
    ]


def cited_numbers(document: Document) -> list[str]:
    """The numbers cited in the body as [1, 2], outside tables, each once and in order."""
    tables = {line for _, line in table_rows(document.text)}
    body = "\n".join(line for line in document.body.splitlines() if line not in tables)
    cited = [number for found in CITED.findall(body) for number in re.split(r",\s*", found)]
    return list(dict.fromkeys(cited))
