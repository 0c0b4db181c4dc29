"""Reads a PDF with PDFium, or refuses it with one sentence that says why."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from conference.core.errors import UserError
from conference.papers.accusing import accused
from conference.papers.document import (
    Document,
    split_references,
    split_sections,
)
from conference.papers.hidden import (
    SCAN,
    UNCHECKED,
    HiddenSpan,
    Look,
    lines_of,
    look_at,
    visible_orders,
)
from conference.papers.numbering import without_line_numbers
from conference.papers.orders import orders_in, squeezed
from conference.papers.pdfium import PDFIUM, notes_of, open_twice, title_of
from conference.papers.sheet import Sheet

MOST_PAGES = 500
MOST_BYTES = 200 * 2**20
FEWEST_LETTERS = 200
ENCRYPTED = "encrypted; hand in a copy without a password."
Pieces = list[tuple[float, str]]


class UnreadablePdf(UserError):
    """A PDF that cannot be read; the message names the file and the reason."""


class Reading(msgspec.Struct):
    """What was read from a file: each page as a reader sees it, pages that could not be read, the
    print of the first page, texts outside the pages, and the recorded title."""

    looks: list[Look]
    missed: list[int]
    head: Pieces
    notes: list[tuple[str, str]]
    title: str


def read_pdf(path: Path, *, max_pages: int = MOST_PAGES) -> Document:
    """Read a paper; its text is what a reader of its pages sees.

    Use `read_untrusted` for files from outside: it limits time and memory.

    Raises:
        UnreadablePdf: damaged, encrypted, without pages, with `max_pages` or more, or scanned.
    """
    return read_with_spans(path, max_pages=max_pages)[0]


def find_hidden_text(path: Path) -> tuple[HiddenSpan, ...]:
    """The hidden text and orders to reviewers that accuse a PDF."""
    path = Path(path)
    reading = _read(path, _bytes(path), MOST_PAGES, _silent)
    return tuple(accused(reading.looks, reading.notes))


def read_with_spans(
    path: Path,
    *,
    max_pages: int = MOST_PAGES,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """Read a paper like `read_pdf`, and the hidden text that accuses it.

    The hidden spans include one for each page that could not be read. `progress` is called with
    the number of pages read and of all pages.
    """
    path = Path(path)
    data = _bytes(path)
    reading = _read(path, data, max_pages, progress or _silent)
    spans = accused(reading.looks, reading.notes)
    cleaned = clean([look.text for look in reading.looks])
    text, orders = visible_orders(cleaned.text)
    letters = sum(map(str.isalpha, text))
    if letters < FEWEST_LETTERS:
        raise UnreadablePdf(f"{path.name}: {_too_little(letters, reading.looks)}")
    document = Document(
        title=_title(reading.head, reading.title, text),
        abstract=_abstract(text),
        sections=split_sections(text),
        references=split_references(text)[1],
        pages=len(reading.looks),
        text=text,
        sha256=hashlib.sha256(data).hexdigest(),
        margins=cleaned.margins,
        numbered=cleaned.numbered,
    )
    missed = (HiddenSpan(number, UNCHECKED, "") for number in reading.missed)
    return document, (*spans, *orders, *missed)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadablePdf(f"{path.name}: larger than {MOST_BYTES // 2**20} MiB; not read.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadablePdf(f"{path.name}: cannot be opened ({error.strerror}).") from error
    if not data.strip():
        raise UnreadablePdf(f"{path.name}: the file is empty.")
    if b"%PDF-" not in data[:4096]:
        raise UnreadablePdf(f"{path.name}: not a PDF, whatever its name says.")
    return data


def _too_little(letters: int, looks: list[Look]) -> str:
    """Why a file with too little text is refused."""
    spans = [span for look in looks for span in look.spans]
    if any(span.technique == SCAN for span in spans):
        return (
            "a scan whose recognised text is hidden behind its pictures and cannot be checked "
            "against them; hand in the file that was printed."
        )
    unseen = sum(char.isalpha() for span in spans for char in span.text)
    if letters + unseen == 0:
        return "no text in it (a scan?); hand in the file that was printed."
    hidden = f", and {unseen} that a reader of its pages does not see" if unseen else ""
    return f"only {letters} letters of text{hidden}; a paper has at least {FEWEST_LETTERS}."


def _silent(done: int, pages: int) -> None:
    return None


def _read(path: Path, data: bytes, max_pages: int, progress: Callable[[int, int], None]) -> Reading:
    import pypdfium2
    import pypdfium2.raw as pdfium

    with PDFIUM:
        try:
            document, strict = open_twice(path, data)
        except pypdfium2.PdfiumError as error:
            locked = error.err_code == pdfium.FPDF_ERR_PASSWORD and b"/Encrypt" in data
            reason = ENCRYPTED if locked else "damaged, or without a page."
            raise UnreadablePdf(f"{path.name}: {reason}") from error
        except ValueError as error:
            raise UnreadablePdf(f"{path.name}: damaged ({error}).") from error
        try:
            count = len(document)
            if pdfium.FPDF_GetSecurityHandlerRevision(document) >= 0:
                raise UnreadablePdf(f"{path.name}: {ENCRYPTED}")
            if not count:
                raise UnreadablePdf(f"{path.name}: has no pages.")
            if count >= max_pages:
                raise UnreadablePdf(
                    f"{path.name}: {count} pages; the limit for a paper is {max_pages - 1}."
                )
            reading = Reading([], [], [], notes_of(document), title_of(document))
            for number in range(1, count + 1):
                _read_page(document, strict, number, reading)
                progress(number, count)
            return reading
        finally:
            for each in filter(None, (document, strict)):
                each.close()


def _read_page(document: Any, strict: Any | None, number: int, reading: Reading) -> None:
    import pypdfium2

    look = Look("")
    try:
        page = document[number - 1]
        other = strict[number - 1] if strict else None
    except pypdfium2.PdfiumError:
        reading.missed.append(number)
    else:
        sheet = Sheet(page, Sheet(other) if other else None)
        look = look_at(sheet, number)
        reading.notes += sheet.notes
        if number == 1:
            reading.head = _print_of(sheet, look)
        for each in filter(None, (page, other)):
            each.close()
    reading.looks.append(look)


def _print_of(sheet: Sheet, look: Look) -> Pieces:
    """A page's visible print in pieces of one size (0 if rotated), split at line ends."""
    sizes, turned = sheet.print_sizes()
    pieces: Pieces = []
    for at, char in enumerate(sheet.characters.text):
        size = 0.0 if turned[at] else float(sizes[at])
        blank = char.isspace() or not (size or turned[at])
        if at in look.unseen or char == "\r":
            continue
        if char == "\n":
            pieces.append((pieces[-1][0] if pieces else 0.0, " "))
        elif pieces and (blank or (size == pieces[-1][0] and pieces[-1][1] != " ")):
            pieces[-1] = pieces[-1][0], pieces[-1][1] + char
        else:
            pieces.append((size, char))
    return [(size, _with_blanks(text)) for size, text in pieces]


