"""Plots of a benchmark that show where scores are wrong: by topic, by score, by paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.reviewers.canvas import (
    COLOURS,
    FEWEST_IN_BIN,
    HUMAN,
    MOST_BESIDE,
    MOST_PANELS,
    PANELS_IN_A_ROW,
    Shown,
    cut,
    figure,
    grid,
    legend,
    lines,
    short,
    title,
)
from benchmarks.reviewers.figures import rated
from benchmarks.reviewers.question import Question
from conference.core.seeds import generator
from conference.statistics.estimate import Booleans, Floats, Undefined

MOST_TOPICS = 15


def _errors(question: Question, one: Shown, use: Booleans) -> tuple[np.ndarray, Floats, Floats]:
    places, truth = rated(question, use & np.isfinite(one.fitted.mapped))
    if not places.size:
        raise Undefined("there are no ratings")
    return places, truth, one.fitted.mapped[places] - truth


def by_topic(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    topics = [paper.topic or next(iter(paper.keywords), "") for paper in question.papers]
    counted: dict[str, int] = {}
    for place in np.flatnonzero(use):
        if topics[place]:
            counted[topics[place].lower()] = counted.get(topics[place].lower(), 0) + 1
    largest = [name for name, _ in sorted(counted.items(), key=lambda pair: -pair[1])]
    largest = [name for name in largest if counted[name] >= 5][:MOST_TOPICS]
    if len(largest) < 2:
        raise Undefined("there are no topics")
    chosen = list(shown[:MOST_BESIDE])
    made, (axis,) = figure(7.2, (0.2 + 0.09 * len(chosen)) * len(largest) + 1.6)
    for step, (one, colour) in enumerate(zip(chosen, COLOURS, strict=False)):
        places, _, error = _errors(question, one, use)
        named = np.array([topics[i].lower() for i in places])
        for row, topic in enumerate(largest):
            found = np.abs(error[named == topic])
            if found.size < 2:
                continue
            half = 1.96 * found.std(ddof=1) / np.sqrt(found.size)
            shift = (step - (len(chosen) - 1) / 2) * 0.7 / max(len(chosen), 3)
            axis.errorbar(found.mean(), row + shift, xerr=half, fmt="o", color=colour, ms=4, lw=1.2,
                          label=short(one.name) if row == 0 else None)  # fmt: skip
    axis.set_yticks(range(len(largest)), [f"{cut(t)} ({counted[t]})" for t in largest], fontsize=8)
    axis.set_ylim(len(largest) - 0.4, -0.6)
    axis.grid(axis="x", color="#eeeeee", lw=0.8)
    axis.set_axisbelow(True)
    axis.set_xlabel("mean absolute error (points of the rating scale)")
    legend(made, axis)
    return made


def by_score(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    made, axes = figure(7.2, 4.6, columns=2)
    for one, (colour, style) in zip(shown, lines(), strict=False):
        _, truth, error = _errors(question, one, use)
        for axis, along, count in zip(axes, (truth, truth + error), (10, 5), strict=True):
            groups = _groups(along, count)
            x = [along[g].mean() for g in groups]
            y = [error[g].mean() for g in groups]
            half = [1.96 * error[g].std(ddof=1) / np.sqrt(g.sum()) for g in groups]
            axis.errorbar(x, y, yerr=half, fmt="o", ls=style, color=colour, ms=3.5, lw=1.3,
                          elinewidth=0.8, label=short(one.name))  # fmt: skip
    for axis, name in zip(axes, ("mean human rating", "mapped score"), strict=True):
        axis.axhline(0, color="#cccccc", lw=1, zorder=0)
        axis.set_xlabel(name)
    axes[0].set_ylabel("score less human mean")
    legend(made, axes[0])
    return made


def _groups(values: Floats, count: int) -> list[Booleans]:
    """Masks of the papers in up to `count` groups of similar value, each of ten or more."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
    which = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(edges.size - 2, 0))
    groups = [which == b for b in range(max(edges.size - 1, 1))]
    return [group for group in groups if group.sum() >= FEWEST_IN_BIN]


def scatter(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    chosen = list(shown[:MOST_PANELS])
    made, axes = grid(len(chosen))
    for one, axis, (colour, _) in zip(chosen, axes, lines(), strict=False):
        places, truth = rated(question, use & np.isfinite(one.values))
        if not places.size:
            raise Undefined("there are no ratings")
        values = one.values[places]
        rng = generator(0, "scatter", one.name)
        spread = np.ptp(values) or 1.0
        x = truth + rng.normal(0, 0.04, truth.size)
        y = values + rng.normal(0, 0.012 * spread, values.size)
        size, alpha = (14, 0.4) if values.size < 1000 else (6, 0.25)
        axis.scatter(x, y, s=size, color=colour, alpha=alpha, lw=0, rasterized=True)
        groups = _groups(truth, 10)
        means = [truth[g].mean() for g in groups], [values[g].mean() for g in groups]
        axis.plot(*means, color=HUMAN, lw=1.4)
        axis.set_title(title(one.name), fontsize=8.5)
        axis.set_xlabel("mean human rating", fontsize=8)
    for axis in axes[::PANELS_IN_A_ROW]:
        axis.set_ylabel("score", fontsize=8)
    return made
