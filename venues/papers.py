"""Real submissions: a folder of PDFs, or a table of papers with or without human reviews."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.records import HumanOutcome
from conference.data.values import Damaged
from conference.data.values import number as number_of
from reviewers.embedded.panel import rated_when
from venues.tables import cells_of, decision_of, need_columns, read_table, string_of
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
    """Where a round's submissions come from. `earlier` are title and abstract of earlier years.

    `fingerprint` is a hash of all that the round takes from there, so that it is noticed when a
    file changes between two runs of one round.
    `notes` are sentences that a user should read before the round starts.
    """

    kind: str
    path: str
    fingerprint: str
    pdfs: tuple[Path, ...] = ()
    table: tuple[TablePaper, ...] = ()
    earlier: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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
        # Hosts on other machines, or of an older cluster, have another working folder.
        inside = path.absolute().iterdir()
        pdfs = tuple(sorted(each for each in inside if each.suffix.lower() == ".pdf"))
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
    papers = read_table(path / "papers.parquet")
    need_columns(papers, ("paper_id", "year", "title", "abstract"), path / "papers.parquet")
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
    ratings = _ratings(path / "reviews.parquet", venue)
    texts = [
        f"{title}\n{abstract}"
        for title, abstract in zip(earlier["title"], earlier["abstract"], strict=True)
    ]
    return _source(path, rows.to_dict("records"), ratings, tuple(texts), rated_when(venue.name))


def _ratings(path: Path, venue: Venue) -> dict[str, tuple[list[float], list[float]]]:
    """Paper id to its human ratings and confidences."""
    if not path.is_file():
        return {}
    reviews = read_table(path)
    need_columns(reviews, ("paper_id", "year", "rating"), path)
    reviews = reviews[(reviews["year"] == venue.year) & reviews["rating"].notna()]
    found: dict[str, tuple[list[float], list[float]]] = {}
    reviews = reviews.astype(object).where(reviews.notna(), None)
    confidences = reviews["confidence"] if "confidence" in reviews else [None] * len(reviews)
    for paper, rating, confidence in zip(
        reviews["paper_id"], reviews["rating"], confidences, strict=True
    ):
        pair = found.setdefault(str(paper), ([], []))
        where = f"{path}: paper {paper}"
        pair[0].append(_rating(rating, venue, where))
        try:
            sure = number_of(confidence, "confidence")
        except Damaged as fault:
            raise UserError(f"{where}: {fault}; mend it or leave the cell empty.") from fault
        pair[1].extend([] if sure is None else [sure])
    return found


def _rating(value: object, venue: Venue, where: str) -> float:
    """A human rating, which must lie within the venue's scale."""
    scale = venue.form[venue.form.rating].values
    try:
        rating = number_of(value, "rating")
    except Damaged:
        rating = None
    if rating is None or not scale[0] <= rating <= scale[-1]:
        raise UserError(
            f"{where}: the rating {value!r} is not on the scale of {venue.name}, {scale[0]:g} to "
            f"{scale[-1]:g}; mend it, or choose the venue that the ratings come from."
        )
    return rating


def _table(path: Path, venue: Venue) -> PaperSource:
    """A flat table: title, abstract; if there, what else a submission and its humans have.

    Further columns: paper_id, year, text, keywords, primary_area, status, accepted (true or false),
    ratings (a list of numbers) and ratings_when ("before" or "after" the discussion). A table with
    papers of the venue's year is narrowed to them. One without any is taken whole, as somebody may
    want to see other papers under this venue's rules, but a note says so, and when its ratings were
    given is known only where `ratings_when` says it.
    """
    frame, note, own_year = _of_the_year(read_table(path), path, venue)
    rows = frame.to_dict("records")
    ratings = {}
    for number, row in enumerate(rows, 1):
        given = cells_of(row.get("ratings"))
        if given is None:
            raise UserError(
                f"{path}: row {number}: ratings must be a list of numbers such as [6, 8, 3], not "
                f"{row['ratings']!r}."
            )
        if given:
            where = f"{path}: row {number}"
            values = [_rating(value, venue, where) for value in given]
            ratings[_name(row, number)] = (values, list[float]())
    source = _source(path, rows, ratings, (), rated_when(venue.name) if own_year else "")
    return msgspec.structs.replace(source, notes=(note, *source.notes)) if note else source


