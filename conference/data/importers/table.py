"""Our table format: a folder with papers.parquet and, where there are, reviews.parquet and texts.

Beside them may lie rating_history.parquet (ratings before rebuttal), review_texts.parquet, and
files named fulltext_VENUEYEAR.parquet with a column `text` or `sections_json`. A single table whose
column `ratings` holds a list does as well. One dataset for each venue-year comes out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, get_args

import msgspec

from conference.core.errors import UserError
from conference.data.gather import by_venue_year
from conference.data.importers.history import first_ratings
from conference.data.read_table import read_table
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper, Status, TextVersion
from conference.data.text_version import sign_of_final
from conference.data.values import (
    Damaged,
    listed_ratings,
    number,
    numbers,
    presentation_of,
    rating,
    status_of,
    text,
)

PAPERS, REVIEWS, HISTORY = "papers.parquet", "reviews.parquet", "rating_history.parquet"
SUB_SCORES = (
    "soundness", "presentation", "contribution", "correctness", "technical_novelty",
    "empirical_novelty", "rating_2025_11_22",
)  # fmt: skip
TEXTS = ("text", "summary", "strengths", "weaknesses", "questions")
# Years whose review texts are numbered as the ratings are (README of the data: 2019's are not).
UNNUMBERED_TEXTS = (2019,)
# Which version a file's full texts are: the accepted papers of ICLR 2022 are camera-ready.
FINAL_TEXTS = ("fulltext_iclr2022",)
# A column `accepted`, as text.
FLAGS: dict[str, Status] = {
    "true": "accepted", "1": "accepted", "1.0": "accepted",
    "false": "rejected", "0": "rejected", "0.0": "rejected",
}  # fmt: skip
_NO_TEXT: tuple[str | None, TextVersion] = (None, "")


def read_tables(
    source: Path, years: Iterable[int] | None = None, scale: tuple[float, ...] = ()
) -> list[Dataset]:
    """Every venue-year of a folder or a single table (or those of `years`), with its reviews.

    `scale` holds the allowed ratings of the venue-years whose own are not known.
    """
    wanted = set(years) if years is not None else None
    damaged: list[Damage] = []
    single = source.is_file()
    needed = ("paper_id", "venue", "year", "title")
    table = read_table(source if single else source / PAPERS, needed)
    if single and "ratings" not in table.columns:
        raise UserError(f"{source}: column 'ratings' is missing; give a folder, or a list there.")
    rows = [row for row in table.rows if wanted is None or _year(row) in wanted]
    full = {} if single else _full_texts(source, wanted, damaged)
    papers = [p for row in rows if (p := _paper(row, full, scale, damaged))]
    if scale and papers and all(scale_of(paper.venue, paper.year)[0] for paper in papers):
        raise UserError(f"--scale: the scales of all papers in {source} are known; leave it out.")
    known = {paper.paper_id: paper for paper in papers}
    said = {} if single else _review_texts(source, wanted, damaged)
    ids = None if wanted is None else {str(row["paper_id"]) for row in rows}
    given = _listed(rows, damaged) if single else _review_rows(source, ids)
    reviews = [r for row in given if (r := _review(row, known, said, damaged))]
    before = {(review.paper_id, review.reviewer) for review in reviews if _has_first(review)}
    reviews = _with_history(source, reviews, known, damaged)
    missing = not single and not (source / REVIEWS).is_file()
    notes = [f"there is no {REVIEWS} beside the papers: nothing is rated"] if missing else []
    return [
        msgspec.structs.replace(dataset, notes=(*notes, *dataset.notes, *_notes(dataset, before)))
        for dataset in by_venue_year(papers, reviews, damaged, source=str(source))
    ]


def _has_first(review: HumanReview) -> bool:
    return review.rating_initial is not None


def _with_history(
    source: Path, reviews: list[HumanReview], papers: Mapping[str, Paper], damaged: list[Damage]
) -> list[HumanReview]:
    """The reviews with what the history of ratings tells of their first ones."""
    if not (source / HISTORY).is_file():
        return reviews
    rows = read_table(source / HISTORY, ("paper_id", "stage", "ratings")).rows
    scales = {name: paper.scale for name, paper in papers.items()}
    return first_ratings(reviews, rows, scales, damaged)


def _notes(dataset: Dataset, before: Set[tuple[str, int]]) -> list[str]:
    """What was done to a venue-year's reviews; `before` had their first ratings in the table."""
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
    if any(paper.year in UNNUMBERED_TEXTS for paper in dataset.papers):
        notes.append("texts of these reviews are left out: their order is not that of the ratings")
    return notes


def _is_arbitrary(reviews: list[HumanReview]) -> bool:
    pairs = {(review.rating, review.rating_initial) for review in reviews}
    return len(pairs) > len({last for last, _ in pairs})


def _year(row: Mapping[str, Any]) -> int | None:
    try:
        read = number(row["year"], "year")
    except Damaged:
        return None
    return int(read) if read is not None and read == int(read) else None


