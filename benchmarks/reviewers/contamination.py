"""Which papers a model may have seen in training, by its data cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from benchmarks.reviewers.question import Question
from conference.core.errors import UserError
from conference.data.tables import Paper
from conference.statistics.estimate import Booleans, Estimate

UNKNOWN = "9999-12-31"  # A model without a stated cut-off may have seen every paper.


def check_date(text: str, where: str) -> str:
    """The text as ISO date. Raises `UserError` for anything else."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UserError(f"{where}: '{text}' is not a date; write it as 2024-04-01.") from error


def public_from(paper: Paper) -> str:
    """The day from which the paper may have been public.

    Its submission date if known; else 1 January of the year before the venue's year, a safe
    assumption as submissions open in the autumn of that year.
    """
    return paper.submitted or f"{paper.year - 1}-01-01"


def before(question: Question, cutoff: str) -> Booleans:
    """Which papers may have been public by the cut-off date, shape (papers,)."""
    return np.array([public_from(paper) <= cutoff for paper in question.papers], dtype=np.bool_)


def seen(figures: dict[str, Estimate]) -> int:
    """On how many papers the figures are computed."""
    return max((estimate.n for estimate in figures.values()), default=0)


def warnings(cutoffs: Mapping[str, str | None], question: Question, use: Booleans) -> list[str]:
    """One sentence for each cut-off date: how many of the papers its reviewers may have seen."""
    named: dict[str, list[str]] = {}
    for name, cutoff in cutoffs.items():
        if cutoff is not None:
            named.setdefault(cutoff, []).append(name)
    found = []
    for cutoff, names in sorted(named.items()):
        met, all_ = int((before(question, cutoff) & use).sum()), int(use.sum())
        when = f"by {cutoff}, where the data of " if cutoff != UNKNOWN else "before the data of "
        ends = " end" if cutoff != UNKNOWN else " end (no date was named; give --cutoff)"
        found.append(
            f"{'all' if met == all_ else met} of the {all_} papers may have been public {when}"
            f"{'; '.join(names)}{ends}: "
            + ("those scores may be memories" if met else "no score can be a memory")
        )
    return found
