"""Our table format: a folder with papers.parquet and optionally reviews.parquet and texts.

The folder may also have rating_history.parquet (ratings before the rebuttal), review_texts.parquet,
and files fulltext_VENUEYEAR.parquet with a column `text` or `sections_json`. A single table also
works if its columns `ratings` and `confidences` hold lists; a papers.parquet with these columns
needs no reviews.parquet. A table may have the schema's columns `text`, `text_version` and
`rating_stage`. The result is one dataset per venue-year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, get_args

import msgspec

from conference.core.errors import UserError
from conference.data.decisions import no_decision, not_understood, presentation_of, status_of
from conference.data.gather import by_venue_year
from conference.data.importers.history import first_ratings
from conference.data.importers.importer import Options, folder
from conference.data.importers.table_texts import (
    REVIEW_TEXTS,
    UNNUMBERED_TEXTS,
    full_texts,
    place_of,
    review_texts,
    year_of,
)
from conference.data.read_table import Row, read_table
from conference.data.scales import scale_of
from conference.data.tables import (
    Damage,
    Dataset,
    HumanReview,
    Paper,
    Stage,
    Status,
    TextVersion,
)
from conference.data.text_version import sign_of_final
from conference.data.values import (
    Damaged,
    id_of,
    listed_ratings,
    numbers,
    rating,
    text,
)

PAPERS, REVIEWS, HISTORY = "papers.parquet", "reviews.parquet", "rating_history.parquet"
SUB_SCORES = (
    "soundness", "presentation", "contribution", "correctness", "technical_novelty",
    "empirical_novelty", "rating_2025_11_22",
)  # fmt: skip
OLD_STAGES: dict[str, Stage] = {"before": "before_rebuttal", "after": "after_discussion"}
# Columns that show whether humans have judged a paper.
JUDGED = ("ratings", "accepted", "status", "decision", "decision_raw")
_NO_TEXT: tuple[str | None, TextVersion] = (None, "")


def read_tables(
    source: Path,
    scale: tuple[float, ...] = (),
    assumed: tuple[str, int] | None = None,
    rated: int | None = None,
) -> list[Dataset]:
    """Every venue-year of a folder or a single table, with its reviews and texts.

    If `rated` names a year, reviews and texts of a folder's other years are not read, which saves
    most of the time. `scale` are the allowed ratings of venue-years whose scale is unknown.
    `assumed` is for papers of a round: the venue and year if the table has no such columns; then a
    single table needs neither ids nor ratings.
    """
    damaged: list[Damage] = []
    single = source.is_file()
    needed = ("paper_id", "venue", "year", "title")
    table = read_table(source if single else source / PAPERS, () if assumed else needed)
    rows = list(table.rows)
    if assumed:
        rows = _completed(rows, table.columns, source, single, *assumed)
    elif single and "ratings" not in table.columns:
        raise UserError(f"{source}: column 'ratings' is missing; add it, or give a folder.")
    _check_ids(rows, source if single else source / PAPERS)
    full = {} if single else full_texts(source, rated, damaged)
    papers = [p for row in rows if (p := _paper(row, full, scale, damaged))]
    others = {id_of(row["paper_id"]) for row in rows if rated not in (None, year_of(row))}
    if scale and papers and all(scale_of(paper.venue, paper.year)[0] for paper in papers):
        raise UserError(f"--scale: the scales of all papers in {source} are known; leave it out.")
    known = {paper.paper_id: paper for paper in papers if paper.paper_id not in others}
    said = {} if single else review_texts(source, rated, damaged)
    listed = "ratings" in table.columns and not (source / REVIEWS).is_file()
    given = _listed(rows, damaged) if single or listed else _review_rows(source, others)
    reviews = [r for row in given if (r := _review(row, known, said, damaged))]
    before = {(review.paper_id, review.reviewer) for review in reviews if _has_first(review)}
    reviews = _with_history(source, reviews, known, damaged)
    asked = [fault for fault in damaged if others.isdisjoint(fault.record.split())]
    missing = f"there is no {REVIEWS} beside the papers and no column ratings: nothing is rated"
    notes = [] if single or listed or (source / REVIEWS).is_file() else [missing]
    return [
        msgspec.structs.replace(
            dataset, notes=(*notes, *dataset.notes, *_notes(dataset, before, source))
        )
        for dataset in by_venue_year(papers, reviews, asked, source=str(source), rated=rated)
    ]


def _check_ids(rows: Iterable[Row], source: Path) -> None:
    """Raise `UserError` if papers of two venue-years share an id: reviews refer to papers by id."""
    home: dict[str, str] = {}
    for row in rows:
        name, place = id_of(row["paper_id"]), f"{text(row['venue'])} {year_of(row)}"
        if name and home.setdefault(name, place) != place:
            raise UserError(
                f"{source}: paper_id {name!r} is a paper of {home[name]} and one of {place}; give "
                f"each paper an id of its own, such as {place.lower().replace(' ', '')}-{name}."
            )


def _has_first(review: HumanReview) -> bool:
    return review.rating_initial is not None


def _completed(
    rows: Iterable[Row], columns: Sequence[str], source: Path, single: bool, venue: str, year: int
) -> list[Row]:
    """The rows with the columns that a table of submissions may lack."""
    for column in ("title", "abstract", *(() if single else ("paper_id",))):
        if column not in columns:
            raise UserError(
                f"{source}: column '{column}' is missing; a table of submissions needs title and "
                f"abstract, and a folder of tables paper_id too; it has {', '.join(columns)}."
            )
    return [
        {"paper_id": f"paper-{number:05d}", "venue": venue, "year": year} | row
        for number, row in enumerate(rows, 1)
    ]


def _with_history(
    source: Path, reviews: list[HumanReview], papers: Mapping[str, Paper], damaged: list[Damage]
) -> list[HumanReview]:
    """The reviews with first ratings from the history of ratings, if there is one."""
    if not (source / HISTORY).is_file():
        return reviews
    rows = read_table(source / HISTORY, ("paper_id", "stage", "ratings")).rows
    scales = {name: paper.scale for name, paper in papers.items()}
    return first_ratings(reviews, rows, scales, damaged)


def _notes(dataset: Dataset, before: Set[tuple[str, int]], source: Path) -> list[str]:
    """Notes on what was done to a venue-year's reviews.

    `before` are the reviews whose first ratings were already in the table.
    """
    notes = []
    matched: dict[str, list[HumanReview]] = {}
    for review in dataset.reviews:
        if _has_first(review) and (review.paper_id, review.reviewer) not in before:
            matched.setdefault(review.paper_id, []).append(review)
    if matched:
        arbitrary = sum(_is_arbitrary(reviews) for reviews in matched.values())
        notes.append(
            f"first ratings of {len(matched)} papers are matched to reviews by the last ones: in "
            f"{arbitrary} of them reviewers with the same last rating had different first ones, "
            "and which had which is arbitrary"
        )
    years = {paper.year for paper in dataset.papers}
    if (source / REVIEW_TEXTS).is_file() and not years.isdisjoint(UNNUMBERED_TEXTS):
        notes.append("texts of these reviews are left out: their order is not that of the ratings")
    return notes


def _is_arbitrary(reviews: list[HumanReview]) -> bool:
    pairs = {(review.rating, review.rating_initial) for review in reviews}
    return len(pairs) > len({last for last, _ in pairs})


def _paper(
    row: dict[str, Any],
    full: dict[str, tuple[str, TextVersion]],
    unknown: tuple[float, ...],
    damaged: list[Damage],
) -> Paper | None:
    name, title, year = id_of(row["paper_id"]), text(row["title"]), year_of(row)
    venue = text(row["venue"])
    if not name or not title:
        damaged.append(Damage(f"paper {name or '(no id)'}", "it has no id or no title"))
        return None
    if not venue:
        damaged.append(Damage(f"paper {name}", "it has no venue"))
        return None
    if year is None:
        damaged.append(
            Damage(f"paper {name}", f"its year {str(row['year'])[:40]!r} is not a whole number")
        )
        return None
    scale, stage = scale_of(venue, year)
    scale = scale or unknown
    decision = text(row.get("decision_raw")) or text(row.get("decision")) or ""
    body, version = full.get(name) or _own_text(row, name, damaged)
    return Paper(
        paper_id=name,
        venue=venue,
        year=year,
        title=title,
        abstract=text(row.get("abstract")),
        text=body,
        text_version=version,
        keywords=_keywords(row.get("keywords")),
        topic=text(row.get("primary_area")) or "",
        decision=decision,
        status=_status(row, decision, name, damaged),
        presentation=text(row.get("presentation")) or _presentation(row, decision),
        scale=scale,
        rating_stage=_stage(row, name, damaged) or stage,
        source=text(row.get("source")) or "",
    )


def _keywords(value: Any) -> tuple[str, ...]:
    """Keywords from a list, or from text separated by semicolons or else commas."""
    if not isinstance(value, str) and isinstance(value, Iterable):
        words = [str(word) for word in value]
    else:
        words = re.split(";|,(?!.*;)", text(value) or "")
    return tuple(filter(None, map(str.strip, words)))


def _own_text(
    row: Mapping[str, Any], paper: str, damaged: list[Damage]
) -> tuple[str | None, TextVersion]:
    """The text of a single table's row, and its version. If humans have judged the paper, the text
    counts as reviewed only if the table says so; otherwise it can give nothing away."""
    body, version = text(row.get("text")), text(row.get("text_version")) or ""
    if not body:
        return _NO_TEXT
    if version not in get_args(TextVersion):
        reason = f"text_version is {version[:40]!r}; write reviewed, final or unknown"
        damaged.append(Damage(f"text of paper {paper}", reason))
        version = "unknown"
    if sign_of_final(body):
        return body, "final"
    judged = any(text(row.get(key)) not in (None, "[]") for key in JUDGED)
    return body, version or ("unknown" if judged else "reviewed")  # type: ignore[return-value]


def _stage(row: Mapping[str, Any], paper: str, damaged: list[Damage]) -> Stage | None:
    """The stage of a row's ratings, if it states one; `ratings_when` is an older name."""
    said = text(row.get("rating_stage")) or text(row.get("ratings_when"))
    if said is None or said in get_args(Stage):
        return said  # type: ignore[return-value]
    if said in OLD_STAGES:
        return OLD_STAGES[said]
    reason = f"rating_stage is {said[:40]!r}; write {', '.join(get_args(Stage))}"
    damaged.append(Damage(f"rating_stage of paper {paper}", reason))
    return None


