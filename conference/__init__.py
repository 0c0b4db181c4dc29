"""Conference: run an AI venue round and measure AI reviewers against human reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conference.app.api import run_round

__all__ = ["run_round"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `run_round` on first use: what it runs stands above this package's core."""
    if name == "run_round":
        from conference.app.api import run_round

        return run_round
    raise AttributeError(f"module 'conference' has no attribute {name!r}")
