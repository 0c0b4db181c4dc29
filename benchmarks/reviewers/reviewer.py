"""A reviewer to measure: a function from papers to scores, with a name and a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from benchmarks.reviewers.question import PaperView, Texts
from conference.core.errors import UserError
from conference.core.forms import Form
from conference.core.progress import Progress
from conference.models.failures import FailedCall
from conference.statistics.estimate import Booleans, Floats

Kind = Literal["reviewer", "baseline"]


class NotMeasurable(UserError):
    """These data cannot measure this reviewer, for example as earlier years to learn from lack."""


class Scores(msgspec.Struct, frozen=True):
    """One score per paper, higher meaning better; NaN where the reviewer has none.

    `accept` is its own decision if it makes one (1, 0, NaN), `confidence` its stated confidence.
    `unanswered` masks papers for which the model could not be reached; they are asked about again.
    `failed` are the model calls without a usable answer. `texts` are the reviews, one per paper, or
    empty if none are written. `spread` is a score's standard deviation if the score is the mean of
    the reviewer's own probabilities of each rating.
    """

    values: Floats
    accept: Floats | None = None
    confidence: Floats | None = None
    unanswered: Booleans | None = None
    failed: tuple[FailedCall, ...] = ()
    texts: tuple[Texts, ...] = ()
    spread: Floats | None = None


class Reviewer(msgspec.Struct, frozen=True, kw_only=True):
    """A reviewer to measure.

    Attributes:
        on_scale: whether its scores are on the venue's rating scale.
        cutoff: the ISO date of its training cutoff; None if it learned nothing from the test
            years.
        batch: how many papers are scored at a time.
        keep: whether scores are kept when a run is interrupted.
        about: its card; whatever changes its scores must change the card too.
        why_missing: why it does not score some papers.
        prepare: does slow work before the first score; `notice` tells the user about it.
        repeatable: whether scoring again costs nothing, so that its stability is measured.
        again: makes it for a further run, if that may give other scores.
        write: writes its reviews of papers, if it does not write them while scoring.
        form: the form of its texts.
        each: scores papers one by one and reports each by its position when done; `score` is then
            not called.
    """

    name: str
    score: Callable[[Sequence[PaperView]], Scores]
    kind: Kind = "reviewer"
    on_scale: bool = False
    cutoff: str | None = None
    batch: int = 1000
    keep: bool = True
    about: dict[str, str] = {}
    why_missing: str = ""
    prepare: Callable[[Progress], None] | None = None
    notice: str = ""
    repeatable: bool = False
    again: Callable[[int], Reviewer] | None = None
    write: Callable[[Sequence[PaperView]], list[Texts]] | None = None
    form: Form | None = None
    each: Callable[[Sequence[PaperView], Callable[[int, Scores], None]], None] | None = None


def lookup(
    papers: Sequence[PaperView],
    table: dict[str, tuple[float, float, float]],
    texts: Mapping[str, Texts] = {},
) -> Scores:
    """Recorded (score, decision, confidence) rows as `Scores`, NaN where a paper has none, with the
    recorded reviews if there are any."""
    missing = (np.nan, np.nan, np.nan)
    rows = np.array([table.get(paper.paper_id, missing) for paper in papers], dtype=np.float64)
    rows = rows.reshape(-1, 3)
    said = tuple(texts.get(paper.paper_id, {}) for paper in papers) if texts else ()
    return Scores(rows[:, 0], rows[:, 1], rows[:, 2], texts=said)
