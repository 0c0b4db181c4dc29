"""Marks: faults of a text that show without understanding it; marks.toml has the rules.

They are computed when a text is shown: to the chair in the thread, on the site, in an export. A
mark changes no score and no decision by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from conference.core.forms import Field, Form
from conference.core.mentions import mentions
from conference.core.records import Comment, MetaReview, Review

CONTRARY = "the rating contradicts its words"
WORD = re.compile(r"\w[\w'’-]*")


class Repeats(msgspec.Struct, frozen=True):
    longest: int
    times: int
    words: int


class Words(msgspec.Struct, frozen=True):
    words: int


class Instructions(msgspec.Struct, frozen=True):
    phrases: tuple[str, ...]


class Language(msgspec.Struct, frozen=True):
    words: int
    share: float
    english: tuple[str, ...]


class Apart(msgspec.Struct, frozen=True):
    apart: float


class Verdict(msgspec.Struct, frozen=True):
    accept: tuple[str, ...]
    reject: tuple[str, ...]


class Outside(msgspec.Struct, frozen=True):
    share: float


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of marks.toml, which explains each rule."""

    repeats: Repeats
    short: Words
    copies: Words
    echoes: Words
    instructions: Instructions
    language: Language
    contrary: Apart
    verdict: Verdict
    outside: Outside


@cache
def rules() -> Rules:
    """The rules that come with the package."""
    return msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes(), type=Rules)


def review_marks(review: Review, rating: float, form: Form) -> tuple[str, ...]:
    """A review's marks; `rating` is its latest one."""
    found = list(text_marks(review.texts, form))
    others = [
        _share(field, review.scores[field.name])
        for field in form.scores
        if field.name in review.scores and field.name not in (form.rating, form.confidence)
    ]
    own = _share(form[form.rating], rating)
    if others and abs(float(np.mean(others)) - own) > rules().contrary.apart:
        found.append("the rating is far from its other scores")
    if contradicts((review.texts.get(field.name, "") for field in form.texts), own):
        found.append(CONTRARY)
    return tuple(found)


def text_marks(texts: Mapping[str, str], form: Form | None = None) -> tuple[str, ...]:
    """The marks of a review's texts; with a form, of the form's text fields."""
    if form:
        texts = {field.name: texts.get(field.name, "") for field in form.texts}
    found = list(_of_texts(texts))
    if texts and sum(map(_count, texts.values())) < rules().short.words * len(texts):
        found.append("next to no words")
    said = [tuple(_words(text)) for text in texts.values()]
    long = [words for words in said if len(words) >= rules().copies.words]
    if len(set(long)) < len(long):
        found.append("the same words in several fields")
    if form and _echoes(said, form):
        found.append("words of the form")
    return tuple(found)


def contradicts(texts: Iterable[str], place: float) -> bool:
    """Whether texts ask for the other side of the scale than the rating, at `place` from 0 to 1."""
    text, sides = "\n".join(texts), rules().verdict
    accepts, rejects = mentions(text, sides.accept), mentions(text, sides.reject)
    return accepts != rejects and (place < 0.5 if accepts else place > 0.5)


def marked_reviews(reviews: Sequence[Review], ratings: Sequence[float], form: Form) -> str:
    """A paper's marked reviews as "R1 (marks); R3 (marks)"; "" for none."""
    marks = [review_marks(*row, form=form) for row in zip(reviews, ratings, strict=True)]
    return "; ".join(f"R{n} ({', '.join(each)})" for n, each in enumerate(marks, 1) if each)


def comment_marks(comment: Comment, form: Form) -> tuple[str, ...]:
    """A comment's marks."""
    found = list(_of_texts({"comment": comment.text}))
    if _count(comment.text) < rules().short.words:
        found.append("next to no words")
    after = comment.rating_after
    if after is not None and contradicts([comment.text], _share(form[form.rating], after)):
        found.append(CONTRARY)
    return tuple(found)


def meta_marks(meta: MetaReview, ratings: Sequence[float], form: Form) -> tuple[str, ...]:
    """A meta-review's marks, including a decision against all reviews' ratings."""
    found = list(_of_texts({"text": meta.text}))
    if _count(meta.text) < rules().short.words:
        found.append("next to no words")
    places = [_share(form[form.rating], rating) for rating in ratings]
    accepts = meta.recommendation == "accept"
    if places and all((place < 0.5) if accepts else (place > 0.5) for place in places):
        found.append("it decides against all reviews")
    values, room = form[form.rating].values, rules().outside.share
    room *= values[-1] - values[0]
    if ratings and not min(ratings) - room <= meta.score <= max(ratings) + room:
        found.append("its score is far beyond all ratings")
    return tuple(found)


def bids_alike(levels: Mapping[str, str], offered: int) -> bool:
    """Whether a reviewer gave all of several papers the same bid, other than Neutral."""
    return 1 < offered == len(levels) and len(set(levels.values())) == 1


def repeated(text: str) -> str:
    """The phrase that a text repeats over and over in a row; "" for none."""
    words, rule = _words(text), rules().repeats
    for size in range(1, rule.longest + 1):
        run = 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            if run >= size * (rule.times - 1) and run + size >= rule.words:
                return " ".join(words[at - size + 1 : at + 1])
    return ""


def _of_texts(texts: Mapping[str, str]) -> Iterable[str]:
    if any(map(repeated, texts.values())):
        yield "a phrase without end"
    if any(mentions(text, rules().instructions.phrases) for text in texts.values()):
        yield "words of its instructions"
    words = [word for text in texts.values() for word in _words(text)]
    rule = rules().language
    known = sum(word in rule.english for word in words)
    if len(words) >= rule.words and known < rule.share * len(words):
        yield "no English sentences"


def _echoes(said: Sequence[tuple[str, ...]], form: Form) -> bool:
    size = rules().echoes.words
    own = {run for field in form.field for run in _runs(_words(field.help), size)}
    return any(run in own for words in said for run in _runs(words, size))


def _runs(words: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _share(field: Field, value: float) -> float:
    """A value's position on its field's scale, from 0 to 1."""
    return field.place(value) / (len(field.values) - 1)


def _count(text: str) -> int:
    return sum(any(map(str.isalpha, word)) for word in _words(text))


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())
