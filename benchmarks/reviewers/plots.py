"""The plots of a benchmark, as matplotlib figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.reviewers.canvas import (
    FAINT,
    FEWEST_IN_BIN,
    HUMAN,
    MOST_BESIDE,
    MOST_PANELS,
    PANELS_IN_A_ROW,
    Shown,
    figure,
    grid,
    legend,
    lines,
    short,
    title,
)
from benchmarks.reviewers.certain_plots import coverage, single_humans
from benchmarks.reviewers.errors import by_score, by_topic, scatter
from benchmarks.reviewers.figures import labels, rated
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.results import Result
from conference.statistics import calibration
from conference.statistics.estimate import Booleans, Floats, Undefined

FINE_BINS = 60


def draw(
    result: Result, question: Question, shown: Sequence[Shown], use: Booleans
) -> dict[str, tuple[str, Any]]:
    """By name, the caption and figure of every plot that these data allow."""
    reviewers = [one for one in shown if one.kind == "reviewer"] or list(shown[:1])
    rest = _omitted(reviewers, MOST_PANELS)
    few = _omitted(reviewers, MOST_BESIDE)
    makers: dict[str, tuple[str, Callable[[], Any]]] = {
        "roc": (
            "ROC of the scores, with their AUROC. Crosses: one human who accepts at that rating or "
            "above (those who decided saw that review). Thin grey lines: baselines.",
            lambda: _roc(result, question, shown, use),
        ),
        "reliability": (
            "Reliability of the probability of acceptance, fitted out of fold by logistic "
            "regression on the score, in bins of ten papers or more. Point size: number of papers.",
            lambda: _reliability(question, reviewers, use),
        ),
        "coverage": (
            "Coverage and accuracy: how often the likelier decision, by a probability fitted out "
            "of fold, is right on the papers where it is most certain. Bands: 95 % intervals. "
            "Dotted: always giving the more common decision.",
            lambda: coverage(result),
        ),
        "single_humans": (
            "Agreement with each single human: the share of humans within this distance of the "
            "score (mapped onto the scale out of fold). Black: the share of the paper's other "
            "humans within this distance of one human.",
            lambda: single_humans(question, reviewers, use),
        ),
        "histograms": (
            "Scores and single human ratings. Scores not on the rating scale are mapped onto it by "
            "a straight line fitted out of fold, which draws them to the middle; their bars are "
            f"finer, with a height of their own.{rest}",
            lambda: _histograms(question, reviewers, use),
        ),
        "confusion": (
            f"Decisions at thresholds fitted on other papers; shares are of each row.{rest}",
            lambda: _confusion(question, reviewers, use),
        ),
        "error_by_topic": (
            "Mean absolute error of the mapped score against the human mean, by topic (largest "
            f"topics, with their papers; bars: ± 1.96 standard errors).{few}",
            lambda: by_topic(question, reviewers, use),
        ),
        "error_by_score": (
            "Mean signed error of the mapped score against the human mean. Left by the human mean, "
            "where every imperfect score must fall from too high to too low; right, by the score "
            "itself, where an honest one stays at 0. Bars: ± 1.96 standard errors.",
            lambda: by_score(question, reviewers, use),
        ),
        "scatter": (
            "Score as given against the mean human rating, with a little noise to separate points; "
            f"the line joins the mean scores of papers with similar ratings.{rest}",
            lambda: scatter(question, reviewers, use),
        ),
    }
    found = {}
    for name, (caption, make) in makers.items():
        try:
            found[name] = (caption, make())
        except Undefined:
            continue
    return found


def _decided(question: Question, use: Booleans) -> tuple[np.ndarray, Booleans]:
    places, label = labels(question, use)
    if not places.size or label.all() or not label.any():
        raise Undefined("there are not both decisions")
    return places, label


def _omitted(reviewers: Sequence[Shown], most: int) -> str:
    left = len(reviewers) - most
    return f" The first {most} reviewers are shown, {left} are left out." if left > 0 else ""


def _roc(result: Result, question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    from sklearn.metrics import roc_curve

    areas = {row.name: row.scores["auroc"].value for row in result.rows if "auroc" in row.scores}
    made, (axis,) = figure(6.2, 6.2)
    looks = lines()
    for one in sorted(shown, key=lambda each: each.kind != "baseline"):
        try:
            places, label = _decided(question, use & np.isfinite(one.values))
        except Undefined:
            if one.kind == "reviewer":
                raise
            continue
        false, true, _ = roc_curve(label, one.values[places])
        if one.kind == "reviewer":
            colour, style = next(looks)
            name = f"{short(one.name)}: {areas[one.name]:.3f}"
            axis.plot(false, true, color=colour, ls=style, lw=2, label=name)
        else:
            axis.plot(false, true, color=FAINT, lw=0.8, alpha=0.7)
    axis.plot([0, 1], [0, 1], color="#dddddd", lw=1, zorder=0)
    _human_points(axis, result)
    axis.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1))
    axis.set_aspect("equal")
    legend(made, axis)
    return made


def _human_points(axis: Any, result: Result) -> None:
    """Draw one human at each rating, except where (almost) all or none are accepted."""
    drawn = [point for point in result.points if point[2] > 0.01 and point[1] < 0.99]
    for level, false, true in drawn:
        axis.plot(false, true, "x", color=HUMAN, ms=8, mew=2, zorder=5, clip_on=False)
        aside = (9, -4) if false < 0.9 else (-26, -12)
        said = axis.annotate(
            f"≥ {level:g}", (false, true), aside, textcoords="offset points", fontsize=8.5,
            color=HUMAN, zorder=6,
        )  # fmt: skip
        said.set_bbox({"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8})
    if drawn:
        axis.plot([], [], "x", color=HUMAN, ms=8, mew=2, label="one human, at that rating or above")


def _reliability(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    made, (axis,) = figure(6.2, 6.2)
    axis.plot([0, 1], [0, 1], color="#dddddd", lw=1, zorder=0)
    for one, (colour, style) in zip(shown, lines(), strict=False):
        places, label = _decided(question, use & np.isfinite(one.fitted.chance))
        curve = [
            part for part in calibration.reliability_curve(label, one.fitted.chance[places])
            if part.n >= FEWEST_IN_BIN
        ]  # fmt: skip
        x, y = [part.predicted for part in curve], [part.observed for part in curve]
        axis.plot(x, y, color=colour, ls=style, lw=1.5, label=short(one.name))
        sizes = [12 + 120 * part.n / places.size for part in curve]
        axis.scatter(x, y, s=sizes, color=colour)
    axis.set(xlabel="predicted chance of acceptance", ylabel="share accepted", xlim=(0, 1),
             ylim=(0, 1))  # fmt: skip
    axis.set_aspect("equal")
    legend(made, axis)
    return made


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
    made, axes = grid(len(chosen))
    for one, axis, (colour, _) in zip(chosen, axes, lines(), strict=False):
        shares = _shares(human, edges)
        axis.stairs(shares, edges, color=FAINT, fill=True, alpha=0.5, label="humans")
        given = (one.values if one.on_scale else one.fitted.mapped)[places]
        given = given[np.isfinite(given)]
        finer = edges if one.on_scale else np.linspace(edges[0], edges[-1], FINE_BINS + 1)
        bars = _shares(given, finer)
        bars = bars if one.on_scale else bars * shares.max() / max(bars.max(), 1e-9)
        label = "reviewer" if one.on_scale else "reviewer (own height)"
        axis.stairs(bars, finer, color=colour, lw=1.6, label=label)
        axis.set_title(title(one.name), fontsize=8.5)
        axis.set_xticks(scale)
        axis.set_ylim(0, 1.3 * max(shares.max(), bars.max()))
        axis.legend(frameon=False, fontsize=8, loc="upper left")
    for axis in axes[::PANELS_IN_A_ROW]:
        axis.set_ylabel("share", fontsize=8)
    return made


def _shares(values: Floats, edges: Floats) -> Floats:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return np.asarray(counts / max(values.size, 1), dtype=np.float64)


def _confusion(question: Question, shown: Sequence[Shown], use: Booleans) -> Any:
    chosen = list(shown[:MOST_PANELS])
    made, axes = grid(len(chosen))
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
        axis.set_xticks([0, 1], ["says reject", "says accept"])
        axis.set_yticks([0, 1], ["rejected", "accepted"], rotation=90, va="center")
        axis.set_title(title(one.name), fontsize=8.5)
        axis.spines[:].set_visible(False)
    return made
