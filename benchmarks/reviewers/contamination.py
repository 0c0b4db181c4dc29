"""Which papers a model may have met before its data ended."""

from __future__ import annotations

from datetime import date

import numpy as np

from benchmarks.reviewers.question import Question
from conference.data.tables import Paper
from conference.errors import UserError
from conference.measures.estimate import Booleans


def check_date(text: str, where: str) -> str:
    """An ISO date; raises `UserError` on anything else."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UserError(f"{where}: '{text}' is no date; write it as 2024-04-01.") from error


def public_from(paper: Paper) -> str:
    """The day from which the paper may have been public.

    Its submission date where that is known; else 1 January of the year before the venue's year,
    which is on the safe side: submissions open in the autumn of that year.
    """
    return paper.submitted or f"{paper.year - 1}-01-01"


def before(question: Question, cutoff: str) -> Booleans:
    """Which papers may have been public by the cut-off date, shape (papers,)."""
    return np.array([public_from(paper) <= cutoff for paper in question.papers], dtype=np.bool_)
