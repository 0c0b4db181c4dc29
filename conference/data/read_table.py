"""Reads a table file strictly: .csv, .tsv, .jsonl or .parquet, each cell as it is written.

A table is either read correctly or refused with file and line; no row is skipped, shifted or joined
with the next, and no column renamed. CSV is RFC 4180 with a header: cells separated by commas and
quoted by double quotation marks, which are doubled inside. TSV is the same with tabs. JSON Lines
have one object per line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError

KINDS = (".csv", ".tsv", ".jsonl", ".parquet")
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
LONGEST_CELL = 2**31 - 1  # characters; the csv module's own limit is less than a paper's text
Row = dict[str, Any]


class Table(msgspec.Struct, frozen=True):
    """A table's rows, each with the line of the file where it begins (Parquet: its row number).

    Cells of CSV and TSV are text and never None; missing values elsewhere are None. Spaces around
    column names are removed.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    lines: tuple[int, ...]

    def where(self, number: int) -> str:
        """The place of row `number` (from 0), for messages."""
        unit = "row" if self.path.suffix.lower() == ".parquet" else "line"
        return f"{self.path}, {unit} {self.lines[number]}"


def read_table(path: Path, required: Sequence[str] = ()) -> Table:
    """The table at `path`.

    Raises `UserError` if the file is missing, damaged, ambiguous, or lacks a required column.
    """
    if path.is_dir():
        raise UserError(f"{path}: it is a folder; name a {', '.join(KINDS)} file.")
    if not path.is_file():
        raise UserError(f"{path}: no such file.")
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise UserError(f"{path}: give a {', '.join(KINDS[:-1])} or {KINDS[-1]} file.")
    try:
        if kind == ".parquet":
            table = _parquet(path)
        elif kind == ".jsonl":
            table = _json_lines(path)
        else:
            table = _separated(path, "\t" if kind == ".tsv" else ",")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}).") from error
    missing = [name for name in required if name not in table.columns]
    if missing:
        there = ", ".join(table.columns) or "no column"
        raise UserError(f"{path}: column '{missing[0]}' is missing; it has {there}.")
    return table


def read_text(path: Path) -> str:
    """A table file's text without its byte order mark; refused unless it is UTF-8 without NUL."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path}: it is UTF-16; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}, line {line}: byte {data[error.start]:#04x} is not UTF-8; save it as UTF-8."
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"{path}, line {line}: there is a NUL byte; remove it.")
    return text


def _separated(path: Path, separator: str) -> Table:
    """CSV or TSV."""
    records = _records(path, read_text(path), separator)
    first = next(records, None)
    if first is None:
        raise UserError(f"{path}: it is empty; give it a header with the names of its columns.")
    line, raw, head = first
    _check_separator(path, raw, separator)
    _check_quotes(path, line, raw, separator)
    columns = _names(path, head)
    rows, lines = [], []
    for line, raw, cells in records:
        if len(cells) != len(columns):
            raise UserError(_uneven(path, line, cells, len(columns), separator))
        _check_quotes(path, line, raw, separator)
        if separator == "\t":
            _check_lines(path, line, raw, len(columns))
        rows.append(dict(zip(columns, cells, strict=True)))
        lines.append(line)
    return Table(path, columns, tuple(rows), tuple(lines))


def _records(path: Path, text: str, separator: str) -> Iterator[tuple[int, str, list[str]]]:
    """Each record that is not blank: the number of its first line, its raw text, and its cells."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines(), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise UserError(
                f"{path}, line {line}: a cell begins with a quotation mark that nothing closes "
                'before the next cell; close it, and double the marks inside it (""), or remove it.'
            ) from error
        if cells is None:
            return
        if cells:
            yield line, "".join(taken), cells
        line += len(taken)
        taken.clear()


def _check_separator(path: Path, head: str, separator: str) -> None:
    """Refuse a header that has more of another separator than of the file's own."""
    bare = _without_quoted(head, separator)
    counts = {mark: bare.count(mark) for mark in SEPARATORS}
    other = max(counts, key=lambda mark: (counts[mark], mark == separator))
    if counts[other] > counts[separator]:
        raise UserError(
            f"{path}, line 1: its columns are separated by {SEPARATORS[other]}; save it with "
            f"{SEPARATORS[separator]}, as a {path.suffix} file has them, and with decimal points."
        )


