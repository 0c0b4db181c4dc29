"""The tidy table of a study's outcomes: one row per arm, replicate, unit and outcome.

Columns: `arm` (text), `replicate` (integer), `unit` (text: a paper's id, a reviewer's id,
"paper|reviewer", or "" for a whole round), `outcome` (text), `value` (float; yes is 1, no
is 0). A missing value has no row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from conference.core.errors import UserError
from conference.statistics.estimate import Floats

COLUMNS = ("arm", "replicate", "unit", "outcome", "value")
KEY = ["arm", "replicate", "unit", "outcome"]
CONTROL, AA = "control", "aa"
FILE = "outcomes.parquet"
AGAIN = "_again"  # Arms NAME and NAME_again are two committees under the same rules.
PAIR = "|"  # between the paper's id and the reviewer's in the unit of a review

Unit = Literal["paper", "reviewer", "pair", "review", "round"]


def read_outcomes(folder: Path) -> Any:
    """The outcomes of the study in `folder`. Raises `UserError` if they are missing or damaged."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{path}: not found; run the study first")
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as why:
        raise UserError(f"{path}: not a readable Parquet file ({why})") from why
    return checked(table, str(path))


def checked(table: Any, name: str = "outcomes") -> Any:
    """The table with its five columns in order. Raises `UserError` if it is not tidy."""
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise UserError(f"{name}: column {missing[0]!r} is missing; it needs {', '.join(COLUMNS)}")
    table = table[list(COLUMNS)]
    if table.empty:
        raise UserError(f"{name}: there are no rows")
    try:
        values = table["value"].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as why:
        raise UserError(f"{name}: column 'value' holds something other than numbers") from why
    if not np.isfinite(values).all():
        bad = table.loc[~np.isfinite(values), KEY].iloc[0].tolist()
        raise UserError(
            f"{name}: the value of {bad} is not finite; leave out a missing value's row"
        )
    twice = table.duplicated(KEY)
    if twice.any():
        raise UserError(f"{name}: {table.loc[twice, KEY].iloc[0].tolist()} is there twice")
    return table.assign(value=values)


def arms(table: Any) -> list[str]:
    """The treatment arms in order of appearance. Raises `UserError` without control or A/A."""
    found = list(dict.fromkeys(table["arm"]))
    for needed in (CONTROL, AA):
        if needed not in found:
            raise UserError(f"outcomes: arm {needed!r} is missing; its arms are {', '.join(found)}")
    return [arm for arm in found if arm not in (CONTROL, AA)]


def cells(table: Any, outcome: str, arm: str, unit: Unit) -> Any:
    """One outcome in one arm as a frame of units × replicates, NaN where there is no value.

    Reviews ("paper|reviewer") are averaged within the study's unit, their paper or reviewer, so
    that no review is lost when a treatment changes who reviews what. With the unit "round" all
    values are averaged. The frame is empty for an arm without the outcome, such as the spread of a
    paper's ratings when each paper has one.
    """
    rows = table[(table["outcome"] == outcome) & (table["arm"] == arm)]
    names = rows["unit"].map(lambda name: unit_of(name, unit))
    return rows.assign(unit=names).pivot_table(
        index="unit", columns="replicate", values="value", aggfunc="mean"
    )


def unit_of(name: str, unit: Unit) -> str:
    """The unit of analysis that a row's unit `name` belongs to."""
    if unit == "round":
        return ""
    if unit in ("pair", "review") or PAIR not in name:
        return name
    paper, reviewer = name.rsplit(PAIR, 1)
    return paper if unit == "paper" else reviewer


def differences(treatment: Any, control: Any) -> Floats:
    """Treatment − control, units × replicates, NaN where either has no value."""
    units = treatment.index.union(control.index)
    replicates = treatment.columns.union(control.columns)
    first = treatment.reindex(index=units, columns=replicates)
    second = control.reindex(index=units, columns=replicates)
    return np.asarray((first - second).to_numpy(), dtype=np.float64)
