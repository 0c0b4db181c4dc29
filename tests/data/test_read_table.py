"""A table is read back as it was written, or refused with its file and line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.data.read_table import read_table

# Characters that decide how a table is read, among others; no lone surrogate, no NUL.
CELLS = st.text(st.sampled_from("abé1 \"',;|\t\n\r\\=\u2028\ufeff#"), max_size=8)
DIALECTS = {"excel": ".csv", "unix": ".csv", "excel-tab": ".tsv"}


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A head and some rows; a row of one empty cell is a blank line in some dialects."""
    width = draw(st.integers(2, 4))
    cell = CELLS
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    return [[f"column {at}" for at in range(width)], *rows]


def written(table: list[list[str]], dialect: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, dialect).writerows(table)
    return file.getvalue()


def read(folder: Path, text: str | bytes, suffix: str) -> list[list[str]] | str:
    """The head and the rows, or the sentence with which the table is refused."""
    path = folder / f"table{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        found = read_table(path)
    except UserError as refused:
        assert str(refused).startswith(str(path)) and str(refused).endswith(".")
        assert "\n" not in str(refused)
        return str(refused)
    return [list(found.columns), *([row[name] for name in found.columns] for row in found.rows)]


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=150, deadline=None)
@given(table=tables())
def test_what_was_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, dialect: str, table: list[list[str]]
) -> None:
    found = read(tmp_path_factory.mktemp("t"), written(table, dialect), DIALECTS[dialect])
    if isinstance(found, str):  # Two readings of one TSV: lines that are whole rows by themselves.
        assert dialect == "excel-tab" and "each line between is a whole row" in found
        assert any("\t" in cell for row in table for cell in row)
    else:
        assert found == table


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=300, deadline=None)
@given(table=tables(), data=st.data())
def test_a_table_that_lost_or_gained_a_mark_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
    dialect: str,
    table: list[list[str]],
    data: st.DataObject,
) -> None:
    """A quotation mark taken off or put in anywhere, or a row with a cell less or more."""
    text = written(table, dialect)
    marks = [at for at, character in enumerate(text) if character == '"']
    kind = data.draw(st.sampled_from(["put", "cell", "row", *(["take"] if marks else [])]))
    if kind == "put":
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + '"' + text[at:]
    elif kind == "take":
        at = data.draw(st.sampled_from(marks))
        text = text[:at] + text[at + 1 :]
    else:
        row = data.draw(st.integers(0, len(table) - 1)) if len(table) > 1 else 0
        rows = [list(each) for each in table]
        rows[row] = [*rows[row], "more"] if kind == "row" else rows[row][:-1]
        text = written(rows, dialect)
        if len(table) == 1 or rows[row] == [""]:
            return
    found = read(tmp_path_factory.mktemp("t"), text, DIALECTS[dialect])
    assert isinstance(found, str) or found == table, (text, found)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, st.none() | st.integers() | st.lists(CELLS)), min_size=1))
def test_json_lines_and_parquet_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, object]]
) -> None:
    import json

    folder = tmp_path_factory.mktemp("t")
    text = "".join(json.dumps({"a": a, "b": b}, ensure_ascii=False) + "\n" for a, b in rows)
    assert read(folder, text, ".jsonl") == [["a", "b"], *map(list, rows)]
    pd.DataFrame({"a": [a for a, _ in rows], "c": 1.5}).to_parquet(folder / "p.parquet")
    found = read_table(folder / "p.parquet")
    assert [row["a"] for row in found.rows] == [a for a, _ in rows]


