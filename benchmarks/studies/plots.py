"""The plots of a study, as matplotlib figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.reviewers.canvas import (
    COLOURS,
    FAINT,
    HUMAN,
    PANELS_IN_A_ROW,
    figure,
    grid,
    legend,
    lines,
    short,
    title,
)
from benchmarks.studies.detectable import POWER
from benchmarks.studies.effects import Effect
from benchmarks.studies.flips import Flips
from benchmarks.studies.outcome_table import AA, CONTROL, arms, cells
from benchmarks.studies.power import curve
from benchmarks.studies.results import StudyInfo, StudyResult, named
from benchmarks.studies.tables import number
from conference.statistics.estimate import Floats

BAND = "#c9ccd1"
ACCEPT, REJECT = "#2e7d4f", "#9aa0a6"
BINS = 24
FEW = 40  # up to this many values are shown one by one


def draw(result: StudyResult, outcomes: Any) -> dict[str, tuple[str, Any]]:
    """By name, the caption and figure of every plot that the study's results allow."""
    level = f"{100 * (1 - result.design.alpha):g} %"
    makers: dict[str, tuple[str, Callable[[], Any], bool]] = {
        "effects": (
            f"Effect of each treatment (treatment − control) with its {level} interval, over the "
            "A/A floor (grey: interval of control with other seeds − control). Filled: adjusted p "
            f"at or below {result.design.alpha:g}. Dotted: the equivalence margin. A point "
            "without a line has no interval.",
            lambda: effects(result),
            any(each.difference.low is not None for each in result.effects),
        ),
        "power": (
            "Power for the primary outcome by true effect size, from this study's own variance. "
            f"Dashed: power {POWER:g}. Vertical lines: the observed effects.",
            lambda: power(result),
            bool(result.plans),
        ),
        "distributions": (
            "Outcomes by arm, all replicates together. Bars: share of yes-or-no outcomes. Points: "
            "one for each unit and replicate, with their mean. Curves, where there are many: the "
            "share at each value.",
            lambda: distributions(result, outcomes),
            True,
        ),
        "flips": (
            "Decisions by the control (left) and by the arm (right), all replicates together. "
            "Bands that cross are flipped decisions; the first panel is the A/A floor.",
            lambda: flows(result),
            bool(result.flips),
        ),
    }
    return {name: (said, make()) for name, (said, make, there) in makers.items() if there}


def effects(result: StudyResult) -> Any:
    """One panel per outcome with one row per arm, in the arm's colour."""
    from matplotlib.figure import Figure

    by_outcome: dict[str, list[Effect]] = {}
    measured = {each.outcome for each in result.effects if each.difference.low is not None}
    for each in result.effects:
        if each.outcome in measured and each.difference.value is not None:
            by_outcome.setdefault(each.outcome, []).append(each)
    order = dict.fromkeys(each.arm for each in result.effects)
    colours = dict(zip(order, (colour for colour, _ in lines()), strict=False))
    heights = [0.75 + 0.34 * len(rows) for rows in by_outcome.values()]
    made = Figure(figsize=(6.2, sum(heights) + 0.4), layout="constrained")
    axes = made.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (outcome, rows) in zip(axes, by_outcome.items(), strict=True):
        _effect_panel(axis, rows, result.study, colours)
        primary = " (primary)" if rows[0].primary else ""
        axis.set_title(short(named(outcome)) + primary, fontsize=9.5, loc="left")
    axes[-1].set_xlabel("treatment − control", fontsize=9)
    return made


