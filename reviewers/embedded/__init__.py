"""The statistical reviewer, fitted to human reviews: it needs no weights and no network."""
