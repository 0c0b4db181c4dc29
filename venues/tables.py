"""Tables of submissions, and what their cells hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conference.core.errors import UserError
from conference.data import read_table as strict


def read_table(path: Path) -> Any:
    import pandas

    table = strict.read_table(path)
    return pandas.DataFrame(list(table.rows), columns=list(table.columns))


def need_columns(frame: Any, columns: Sequence[str], path: Path) -> None:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UserError(
            f"{path}: the column '{missing[0]}' is missing; a table of submissions needs "
            f"{', '.join(columns)}."
        )


def cells_of(value: object) -> list[object] | None:
    """A cell that holds a list; a missing one is empty, and None stands for anything else."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    values = getattr(value, "tolist", lambda: value)()
    return list(values) if isinstance(values, (list, tuple)) else None


def string_of(value: object) -> str:
    """A cell as text; missing values and NaN are empty, lists are joined by semicolons."""
    parts = cells_of(value)
    if parts is not None:
        return ";".join(str(part).strip() for part in parts)
    return "" if value != value else str(value).strip()


def decision_of(value: object, where: str) -> bool | None:
    """Whether a paper was accepted; None where it is not known."""
    if value is None or value != value:
        return None
    if value not in (0, 1):
        raise UserError(f"{where}: accepted must be true or false, not {value!r}.")
    return bool(value)