def _of_the_year(frame: Any, path: Path, venue: Venue) -> tuple[Any, str, bool]:
    """The rows that count, what to say of the others' years, and whether these are the venue's."""
    import pandas

    need_columns(frame, ("title", "abstract"), path)
    if "year" not in frame:
        return frame, "", True
    years = pandas.to_numeric(frame["year"], errors="coerce")
    own = years == venue.year
    if own.any():
        left = int((~own).sum())
        said = f"{path}: {left} of its {len(own)} papers are not of {venue.year} and are left out."
        return frame[own], said if left else "", True
    others = ", ".join(f"{year:g}" for year in sorted(years.dropna().unique()))
    if not others:
        return frame, "", True
    said = (
        f"{path}: none of its papers is of {venue.year}, the year of {venue.name}; they are of "
        f"{others} and are taken all the same, as if submitted to it."
    )
    return frame, said, False


def _name(row: dict[Any, Any], number: int) -> str:
    return string_of(row.get("paper_id")) or f"paper-{number:05d}"


def _source(
    path: Path,
    rows: Sequence[dict[Any, Any]],
    ratings: dict[str, tuple[list[float], list[float]]],
    earlier: tuple[str, ...],
    when: str,
) -> PaperSource:
    table, skipped = [], []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        name = _name(row, number)
        title, abstract = string_of(row.get("title")), string_of(row.get("abstract"))
        if name in seen:
            raise UserError(
                f"{path}: row {number}: the paper_id '{name}' is there twice; give every paper an "
                "id of its own."
            )
        seen.add(name)
        if not title or not abstract:
            skipped.append(f"{name}: no {'abstract' if title else 'title'}")
            continue
        human = _human(name, row, ratings.get(name), when, path)
        table.append(_paper(name, title, abstract, row, human))
    if not table:
        raise UserError(f"--papers {path}: no row has both a title and an abstract.")
    notes = (
        [f"{path}: {len(skipped)} row(s) are left out, such as {skipped[0]}."] if skipped else []
    )
    return PaperSource(
        "table",
        str(path),
        hashlib.sha256(msgspec.json.encode((table, earlier))).hexdigest(),
        table=tuple(table),
        earlier=earlier,
        notes=tuple(notes),
    )


def _human(
    name: str,
    row: dict[Any, Any],
    ratings: tuple[list[float], list[float]] | None,
    when: str,
    path: Path,
) -> HumanOutcome | None:
    """What humans said of a paper; a row's own `ratings_when` goes before the venue's."""
    accepted = decision_of(row.get("accepted"), f"{path}: paper {name}")
    own = string_of(row.get("ratings_when"))
    if own not in ("", "before", "after"):
        raise UserError(
            f"{path}: paper {name}: ratings_when must be 'before' or 'after' (the discussion), "
            f"not '{own}'."
        )
    if not ratings and accepted is None:
        return None
    values, confidences = ratings or ([], [])
    return HumanOutcome(
        paper=name,
        ratings=tuple(values),
        confidences=tuple(confidences),
        accepted=accepted,
        decision=string_of(row.get("status")),
        topic=string_of(row.get("primary_area")),
        when=own or when,
    )


def _paper(
    name: str, title: str, abstract: str, row: dict[Any, Any], human: HumanOutcome | None
) -> TablePaper:
    words = string_of(row.get("keywords"))
    keywords = tuple(word.strip() for word in words.split(";") if word.strip())
    text = string_of(row.get("text")) or None
    topic = string_of(row.get("primary_area"))
    return TablePaper(name, title, abstract, keywords, topic, text, human)
