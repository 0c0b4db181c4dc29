"""Rounds, studies or benchmarks side by side, on the terminal, as a page and as JSON."""

from conference.app.compare.compare import compare
from conference.app.compare.round_tables import compare_rounds, short_names
from conference.app.compare.show import show, write_json, write_page

__all__ = ["compare", "compare_rounds", "short_names", "show", "write_json", "write_page"]
