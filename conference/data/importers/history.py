"""What reviewers said before rebuttal, from a table of ratings at each stage of a venue-year.

The table's reviewers are not numbered as the reviews are, and are matched by their last rating. So
each paper's pairs of first and last ratings are right, but which of two reviewers with the same
last rating had which first one is arbitrary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from conference.data.tables import HumanReview


def first_ratings(reviews: Sequence[HumanReview], history: Any) -> list[HumanReview]:
    """Fill in `rating_initial` where there is none.

    `history` has columns paper_id, stage (0 = before rebuttal) and ratings, whose order is the same
    in all stages of a paper. A paper whose last ratings are not its reviews' stays as it is.
    """
    stages: dict[str, dict[int, list[float]]] = {}
    for paper, stage, given in zip(
        history["paper_id"], history["stage"], history["ratings"], strict=True
    ):
        stages.setdefault(str(paper), {})[int(stage)] = [float(value) for value in given]
    last: dict[str, list[float]] = {}
    for review in reviews:
        if review.rating is not None:
            last.setdefault(review.paper_id, []).append(review.rating)
    waiting = {
        paper: _by_last(found[0], found[max(found)])
        for paper, found in stages.items()
        if len(found.get(0, [])) == len(found[max(found)])
        and sorted(found[max(found)]) == sorted(last.get(paper, []))
    }
    return [_with_first(review, waiting.get(review.paper_id, {})) for review in reviews]


def _by_last(before: Sequence[float], after: Sequence[float]) -> dict[float, list[float]]:
    found: dict[float, list[float]] = {}
    for one, other in zip(before, after, strict=True):
        found.setdefault(other, []).append(one)
    return found


def _with_first(review: HumanReview, waiting: dict[float, list[float]]) -> HumanReview:
    if review.rating is None or review.rating not in waiting:
        return review
    first = waiting[review.rating].pop(0)
    if review.rating_initial is not None:
        return review
    return msgspec.structs.replace(review, rating_initial=first)
