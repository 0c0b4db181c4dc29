"""Our table format: a folder with papers.parquet and reviews.parquet, and texts where there are.

Beside them may lie review_texts.parquet, and files named fulltext_VENUEYEAR.parquet with a column
`text` or `sections_json`. One dataset for each venue-year comes out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import msgspec

from conference.data.gather import by_venue_year
from conference.data.importers.frames import read_table, rows_of
from conference.data.scales import scale_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper, Status, TextVersion
from conference.data.values import Damaged, number, presentation_of, rating, status_of, text

SUB_SCORES = (
    "soundness", "presentation", "contribution", "correctness", "technical_novelty",
    "empirical_novelty", "rating_2025_11_22",
)  # fmt: skip
TEXTS = ("text", "summary", "strengths", "weaknesses", "questions")
# Years whose review texts are numbered as the ratings are (README of the data: 2019's are not).
UNNUMBERED_TEXTS = (2019,)
# Which version a file's full texts are: the accepted papers of ICLR 2022 are camera-ready.
FINAL_TEXTS = ("fulltext_iclr2022",)
_NO_TEXT: tuple[str | None, TextVersion] = (None, "")


def read_tables(folder: Path, years: Iterable[int] | None = None) -> list[Dataset]:
    """Every venue-year of the folder (or those of `years`), with its reviews and texts."""
    wanted = set(years) if years is not None else None
    frame = read_table(folder / "papers.parquet", ("paper_id", "year", "title"))
    review_frame = read_table(folder / "reviews.parquet", ("paper_id", "rating"))
    if wanted is not None:
        frame = frame[frame["year"].isin(wanted)]
        review_frame = review_frame[review_frame["paper_id"].isin(frame["paper_id"])]
    damaged: list[Damage] = []
    full = _full_texts(folder, wanted)
    papers = [p for row in rows_of(frame) if (p := _paper(row, full, damaged))]
    scales = {paper.paper_id: paper.scale for paper in papers}
    said = _review_texts(folder, wanted)
    reviews = [r for row in rows_of(review_frame) if (r := _review(row, scales, said, damaged))]
    return [
        msgspec.structs.replace(dataset, notes=_notes(dataset))
        for dataset in by_venue_year(papers, reviews, damaged, source=str(folder))
    ]


def _notes(dataset: Dataset) -> tuple[str, ...]:
    if any(paper.year in UNNUMBERED_TEXTS for paper in dataset.papers):
        return ("texts of these reviews are left out: their order is not that of the ratings",)
    return ()


def _paper(
    row: dict[str, Any], full: dict[str, tuple[str, TextVersion]], damaged: list[Damage]
) -> Paper | None:
    name, title = text(row["paper_id"]), text(row["title"])
    if not name or not title:
        damaged.append(Damage(f"paper {name or '(no id)'}", "it has no id or no title"))
        return None
    venue, year = str(row.get("venue") or "ICLR"), int(row["year"])
    scale, stage = scale_of(venue, year)
    decision = str(row.get("decision_raw") or "")
    given = str(row.get("status") or "")
    status: Status = given if given in get_args(Status) else status_of(decision)  # type: ignore[assignment]
    body, version = full.get(name, _NO_TEXT)
    return Paper(
        paper_id=name,
        venue=venue,
        year=year,
        title=title,
        abstract=text(row.get("abstract")),
        text=body,
        text_version=version,
        keywords=tuple(k.strip() for k in str(row.get("keywords") or "").split(";") if k.strip()),
        topic=str(row.get("primary_area") or ""),
        decision=decision,
        status=status,
        presentation=str(row.get("presentation") or "") or presentation_of(decision),
        scale=scale,
        rating_stage=stage,
        source=str(row.get("source") or ""),
    )


def _review(
    row: dict[str, Any],
    scales: dict[str, tuple[float, ...]],
    said: dict[tuple[str, int], dict[str, str]],
    damaged: list[Damage],
) -> HumanReview | None:
    name, reviewer = str(row["paper_id"]), int(row.get("reviewer") or 0)
    scale = scales.get(name, ())
    try:
        scores = {key: number(row.get(key), key) for key in SUB_SCORES}
        return HumanReview(
            paper_id=name,
            reviewer=reviewer,
            rating=rating(row["rating"], scale),
            rating_initial=rating(row.get("rating_initial"), scale, "rating_initial"),
            confidence=number(row.get("confidence"), "confidence"),
            scores={key: value for key, value in scores.items() if value is not None},
            texts=said.get((name, reviewer), {}),
        )
    except Damaged as fault:
        damaged.append(Damage(f"review {reviewer} of paper {name}", str(fault)))
        return None


def _full_texts(folder: Path, wanted: set[int] | None) -> dict[str, tuple[str, TextVersion]]:
    found: dict[str, tuple[str, TextVersion]] = {}
    for path in sorted(folder.glob("fulltext_*.parquet")):
        year = re.search(r"(\d{4})$", path.stem)
        if wanted is not None and year and int(year.group(1)) not in wanted:
            continue
        version: TextVersion = "final" if path.stem in FINAL_TEXTS else "unknown"
        for row in rows_of(read_table(path, ("paper_id",))):
            body = text(row.get("text")) or _joined(row.get("sections_json"))
            if body:
                found[str(row["paper_id"])] = (body, version)
    return found


def _joined(sections: Any) -> str | None:
    if not sections:
        return None
    parts = json.loads(sections)
    if isinstance(parts, dict):
        parts = [{"heading": key, "text": value} for key, value in parts.items()]
    lines = [f"{part.get('heading') or ''}\n{part.get('text') or ''}" for part in parts]
    return "\n\n".join(lines).strip() or None


def _review_texts(folder: Path, wanted: set[int] | None) -> dict[tuple[str, int], dict[str, str]]:
    path = folder / "review_texts.parquet"
    if not path.is_file():
        return {}
    frame = read_table(path, ("paper_id", "year", "reviewer"))
    frame = frame[~frame["year"].isin(UNNUMBERED_TEXTS)]
    if wanted is not None:
        frame = frame[frame["year"].isin(wanted)]
    return {
        (str(row["paper_id"]), int(row["reviewer"])): {
            key: str(row[key]) for key in TEXTS if row.get(key)
        }
        for row in rows_of(frame)
    }
