"""Outcomes of review texts: their length, specificity and similarity."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from benchmarks.review_texts import Likeness, likeness, words
from benchmarks.studies.outcome_table import PAIR
from benchmarks.studies.outcomes import Outcome, Values
from conference.core.records import Review, ReviewQuality
from conference.papers.specificity import specificity
from conference.statistics.estimate import Undefined
from venues.state import Round


def text_of(round_: Round, review: Review) -> str:
    """A review's text fields, without choices from a list."""
    fields = [field.name for field in round_.venue.form.texts]
    return "\n".join(review.texts[name] for name in fields if review.texts.get(name))


def _of_each(measure: Callable[[str], float]) -> Callable[[Round], Values]:
    def values(round_: Round) -> Values:
        for row in round_.all(Review):
            yield f"{row.paper}{PAIR}{row.reviewer}", measure(text_of(round_, row))

    return values


def _alike(value: Callable[[Likeness], float]) -> Callable[[Round], Values]:
    def values(round_: Round) -> Values:
        rows = round_.all(Review)
        texts = [text_of(round_, row) for row in rows]
        try:
            yield "", value(likeness(texts, [row.paper for row in rows]))
        except Undefined:
            return

    return values


def _quality(round_: Round) -> Values:
    for row in round_.all(ReviewQuality):
        yield f"{row.paper}{PAIR}{row.reviewer}", row.quality


review_quality = Outcome(
    what="how good a review is, 1 to 5, by another chair who does not know who wrote it",
    unit="review",
    measure=_quality,
    needs=("review texts", "phase rate"),
)


def _updated(round_: Round) -> Values:
    for row in round_.all(Review):
        same = row.draft is None or (row.draft.texts, row.draft.scores) == (row.texts, row.scores)
        yield f"{row.paper}{PAIR}{row.reviewer}", float(not same)


def _added(round_: Round) -> Values:
    """Words added by revision; 0 for reviews that were not revised (intention to treat)."""
    for row in round_.all(Review):
        before = msgspec.structs.replace(row, texts=row.draft.texts) if row.draft else row
        more = words(text_of(round_, row)) - words(text_of(round_, before))
        yield f"{row.paper}{PAIR}{row.reviewer}", float(more)


review_updated = Outcome(
    what="a review that was revised before it was posted (1) or not (0)",
    unit="review",
    measure=_updated,
    needs=("review texts",),
)
words_added = Outcome(
    what="words that a revision added to a review",
    unit="review",
    measure=_added,
    needs=("review texts",),
)
review_length = Outcome(
    what="words of a review",
    unit="review",
    measure=_of_each(lambda text: float(words(text))),
    needs=("review texts",),
)
review_specificity = Outcome(
    what="sections, tables, figures, equations, lines and numbers that a review names",
    unit="review",
    measure=_of_each(lambda text: float(sum(specificity(text).values()))),
    needs=("review texts",),
)
likeness_within = Outcome(
    what="mean TF-IDF cosine of two reviews of one paper",
    unit="round",
    measure=_alike(lambda found: found.within),
    needs=("review texts",),
)
likeness_across = Outcome(
    what="mean TF-IDF cosine of two reviews of different papers",
    unit="round",
    measure=_alike(lambda found: found.across),
    needs=("review texts",),
)
