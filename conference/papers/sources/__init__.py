"""Papers given as source text: plain text, Markdown and LaTeX."""

from conference.papers.sources.source import SUFFIXES, read_source

__all__ = ["SUFFIXES", "read_source"]