def _status(row: Mapping[str, Any], decision: str, paper: str, damaged: list[Damage]) -> Status:
    """The status by the column `status`, else the decision's words, else the column `accepted`.

    If the column `accepted` contradicts it, that is damage, and the status is unknown.
    """
    said, flag = text(row.get("status")) or "", text(row.get("accepted")) or ""
    named, other = _named_status(said, decision, flag), status_of(flag)
    if {named, other} == {"accepted", "rejected"}:
        reason = f"accepted is {flag!r}, but its status or decision says {named}"
        damaged.append(Damage(f"accepted of paper {paper}", reason))
        return "unknown"
    if named == "unknown":
        for field, value in (("status", said), ("accepted", flag)):
            if value and value.lower() != "unknown":
                damaged.append(no_decision(value, field, paper))
        damaged += not_understood(decision, "decision", paper)
    return named


def _named_status(said: str, decision: str, flag: str) -> Status:
    plain = said.lower().replace("-", "_").replace(" ", "_")
    if plain in get_args(Status) and plain != "unknown":
        return plain  # type: ignore[return-value]
    found = (status_of(words) for words in (said, decision, flag))
    return next((status for status in found if status != "unknown"), "unknown")


def _presentation(row: Mapping[str, Any], decision: str) -> str:
    return presentation_of(decision) or presentation_of(text(row.get("status")) or "")


