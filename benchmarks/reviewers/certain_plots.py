"""Plots of a benchmark on certainty and on single humans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.reviewers.canvas import HUMAN, Shown, figure, legend, lines, short
from benchmarks.reviewers.certainty import COVERAGE, SHARES, single_distances
from benchmarks.reviewers.figures import ReviewerRow
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.results import Result
from conference.statistics.estimate import Booleans, Floats, Undefined


def coverage(result: Result) -> Any:
    """Accuracy on the most certain papers against their share."""
    looks = lines()
    drawn = [
        (row, (HUMAN, "-") if row.kind == "human" else next(looks))
        for row in result.rows
        if row.kind != "baseline" and _known(row)
    ]
    if not drawn or result.mix is None or result.mix.accepted is None:
        raise Undefined("there are not both decisions")
    made, (axis,) = figure(6.2, 4.6)
    for row, (colour, style) in drawn:
        curve = [row.certainty[name] for name in COVERAGE]
        accuracy = [each.value for each in curve]
        axis.plot(SHARES, accuracy, color=colour, ls=style, lw=1.8, label=short(row.name))
        if all(each.low is not None for each in curve):
            low, high = ([getattr(each, end) for each in curve] for end in ("low", "high"))
            axis.fill_between(SHARES, low, high, color=colour, alpha=0.12, lw=0)
    usual = max(result.mix.accepted, 1 - result.mix.accepted)
    axis.axhline(usual, color="#999999", lw=1, ls=":", zorder=0)
    axis.set(xlabel="share of the papers, the most certain first", ylabel="accuracy")
    axis.set_xlim(0.08, 1.0)
    legend(made, axis)
    return made


def _known(row: ReviewerRow) -> bool:
    return all(name in row.certainty and row.certainty[name].value is not None for name in COVERAGE)


def single_humans(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    """The share of single humans within each distance of the score."""
    made, (axis,) = figure(6.2, 4.6)
    _steps(axis, *_shares(single_distances(question, None, use)), HUMAN, "-", "one human")
    for one, (colour, style) in zip(shown, lines(), strict=False):
        reached = _shares(single_distances(question, one.fitted.mapped, use))
        _steps(axis, *reached, colour, style, short(one.name))
    axis.set(xlabel="distance in points of the rating scale", ylabel="share of single humans")
    axis.set_xlim(left=0)
    axis.set_ylim(0, 1)
    legend(made, axis)
    return made


def _shares(found: tuple[Floats, Any, Floats]) -> tuple[Floats, Floats]:
    apart, _, share = found
    order = np.argsort(apart, kind="stable")
    return apart[order], np.cumsum(share[order]) / share.sum()


def _steps(axis: Any, x: Floats, y: Floats, colour: str, style: str, label: str) -> None:
    last = np.r_[x[1:] != x[:-1], True]  # Among equal distances the last has their whole share.
    axis.step(
        np.r_[0, x[last]], np.r_[0, y[last]], where="post", color=colour, ls=style, lw=1.6,
        label=label,
    )  # fmt: skip
