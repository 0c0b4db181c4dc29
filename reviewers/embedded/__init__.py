"""The statistical reviewer, fitted to human reviews; it needs no model weights or network."""