def _effect_panel(
    axis: Any, rows: Sequence[Effect], study: StudyInfo, colours: dict[str, str]
) -> None:
    floor = rows[0].floor
    if floor.low is not None and floor.high is not None:
        axis.axvspan(floor.low, floor.high, color=BAND, alpha=0.6, lw=0, zorder=0)
    axis.axvline(0, color="#777777", lw=0.9, zorder=1)
    if (margin := rows[0].margin) is not None:
        for side in (-margin, margin):
            axis.axvline(side, color=HUMAN, lw=0.9, ls=":", zorder=1)
    for place, each in enumerate(rows):
        estimate, colour = each.difference, colours[each.arm]
        if estimate.low is not None:
            axis.plot([estimate.low, estimate.high], [place, place], color=colour, lw=2.2, zorder=2)
        fill = colour if each.found else "white"
        axis.plot(estimate.value, place, "o", color=colour, mfc=fill, ms=7, mew=1.6, zorder=3)
    axis.set_yticks(range(len(rows)), [title(study.label(each.arm)) for each in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(labelsize=8.5)
    axis.spines[["top", "right"]].set_visible(False)


def distributions(result: StudyResult, outcomes: Any) -> Any:
    """One panel per outcome: bars for 0/1 outcomes, points for few values, else curves."""
    names = [name for name in result.design.outcomes if (outcomes["outcome"] == name).any()]
    made, axes = grid(len(names))
    order = [CONTROL, AA, *arms(outcomes)]
    colours = {CONTROL: HUMAN, AA: FAINT} | dict(
        zip(order[2:], (colour for colour, _ in lines()), strict=False)
    )
    for axis, outcome in zip(axes, names, strict=True):
        given = {arm: _values(outcomes, outcome, arm, result) for arm in order}
        shares = _distribution_panel(axis, given, colours)
        axis.set_title(title(named(outcome)), fontsize=9)
        if not shares or axis in axes[::PANELS_IN_A_ROW]:
            axis.set_ylabel("share" if shares else "value", fontsize=8)
    for arm in order:
        axes[0].plot([], [], color=colours[arm], lw=3, label=short(_arm_name(arm, result.study)))
    legend(made, axes[0])
    return made


def _values(outcomes: Any, outcome: str, arm: str, result: StudyResult) -> Floats:
    table = cells(outcomes, outcome, arm, result.design.unit).to_numpy(dtype=np.float64)
    return np.asarray(table[np.isfinite(table)])


def _distribution_panel(axis: Any, given: dict[str, Floats], colours: dict[str, str]) -> bool:
    """Draw one outcome by arm; return whether the height is a share of the units."""
    given = {arm: values for arm, values in given.items() if values.size}
    together = np.concatenate(list(given.values()))
    if np.isin(together, (0.0, 1.0)).all():
        for place, (arm, values) in enumerate(given.items()):
            axis.bar(place, values.mean(), color=colours[arm], width=0.7)
            axis.text(place, values.mean(), number(float(values.mean())), ha="center",
                      va="bottom", fontsize=7.5)  # fmt: skip
        axis.set_xticks([])
        axis.margins(y=0.15)
        axis.set_ylim(bottom=0, top=None if together.any() else 1)
        return True
    if max(map(len, given.values())) <= FEW:
        for place, (arm, values) in enumerate(given.items()):
            spread = np.linspace(-0.22, 0.22, len(values))
            axis.plot(place + spread, values, "o", ms=3, color=colours[arm], alpha=0.7)
            axis.plot([place - 0.3, place + 0.3], [values.mean()] * 2, color=colours[arm], lw=2)
        axis.set_xticks([])
        return False
    edges = np.histogram_bin_edges(together, BINS)
    for arm, values in given.items():
        shares = np.histogram(values, edges)[0] / len(values)
        style = "--" if arm == AA else "-"
        axis.stairs(shares, edges, color=colours[arm], lw=1.5, ls=style)
    return True


def flows(result: StudyResult) -> Any:
    """Control's decisions on the left, the arm's on the right: A/A first, then each treatment."""
    panels = [result.flips[0].floor, *(each.flips for each in result.flips)]
    made, axes = grid(len(panels))
    for axis, flips in zip(axes, panels, strict=True):
        flow(axis, flips)
        axis.set_title(title(_arm_name(flips.second, result.study)), fontsize=9)
    return made


def flow(axis: Any, flips: Flips) -> None:
    """Bands from the left stack to the right one; accepted papers are on top."""
    total = flips.both + flips.only_first + flips.only_second + flips.neither
    both, lost, gained, neither = (
        part / total for part in (flips.both, flips.only_first, flips.only_second, flips.neither)
    )
    gap = 0.06  # between accepted and rejected
    left = {"both": 1 + gap, "lost": 1 + gap - both}
    left |= {"gained": 1 - both - lost, "neither": 1 - both - lost - gained}
    right = {"both": 1 + gap, "gained": 1 + gap - both}
    right |= {"lost": 1 - both - gained, "neither": 1 - both - gained - lost}
    sizes = {"both": both, "lost": lost, "gained": gained, "neither": neither}
    colours = {"both": ACCEPT, "neither": REJECT, "lost": COLOURS[4], "gained": COLOURS[0]}
    x = np.linspace(0, 1, 60)
    ease = 3 * x**2 - 2 * x**3
    for name, size in sizes.items():
        top = left[name] + (right[name] - left[name]) * ease
        alpha = 0.75 if name in ("lost", "gained") else 0.35
        axis.fill_between(x, top - size, top, color=colours[name], alpha=alpha, lw=0)
    for place, side, accepted in ((-0.03, "right", both + lost), (1.03, "left", both + gained)):
        axis.text(place, 1 + gap - accepted / 2, f"accepted\n{accepted:.0%}", ha=side,
                  va="center", fontsize=8)  # fmt: skip
        axis.text(place, (1 - accepted) / 2, f"rejected\n{1 - accepted:.0%}", ha=side,
                  va="center", fontsize=8)  # fmt: skip
    said = f"{lost:.1%} accepted → rejected\n{gained:.1%} rejected → accepted"
    axis.text(0.5, -0.06, said, ha="center", va="top", fontsize=8)
    axis.set(xlim=(-0.42, 1.42), ylim=(-0.3, 1.1))
    axis.axis("off")


def power(result: StudyResult) -> Any:
    """One curve for each planned number of replicates."""
    made, (axis,) = figure(6.2, 4.2)
    reach = 2.2 * max(plan.smallest for plan in result.plans if plan.replicates == _own(result))
    sizes = np.linspace(0, reach, 60)
    for plan, (colour, style) in zip(result.plans, lines(), strict=False):
        own = plan.replicates == _own(result)
        name = f"{plan.replicates} replicates, smallest effect {number(plan.smallest)}"
        name += " (this study)" if own else ""
        width = 2.6 if own else 1.3
        axis.plot(sizes, curve(plan, list(sizes)), color=colour, ls=style, lw=width, label=name)
    axis.axhline(POWER, color="#777777", lw=0.9, ls="--")
    for each in result.primary:
        if each.difference.value is not None and abs(each.difference.value) <= reach:
            axis.axvline(abs(each.difference.value), color=FAINT, lw=1, zorder=0)
    axis.set(xlabel=f"true effect on {short(named(result.design.primary))}", ylabel="power",
             ylim=(0, 1.02), xlim=(0, reach))  # fmt: skip
    legend(made, axis)
    return made


def _own(result: StudyResult) -> int:
    return max(each.replicates for each in result.primary)


def _arm_name(arm: str, study: StudyInfo) -> str:
    return "A/A (control, other seeds)" if arm == AA else study.label(arm)
