"""What a benchmark found, as one record: results.json."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.reviewers.figures import Row
from conference.errors import UserError
from conference.measures.estimate import Estimate

FILE = "results.json"


class Gap(msgspec.Struct, frozen=True):
    """The paired difference of two reviewers in one measure: first less second."""

    first: str
    second: str
    measure: str
    difference: Estimate


class Panel(msgspec.Struct, frozen=True):
    """What the measured reviewers are worth together; None with fewer than two."""

    reviewers: list[str]
    n: int
    error_correlation: float | None
    independent_reviewers: float | None
    reason: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A whole benchmark. `rows` are the humans, then the reviewers, then the baselines."""

    data: str
    source: str
    sha256: str
    papers: int
    measured: int
    accepted: int
    rejected: int
    ratings: int
    scale: tuple[float, ...]
    stage: str
    command: str
    seed: int
    resamples: int
    fixed: tuple[float, ...]
    versions: dict[str, str]
    notes: list[str]
    verdicts: list[str]
    rows: list[Row]
    gaps: list[Gap]
    shortcuts: list[Gap]
    panel: Panel
    points: list[tuple[float, float, float]]


def read_result(folder: Path) -> Result:
    """results.json of a benchmark's folder; raises `UserError` where there is none."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{folder}: no {FILE} here; name the --out folder of a finished benchmark.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: cannot be read ({error}); run the benchmark again.") from error
