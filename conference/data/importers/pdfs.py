"""A folder of PDFs with a CSV of human ratings.

The CSV has one row a review: `file` (the PDF's name), `rating`, and where known `confidence`,
`decision`, `title`, `abstract`. Columns named otherwise that hold numbers are sub-scores.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conference.data.gather import gather
from conference.data.importers.frames import read_table, rows_of
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.values import Damaged, number, presentation_of, rating, status_of, text
from conference.errors import UserError

KNOWN = ("file", "rating", "confidence", "decision", "title", "abstract", "review")
# From a PDF's path to its title, abstract and full text, hidden text stripped.
Reader = Callable[[Path], tuple[str, str, str]]


def read_folder(
    folder: Path,
    ratings: Path,
    scale: tuple[float, ...],
    venue: str,
    year: int,
    read: Reader | None = None,
) -> list[Dataset]:
    """Papers from PDFs, ratings from the CSV; a PDF that cannot be read is counted and named."""
    rows = rows_of(read_table(ratings, ("file", "rating")))
    by_file: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_file.setdefault(Path(str(row["file"])).name, []).append(row)
    files = sorted(folder.glob("*.pdf"))
    if not files:
        raise UserError(f"{folder}: there is no PDF in this folder.")
    reader = read or _read_pdf
    papers, reviews, damaged = [], [], []
    for name in sorted(set(by_file) - {path.name for path in files}):
        damaged.append(Damage(f"paper {name}", f"it is in {ratings.name} but not in the folder"))
    for path in files:
        given = by_file.get(path.name, [])
        try:
            papers.append(_paper(path, given, scale, venue, year, reader))
        except (UserError, Damaged) as fault:
            damaged.append(Damage(f"paper {path.name}", str(fault)))
            continue
        reviews += _reviews(path.stem, given, scale, damaged)
    return [gather(f"{venue.lower()}{year}", papers, reviews, damaged, source=str(folder))]


def _paper(
    path: Path,
    rows: list[dict[str, Any]],
    scale: tuple[float, ...],
    venue: str,
    year: int,
    read: Reader,
) -> Paper:
    title, abstract, body = read(path)
    decisions = {str(row["decision"]).strip() for row in rows if text(row.get("decision"))}
    if len(decisions) > 1:
        raise Damaged(f"it has {len(decisions)} different decisions in the table")
    decision = next(iter(decisions), "")
    first = rows[0] if rows else {}
    return Paper(
        paper_id=path.stem,
        venue=venue,
        year=year,
        title=text(first.get("title")) or title or path.stem,
        abstract=text(first.get("abstract")) or abstract or None,
        text=body or None,
        text_version="unknown" if body else "",
        decision=decision,
        status=status_of(decision),
        presentation=presentation_of(decision),
        scale=scale,
        source="PDF folder",
    )


def _reviews(
    paper: str, rows: list[dict[str, Any]], scale: tuple[float, ...], damaged: list[Damage]
) -> list[HumanReview]:
    found = []
    for reviewer, row in enumerate(rows):
        try:
            others = {key: value for key, value in row.items() if key not in KNOWN}
            scores = {key: number(value, key) for key, value in others.items()}
            found.append(
                HumanReview(
                    paper_id=paper,
                    reviewer=reviewer,
                    rating=rating(row["rating"], scale),
                    confidence=number(row.get("confidence"), "confidence"),
                    scores={key: value for key, value in scores.items() if value is not None},
                    texts={"text": row["review"]} if text(row.get("review")) else {},
                )
            )
        except Damaged as fault:
            damaged.append(Damage(f"review {reviewer} of paper {paper}", str(fault)))
    return found


def _read_pdf(path: Path) -> tuple[str, str, str]:
    from conference.documents.untrusted import read_untrusted

    document, _ = read_untrusted(path)
    return document.title, document.abstract, document.text
