"""Real submissions: a folder of PDFs, or a table of papers with or without human reviews."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.errors import UserError
from conference.records import HumanOutcome
from venues.venue import Venue

TABLE = ("parquet", "jsonl")


class TablePaper(msgspec.Struct, frozen=True):
    """One row of a table of submissions."""

    paper: str
    title: str
    abstract: str
    keywords: tuple[str, ...]
    topic: str
    text: str | None
    human: HumanOutcome | None


class PaperSource(msgspec.Struct, frozen=True):
    """Where a round's submissions come from. `earlier` are title and abstract of earlier years."""

    kind: str
    path: str
    fingerprint: str
    pdfs: tuple[Path, ...] = ()
    table: tuple[TablePaper, ...] = ()
    earlier: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pdfs) or len(self.table)


def open_papers(path: str | Path, venue: Venue) -> PaperSource:
    """Find the submissions at `path` for a venue-year.

    A folder with `papers.parquet` is a data set of many years, of which the venue's year is taken;
    any other folder is searched for PDFs; a `.parquet` or `.jsonl` file is a table.

    Raises:
        UserError: there is nothing there, or a column is missing.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"--papers {path}: no such file or folder.")
    if path.is_dir() and (path / "papers.parquet").is_file():
        return _data_set(path, venue)
    if path.is_dir():
        pdfs = tuple(sorted(path.glob("*.pdf")))
        if not pdfs:
            raise UserError(f"--papers {path}: the folder has no PDF and no papers.parquet.")
        digest = hashlib.sha256()
        for pdf in pdfs:
            digest.update(f"{pdf.name}\x1f{pdf.stat().st_size}\x1f".encode())
            digest.update(hashlib.sha256(pdf.read_bytes()).digest())
        return PaperSource("pdf", str(path), digest.hexdigest(), pdfs=pdfs)
    if path.suffix.lstrip(".") not in TABLE:
        raise UserError(f"--papers {path}: give a folder, a .parquet file or a .jsonl file.")
    return _table(path, venue)


def _data_set(path: Path, venue: Venue) -> PaperSource:
    """One year of a folder with papers.parquet and, where there, reviews.parquet."""
    papers = _read(path / "papers.parquet")
    _need(papers, ("paper_id", "year", "title", "abstract"), path / "papers.parquet")
    if "venue" in papers and venue.series:
        papers = papers[papers["venue"].astype(str).str.upper() == venue.series.upper()]
    rows = papers[papers["year"] == venue.year]
    if rows.empty:
        years = ", ".join(str(year) for year in sorted(papers["year"].unique()))
        raise UserError(
            f"--papers {path}: no paper of {venue.series or 'any venue'} {venue.year}; the table "
            f"has {years}: choose a venue of such a year."
        )
    earlier = papers[(papers["year"] < venue.year) & papers["abstract"].notna()]
    ratings = _ratings(path / "reviews.parquet", venue.year)
    texts = [
        f"{title}\n{abstract}"
        for title, abstract in zip(earlier["title"], earlier["abstract"], strict=True)
    ]
    return _source(path, rows.to_dict("records"), ratings, tuple(texts))


def _ratings(path: Path, year: int) -> dict[str, tuple[list[float], list[float]]]:
    """Paper id to its human ratings and confidences."""
    if not path.is_file():
        return {}
    reviews = _read(path)
    _need(reviews, ("paper_id", "year", "rating"), path)
    reviews = reviews[(reviews["year"] == year) & reviews["rating"].notna()]
    found: dict[str, tuple[list[float], list[float]]] = {}
    confidences = reviews["confidence"] if "confidence" in reviews else [None] * len(reviews)
    for paper, rating, confidence in zip(
        reviews["paper_id"], reviews["rating"], confidences, strict=True
    ):
        pair = found.setdefault(str(paper), ([], []))
        pair[0].append(float(rating))
        if confidence is not None and confidence == confidence:
            pair[1].append(float(confidence))
    return found


def _table(path: Path, venue: Venue) -> PaperSource:
    """A flat table: title, abstract; paper_id, text, keywords, ratings, accepted, year if there."""
    frame = _read(path)
    _need(frame, ("title", "abstract"), path)
    if "year" in frame and venue.year in set(frame["year"]):
        frame = frame[frame["year"] == venue.year]
    rows = frame.to_dict("records")
    ratings: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        given = row.get("ratings")
        if given is not None and not isinstance(given, (str, float)):
            ratings[str(row.get("paper_id"))] = ([float(value) for value in given], [])
    return _source(path, rows, ratings, ())


def _source(
    path: Path,
    rows: Sequence[dict[Any, Any]],
    ratings: dict[str, tuple[list[float], list[float]]],
    earlier: tuple[str, ...],
) -> PaperSource:
    table, skipped = [], []
    seen: set[str] = set()
    digest = hashlib.sha256()
    for number, row in enumerate(rows):
        name = _string(row.get("paper_id")) or f"paper-{number + 1:05d}"
        title, abstract = _string(row.get("title")), _string(row.get("abstract"))
        problem = _problem(name, title, abstract, seen)
        if problem:
            skipped.append(problem)
            continue
        seen.add(name)
        digest.update(f"{name}\x1f{title}\x1f{abstract}\x1e".encode())
        table.append(_paper(name, title, abstract, row, ratings.get(name)))
    if not table:
        raise UserError(f"--papers {path}: no row has both a title and an abstract.")
    return PaperSource(
        "table",
        str(path),
        digest.hexdigest(),
        table=tuple(table),
        earlier=earlier,
        skipped=tuple(skipped),
    )


def _problem(name: str, title: str, abstract: str, seen: set[str]) -> str:
    if name in seen:
        return f"{name}: the id is there twice; the first row was taken"
    if not title:
        return f"{name}: no title"
    return "" if abstract else f"{name}: no abstract"


def _paper(
    name: str,
    title: str,
    abstract: str,
    row: dict[Any, Any],
    ratings: tuple[list[float], list[float]] | None,
) -> TablePaper:
    accepted = row.get("accepted")
    known = accepted is not None and accepted == accepted
    topic = _string(row.get("primary_area"))
    human = None
    if ratings or known:
        values, confidences = ratings or ([], [])
        human = HumanOutcome(
            paper=name,
            ratings=tuple(values),
            confidences=tuple(confidences),
            accepted=bool(accepted) if known else None,
            decision=_string(row.get("status")),
            topic=topic,
        )
    words = _string(row.get("keywords"))
    keywords = tuple(word.strip() for word in words.split(";") if word.strip())
    text = _string(row.get("text")) or None
    return TablePaper(name, title, abstract, keywords, topic, text, human)


def _string(value: object) -> str:
    """A cell as text; missing values and NaN are empty."""
    return "" if value is None or value != value else str(value).strip()


def _read(path: Path) -> Any:
    import pandas

    try:
        if path.suffix == ".jsonl":
            return pandas.read_json(path, lines=True)
        return pandas.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: the table cannot be read ({error}).") from error


def _need(frame: Any, columns: Sequence[str], path: Path) -> None:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UserError(
            f"{path}: the column '{missing[0]}' is missing; a table of submissions needs "
            f"{', '.join(columns)}."
        )
