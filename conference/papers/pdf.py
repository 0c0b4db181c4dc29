"""Reads a PDF with pypdf; what cannot be read is refused with a line that says why."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from conference.core.errors import UserError
from conference.papers.document import (
    Document,
    split_references,
    split_sections,
    whole_characters,
)
from conference.papers.hidden import (
    SCAN,
    UNCHECKED,
    VISIBLE,
    HiddenSpan,
    find_spans,
    instructions_in,
    without_spans,
)
from conference.papers.numbering import without_line_numbers

MOST_PAGES = 500
MOST_BYTES = 200 * 2**20
FEWEST_LETTERS = 200
LIGATURES = str.maketrans({code: normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)})


class UnreadablePdf(UserError):
    """A PDF that cannot be read; the message names the file and the reason."""


def read_pdf(path: Path, *, max_pages: int = MOST_PAGES) -> Document:
    """Read a paper; its text is without what `find_hidden_text` finds.

    A file from outside belongs to `read_untrusted`, which bounds time and memory.

    Raises:
        UnreadablePdf: damaged, encrypted, without pages, with `max_pages` or more, or scanned.
    """
    return read_with_spans(path, max_pages=max_pages)[0]


def read_with_spans(
    path: Path, *, max_pages: int = MOST_PAGES
) -> tuple[Document, tuple[HiddenSpan, ...]]:
    """Read a paper as `read_pdf` does, and the hidden text that was cut out of it.

    Among the second are the pages that could not be checked, which are read all the same.
    """
    path = Path(path)
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
    pages, first, meta_title = _pages(path, data, max_pages)
    hidden, plain, checked = find_spans(path)
    cleaned = clean(pages)
    text = without_spans(cleaned.text, hidden + plain)
    orders = tuple(HiddenSpan(0, VISIBLE, sentence) for sentence in instructions_in(text))
    text = without_spans(text, orders)
    if sum(char.isalpha() for char in text) < FEWEST_LETTERS:
        raise UnreadablePdf(f"{path.name}: {_no_text(plain)}")
    document = Document(
        title=without_spans(_title(first, meta_title, text), hidden + plain + orders).strip(),
        abstract=_abstract(text),
        sections=split_sections(text),
        references=split_references(text)[1],
        pages=len(pages),
        text=text,
        sha256=hashlib.sha256(data).hexdigest(),
        margins=cleaned.margins,
        numbered=cleaned.numbered,
    )
    return document, hidden + _unchecked(len(pages), checked, orders)


def _unchecked(
    count: int, checked: set[int], orders: tuple[HiddenSpan, ...]
) -> tuple[HiddenSpan, ...]:
    """The pages that were not checked, and the plain orders that only the text itself showed."""
    missed = [number for number in range(1, count + 1) if number not in checked]
    told = [order for order in orders if instructions_in(order.text, signs=2)]
    return (*told, *(HiddenSpan(number, UNCHECKED, "") for number in missed))


def _no_text(cut: tuple[HiddenSpan, ...]) -> str:
    if any(span.technique == SCAN for span in cut):
        return (
            "a scan whose recognised text lies unseen behind its pictures and cannot be checked "
            "against them; hand in the file that was printed."
        )
    return "no text in it (a scan?); hand in the file that was printed."


def _pages(
    path: Path, data: bytes, max_pages: int
) -> tuple[list[str], list[tuple[float, str]], str]:
    """Each page's text, the first page's pieces with their font size, and the title on record."""
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pieces: list[tuple[float, str]] = []

    def see(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        text = whole_characters(text)
        if text.strip():
            scale = (abs(tm[3]) or abs(tm[1])) * (abs(cm[3]) or 1)
            turned = abs(tm[1]) > 1e-3 or abs(cm[1]) > 1e-3
            pieces.append((0.0 if turned else round(float(size * scale), 1), text))
        elif "\n" in text and pieces:
            pieces.append((pieces[-1][0], " "))

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise UnreadablePdf(f"{path.name}: encrypted; hand in a copy without a password.")
        count = len(reader.pages)
        if not count:
            raise UnreadablePdf(f"{path.name}: has no pages.")
        if count >= max_pages:
            raise UnreadablePdf(
                f"{path.name}: {count} pages; the limit for a paper is {max_pages - 1}."
            )
        texts = [reader.pages[0].extract_text(visitor_text=see)]
        texts += [page.extract_text() for page in reader.pages[1:]]
        title = str(reader.metadata.title or "") if reader.metadata else ""
        return list(map(whole_characters, texts)), pieces, whole_characters(title)
    except UnreadablePdf:
        raise
    except (
        PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError,
        RecursionError, OverflowError, AssertionError, NotImplementedError, ZeroDivisionError,
        MemoryError, UnicodeError,
    ) as error:  # fmt: skip
        # A hostile file can break the reader anywhere; every such break is a damaged file.
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise UnreadablePdf(f"{path.name}: damaged ({reason}).") from error


class Cleaned(NamedTuple):
    """Pages as one text, the running heads and feet cut out of it, and if lines were numbered."""

    text: str
    margins: tuple[str, ...]
    numbered: bool


def clean(pages: list[str]) -> Cleaned:
    """Pages joined, without running heads, page and line numbers and words cut at lines' ends."""
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
        if re.sub(r"\d+", "#", line.strip()) not in repeated
        and not re.fullmatch(r"\s*\d{1,3}\s*", line)
    ]
    text = "\n".join(kept)
    text = text.replace("\u00ad", "").translate(LIGATURES)
    text = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", text)
    return Cleaned(text, tuple(sorted(repeated)), lines != written)


def _title(pieces: list[tuple[float, str]], recorded: str, text: str) -> str:
    """The largest upright print on the first page, small capitals included.

    Where no print stands out, the title on record or the first line serves.
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
            elif run:  # A blank, or the number of a title's line.
                run.append(" ")
        title = re.sub(r"\s+", " ", "".join(run)).strip()
        if 12 <= len(title) <= 300 and " " in title:
            return re.sub(r"(?<=[A-Za-z])- (?=[A-Za-z])", "", title)
    if len(recorded.strip()) > 8 and " " in recorded and not instructions_in(recorded):
        return recorded.strip()
    return next((line.strip() for line in text.splitlines() if len(line.strip()) > 10), "")


def _abstract(text: str) -> str:
    """From the word Abstract to the introduction or the next heading.

    Under a heading of its own an abstract may be short; in line it must be long enough to be one.
    """
    found = re.search(
        r"(?:^|\n)\s*abstract\s*[.:—-]?[ \t]*((?:\n.{10}|.{80}).{0,4000}?)"
        r"(?=\n\s*(?:1\.?|I\.?)?\s*introduction\b|\n\s*(?:keywords|index terms)\b|\Z)",
        text[:12000],
        re.IGNORECASE | re.DOTALL,
    )
    return re.sub(r"\s+", " ", found[1]).strip() if found else ""
