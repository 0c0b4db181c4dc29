"""Papers as documents: reading PDFs, hidden text, what can be measured, checks."""

from __future__ import annotations

from conference.documents.document import (
    Document,
    Section,
    from_text,
    read_document,
    write_document,
)
from conference.documents.hidden import HiddenSpan, find_hidden_text
from conference.documents.pdf import UnreadablePdf, read_pdf

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
