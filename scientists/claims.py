"""Check every number in a finished paper's text and tables against its results."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from conference.papers import Document
from conference.papers.anatomy import NUMBER
from conference.papers.layout import Row, check_claims, stated
from scientists.evidence import measured, numbers_of, said, set_up
from scientists.prose import CITED
from scientists.sections import RUN_METRICS
from scientists.study import Written
from scientists.templates import Value
from scientists.wording import readable


def claims(study: Written, document: Document) -> tuple[bool, str]:
    """Whether every number in text and tables is in the results or the set-up, with the detail."""
    values, plain = measured(study), _plain(study)
    if study.prose is not None:
        # Checked below as the model wrote it: in print, citations are numbers too.
        document = msgspec.structs.replace(document, abstract="")
    found = stated(document, values, plain, _tables(study))
    for where, texts in said(study).items():
        found += check_claims(CITED.sub("", " ".join(texts)), values, where, plain)
    wrong = [f"{claim.number} ({claim.where})" for claim in found if not claim.matched]
    detail = f"{len(found)} numbers of words and tables against the result file"
    if not found:
        return False, "no number was found in abstract and tables of the finished paper"
    return not wrong, detail + (f"; not borne out: {', '.join(wrong[:5])}" if wrong else "")


def _plain(study: Written) -> list[float]:
    """Numbers that are not results: the set-up's, and years of citable works.

    Numbers in the question count if it is a template's; a model's own words support nothing.
    """
    if study.prose is not None:
        return [*set_up(study), *map(float, study.prose.years)]
    idea = study.question.idea
    return [*set_up(study), *numbers_of(f"{idea.title} {idea.hypothesis}".replace("_", " "))]


def _tables(study: Written) -> dict[str, list[Row]]:
    """The rows of a paper's tables: settings, results and runs."""
    question, effects = study.question, study.effects
    arms = (question.baseline, question.treatment)
    metrics = [metric.name for metric in question.template.metrics[:RUN_METRICS]]
    settings = [
        Row(readable(knob.name), _numbers_of(arm[knob.name] for arm in arms))
        for knob in question.template.knobs
    ]
    results = [
        Row(
            e.label,
            _numbers_of(
                (
                    e.baseline,
                    e.baseline_sd,
                    e.treatment,
                    e.treatment_sd,
                    e.difference,
                    e.low,
                    e.high,
                )
            ),
        )
        for e in effects
    ]
    runs = [
        Row(run["label"], _numbers_of((run["seed"], *(result["metrics"][m] for m in metrics))))
        for run, result in zip(study.runs, study.results, strict=True)
    ]
    heads = Row("measure", (95.0,)), Row("arm", _numbers_of(map(readable, metrics)))
    return {"Table 1": settings, "Table 2": [heads[0], *results], "Table 3": [heads[1], *runs]}


def _numbers_of(cells: Iterable[Value]) -> tuple[float, ...]:
    """The numbers that cells print; a switch has none, and a choice those in its name."""
    found: list[float] = []
    for cell in cells:
        if isinstance(cell, str):
            found += [
                float(number.replace(",", "").rstrip("% ")) for number in NUMBER.findall(cell)
            ]
        elif not isinstance(cell, bool) and math.isfinite(cell):
            found.append(float(cell))
    return tuple(found)
