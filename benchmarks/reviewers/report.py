"""Write a benchmark's report, plots, tables and predictions to its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.anchors import anchors
from benchmarks.reviewers.canvas import Shown, save_figure
from benchmarks.reviewers.card import card
from benchmarks.reviewers.contamination import before
from benchmarks.reviewers.crossfit import Fitted
from benchmarks.reviewers.pairs import MEASURES
from benchmarks.reviewers.plots import draw
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.results import FILE, Result, at_other_mix
from benchmarks.reviewers.reviewer import Scores
from benchmarks.reviewers.sheets import sheets
from benchmarks.reviewers.tables import (
    HEADINGS,
    caption,
    full,
    interval,
    latex,
    latex_sheets,
    lines,
    markdown,
    number,
    other_n,
    short,
)
from conference.core.progress import Progress, no_progress
from conference.statistics.estimate import Booleans, Estimate

PREDICTIONS = "predictions.parquet"


def write_all(
    result: Result,
    question: Question,
    scores: dict[str, Scores],
    fitted: dict[str, Fitted],
    use: Booleans,
    out: Path,
    progress: Progress = no_progress,
) -> None:
    """Write report.html, plots/*.png and *.svg, predictions.parquet, tables, card and results.json.

    results.json is written last, so if it exists, everything else does.
    """
    out.mkdir(parents=True, exist_ok=True)
    kinds = {row.name: row.kind for row in result.rows}
    on_scale = {row.name for row in result.rows if row.on_scale}
    shown = [
        Shown(name, scores[name].values, fitted[name], kinds[name], name in on_scale)
        for name in scores
    ]
    progress("plots", 0, 1)
    pictures = draw(result, question, shown, use)
    drawn: list[dict[str, str]] = []
    for done, (name, (said, figure)) in enumerate(pictures.items(), start=1):
        drawn.append(
            {"name": name, "caption": said, "data": save_figure(figure, out / "plots", name)}
        )
        progress("plots", done, len(pictures))
    _write_predictions(result, question, scores, fitted, use, out / PREDICTIONS)
    other = at_other_mix(result)
    tables = [markdown(each) for each in (result, other) if each]
    (out / "table.md").write_text("\n".join(tables), encoding="utf-8")
    (out / "table.tex").write_text(latex(result), encoding="utf-8")
    (out / "further_tables.tex").write_text(latex_sheets(result), encoding="utf-8")
    (out / "card.md").write_text(card(result), encoding="utf-8")
    (out / "report.html").write_text(_page(result, drawn), encoding="utf-8")
    encoded = msgspec.json.format(msgspec.json.encode(result), indent=1)
    part = out / f".{FILE}"
    part.write_bytes(encoded)
    part.replace(out / FILE)


def _write_predictions(
    result: Result,
    question: Question,
    scores: dict[str, Scores],
    fitted: dict[str, Fitted],
    use: Booleans,
    path: Path,
) -> None:
    """Write one row per paper and reviewer, with the human ratings and the decision."""
    import pandas as pd

    cutoffs = {row.name: row.cutoff for row in result.rows}
    frames = []
    for name, given in scores.items():
        cutoff = cutoffs.get(name)
        frames.append(
            pd.DataFrame(
                {
                    "paper_id": [paper.paper_id for paper in question.papers],
                    "reviewer": name,
                    "measured": use,
                    "score": given.values,
                    "score_on_scale": fitted[name].mapped,
                    "chance": fitted[name].chance,
                    "accept_fitted": _flags(fitted[name].said),
                    "accept_own": _flags(given.accept),
                    "confidence": given.confidence,
                    "spread": given.spread,
                    "before_cutoff": None if cutoff is None else before(question, cutoff),
                    "accepted": list(question.accepted),
                    "ratings": [list(map(float, r)) for r in question.ratings],
                }
            )
        )
    pd.concat(frames, ignore_index=True).to_parquet(path, compression="zstd", index=False)


def _flags(values: Any) -> Any:
    if values is None:
        return None
    return [bool(value) if np.isfinite(value) else None for value in values]


def _page(result: Result, drawn: list[dict[str, str]]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    place = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    place.filters["short"] = short
    place.filters["other_n"] = other_n
    place.filters["interval"] = interval
    place.filters["full"] = full
    place.filters["number"] = number
    return place.get_template("report.html.j2").render(
        result=result,
        lines=list(lines(result)),
        anchors=anchors(),
        other=(other := at_other_mix(result)),
        other_lines=list(lines(other)) if other else [],
        headings=HEADINGS,
        caption=caption(result),
        plots=drawn,
        sheets=sheets(result),
        human=result.rows[0],
        reviewers=[row for row in result.rows if row.kind == "reviewer"],
        reasons=_reasons(result),
        measures=MEASURES,
        gaps=_pairs(result),
    )


def _pairs(result: Result) -> dict[tuple[str, str], dict[str, Estimate]]:
    """The differences between each two reviewers, by measure."""
    found: dict[tuple[str, str], dict[str, Estimate]] = {}
    for gap in result.gaps:
        found.setdefault((gap.first, gap.second), {})[gap.measure] = gap.difference
    return found


def _reasons(result: Result) -> list[str]:
    """Sentences on why figures are missing, without repetition."""
    found: dict[str, None] = {}
    for row in result.rows:
        groups = [row.scores, row.others, row.human_gap, *row.decision.values()]
        for figures in groups:
            for name, estimate in figures.items():
                if estimate.value is None and estimate.reason:
                    found[f"{row.name}, {name.replace('_', ' ')}: {estimate.reason}."] = None
    return list(found)
