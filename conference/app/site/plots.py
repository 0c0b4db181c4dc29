"""Plots of a round: ratings, decisions, calibration, timing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.app.site.stages import SAID, human_stage, paired_papers, ratings_at
from conference.core.records import (
    CalibrationMap,
    CalibrationReview,
    Decision,
    HumanOutcome,
    Review,
)
from venues.state import Round
from venues.timings import Timing

BLUE, ORANGE, GREY, GREEN, RED = "#1f5f8b", "#d9822b", "#9aa7b4", "#1d7a4f", "#a63a3a"


class Plot(msgspec.Struct, frozen=True):
    """A plot: its file in the site's `plots/` and its caption."""

    file: str
    caption: str


def draw_plots(round_: Round, timings: list[Timing], folder: Path) -> list[Plot]:
    """Draw every plot for which the round has data, as SVG files without dates."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    style: Any = {
        "svg.hashsalt": "conference",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    drawings: list[tuple[str, Callable[[Any], str]]] = []
    if round_.all(Review):
        drawings.append(("scores", lambda axes: _scores(round_, axes)))
        drawings.append(("agreement", lambda axes: _agreement(round_, axes)))
    if round_.all(Decision):
        drawings.append(("decisions", lambda axes: _decisions(round_, axes)))
    if round_.all(CalibrationMap):
        drawings.append(("calibration", lambda axes: _calibration(round_, axes)))
    drawings.append(("timing", lambda axes: _timing(timings, axes)))
    plots = []
    with matplotlib.rc_context(style):
        for name, draw in drawings:
            figure, axes = plt.subplots(figsize=(5.2, 3.5), layout="constrained")
            caption = draw(axes)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(figure)
            plots.append(Plot(f"{name}.svg", caption))
    return plots


def _panels(round_: Round, stage: str) -> tuple[list[Any], list[Any]]:
    """The simulated and the human ratings of each paired paper.

    Without paired papers: the simulated ratings of all papers, and no human ones.
    """
    paired = paired_papers(round_)
    humans = {row.paper: row for row in round_.all(HumanOutcome)}
    simulated = [
        np.array(ratings_at(round_, paper.paper, stage)) for paper in paired or round_.papers()
    ]
    return simulated, [np.array(humans[paper.paper].ratings) for paper in paired]


def _scores(round_: Round, axes: Any) -> str:
    scale = np.array(round_.venue.form[round_.venue.form.rating].values)
    stage = human_stage(round_)
    simulated, given = _panels(round_, stage)
    ours, human = np.concatenate(simulated), np.concatenate(given) if given else np.array([])
    scale = np.union1d(scale, np.concatenate([ours, human]))  # Recorded ratings may be off it.
    places = np.arange(len(scale))
    width = 0.4 if len(human) else 0.7
    axes.bar(
        places - (width / 2 if len(human) else 0),
        [(ours == value).mean() for value in scale],
        width,
        color=BLUE,
        label=f"simulated, n = {len(ours):,}",
    )
    if len(human):
        axes.bar(
            places + width / 2,
            [(human == value).mean() for value in scale],
            width,
            color=ORANGE,
            label=f"human, n = {len(human):,}",
        )
    axes.set_xticks(places, [f"{value:g}" for value in scale])
    axes.set(xlabel="rating", ylabel="share of ratings")
    axes.legend(frameon=False)
    return f"Ratings {SAID[stage]}" + (", with the human ones." if len(human) else ".")


def _agreement(round_: Round, axes: Any) -> str:
    stage = human_stage(round_)
    simulated, given = _panels(round_, stage)
    ours = [panel.std() for panel in simulated if len(panel) > 1]
    human = [panel.std() for panel in given]
    top = max([*ours, *human, 1e-9])
    bins = np.linspace(0, top, 12)
    axes.hist(
        ours,
        bins,
        weights=np.full(len(ours), 1 / max(1, len(ours))),
        color=BLUE,
        alpha=0.75,
        label="simulated",
    )
    if human:
        axes.hist(
            human,
            bins,
            weights=np.full(len(human), 1 / len(human)),
            histtype="step",
            lw=2,
            color=ORANGE,
            label="human",
        )
    axes.set(xlabel="standard deviation of a paper's ratings", ylabel="share of papers")
    axes.legend(frameon=False)
    return f"Spread of each paper's ratings {SAID[stage]}, n = {len(ours):,} papers."


def _decisions(round_: Round, axes: Any) -> str:
    rows = sorted(round_.all(Decision), key=lambda row: row.rank)
    scores = np.array([row.score for row in rows])
    accepted = np.array([row.accepted for row in rows])
    ranks = np.array([row.rank for row in rows])
    size = 40 if len(rows) < 60 else 6
    axes.scatter(
        ranks[accepted],
        scores[accepted],
        s=size,
        color=GREEN,
        label=f"accepted, {accepted.sum():,}",
    )
    axes.scatter(
        ranks[~accepted],
        scores[~accepted],
        s=size,
        color=RED,
        label=f"rejected, {(~accepted).sum():,}",
    )
    axes.set(xlabel="rank", ylabel="score that papers were ranked by")
    axes.legend(frameon=False)
    return "Papers by rank, with the score behind the decision."


def _calibration(round_: Round, axes: Any) -> str:
    maps = {row.reviewer: row for row in round_.all(CalibrationMap)}
    rows = [row for row in round_.all(CalibrationReview) if row.reviewer in maps]
    human = np.array([row.human_mean for row in rows])
    before = np.array([row.rating for row in rows])
    after = np.array(
        [maps[row.reviewer].intercept + maps[row.reviewer].slope * row.rating for row in rows]
    )
    size = 26 if len(rows) < 400 else 5
    axes.scatter(human, before, s=size, color=GREY, label="as rated")
    axes.scatter(human, after, s=size, color=BLUE, label="after the fitted maps")
    low, high = min(human.min(), before.min()), max(human.max(), before.max())
    axes.plot([low, high], [low, high], color=ORANGE, lw=1.2, ls="--")
    axes.set(xlabel="human mean rating", ylabel="simulated reviewer's rating")
    axes.legend(frameon=False)
    return f"Known papers against human means, n = {len(rows):,}; maps fitted on these points."


def _timing(timings: list[Timing], axes: Any) -> str:
    shown = [timing for timing in timings if timing.wall > 0.005][::-1]
    axes.barh([timing.step for timing in shown], [timing.wall for timing in shown], color=BLUE)
    axes.set(xlabel="seconds")
    axes.tick_params(axis="y", labelsize=8)
    return "Wall time of each step."
