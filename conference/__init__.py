"""Conference: run an AI venue round, ask it questions, and measure AI reviewers against humans."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from conference.core.version import __version__

if TYPE_CHECKING:
    from conference.app.api import run_round, run_study
    from conference.app.review import review_paper

__all__ = ["__version__", "review_paper", "run_round", "run_study"]
PUBLIC = {
    "run_round": "conference.app.api",
    "run_study": "conference.app.api",
    "review_paper": "conference.app.review",
}


def __getattr__(name: str) -> Any:
    """Load a public function on first use: what it runs stands above this package's core."""
    if name in PUBLIC:
        return getattr(importlib.import_module(PUBLIC[name]), name)
    raise AttributeError(f"module 'conference' has no attribute {name!r}")