def _with_blanks(text: str) -> str:
    """A piece's lines with the blanks that separate it from its neighbours."""
    first, last = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{first}{inner}{last}" if (inner := lines_of(text).strip()) else " "


class Cleaned(NamedTuple):
    """Pages as one text, the running heads and feet removed from it, and whether lines were
    numbered."""

    text: str
    margins: tuple[str, ...]
    numbered: bool


def clean(pages: list[str]) -> Cleaned:
    """Pages joined, without running heads, page and line numbers; hyphenated words are joined."""
    written = [page.splitlines() for page in pages]
    lines = without_line_numbers(written)
    edges = Counter(
        edge
        for page in lines
        for edge in {re.sub(r"\d+", "#", line.strip()) for line in (*page[:2], *page[-2:])}
    )
    repeated = {line for line, count in edges.items() if line and count > max(2, len(pages) // 2)}
    kept = [
        line
        for page in lines
        for line in page
        if not (repeated and re.sub(r"\d+", "#", line.strip()) in repeated)
        and not re.fullmatch(r"\s*\d{1,3}\s*", line)
    ]
    text = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", "\n".join(kept))
    return Cleaned(text, tuple(sorted(repeated)), lines != written)


def _title(pieces: list[tuple[float, str]], recorded: str, text: str) -> str:
    """The largest upright print on the first page, small capitals included.

    If no print stands out, it is the recorded title if that is also printed, else the first line.
    """
    head: list[tuple[float, str]] = []
    for size, piece in pieces:
        if piece.strip().lower().startswith("abstract"):
            break
        if size > 0 and "!!!" not in piece:
            head.append((size, piece))
    counts: Counter[float] = Counter()
    for size, piece in pieces:
        counts[size] += len(piece)
    body = counts.most_common(1)[0][0] if counts else 0.0
    for top in sorted({size for size, _ in head if size > 1.1 * body}, reverse=True):
        run: list[str] = []
        for size, piece in head:
            if size >= 0.95 * top or (run and size >= 0.75 * top and piece.upper() == piece):
                run.append(piece)
            elif run and piece.strip() and not piece.strip().isdigit():
                break
            elif run:  # a blank, or a line number
                run.append(" ")
        title = re.sub(r"\s+", " ", "".join(run)).strip()
        if 12 <= len(title) <= 300 and " " in title:
            return re.sub(r"(?<=[A-Za-z])- (?=[A-Za-z])", "", title)
    printed = squeezed(recorded.lower()) in squeezed(text.lower())
    if len(recorded.strip()) > 8 and " " in recorded and printed and not orders_in(recorded):
        return recorded.strip()
    return next((line.strip() for line in text.splitlines() if len(line.strip()) > 10), "")


def _abstract(text: str) -> str:
    """The text from the word Abstract to the introduction or the keywords.

    Below a separate heading an abstract may be short; after an inline one it must be long enough.
    """
    found = re.search(
        r"(?:^|\n)\s*abstract\s*[.:—-]?[ \t]*((?:\n.{10}|.{80}).{0,4000}?)"
        r"(?=\n\s*(?:1\.?|I\.?)?\s*introduction\b|\n\s*(?:keywords|index terms)\b|\Z)",
        text[:12000],
        re.IGNORECASE | re.DOTALL,
    )
    return re.sub(r"\s+", " ", found[1]).strip() if found else ""
