"""Who is measured: a reviewer is a function from papers to scores, with a name and a card.

A reviewer is asked for by a spec such as `embedded`, `csv:FILE` or `ai-scientist:FILE#CONFIG`: the
part before the colon picks a maker from `MAKERS`, which gets the rest. Others add makers by putting
them into `MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec
import numpy as np

from benchmarks.reviewers.question import PaperView, Question, Texts
from conference.core.errors import UserError
from conference.core.progress import Progress, no_progress
from conference.models import (
    Cluster,
    ModelRules,
    is_model,
    known_kinds,
    parse_spec,
    rules_by_model,
    running,
)
from conference.models.failures import FailedCall
from conference.statistics.estimate import Booleans, Floats
from reviewers.language.presets import load_preset

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

    `on_scale` says that its scores are meant on the venue's rating scale. `cutoff` is the date
    (ISO) of its training cutoff; None where it has learned nothing from the test years.
    `batch` papers are scored at a time, and with `keep` what is scored is kept when a run is
    interrupted. `about` is its card: whatever changes its scores must change it too. `silent` says
    why it scores some papers not at all. `prepare` makes ready what its scores need and takes long,
    before the first is asked for; `notice` says so to the user who waits. `repeatable` says that
    scoring again costs nothing, so that it is tried; `write` gives its reviews of papers, where it
    does not write them while it scores; `again` gives it for a further run, where that may differ.
    """

    name: str
    score: Callable[[Sequence[PaperView]], Scores]
    kind: Kind = "reviewer"
    on_scale: bool = False
    cutoff: str | None = None
    batch: int = 1000
    keep: bool = True
    about: dict[str, str] = {}
    silent: str = ""
    prepare: Callable[[Progress], None] | None = None
    notice: str = ""
    repeatable: bool = False
    again: Callable[[int], Reviewer] | None = None
    write: Callable[[Sequence[PaperView]], list[Texts]] | None = None


Maker = Callable[[str, Question], list[Reviewer]]


def _csv(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.recorded import from_csv

    return [from_csv(rest, question)]


def _ai_scientist(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.recorded import from_ai_scientist

    return from_ai_scientist(rest)


def _embedded(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.trained import embedded

    return [embedded(question, rest)]


def _fitted(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.fitted import fitted

    return [fitted(question, rest)]


def _tfidf(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.tfidf import tfidf

    return tfidf(question)


MAKERS: dict[str, Maker] = {
    "embedded": _embedded,
    "fitted": _fitted,
    "tfidf": _tfidf,
    "csv": _csv,
    "ai-scientist": _ai_scientist,
}
OF_A_FILE = ("csv", "ai-scientist", "fitted")


def check_specs(specs: Sequence[str]) -> None:
    """Raise `UserError` for a spec that names no reviewer, before any data are read."""
    from benchmarks.reviewers.language_model import parse_asked

    for spec in specs:
        prefix, _, rest = spec.partition(":")
        if specs.count(spec) > 1:
            raise UserError(f"--reviewer: '{spec}' is asked for twice; leave one out.")
        if is_model(spec):
            load_preset(parse_asked(spec).preset)
        elif prefix == "human":
            raise UserError("--reviewer human: the humans are in every table; leave it out.")
        elif prefix not in MAKERS:
            known = [*MAKERS, *(f"{kind}:MODEL" for kind in known_kinds())]
            raise UserError(
                f"--reviewer {spec}: there is no reviewer '{prefix}'; choose one of "
                f"{', '.join(sorted(known))}."
            )
        elif prefix in OF_A_FILE and not rest:
            raise UserError(f"--reviewer {spec}: name the file, as in {prefix}:FILE.")


@contextmanager
def open_reviewers(
    specs: Sequence[str],
    question: Question,
    models: Mapping[str, ModelRules] | None = None,
    left_out: list[str] | None = None,
    cluster: Cluster | None = None,
    progress: Progress = no_progress,
) -> Iterator[list[Reviewer]]:
    """The reviewers that the specs ask for, each with a name of its own.

    Language models run within the block. They start last, as that takes longest.

    Args:
        models: settings of language models.
        left_out: gets a sentence for each reviewer that these data cannot measure; without it,
            and where no reviewer remains, such a reviewer is an error.
        cluster: where language models that need a Ray cluster run.

    Raises:
        UserError: a spec is wrong, a model cannot be started, or none of the reviewers can be
            measured on these data.
    """
    from benchmarks.reviewers.language_model import language_model

    check_specs(specs)
    made: dict[str, list[Reviewer]] = {}
    reasons: list[str] = []
    for spec in specs:
        try:
            made[spec] = [] if is_model(spec) else _make(spec, question)
        except NotMeasurable as error:
            if left_out is None:
                raise
            reasons.append(str(error))
    if reasons and not made:
        raise UserError(" ".join(reasons))
    if left_out is not None:
        left_out += [f"left out: {reason.rstrip('.')}" for reason in reasons]
    _check_distinct([each.name for found in made.values() for each in found])
    rules = rules_by_model(specs, models or {})
    with running(rules, cluster, progress):
        for spec in filter(is_model, specs):
            made[spec] = [language_model(spec, question, rules[parse_spec(spec).text])]
        yield [each for found in made.values() for each in found]


def _check_distinct(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"--reviewer: '{name}' is asked for twice; leave one out.")


def _make(spec: str, question: Question) -> list[Reviewer]:
    prefix, _, rest = spec.partition(":")
    return MAKERS[prefix](rest, question)


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
