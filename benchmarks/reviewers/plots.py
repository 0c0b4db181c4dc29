"""The pictures of a benchmark, as matplotlib figures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.figures import Fitted, labels, rated
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.results import Result
from conference.measures import calibration
from conference.measures.estimate import Booleans, Floats, Undefined
from conference.seeding import generator

COLOURS = ("#2456a6", "#c2571a", "#2e7d4f", "#8a3ea8", "#a3122f", "#007a87", "#6b5b00", "#555555")
HUMAN, FAINT = "#1a1a1a", "#9aa0a6"
MOST_PANELS = 6
MOST_TOPICS = 15
FEWEST_IN_BIN = 10


class Shown(msgspec.Struct, frozen=True):
    """One reviewer as it is drawn."""

    name: str
    values: Floats
    fitted: Fitted
    kind: str
    on_scale: bool


def draw(
    result: Result, question: Question, shown: Sequence[Shown], use: Booleans
) -> dict[str, tuple[str, Any]]:
    """Name to (caption, figure) for every picture that these data allow."""
    reviewers = [one for one in shown if one.kind == "reviewer"] or list(shown[:1])
    makers: dict[str, tuple[str, Callable[[], Any]]] = {
        "roc": (
            "ROC of the scores. Crosses: one human who accepts at that rating or above "
            "(the decision saw that human's review). Thin grey lines: baselines.",
            lambda: _roc(result, question, shown, use),
        ),
        "reliability": (
            "Reliability of the chance of acceptance, fitted out of fold by logistic regression on "
            "the score, in bins of ten papers or more. Point size: number of papers.",
            lambda: _reliability(question, reviewers, use),
        ),
        "histograms": (
            "Scores beside single human ratings. Scores not meant on the rating scale are mapped "
            "onto it by a straight line fitted out of fold, which draws them to the middle.",
            lambda: _histograms(question, reviewers, use),
        ),
        "confusion": (
            "Decisions at thresholds fitted on other papers.",
            lambda: _confusion(question, reviewers, use),
        ),
        "error_by_topic": (
            "Mean absolute error of the mapped score against the human mean, by topic "
            "(largest topics; bars: ± 1.96 standard errors).",
            lambda: _by_topic(question, reviewers, use),
        ),
        "error_by_score": (
            "Mean signed error of the mapped score, by human mean: scores are drawn to the middle.",
            lambda: _by_score(question, reviewers, use),
        ),
        "scatter": (
            "Score against the mean human rating; a little noise keeps points apart.",
            lambda: _scatter(question, reviewers, use),
        ),
    }
    found = {}
    for name, (caption, make) in makers.items():
        try:
            found[name] = (caption, make())
        except Undefined:
            continue
    return found


def _figure(width: float = 6.2, height: float = 4.2, columns: int = 1) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=9)
    return figure, axes


def _grid(count: int) -> tuple[Any, list[Any]]:
    """Small pictures side by side, three in a row."""
    from matplotlib.figure import Figure

    columns = min(count, 3)
    rows = -(-count // columns)
    figure = Figure(figsize=(3.1 * columns + 0.6, 2.9 * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes[count:]:
        axis.set_visible(False)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return figure, axes[:count]


def _decided(question: Question, use: Booleans) -> tuple[np.ndarray, Booleans]:
    places, label = labels(question, use)
    if not places.size or label.all() or not label.any():
        raise Undefined("there are not both decisions")
    return places, label


def _roc(result: Result, question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    from sklearn.metrics import roc_curve

    figure, (axis,) = _figure(6.2, 5.2)
    colours = iter(COLOURS * 4)
    for one in sorted(shown, key=lambda each: each.kind != "baseline"):
        try:
            places, label = _decided(question, use & np.isfinite(one.values))
        except Undefined:
            if one.kind == "reviewer":
                raise
            continue
        false, true, _ = roc_curve(label, one.values[places])
        if one.kind == "reviewer":
            axis.plot(false, true, color=next(colours), lw=2, label=_short(one.name))
        else:
            axis.plot(false, true, color=FAINT, lw=0.8, alpha=0.7)
    axis.plot([0, 1], [0, 1], color="#dddddd", lw=1, zorder=0)
    for level, false, true in result.points:
        if 0 < false < 1 or 0 < true < 1:
            axis.plot(false, true, "x", color=HUMAN, ms=8, mew=2)
            axis.annotate(f"≥ {level:g}", (false, true), (6, -9), textcoords="offset points",
                          fontsize=8, color=HUMAN)  # fmt: skip
    if result.points:
        axis.plot([], [], "x", color=HUMAN, ms=8, mew=2, label="one human")
    axis.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.01))
    if axis.get_legend_handles_labels()[0]:
        axis.legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _reliability(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    figure, (axis,) = _figure(6.2, 4.8)
    axis.plot([0, 1], [0, 1], color="#dddddd", lw=1, zorder=0)
    for one, colour in zip(shown, COLOURS * 4, strict=False):
        places, label = _decided(question, use & np.isfinite(one.fitted.chance))
        curve = [
            part for part in calibration.reliability_curve(label, one.fitted.chance[places])
            if part.n >= FEWEST_IN_BIN
        ]  # fmt: skip
        x, y = [part.predicted for part in curve], [part.observed for part in curve]
        axis.plot(x, y, color=colour, lw=1.5, label=_short(one.name))
        sizes = [12 + 120 * part.n / places.size for part in curve]
        axis.scatter(x, y, s=sizes, color=colour)
    axis.set(xlabel="predicted chance of acceptance", ylabel="share accepted", xlim=(0, 1),
             ylim=(0, 1))  # fmt: skip
    axis.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def _histograms(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    places, _ = rated(question, use)
    if not places.size or not question.scale:
        raise Undefined("there are no ratings")
    human = np.concatenate([question.ratings[i] for i in places])
    scale = np.array(question.scale)
    middles = (scale[1:] + scale[:-1]) / 2
    edges = np.r_[
        scale[0] - (middles[0] - scale[0]), middles, scale[-1] + (scale[-1] - middles[-1])
    ]
    chosen = list(shown[:MOST_PANELS])
    figure, axes = _grid(len(chosen))
    for one, axis, colour in zip(chosen, axes, COLOURS, strict=False):
        mapped = (one.values if one.on_scale else one.fitted.mapped)[places]
        for values, tint, label, filled in (
            (human, FAINT, "humans", True), (mapped[np.isfinite(mapped)], colour, "reviewer", False)
        ):  # fmt: skip
            counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
            axis.stairs(counts / max(values.size, 1), edges, color=tint, fill=filled,
                        alpha=0.5 if filled else 1, lw=2, label=label)  # fmt: skip
        axis.set_title(_title(one.name), fontsize=8.5)
        axis.set_xticks(scale)
        axis.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("share")
    return figure


def _confusion(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    chosen = list(shown[:MOST_PANELS])
    figure, axes = _grid(len(chosen))
    for one, axis in zip(chosen, axes, strict=True):
        places, label = _decided(question, use & np.isfinite(one.fitted.said))
        said = one.fitted.said[places] == 1
        table = np.array([[(~label & ~said).sum(), (~label & said).sum()],
                          [(label & ~said).sum(), (label & said).sum()]])  # fmt: skip
        share = table / table.sum(axis=1, keepdims=True)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row in range(2):
            for column in range(2):
                dark = share[row, column] > 0.55
                axis.text(column, row, f"{table[row, column]:,}\n{share[row, column]:.0%}",
                          ha="center", va="center", fontsize=10,
                          color="white" if dark else "black")  # fmt: skip
        axis.set_xticks([0, 1], ["reject", "accept"])
        axis.set_yticks([0, 1], ["rejected", "accepted"])
        axis.set_title(_title(one.name), fontsize=8.5)
        axis.spines[:].set_visible(False)
    return figure


def _errors(question: Question, one: Shown, use: Booleans) -> tuple[np.ndarray, Floats, Floats]:
    places, truth = rated(question, use & np.isfinite(one.fitted.mapped))
    if not places.size:
        raise Undefined("there are no ratings")
    return places, truth, one.fitted.mapped[places] - truth


def _by_topic(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    topics = [paper.topic or next(iter(paper.keywords), "") for paper in question.papers]
    counted: dict[str, int] = {}
    for place in np.flatnonzero(use):
        if topics[place]:
            counted[topics[place].lower()] = counted.get(topics[place].lower(), 0) + 1
    largest = [name for name, _ in sorted(counted.items(), key=lambda pair: -pair[1])]
    largest = [name for name in largest if counted[name] >= 5][:MOST_TOPICS]
    if len(largest) < 2:
        raise Undefined("there are no topics")
    figure, (axis,) = _figure(7.2, 0.32 * len(largest) + 1.4)
    chosen = list(shown[:4])
    for step, (one, colour) in enumerate(zip(chosen, COLOURS, strict=False)):
        places, _, error = _errors(question, one, use)
        named = np.array([topics[i].lower() for i in places])
        for row, topic in enumerate(largest):
            found = np.abs(error[named == topic])
            if found.size < 2:
                continue
            half = 1.96 * found.std(ddof=1) / np.sqrt(found.size)
            shift = (step - (len(chosen) - 1) / 2) * 0.18
            axis.errorbar(found.mean(), row + shift, xerr=half, fmt="o", color=colour, ms=4, lw=1.2,
                          label=_short(one.name) if row == 0 else None)  # fmt: skip
    axis.set_yticks(range(len(largest)), [f"{_cut(t)} ({counted[t]})" for t in largest], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("mean absolute error (points of the rating scale)")
    axis.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return figure


def _by_score(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    figure, (axis,) = _figure(6.2, 4)
    axis.axhline(0, color="#dddddd", lw=1)
    for one, colour in zip(shown, COLOURS * 4, strict=False):
        _, truth, error = _errors(question, one, use)
        edges = np.unique(np.quantile(truth, np.linspace(0, 1, 11)))
        which = np.clip(np.searchsorted(edges, truth, side="right") - 1, 0, max(edges.size - 2, 0))
        groups = [which == b for b in range(max(edges.size - 1, 1)) if (which == b).sum() > 1]
        x = [truth[g].mean() for g in groups]
        y = [error[g].mean() for g in groups]
        half = [1.96 * error[g].std(ddof=1) / np.sqrt(g.sum()) for g in groups]
        axis.errorbar(x, y, yerr=half, fmt="o-", color=colour, ms=4, lw=1.4, label=_short(one.name))
    axis.set(xlabel="mean human rating", ylabel="score less human mean")
    axis.legend(frameon=False, fontsize=8)
    return figure


def _scatter(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    chosen = list(shown[:MOST_PANELS])
    figure, axes = _grid(len(chosen))
    for one, axis, colour in zip(chosen, axes, COLOURS, strict=False):
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
        axis.set_title(_title(one.name), fontsize=8.5)
        axis.set_xlabel("mean human rating", fontsize=8)
    axes[0].set_ylabel("score", fontsize=8)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 54 else f"{name[:51]}…"


def _title(name: str) -> str:
    """A name over a small picture, in two lines where it is long."""
    return textwrap.fill(_short(name), 32)


def _cut(topic: str) -> str:
    return topic if len(topic) <= 46 else f"{topic[:43]}…"
