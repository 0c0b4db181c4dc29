"""A round taken elsewhere: as tidy tables, or as OpenReview notes, as one reader may see it."""

from conference.app.export.notes import write_notes
from conference.app.export.tables import tables_of, write_tables

__all__ = ["tables_of", "write_notes", "write_tables"]
