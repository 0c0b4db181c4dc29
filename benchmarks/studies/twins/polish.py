"""`polish:rules` and `polish:FILE`: plainer wording with the same numbers and citations."""

from __future__ import annotations

import numpy as np

from benchmarks.studies.twins.rewriting import polished
from benchmarks.studies.twins.twin import Twin
from benchmarks.studies.twins.wording import facts, reworded
from venues.papers import TablePaper

RULES = "rules"


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The polished paper; None if no rule applies, or a number or citation would change.

    `detail` is "rules", or a file of `conference study polish`."""
    if detail != RULES:
        return polished(paper, detail)
    found = reworded(paper, "polish")
    if found is None or facts(found.abstract) != facts(paper.abstract):
        return None
    return found if facts(found.text or "") == facts(paper.text or "") else None


twin = Twin(
    what="plainer wording with the same facts",
    details={RULES: "wordy phrases are shortened by rules"},
    file="abstracts that a language model polished, by `conference study polish`",
    change=change,
    unseen="Embedded minds rate the words of the abstract alone: polish of the text does not reach "
    "their ratings.",
)
