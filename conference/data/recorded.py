"""Reads recorded reviews of another system: a table of scores, or The AI Scientist's reviews.

`csv:FILE[#COLUMN]` has the columns paper_id and score (or rating, or COLUMN), and optionally
reviewer, decision and confidence. With a column `reviewer` it has one row per reviewer of a paper.
`ai-scientist:PLACE#CONFIG` is one configuration of The AI Scientist's recorded reviewers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.data.decisions import yes_or_no
from conference.data.importers.ai_scientist import read_reviews
from conference.data.read_table import Row, Table, read_table
from conference.data.values import Damaged, id_of, number, text

WHOLE = ("text", "review")  # columns that hold a whole review as one text
AI_SCIENTIST = "ai_scientist_llm_reviews.parquet"  # its file in a folder of review data


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded review: `where` is its place in the file, for messages."""

    paper: str
    reviewer: str = ""
    score: float
    accept: bool | None = None
    confidence: float | None = None
    texts: dict[str, str] = {}
    where: str = ""


def split_place(rest: str) -> tuple[Path, str]:
    """The file and the choice in "FILE#CHOICE"; the choice is "" for "FILE"."""
    if "#" in rest and not Path(rest).exists():
        file, _, chosen = rest.rpartition("#")
        return Path(file), chosen
    return Path(rest), ""


def read_scores(rest: str, texts: Sequence[str] = ()) -> tuple[str, dict[str, list[Said]]]:
    """The name of the score column of `csv:REST`, and each paper's reviews in the file's order.

    `texts` are optional columns with a review's texts.

    Raises:
        UserError: the table or a cell cannot be read, a score is missing or not a number, a paper
            or its reviewer is listed twice, or the decisions on a paper contradict each other.
    """
    path, chosen = split_place(rest)
    table = read_table(path, ("paper_id", chosen) if chosen else ("paper_id",))
    column = chosen or _score_column(table)
    worded = [name for name in (*texts, *WHOLE) if name in table.columns and name != column]
    long = "reviewer" in table.columns
    found: dict[str, list[Said]] = {}
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(table.rows):
        said = _said(row, column, worded, long, table.where(at))
        if (said.paper, said.reviewer) in seen:
            twice = f"paper {said.paper}"
            twice = f"reviewer {said.reviewer} of {twice}" if long else twice
            hint = "reviewer" if long else "paper, or add a column `reviewer`"
            raise UserError(f"{said.where}: {twice} is listed twice; keep one row for each {hint}.")
        seen.add((said.paper, said.reviewer))
        reviews = found.setdefault(said.paper, [])
        reviews.append(said)
        if len({each.accept for each in reviews if each.accept is not None}) > 1:
            raise UserError(
                f"{said.where}: the decisions on paper {said.paper} differ; give it one, or leave "
                "the column out."
            )
    if not found:
        raise UserError(f"{path}: it has no rows; write one for each paper that has a score.")
    return column, found


def _score_column(table: Table) -> str:
    """The column `score`, else `rating`; raises `UserError` if there is neither."""
    for name in ("score", "rating"):
        if name in table.columns:
            return name
    raise UserError(
        f"{table.path}: column 'score' is missing; it has {', '.join(table.columns)}: name the "
        f"scores' column, as in csv:{table.path}#COLUMN."
    )


def _said(row: Row, column: str, worded: Sequence[str], long: bool, where: str) -> Said:
    paper, who = id_of(row["paper_id"]), text(row.get("reviewer")) or ""
    if not paper:
        raise UserError(f"{where}: paper_id is empty; name the paper.")
    if long and not who:
        raise UserError(f"{where}: reviewer is empty; name or number the reviewer.")
    try:
        score = number(row[column], column)
        confidence = number(row.get("confidence"), "confidence")
    except Damaged as fault:
        raise UserError(f"{where}: {fault}; write a plain number.") from fault
    if score is None:
        raise UserError(f"{where}: {column} is empty or NaN; fill it in or leave the row out.")
    try:
        accept = yes_or_no(row.get("decision"), "decision")
    except Damaged as fault:
        raise UserError(f"{where}: {fault}; write one, or leave it empty.") from fault
    words = {name: str(row[name]) for name in worded if text(row[name])}
    return Said(
        paper=paper,
        reviewer=who,
        score=score,
        accept=accept,
        confidence=confidence,
        texts=words,
        where=where,
    )


def read_configurations(place: Path) -> dict[str, list[Said]]:
    """The AI Scientist's recorded reviews by configuration, from a table or a folder with it.

    Raises:
        UserError: the table is missing or cannot be read, or a paper is listed twice.
    """
    path = place / AI_SCIENTIST if place.is_dir() else place
    found: dict[str, list[Said]] = {}
    seen: set[tuple[str, str]] = set()
    for review in read_reviews(path):
        if (review.config, review.paper_id) in seen:
            raise UserError(
                f"{path}: paper {review.paper_id} is there twice in {review.config}; keep one row."
            )
        seen.add((review.config, review.paper_id))
        found.setdefault(review.config, []).append(
            Said(
                paper=review.paper_id,
                score=review.score,
                accept=review.accept,
                confidence=review.confidence,
                where=f"{path}: paper {review.paper_id} ({review.config})",
            )
        )
    return found


def choose_configuration(place: Path, wanted: str) -> list[Said]:
    """The reviews of the configuration `wanted`, else of the only one with that in its name.

    Raises:
        UserError: no configuration, or more than one, has it in its name.
    """
    by_config = read_configurations(place)
    chosen = [wanted] if wanted in by_config else [name for name in by_config if wanted in name]
    if len(chosen) != 1:
        how = "no configuration has" if not chosen else f"{len(chosen)} configurations have"
        raise UserError(
            f"ai-scientist:{place}#{wanted}: {how} '{wanted}' in the name; name one of "
            f"{', '.join(sorted(by_config))}."
        )
    return by_config[chosen[0]]
