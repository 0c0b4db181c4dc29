"""The AI Scientist's benchmark of 500 ICLR 2022 papers (github.com/SakanaAI/AI-Scientist).

The human side is `review_iclr_bench/ratings_subset.tsv` (paper_id, rating columns 0..6, decision),
or the same as a Parquet table with a list column `ratings`. The recorded reviews of its language
models are read by `read_reviews`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.data.decisions import (
    not_understood,
    presentation_of,
    status_of,
    yes_or_no,
)
from conference.data.gather import gather
from conference.data.importers.importer import Options
from conference.data.read_table import Row, Table, read_table
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.values import (
    Damaged,
    id_of,
    listed_ratings,
    number,
    numbers,
    rating,
    text,
)

NAME = "ai-scientist-iclr2022"
OVERALL = tuple(float(step) for step in range(1, 11))  # The NeurIPS 2022 form of its reviewers.
RATINGS = tuple(str(column) for column in range(7))
UNNAMED = ("", "Unnamed: 0", "__index_level_0__")  # how tables name an unnamed index


class RecordedReview(msgspec.Struct, frozen=True):
    """One recorded review of a language model; `score` is its "Overall" on 1-10."""

    config: str
    paper_id: str
    score: float
    accept: bool | None
    confidence: float | None


def read_ratings(path: Path) -> list[Dataset]:
    """The human ratings and decisions, with titles and abstracts if the file has them."""
    table = _with_ids(read_table(path, ("decision",)))
    if "ratings" not in table.columns and "0" not in table.columns:
        raise UserError(f"{path}: there is neither a column 'ratings' nor columns '0' to '6'.")
    scale, stage = scale_of("ICLR", 2022)
    papers, reviews, damaged = [], [], []
    for row in table.rows:
        name, decision = id_of(row["paper_id"]), str(row["decision"] or "")
        if not name:
            damaged.append(Damage("paper (no id)", "it has no id"))
            continue
        damaged += not_understood(decision, "decision", name)
        papers.append(
            Paper(
                paper_id=name,
                venue="ICLR",
                year=2022,
                title=text(row.get("title")) or name,
                abstract=text(row.get("abstract")),
                decision=decision,
                status=status_of(decision),
                presentation=presentation_of(decision),
                scale=scale,
                rating_stage=stage,
                source="AI-Scientist review_iclr_bench",
            )
        )
        reviews += _reviews(name, row, scale, damaged)
    nameless = sum(paper.title == paper.paper_id for paper in papers)
    notes = [f"{nameless} papers have no title there; their ids are used instead, which tell a "
             "reviewer of titles nothing"] if nameless else []  # fmt: skip
    return [gather(NAME, papers, reviews, damaged, source=str(path), notes=notes)]


def _with_ids(table: Table) -> Table:
    """The table with a column `paper_id`; its files hold the ids as an index, often unnamed."""
    if "paper_id" in table.columns:
        return table
    first = table.columns[0]
    if first not in UNNAMED:
        there = ", ".join(table.columns)
        raise UserError(f"{table.path}: column 'paper_id' is missing; it has {there}.")
    rows = tuple({"paper_id": row[first]} | row for row in table.rows)
    return msgspec.structs.replace(table, columns=("paper_id", *table.columns), rows=rows)


def _reviews(
    name: str, row: Row, scale: tuple[float, ...], damaged: list[Damage]
) -> list[HumanReview]:
    if "ratings" in row:
        pairs = listed_ratings(row, name, damaged)
    else:
        pairs = [(row.get(column), None) for column in RATINGS]
    found = []
    for reviewer, (value, confidence) in enumerate(pairs):
        record = f"review {reviewer} of paper {name}"
        try:
            read = rating(value, scale)
        except Damaged as fault:
            damaged.append(Damage(record, str(fault)))
            continue
        if read is None:
            continue
        sure = numbers({"confidence": confidence}, record, damaged)
        found.append(
            HumanReview(
                paper_id=name, reviewer=reviewer, rating=read, confidence=sure.get("confidence")
            )
        )
    return found


def read_reviews(path: Path) -> list[RecordedReview]:
    """Recorded reviews: the Parquet table of all configurations, or one configuration's CSV.

    A CSV's configuration is its file name. Raises `UserError` for a review without a score.
    """
    table = _with_ids(read_table(path, ("Overall",)))
    found = []
    for at, row in enumerate(table.rows):
        config = str(row.get("config") or path.stem)
        place = f"{table.where(at)}: paper {row['paper_id']} ({config})"
        try:
            score = rating(row["Overall"], OVERALL, "Overall")
            confidence = number(row.get("Confidence"), "Confidence")
            accept = yes_or_no(row.get("Decision"), "Decision")
        except Damaged as fault:
            raise UserError(f"{place}: {fault}; fix the file or leave the row out.") from fault
        if score is None:
            raise UserError(f"{place}: 'Overall' is empty; fill it or leave the row out.")
        found.append(RecordedReview(config, id_of(row["paper_id"]), score, accept, confidence))
    return found


def read(source: str, options: Options) -> list[Dataset]:
    """The AI Scientist's subset of ICLR 2022, as .tsv or .parquet."""
    if options.scale:
        raise UserError("--scale: the scale of ICLR 2022 is known; leave it out.")
    return read_ratings(Path(source))
