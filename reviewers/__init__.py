"""Reviewers: they bid, review, and discuss."""