def _review_rows(folder: Path, others: Set[str]) -> Iterator[dict[str, Any]]:
    """The rows of reviews.parquet, except those of the papers `others`. If the table does not
    number the reviewers, they are numbered in order."""
    if not (folder / REVIEWS).is_file():
        return
    table = read_table(folder / REVIEWS, ("paper_id", "rating"))
    places: Counter[str] = Counter()
    for row in table.rows:
        name = id_of(row["paper_id"])
        if name in others:
            continue
        yield row if "reviewer" in table.columns else row | {"reviewer": places[name]}
        places[name] += 1


def _listed(rows: Iterable[dict[str, Any]], damaged: list[Damage]) -> Iterator[dict[str, Any]]:
    """One row per rating, from columns `ratings` and `confidences` that hold lists."""
    for row in rows:
        pairs = listed_ratings(row, id_of(row["paper_id"]), damaged)
        for reviewer, (value, confidence) in enumerate(pairs):
            yield {
                "paper_id": row["paper_id"], "reviewer": reviewer, "rating": value,
                "confidence": confidence,
            }  # fmt: skip


def _review(
    row: dict[str, Any],
    papers: Mapping[str, Paper],
    said: dict[tuple[str, int], dict[str, str]],
    damaged: list[Damage],
) -> HumanReview | None:
    name = id_of(row["paper_id"])
    paper = papers.get(name)
    scale, stage = (paper.scale, paper.rating_stage) if paper else ((), "unknown")
    record = f"review of paper {name}"
    try:
        place = place_of(row)
        record = f"review {place} of paper {name}"
        value = rating(row["rating"], scale)
        initial = rating(row.get("rating_initial"), scale, "rating_initial")
    except Damaged as fault:
        damaged.append(Damage(record, str(fault)))
        return None
    sure = numbers({"confidence": row.get("confidence")}, record, damaged)
    return HumanReview(
        paper_id=name,
        reviewer=place,
        rating=value,
        rating_initial=value if initial is None and stage == "before_rebuttal" else initial,
        rating_final=value if stage == "after_discussion" else None,
        confidence=sure.get("confidence"),
        scores=numbers({key: row.get(key) for key in SUB_SCORES}, record, damaged),
        texts=said.get((name, place), {}),
    )


def read(source: str, options: Options) -> list[Dataset]:
    """A folder of papers.parquet and reviews.parquet, or one table with ratings."""
    there = Path(source) if Path(source).is_file() else folder(source)
    return read_tables(there, scale=options.scale)
