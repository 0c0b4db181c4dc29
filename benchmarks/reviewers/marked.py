"""Count what looks wrong in reviewers' texts, by the rules of conference/core/marks.toml.

Humans are counted for comparison: of each paper the first review with words. Marks change no
figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from benchmarks.reviewers.question import Question, Texts, view_of
from benchmarks.reviewers.reviewer import Reviewer, Scores
from benchmarks.reviewers.texts import HUMAN, MOST
from conference.core.forms import Form
from conference.core.marks import CONTRARY, contradicts, text_marks
from conference.statistics.estimate import Booleans


class Marked(msgspec.Struct, frozen=True):
    """How many of a writer's `n` reviews have each mark, and how many have any."""

    name: str
    kind: str
    n: int
    any: int
    marks: dict[str, int]


def marked_texts(
    question: Question, reviewers: Sequence[Reviewer], scores: dict[str, Scores], use: Booleans
) -> list[Marked]:
    """Marks of the humans and of each reviewer that writes; empty if none does.

    A reviewer that must write its reviews now does so only for the first papers.
    """
    chosen = [int(i) for i in np.flatnonzero(use)]
    found = [_of_reviewer(question, one, scores[one.name], chosen) for one in reviewers]
    written = [each for each in found if each.n]
    if not written:
        return []
    human = (next((r for r in _said(question, i) if _has_words(r)), {}) for i in chosen)
    return [each for each in (_counted(HUMAN, "human", human), *written) if each.n]


def _said(question: Question, place: int) -> tuple[Texts, ...]:
    return question.reviews[place] if question.reviews else ()


def _has_words(review: Texts) -> bool:
    return any(text.strip() for text in review.values())


def _of_reviewer(
    question: Question, one: Reviewer, scores: Scores, chosen: Sequence[int]
) -> Marked:
    if one.write:
        texts = one.write([view_of(question.papers[i]) for i in chosen[:MOST]])
        return _counted(one.name, one.kind, texts)
    if not scores.texts:
        return _counted(one.name, one.kind, ())
    # A reviewer's form gives its scale; without a form it may use any.
    scale = one.form[one.form.rating].values if one.form else ()
    scale = scale or (question.scale if one.on_scale else ())
    places = [_place(scores.values[i], scale) for i in chosen]
    return _counted(one.name, one.kind, (scores.texts[i] for i in chosen), places, one.form)


def _place(value: float, scale: Sequence[float]) -> float | None:
    """A rating's place on its scale, from 0 to 1; None for an unknown scale."""
    return (value - scale[0]) / (scale[-1] - scale[0]) if scale else None


def _counted(
    name: str, kind: str, reviews: Iterable[Texts], places: Iterable[float | None] = (),
    form: Form | None = None,
) -> Marked:  # fmt: skip
    """The marks of nonempty reviews; `places` are their ratings' places on the scale, from 0 to 1.
    Words that contradict the rating are only looked for if its place is known."""
    counts: Counter[str] = Counter()
    rated, n, bad = iter(places), 0, 0
    for review in reviews:
        place = next(rated, None)
        if not review:
            continue
        found = list(text_marks(review, form))
        if place is not None and contradicts(review.values(), place):
            found.append(CONTRARY)
        n, bad = n + 1, bad + bool(found)
        counts.update(found)
    return Marked(name, kind, n, bad, dict(counts.most_common()))
