"""Reading a table file with all its cells as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conference.errors import UserError


def read_table(path: Path, required: Sequence[str]) -> Any:
    """A .csv, .tsv or .parquet file as a pandas DataFrame; text cells of a CSV stay text.

    Raises `UserError` when the file is missing, unreadable, or lacks a required column.
    """
    import pandas as pd

    if path.is_dir():
        raise UserError(f"{path}: it is a folder; name a .csv, .tsv or .parquet file.")
    if not path.is_file():
        raise UserError(f"{path}: no such file.")
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        elif path.suffix in (".csv", ".tsv"):
            separator = "\t" if path.suffix == ".tsv" else ","
            frame = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
        else:
            raise UserError(f"{path}: give a .csv, .tsv or .parquet file.")
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read as a table ({error}).") from error
    missing = [name for name in required if name not in frame]
    if missing:
        there = ", ".join(map(str, frame.columns))
        raise UserError(f"{path}: column '{missing[0]}' is missing; it has {there}.")
    return frame


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """The rows as dictionaries, with None for every kind of missing cell."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = plain.to_dict("records")
    return rows
