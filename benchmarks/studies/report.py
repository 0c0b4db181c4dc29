"""Write a study's report: report.html, plots, tables and results.json."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.reviewers.canvas import save_figure
from benchmarks.studies import plots
from benchmarks.studies.answer import answer, rests_on
from benchmarks.studies.design import Design
from benchmarks.studies.effects import Effect
from benchmarks.studies.flips import ACCEPTED, ArmFlips, arm_flips, committee_pairs
from benchmarks.studies.outcome_table import checked
from benchmarks.studies.power import Plan, pilot, plan
from benchmarks.studies.results import StudyInfo, StudyResult, named, read_result, write_result
from benchmarks.studies.tables import (
    COMPARED,
    EFFECTS,
    FLIPS,
    PAIRS,
    caption,
    compared_rows,
    effect_row,
    flip_row,
    latex,
    markdown,
    number,
    pair_row,
)
from conference.core.errors import UserError
from conference.core.files import writing

LIBRARIES = ("conference-simulator", "numpy", "pandas", "scipy", "statsmodels")
TIMES = (0.5, 1, 2, 4)  # times this study's replicates, for the power curves
MOST_SIDE_BY_SIDE = 40


def write_report(
    folder: Path, study: StudyInfo, outcomes: Any, found: Sequence[Effect], design: Design
) -> StudyResult:
    """Write report.html, plots/, table.md and table.tex, and last results.json.

    `found` is the result of `effects(outcomes, design)`. Flips are counted if every arm has the
    outcome "accepted".
    """
    table = checked(outcomes)
    flips = _flips(table, design)
    pairs = tuple(committee_pairs(table, study.labels, design.alpha)) if flips else ()
    result = StudyResult(
        study=study,
        design=design,
        answer=answer(found, flips, study, design.unit, pairs),
        effects=tuple(found),
        flips=flips,
        plans=_plans(table, found, design),
        notes=_notes(study, found),
        versions={name: version(name) for name in LIBRARIES},
        pairs=pairs,
    )
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [
        {"name": name, "caption": said, "data": save_figure(made, folder / "plots", name)}
        for name, (said, made) in plots.draw(result, table).items()
    ]
    (folder / "table.md").write_text(markdown(result), encoding="utf-8")
    (folder / "table.tex").write_text(latex(result), encoding="utf-8")
    (folder / "report.html").write_text(
        render(
            "report.html.j2",
            result=result,
            plots=drawn,
            caption=caption(result),
            rests_on=rests_on(study),
            effects=[(each, effect_row(each, study)) for each in found],
            flips=[flip_row(each, study) for each in flips],
            heads=EFFECTS,
            flip_heads=FLIPS,
            pairs=[pair_row(each, study) for each in pairs],
            pair_heads=PAIRS,
        ),
        encoding="utf-8",
    )
    write_result(result, folder)
    return result


def write_comparison(folders: Sequence[Path], out: Path) -> None:
    """Write one page with several finished studies side by side."""
    if not folders:
        raise UserError("compare: name at least one study's folder")
    if len(folders) > MOST_SIDE_BY_SIDE:
        raise UserError(f"compare: {len(folders)} studies; a page holds {MOST_SIDE_BY_SIDE}")
    studies = [(read_result(folder), _picture(folder)) for folder in folders]
    rows = [row for result, _ in studies for row in compared_rows(result)]
    page = render("compare.html.j2", studies=studies, rests=rests_on, heads=COMPARED, rows=rows)
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")


def _flips(table: Any, design: Design) -> tuple[ArmFlips, ...]:
    having = table.loc[table["outcome"] == ACCEPTED]
    by_paper = having.loc[having["unit"] != "", "arm"]
    if set(by_paper) != set(table["arm"]):
        return ()
    return tuple(arm_flips(table, design.alpha))


def _plans(table: Any, found: Sequence[Effect], design: Design) -> tuple[Plan, ...]:
    """Plans from the arm whose difference varies most, so that no curve promises too much."""
    primary = [each for each in found if each.primary and each.error]
    if not primary:
        return ()
    arm = max(primary, key=lambda each: each.error or 0)
    if arm.replicates < 2:
        return ()
    try:
        variance = pilot(table, arm.outcome, design.unit, arm.arm)
    except UserError:  # Nothing can be planned from it; the effects say why.
        return ()
    replicates = sorted({max(2, round(times * arm.replicates)) for times in TIMES})
    return tuple(plan(variance, arm.units, each, design.alpha) for each in replicates)


def _notes(study: StudyInfo, found: Sequence[Effect]) -> tuple[str, ...]:
    """Sentences on what limits the answer, without repetition."""
    notes: dict[str, None] = dict.fromkeys(study.notes)
    for each in found:
        if each.note:
            notes[f"{named(each.outcome)}: {each.note}"] = None
        arm = study.label(each.arm)
        if each.unpaired:
            notes[
                f"{named(each.outcome)}, {arm}: {each.unpaired:,} units and replicates have a "
                f"value in one arm only and were left out ({each.pairs:,} pairs used)"
            ] = None
        if each.replicates < study.replicates and each.units > 1:
            notes[
                f"{named(each.outcome)}, {arm}: {each.replicates} of {study.replicates} replicates"
            ] = None
    return tuple(notes)


def _picture(folder: Path) -> str:
    """The study's plot of effects as a data URL, or "" if it has none."""
    path = folder / "plots" / "effects.svg"
    if not path.is_file():
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def render(template: str, folder: Path = Path(__file__).parent, **given: Any) -> str:
    """Render a template from `folder`, whose templates may extend those in this one."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    place = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
    )
    place.filters |= {"named": named, "number": number}
    return place.get_template(template).render(**given)
