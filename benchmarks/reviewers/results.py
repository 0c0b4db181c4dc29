"""A benchmark's result as one record, kept in results.json."""

from __future__ import annotations

from pathlib import Path

import msgspec

from benchmarks.reviewers.figures import ReviewerRow
from benchmarks.reviewers.marked import Marked
from benchmarks.reviewers.mix import Mix
from benchmarks.reviewers.probe import KEPT, ProbeRecord
from benchmarks.reviewers.texts import TextFigures
from conference.core.errors import UserError
from conference.core.files import check_writable
from conference.core.progress import LOG
from conference.statistics.estimate import Estimate
from reviewers.language.examples import FOLDER as EXAMPLES

FILE = "results.json"
BEGUN = (LOG, EXAMPLES)  # what a folder may hold before anything is scored


class Gap(msgspec.Struct, frozen=True):
    """The paired difference of two reviewers in one measure: first − second."""

    first: str
    second: str
    measure: str
    difference: Estimate


class Panel(msgspec.Struct, frozen=True):
    """How many independent reviewers the measured ones are worth; no values for fewer than two."""

    reviewers: list[str]
    error_correlation: Estimate
    independent_reviewers: Estimate


class Reweighted(msgspec.Struct, frozen=True):
    """The same reviewers on papers drawn to another mix."""

    mix: Mix
    rows: list[ReviewerRow]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A whole benchmark. `rows` are the humans, then the reviewers, then the baselines; `probes`
    are memorisation probes on these data, `texts` the figures of written reviews, and `marked`
    counts what looks wrong with them."""

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
    repeats: int = 1
    fixed: tuple[float, ...]
    versions: dict[str, str]
    notes: list[str]
    leaks: list[str] = []
    mix: Mix | None = None
    reweighted: Reweighted | None = None
    verdicts: list[str]
    rows: list[ReviewerRow]
    gaps: list[Gap]
    shortcuts: list[Gap]
    panel: Panel
    points: list[tuple[float, float, float]]
    probes: list[ProbeRecord] = []
    texts: TextFigures | None = None
    marked: list[Marked] = []


def at_other_mix(result: Result) -> Result | None:
    """The result at the other mix, with its rows and counts of papers; None without one."""
    if result.reweighted is None:
        return None
    mix = result.reweighted.mix
    accepted = round(mix.papers * (mix.accepted or 0))
    return msgspec.structs.replace(
        result, mix=mix, rows=result.reweighted.rows, measured=mix.papers, accepted=accepted,
        rejected=mix.papers - accepted, reweighted=None, texts=None, marked=[],
    )  # fmt: skip


def check_folder(out: Path) -> None:
    """Raise `UserError` unless a benchmark can write here: a new folder, or one of a benchmark."""
    if out.is_file():
        raise UserError(f"--out {out}: it is a file; name a folder.")
    check_writable(out)  # Now rather than after scoring.
    filled = out.exists() and any(path.name not in BEGUN for path in out.iterdir())
    known = (out / FILE).exists() or (out / "scores").is_dir() or (out / KEPT).is_dir()
    if filled and not known:
        raise UserError(f"--out {out}: the folder holds other things; name a new one.")


def read_result(folder: Path) -> Result:
    """The result in a benchmark's folder. Raises `UserError` if missing or damaged."""
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{folder}: no {FILE} here; name the --out folder of a finished benchmark.")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error}); run the benchmark again.") from error
