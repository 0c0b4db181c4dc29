"""Searches published works: an index of the user's own, Semantic Scholar, or OpenAlex.

literature = open_literature("local:works.bib", cache)
for work in literature.search("grokking modular arithmetic", 5): ...
"""

from __future__ import annotations

from conference.literature.clients import Unreachable
from conference.literature.literature import (
    Literature,
    check_literature,
    open_literature,
    resolved,
)

__all__ = ["Literature", "Unreachable", "check_literature", "open_literature", "resolved"]