def _names(path: Path, head: Sequence[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in head)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        what = f"named '{twice[0]}'" if twice[0] else "without a name"
        raise UserError(
            f"{path}: {names.count(twice[0])} columns are {what}; give each a name of its own."
        )
    return names


def _uneven(path: Path, line: int, cells: list[str], columns: int, separator: str) -> str:
    mark = SEPARATORS[separator]
    if len(cells) == columns + 1 and not cells[-1]:
        hint = f"remove the separator at its end, or name a last column ({mark} separate cells)"
    elif len(cells) > columns:
        hint = f"put a cell with {mark} in it into quotation marks"
    else:
        hint = f"write {mark} for empty cells too"
    return f"{path}, line {line}: it has {len(cells)} cells and the header has {columns}; {hint}."


def _check_quotes(path: Path, line: int, raw: str, separator: str) -> None:
    """Refuse unpaired quotation marks outside quoted cells, and those after a leading blank.

    So a table that lost or gained one mark is always refused: its number of marks is odd.
    """
    if '"' not in raw:
        return
    for cell in _without_quoted(raw, separator).split(separator):
        if cell.count('"') % 2 or cell.lstrip().startswith('"'):
            raise UserError(
                f"{path}, line {line}: a quotation mark stands alone in {cell.strip()[:40]!r}; put "
                'the whole cell into quotation marks, without blanks before them, and write "" '
                "for each mark inside."
            )


def _without_quoted(raw: str, separator: str) -> str:
    """The record with its quoted cells emptied."""
    edge = re.escape(separator)
    return re.sub(rf'(?<![^{edge}\r\n])"[^"]*(?:""[^"]*)*"(?![^{edge}\r\n])', "", raw)


def _check_lines(path: Path, line: int, raw: str, columns: int) -> None:
    """Refuse a TSV record of several lines each of which would be a complete row."""
    parts = re.split("\r\n|\r|\n", raw.rstrip("\r\n"))
    if len(parts) > 1 and columns > 1 and all(p.count("\t") == columns - 1 for p in parts):
        raise UserError(
            f"{path}, line {line}: a quotation mark that opens a cell here is closed on line "
            f"{line + len(parts) - 1}, and each line between is a whole row; remove the marks, or "
            "save the table as .csv or .jsonl."
        )


def _json_lines(path: Path) -> Table:
    rows, lines = [], []
    columns: dict[str, None] = {}
    for line, text in enumerate(read_text(path).split("\n"), 1):
        if not text.strip():
            continue
        where = f"{path}, line {line}"
        try:
            row = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
            json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise UserError(f"{where}: it holds half a surrogate pair; remove it.") from error
        except (ValueError, RecursionError) as error:
            raise UserError(f"{where}: it cannot be read as JSON ({error}); fix it.") from error
        if not isinstance(row, dict):
            raise UserError(f"{where}: it is not a JSON object; write one {{...}} per line.")
        names = _names(Path(where), list(row))
        rows.append(dict(zip(names, row.values(), strict=True)))
        lines.append(line)
        columns.update(dict.fromkeys(names))
    if not rows:
        raise UserError(f"{path}: it is empty; write one JSON object per line.")
    whole = tuple({name: row.get(name) for name in columns} for row in rows)
    return Table(path, tuple(columns), whole, tuple(lines))


def _object(pairs: list[tuple[str, Any]]) -> Row:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"'{twice[0]}' is there twice")
    return dict(pairs)


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON; write null")


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        names = _names(path, table.column_names)
        columns = [_cells(table.column(at), pa) for at in range(len(names))]
    except (pa.ArrowException, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: cannot be read as a table ({reason}).") from error
    rows = tuple(dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True))
    return Table(path, names, rows, tuple(range(1, len(rows) + 1)))


def _cells(column: Any, pa: Any) -> list[Any]:
    """A column's values; NaN, with which pandas marks missing values, becomes None."""
    cells: list[Any] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if cell != cell else cell for cell in cells]
    return cells
