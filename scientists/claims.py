"""The claim check: every number of a finished paper's abstract and tables against its results."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import msgspec

from conference.documents import Document
from conference.documents.anatomy import NUMBER
from conference.documents.layout import Row, check_claims, numbers_in, stated
from conference.templates import Value
from scientists.sections import RUN_METRICS
from scientists.study import Written
from scientists.wording import readable


def claims(study: Written, document: Document) -> tuple[bool, str]:
    """Whether every number that abstract and tables print is in the results or the set-up."""
    values, plain = _numbers(study)
    found = stated(document, values, plain, _tables(study))
    if study.prose is not None:
        for section, paragraphs in study.prose.sections.items():
            found += check_claims(" ".join(paragraphs), values, section, plain)
        changes = re.sub(r"\[\d+\]", "", " ".join(study.answers))
        found += check_claims(changes, values, "changes after the reviews", plain)
    if study.plot:
        for name, caption in study.captions:
            found += check_claims(caption, values, f"caption of {name}", plain)
    wrong = [f"{claim.number} ({claim.where})" for claim in found if not claim.matched]
    detail = f"{len(found)} numbers of abstract and tables against the result file"
    if not found:
        return False, "no number was found in abstract and tables of the finished paper"
    return not wrong, detail + (f"; not borne out: {', '.join(wrong[:5])}" if wrong else "")


def _numbers(study: Written) -> tuple[list[float], list[float]]:
    """Measured values, and numbers of the set-up, which are no results."""
    question = study.question
    values = numbers_in([msgspec.to_builtins(effect) for effect in study.effects])
    values += [part for run in study.results for part in numbers_in(run["metrics"])]
    words = f"{question.idea.title} {question.idea.hypothesis} " + " ".join(
        f"{metric.name} {metric.shown} {metric.description}" for metric in question.template.metrics
    )
    plain = numbers_in([question.treatment, question.baseline, dict(study.budget), 95])
    plain += [
        float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", words.replace("_", " "))
    ]
    return values, [*plain, *(float(run["seed"]) for run in study.runs)]


def _tables(study: Written) -> dict[str, list[Row]]:
    """The tables of a paper: settings, results and runs."""
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
    """The numbers that cells print; a switch prints none, and a choice those of its name."""
    found: list[float] = []
    for cell in cells:
        if isinstance(cell, str):
            found += [
                float(number.replace(",", "").rstrip("% ")) for number in NUMBER.findall(cell)
            ]
        elif not isinstance(cell, bool) and math.isfinite(cell):
            found.append(float(cell))
    return tuple(found)
