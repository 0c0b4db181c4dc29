"""A paper's thread as all its readers see it: reviews, rebuttal and comments under one naming."""

from __future__ import annotations

from collections.abc import Sequence

from conference.core.forms import Form
from conference.core.marks import review_marks
from conference.core.records import Comment, Rebuttal, Review


def names_of(reviews: Sequence[Review]) -> dict[str, str]:
    """The anonymous names of a paper's reviewers: R1, R2, … in the order of reviews."""
    return {review.reviewer: f"R{number}" for number, review in enumerate(reviews, 1)}


def thread_parts(
    form: Form,
    reviews: Sequence[Review],
    ratings: Sequence[float],
    rebuttal: Rebuttal | None,
    comments: Sequence[Comment],
    levels: Sequence[float] = (),
) -> list[str]:
    """The texts of a thread: reviews in the form's order of fields, the rebuttal, the comments.

    `ratings` are the latest ones. `levels`, if the reader may know them, say how far above the
    human scale each reviewer rates. Both are in the order of `reviews`.
    """
    names = names_of(reviews)
    parts = []
    for review, rating, level in zip(reviews, ratings, levels or [0.0] * len(reviews), strict=True):
        now = f"rating now {rating:g}"
        if level:
            now += f", {rating - level:.2f} without its reviewer's own level"
        scores = ", ".join(
            f"{field.name} {review.scores[field.name]:g}"
            for field in form.scores
            if field.name in review.scores
        )
        said = "\n".join(
            f"{field.name}: {review.texts[field.name]}"
            for field in form.texts + form.choices
            if field.name in review.texts
        )
        marks = review_marks(review, rating, form)
        marked = f" [marked automatically: {', '.join(marks)}]" if marks else ""
        parts.append(f"{names[review.reviewer]} ({now}; as handed in: {scores}){marked}:\n{said}")
    if rebuttal is not None:
        replies = "\n".join(f"To {name}: {text}" for name, text in rebuttal.replies.items())
        parts.append(f"The authors answer:\n{replies}")
    for comment in comments:
        parts.append(f"{names.get(comment.agent, 'The area chair')}: {comment.text}")
    return parts
