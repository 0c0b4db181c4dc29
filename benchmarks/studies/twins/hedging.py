"""`hedging:add` and `hedging:remove`: change how sure a paper sounds, not its results."""

from __future__ import annotations

import numpy as np

from benchmarks.studies.twins.twin import Twin
from benchmarks.studies.twins.wording import reworded
from venues.papers import TablePaper


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with hedges added or removed; None if no rule applies."""
    return reworded(paper, detail)


twin = Twin(
    what="how sure the paper sounds, by rules",
    details={"add": "claims are hedged", "remove": "hedges are taken out"},
    change=change,
    unseen="Embedded minds rate the words of the abstract alone: hedges in the text do not reach "
    "their ratings.",
)