@pytest.mark.parametrize(
    ("suffix", "text", "sentence"),
    [
        (".tsv", 'paper\ttitle\tscore\np1\t"Scaling laws\t6\np2\tB\t7\n', "line 2: a cell begins"),
        (".tsv", 'a\tb\tc\np1\t"A\t6\np2\tB "x\t7\np3\tC"\t8\n', "line 2: a cell begins"),
        (".tsv", 'a\tb\tc\np1\t"A\t6\np2\tB\t7\np3\tC"\t8\n', "is closed on line 4"),
        (".tsv", 'a\tb\np1\t5" disks\n', "line 2: a quotation mark stands alone"),
        (".csv", 'a,b\n1,"x\n2,y\n', "line 2: a cell begins"),
        (".csv", 'a,b\n1,x\n2,"y" z\n', "line 3: a cell begins"),
        (".csv", 'a,b\n1, "x, y"\n', "line 2: it has 3 cells"),
        (".csv", 'a,b\n1, "x"\n', "line 2: a quotation mark stands alone"),
        (".csv", "a,b\n1,2,\n3,4,\n", "line 2: it has 3 cells and the header has 2; remove"),
        (".csv", "a,b\n1,2\n3,4,5\n", "line 3: it has 3 cells"),
        (".csv", "a,b\n\n1\n", "line 3: it has 1 cells and the header has 2; write commas"),
        (".csv", "paper_id;score\np1;3,5\n", "separated by semicolons; save it with commas"),
        (".csv", "paper_id\tscore\np1\t3\n", "separated by tabs; save it with commas"),
        (".tsv", "paper_id,score\np1,3\n", "separated by commas; save it with tabs"),
        (".csv", "a, a\n1,2\n", "2 columns are named 'a'"),
        (".csv", "a,,\n1,2,3\n", "2 columns are without a name"),
        (".csv", b"a,b\n1,2\ncaf\xe9,3\n", "line 3: byte 0xe9 is not UTF-8"),
        (".csv", "a,b\n1,2\n".encode("utf-16"), "it is UTF-16"),
        (".csv", "a,b\n1,\0\n", "line 2: there is a NUL byte"),
        (".csv", "", "it is empty"),
        (".jsonl", "", "it is empty"),
        (".jsonl", '{"a": 1}\n{"a": 2\n', "line 2: it cannot be read as JSON"),
        (".jsonl", '{"a": 1}\n[1]\n', "line 2: it is not a JSON object"),
        (".jsonl", '{"a": NaN}\n', "NaN is not JSON; write null"),
        (".jsonl", '{"a": 1, "a": 2}\n', "'a' is there twice"),
        (".jsonl", '{"a": 1, "a ": 2}\n', "2 columns are named 'a'"),
        (".jsonl", '{"a": "\\ud800"}\n', "half a surrogate pair"),
        (".jsonl", b'{"a": "caf\xe9"}\n', "line 1: byte 0xe9"),
        (".parquet", "PAR1", "cannot be read as a table"),
        (".xlsx", "", "give a .csv, .tsv, .jsonl or .parquet file"),
    ],
)  # fmt: skip
def test_a_damaged_table_is_refused(
    tmp_path: Path, suffix: str, text: str | bytes, sentence: str
) -> None:
    found = read(tmp_path, text, suffix)
    assert isinstance(found, str) and sentence in found


@pytest.mark.parametrize(
    ("suffix", "text", "table"),
    [
        (".csv", "\ufeffa, b \r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        (".csv", "a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        (".csv", "a,b,\n1,2,\n", [["a", "b", ""], ["1", "2", ""]]),
        (".csv", 'a,b\n1,The "best" of all\n', [["a", "b"], ["1", 'The "best" of all']]),
        (".tsv", 'a\tb\n1\tThe "best"\n', [["a", "b"], ["1", 'The "best"']]),
        (".tsv", 'a\tb\n1\t"x ""y""\nz"\n', [["a", "b"], ["1", 'x "y"\nz']]),
        (".jsonl", '\ufeff{"a ": 1}\n\n{"b": null}\n', [["a", "b"], [1, None], [None, None]]),
        (".CSV", "a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    ],
)
def test_a_table_that_looks_odd_is_read_rightly(
    tmp_path: Path, suffix: str, text: str, table: list[list[object]]
) -> None:
    assert read(tmp_path, text, suffix) == table


def test_rows_know_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n\n1,"x\ny"\n2,z\n')
    found = read_table(path, ("a",))
    assert [found.where(at) for at in range(2)] == [f"{path}, line 3", f"{path}, line 5"]
    with pytest.raises(UserError, match="column 'c' is missing; it has a, b"):
        read_table(path, ("c",))


def test_parquet_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "p.parquet"
    )
    with pytest.raises(UserError, match="2 columns are named 'a'"):
        read_table(tmp_path / "p.parquet")
    pq.write_table(pa.table({"a": [1.0, float("nan"), None]}), tmp_path / "q.parquet")
    assert [row["a"] for row in read_table(tmp_path / "q.parquet").rows] == [1, None, None]
