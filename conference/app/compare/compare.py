"""Finds out what kind of folders are compared, and compares them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.reviewers.compare import Compared
from benchmarks.reviewers.compare import compare as compare_reviewers
from benchmarks.reviewers.report import PREDICTIONS
from benchmarks.reviewers.tables import full
from benchmarks.studies.plan import PLAN
from benchmarks.studies.results import read_result
from benchmarks.studies.tables import COMPARED, compared_rows
from conference.app.compare.round_tables import compare_rounds, short_names
from conference.app.compare.side_by_side import Kind, SideBySide, Table
from conference.core.errors import UserError
from conference.core.ledger_file import LEDGER
from venues.round import load_round

MARKS: dict[str, Kind] = {PLAN: "study", PREDICTIONS: "benchmark", LEDGER: "round"}


def compare(given: Sequence[str], *, resamples: int = 1000, seed: int = 0) -> SideBySide:
    """Set rounds, studies or benchmarks (FOLDER or FOLDER#REVIEWER) side by side.

    Raises:
        UserError: fewer than two are given, one is none of these, or they are of several kinds.
    """
    if len(given) < 2:
        raise UserError("compare: name two folders or more, of rounds, studies or benchmarks.")
    kinds = [kind_of(each) for each in given]
    if len(set(kinds)) > 1:
        told = ", ".join(f"{each} is a {kind}" for each, kind in zip(given, kinds, strict=True))
        raise UserError(f"compare: give folders of one kind; {told}.")
    if kinds[0] == "round":
        rounds = [load_round(each) for each in given]
        return compare_rounds(rounds, short_names(given), resamples=resamples, seed=seed)
    if kinds[0] == "study":
        return compare_studies(given)
    return compare_benchmarks(given, resamples=resamples, seed=seed)


def kind_of(given: str) -> Kind:
    """What a folder holds; raises `UserError` if it is none of the three."""
    folder = Path(given.partition("#")[0])
    for mark, kind in MARKS.items():
        if (folder / mark).exists():
            return kind
    raise UserError(f"{folder}: no round, study or benchmark here (none of {', '.join(MARKS)}).")


def compare_studies(folders: Sequence[str]) -> SideBySide:
    """Primary outcomes of studies, and their answers."""
    results = [read_result(Path(folder)) for folder in folders]
    rows = [tuple(row) for result in results for _, row in compared_rows(result)]
    answers = [
        (result.study.title, " ".join(result.answer), result.study.published) for result in results
    ]
    note = "Primary outcomes with intervals; Holm's adjustment is within each study."
    return SideBySide(
        kind="study",
        title=f"{len(results)} studies side by side",
        names=tuple(folders),
        notes=(),
        tables=(Table("Effects", COMPARED, tuple(rows), note),
                Table("Answers", ("study", "answer", "published"), tuple(answers))),
        figures=results,
    )  # fmt: skip


def compare_benchmarks(given: Sequence[str], *, resamples: int, seed: int) -> SideBySide:
    """Reviewers of benchmarks, each compared with the first on the papers that both scored."""
    first, *others = given
    found = [compare_reviewers(first, each, resamples=resamples, seed=seed) for each in others]
    reasons = {row.difference.reason for each in found for row in each.rows} - {""}
    notes = [f"Warning: {said}." for each in found for said in each.warnings]
    return SideBySide(
        kind="benchmark",
        title=f"{len(given)} reviewers side by side",
        names=tuple(given),
        notes=(*dict.fromkeys(notes), *(f"A dash: {reason}." for reason in sorted(reasons))),
        tables=tuple(map(_reviewers, found)),
        figures=found,
    )


def _reviewers(found: Compared) -> Table:
    rows = [
        (row.measure, str(row.difference.n), full(row.first), full(row.second),
         full(row.difference))
        for row in found.rows
    ]  # fmt: skip
    first, second, shared = (mix or "a mix that is not recorded" for mix in found.mixes)
    heads = ("measure", "n", f"A: {found.first}", f"B: {found.second}", "A − B")
    note = (
        f"A: {found.first}, on {first}. B: {found.second}, on {second}. Shared: {shared}. "
        "Brackets: 95 % intervals by a paired bootstrap over papers; n: papers. Balanced accuracy "
        "is at thresholds fitted on the other folds of the shared papers."
    )
    return Table(f"{found.n} shared papers", heads, tuple(rows), note)
