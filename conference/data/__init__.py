"""Human review data: one tidy local store, and an importer for each source (see SCHEMA.md)."""