def _paper(
    row: dict[str, Any],
    full: dict[str, tuple[str, TextVersion]],
    unknown: tuple[float, ...],
    damaged: list[Damage],
) -> Paper | None:
    name, title, year = text(row["paper_id"]), text(row["title"]), _year(row)
    venue = text(row["venue"])
    if not name or not title:
        damaged.append(Damage(f"paper {name or '(no id)'}", "it has no id or no title"))
        return None
    if not venue:
        damaged.append(Damage(f"paper {name}", "it has no venue"))
        return None
    if year is None:
        damaged.append(Damage(f"paper {name}", f"its year {row['year']!r} is no whole number"))
        return None
    scale, stage = scale_of(venue, year)
    scale = scale or unknown
    decision = text(row.get("decision_raw")) or text(row.get("decision")) or ""
    body, version = full.get(name, _NO_TEXT)
    keywords = text(row.get("keywords")) or ""
    return Paper(
        paper_id=name,
        venue=venue,
        year=year,
        title=title,
        abstract=text(row.get("abstract")),
        text=body,
        text_version=version,
        keywords=tuple(filter(None, map(str.strip, re.split(";|,(?!.*;)", keywords)))),
        topic=text(row.get("primary_area")) or "",
        decision=decision,
        status=_status(row, decision, name, damaged),
        presentation=text(row.get("presentation")) or _presentation(row, decision),
        scale=scale,
        rating_stage=stage,
        source=text(row.get("source")) or "",
    )


def _status(row: Mapping[str, Any], decision: str, paper: str, damaged: list[Damage]) -> Status:
    """The column `status`, else what the decision's words say, else the column `accepted`."""
    said, flag = text(row.get("status")) or "", text(row.get("accepted")) or ""
    plain = said.lower().replace("-", "_").replace(" ", "_")
    if plain in get_args(Status):
        return plain  # type: ignore[return-value]
    for words in (said, decision):
        if (named := status_of(words)) != "unknown":
            return named
    if flag.lower() in FLAGS:
        return FLAGS[flag.lower()]
    for field, value in (("status", said), ("accepted", flag)):
        if value:
            reason = f"{field} is {value[:40]!r}, which is no decision that is known"
            damaged.append(Damage(f"{field} of paper {paper}", reason))
    return "unknown"


def _presentation(row: Mapping[str, Any], decision: str) -> str:
    return presentation_of(decision) or presentation_of(text(row.get("status")) or "")


def _review_rows(folder: Path, papers: set[str] | None) -> Iterator[dict[str, Any]]:
    """The rows of reviews.parquet; where it does not number the reviewers, in their order."""
    if not (folder / REVIEWS).is_file():
        return
    table = read_table(folder / REVIEWS, ("paper_id", "rating"))
    places: Counter[str] = Counter()
    for row in table.rows:
        name = str(row["paper_id"])
        if papers is not None and name not in papers:
            continue
        yield row if "reviewer" in table.columns else row | {"reviewer": places[name]}
        places[name] += 1


def _listed(rows: Iterable[dict[str, Any]], damaged: list[Damage]) -> Iterator[dict[str, Any]]:
    """One row a rating from columns `ratings` and `confidences` that hold lists."""
    for row in rows:
        pairs = listed_ratings(row, str(row["paper_id"]), damaged)
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
    name = str(row["paper_id"])
    paper = papers.get(name)
    scale, stage = (paper.scale, paper.rating_stage) if paper else ((), "unknown")
    record = f"review of paper {name}"
    try:
        place = _place(row)
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


def _full_texts(
    folder: Path, wanted: set[int] | None, damaged: list[Damage]
) -> dict[str, tuple[str, TextVersion]]:
    found: dict[str, tuple[str, TextVersion]] = {}
    for path in sorted(folder.glob("fulltext_*.parquet")):
        year = re.search(r"(\d{4})$", path.stem)
        if wanted is not None and year and int(year.group(1)) not in wanted:
            continue
        version: TextVersion = "final" if path.stem in FINAL_TEXTS else "unknown"
        for row in read_table(path, ("paper_id",)).rows:
            try:
                body = text(row.get("text")) or _joined(row.get("sections_json"))
            except (msgspec.DecodeError, AttributeError, TypeError):
                where = f"its full text in {path.name} cannot be read"
                damaged.append(Damage(f"paper {row['paper_id']}", where))
                continue
            if body:
                final = version == "final" or sign_of_final(body)
                found[str(row["paper_id"])] = (body, "final" if final else version)
    return found


def _joined(sections: Any) -> str | None:
    if not sections:
        return None
    parts = msgspec.json.decode(sections)
    if isinstance(parts, dict):
        parts = [{"heading": key, "text": value} for key, value in parts.items()]
    lines = [f"{part.get('heading') or ''}\n{part.get('text') or ''}" for part in parts]
    return "\n\n".join(lines).strip() or None


def _review_texts(
    folder: Path, wanted: set[int] | None, damaged: list[Damage]
) -> dict[tuple[str, int], dict[str, str]]:
    path = folder / "review_texts.parquet"
    if not path.is_file():
        return {}
    found = {}
    for row in read_table(path, ("paper_id", "year", "reviewer")).rows:
        year = _year(row)
        if year in UNNUMBERED_TEXTS or (wanted is not None and year not in wanted):
            continue
        try:
            place = _place(row)
        except Damaged as fault:
            damaged.append(Damage(f"text of a review of paper {row['paper_id']}", str(fault)))
            continue
        found[str(row["paper_id"]), place] = {key: str(row[key]) for key in TEXTS if row.get(key)}
    return found


def _place(row: Mapping[str, Any]) -> int:
    """The reviewer's number within the paper."""
    place = number(row["reviewer"], "reviewer")
    if place is None or place != int(place):
        raise Damaged("its reviewer has no number")
    return int(place)
