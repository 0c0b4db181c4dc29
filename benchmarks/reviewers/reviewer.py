"""Who is measured: a reviewer is a function from papers to scores, with a name and a card."""

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
    """These data cannot measure this reviewer, such as one that learns from years they lack."""


class Scores(msgspec.Struct, frozen=True):
    """One score a paper, higher meaning better; NaN where the reviewer has none.

    `accept` is its own decision where it makes one (1, 0, NaN), `confidence` its own certainty.
    `unanswered` are papers on which nothing was said, as the model could not be reached: they are
    asked about again. `failed` are the model calls without a usable answer. `texts` are the
    reviews that go with the scores, one a paper; empty where nothing is written. `spread` is a
    score's standard deviation, where it is the mean of a reviewer's own chances of each rating.
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
        on_scale: whether its scores are meant on the venue's rating scale.
        cutoff: the ISO date of its training cutoff; None where it learned nothing from the test
            years.
        batch: how many papers are scored at a time.
        keep: whether scores are kept when a run is interrupted.
        about: its card; whatever changes its scores must change the card too.
        why_missing: why it does not score some papers.
        prepare: does slow work that its scores need, before the first; `notice` tells the user.
        repeatable: whether scoring again costs nothing, so that it is tried.
        again: gives it for a further run, where that may give other scores.
        write: gives its reviews of papers, where it does not write them while it scores.
        form: what its texts fill in.
        each: scores papers one by one and reports each, by its place, when it is done; then
            `score` is not called.
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
    """Recorded (score, decision, confidence) rows as `Scores`, NaN where a paper has none, and the
    recorded reviews where there are any."""
    missing = (np.nan, np.nan, np.nan)
    rows = np.array([table.get(paper.paper_id, missing) for paper in papers], dtype=np.float64)
    rows = rows.reshape(-1, 3)
    said = tuple(texts.get(paper.paper_id, {}) for paper in papers) if texts else ()
    return Scores(rows[:, 0], rows[:, 1], rows[:, 2], texts=said)
