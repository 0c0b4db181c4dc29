"""Typeset a paper's text as a PDF, perhaps with a hidden sentence, and read the PDF."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.studies.twins.prose import parts_of
from conference.papers.document import is_heading
from conference.papers.pdf import read_with_spans
from conference.papers.typesetting import typeset_plain

Hidden = list[dict[str, Any]]


def parts(text: str, order: str) -> Iterator[tuple[str, list[str]]]:
    """The text's headings and paragraphs, with `order` hidden at the end of the first section with
    a heading."""
    first = next((part.end for part in parts_of(text) if part.title), len(text))
    for piece, last in ((text[:first], True), (text[first:], False)):
        lines: list[str] = []
        for line in [*piece.splitlines(), ""]:
            heading = is_heading(line) is not None
            if (heading or not line.strip()) and lines:
                yield "text", lines
                lines = []
            if heading:
                yield "heading", [line.strip()]
            elif line.strip():
                lines.append(line.strip())
        if last and order:
            yield "hidden", [order]


def checked(title: str, text: str, order: str) -> tuple[str, Hidden]:
    """The text that the venue's reader takes from the PDF, and the hidden text that it finds."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(typeset_plain(title, list(parts(text, order))))
        file.flush()
        document, spans = read_with_spans(Path(file.name))
    hidden = [
        {"page": s.page, "technique": s.technique, "text": s.text, "rule": s.rule} for s in spans
    ]
    return document.text, hidden


def naive(title: str, text: str, order: str) -> tuple[str, Hidden]:
    """All text of the PDF's pages, visible or not, as a reader without checks takes it."""
    import pypdfium2

    from conference.papers.pdfium import PDFIUM

    pdf = typeset_plain(title, list(parts(text, order)))
    with PDFIUM, pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return "\n".join(pages).replace("\r\n", "\n"), []
