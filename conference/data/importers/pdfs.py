"""A folder of PDFs with a CSV of human ratings.

The CSV has one row per review: `file` (the PDF's name, with or without .pdf), `rating`, and where
known `confidence`, `decision`, `title`, `abstract`. Other columns are sub-scores if they hold
numbers, else the review's texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from conference.core.errors import UserError
from conference.core.progress import Progress, no_progress
from conference.data.decisions import not_understood, presentation_of, status_of
from conference.data.gather import gather
from conference.data.importers.importer import Options, folder
from conference.data.read_table import Row, read_table
from conference.data.scales import dataset_name
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.text_version import sign_of_final
from conference.data.values import Damaged, numbers, rating, text
from conference.papers.document import Document
from conference.papers.hidden import UNCHECKED, HiddenSpan
from conference.papers.untrusted import read_untrusted

KNOWN = ("file", "rating", "confidence", "decision", "title", "abstract")
# Reads a PDF into the paper without its hidden text, and the hidden text.
Reader = Callable[[Path], tuple[Document, Sequence[HiddenSpan]]]


def read_folder(
    folder: Path,
    ratings: Path,
    scale: tuple[float, ...],
    venue: str,
    year: int,
    read: Reader = read_untrusted,
    progress: Progress = no_progress,
) -> list[Dataset]:
    """Papers from PDFs, ratings from the CSV.

    A PDF that cannot be read is listed as damaged. A PDF with hidden text is kept without it, and
    a note names it.
    """
    rows = read_table(ratings, ("file", "rating")).rows
    by_file: dict[str, list[Row]] = {}
    for row in rows:
        by_file.setdefault(_stem(str(row["file"])), []).append(row)
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".pdf")
    if not files:
        raise UserError(f"{folder}: there is no PDF in this folder.")
    wordy = {column for column in (rows[0] if rows else {}) if not _numeric(rows, column)}
    papers, reviews, damaged = [], [], []
    ways: dict[str, set[str]] = {}
    final: dict[str, str] = {}
    for name in sorted(set(by_file) - {path.stem for path in files}):
        damaged.append(Damage(f"paper {name}", f"it is in {ratings.name} but not in the folder"))
    for number, path in enumerate(files):
        progress("read PDFs", number, len(files))
        given = by_file.get(path.stem, [])
        try:
            document, spans = read(path)
            sign = sign_of_final(document)
            papers.append(_paper(path.stem, document, given, scale, venue, year, bool(sign)))
        except (UserError, Damaged) as fault:
            damaged.append(Damage(f"paper {path.name}", str(fault)))
            continue
        damaged += not_understood(papers[-1].decision, "decision", path.stem)
        ways[path.name] = {span.technique for span in spans}
        final |= {path.name: sign} if sign else {}
        reviews += _reviews(path.stem, given, scale, wordy, damaged)
    progress("read PDFs", len(files), len(files))
    name = dataset_name(venue, year)
    return [gather(name, papers, reviews, damaged, source=str(folder), notes=_notes(ways, final))]


def _notes(ways: dict[str, set[str]], final: dict[str, str]) -> list[str]:
    """Notes on files with hidden text and on camera-ready ones."""
    hidden = {name: ", ".join(sorted(each - {UNCHECKED})) for name, each in ways.items()}
    told = [f"{name} ({each})" for name, each in hidden.items() if each]
    missed = [name for name, each in ways.items() if UNCHECKED in each]
    notes = [f"hidden text was cut out of {len(told)} papers: {', '.join(told)}"] if told else []
    if missed:
        notes.append(f"pages of {', '.join(missed)} could not be checked for hidden text")
    if final:
        each = ", ".join(f"{name} ({sign})" for name, sign in final.items())
        notes.append(f"{len(final)} PDFs are camera-ready and marked final: {each}")
    return notes


def _paper(
    name: str,
    document: Document,
    rows: Sequence[Row],
    scale: tuple[float, ...],
    venue: str,
    year: int,
    final: bool,
) -> Paper:
    decisions = {str(row["decision"]).strip() for row in rows if text(row.get("decision"))}
    if len(decisions) > 1:
        raise Damaged(f"it has {len(decisions)} different decisions in the table")
    decision = next(iter(decisions), "")
    first = rows[0] if rows else {}
    return Paper(
        paper_id=name,
        venue=venue,
        year=year,
        title=text(first.get("title")) or document.title or name,
        abstract=text(first.get("abstract")) or document.abstract or None,
        text=document.text or None,
        text_version=("final" if final else "unknown") if document.text else "",
        decision=decision,
        status=status_of(decision),
        presentation=presentation_of(decision),
        scale=scale,
        source="PDF folder",
    )


def _numeric(rows: Sequence[Row], column: str) -> bool:
    """Whether any cell of the column is a number."""
    return any(numbers({column: row[column]}, "", []) for row in rows)


def _reviews(
    paper: str,
    rows: Sequence[Row],
    scale: tuple[float, ...],
    wordy: set[str],
    damaged: list[Damage],
) -> list[HumanReview]:
    found = []
    for reviewer, row in enumerate(rows):
        record = f"review {reviewer} of paper {paper}"
        try:
            value = rating(row["rating"], scale)
        except Damaged as fault:
            damaged.append(Damage(record, str(fault)))
            continue
        others = {key: cell for key, cell in row.items() if key not in KNOWN}
        said = {key: text(cell) for key, cell in others.items() if key in wordy}
        sure = numbers({"confidence": row.get("confidence")}, record, damaged)
        found.append(
            HumanReview(
                paper_id=paper,
                reviewer=reviewer,
                rating=value,
                confidence=sure.get("confidence"),
                scores=numbers({k: v for k, v in others.items() if k not in said}, record, damaged),
                texts={key: cell for key, cell in said.items() if cell},
            )
        )
    return found


def _stem(name: str) -> str:
    path = Path(name.strip())
    return path.stem if path.suffix.lower() == ".pdf" else path.name


def read(source: str, options: Options) -> list[Dataset]:
    """A folder of PDFs with a CSV of their ratings."""
    if options.ratings is None or not options.scale:
        raise UserError("`data import pdfs` needs --ratings CSV and --scale.")
    return read_folder(
        folder(source), options.ratings, options.scale, options.venue, options.year,
        progress=options.progress,
    )  # fmt: skip
