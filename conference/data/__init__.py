"""Human review data: one schema (tables.py), one reader (reader.py), one importer a source."""
