"""Exports of a round, as one kind of reader may see it: tables, OpenReview edits, Inspect logs."""

from conference.app.export.inspect import write_inspect
from conference.app.export.notes import edits_of, notes_of, write_notes
from conference.app.export.tables import tables_of, write_csv, write_tables

__all__ = [
    "edits_of",
    "notes_of",
    "tables_of",
    "write_csv",
    "write_inspect",
    "write_notes",
    "write_tables",
]
