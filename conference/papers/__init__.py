"""Papers as documents: reading PDFs, finding hidden text, measuring and checking papers."""

from __future__ import annotations

from conference.papers.document import (
    Document,
    Section,
    from_text,
    read_document,
    write_document,
)
from conference.papers.hidden import HiddenSpan
from conference.papers.pdf import UnreadablePdf, find_hidden_text, read_pdf

__all__ = [
    "Document",
    "HiddenSpan",
    "Section",
    "UnreadablePdf",
    "find_hidden_text",
    "from_text",
    "read_document",
    "read_pdf",
    "write_document",
]
