"""Ratings from before the rebuttal, from a table of ratings at each stage of a venue-year.

The table does not number reviewers as the reviews do, so they are matched by their last rating.
Each paper's pairs of first and last ratings are right, but if two reviewers have the same last
rating, which of them had which first one is arbitrary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from conference.data.tables import Damage, HumanReview
from conference.data.values import Damaged, id_of, listed, number, rating


def first_ratings(
    reviews: Sequence[HumanReview],
    history: Iterable[Mapping[str, Any]],
    scales: Mapping[str, tuple[float, ...]],
    damaged: list[Damage],
) -> list[HumanReview]:
    """Fill in `rating_initial` where it is missing.

    `history` has rows of paper_id, stage (0 = before rebuttal) and ratings, whose order is the same
    at all stages of a paper. A paper whose last ratings differ from its reviews' is left unchanged.
    A row of a paper in `scales` that cannot be read, or is off the paper's scale, goes to
    `damaged`.
    """
    stages: dict[str, dict[float, list[float]]] = {}
    for row in history:
        paper = id_of(row["paper_id"])
        if paper not in scales:
            continue
        try:
            if row["ratings"] is not None and not listed(row["ratings"], "ratings"):
                continue  # Not yet rated at that stage.
            stage, given = _stage(row, scales[paper])
        except Damaged as fault:
            damaged.append(Damage(f"history of paper {paper}", str(fault)))
            continue
        stages.setdefault(paper, {})[stage] = given
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


def _stage(row: Mapping[str, Any], scale: tuple[float, ...]) -> tuple[float, list[float]]:
    stage = number(row["stage"], "stage")
    given = [rating(value, scale) for value in listed(row["ratings"], "ratings")]
    read = [value for value in given if value is not None]
    if stage is None or not read or len(read) < len(given):
        raise Damaged("its stage, its ratings or one of them is empty")
    return stage, read


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
