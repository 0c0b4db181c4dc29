"""The numbers that a paper's text may state, and the text that a model wrote."""

from __future__ import annotations

import io
import re
import tokenize

import msgspec

from conference.papers.layout import numbers_in
from scientists.experiments import EXPERIMENT
from scientists.study import Written

CHANGES = "changes after the reviews"
PLAIN = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def measured(study: Written) -> list[float]:
    """The numbers of all effects and of all measures of the runs, without those of trials."""
    values = numbers_in([msgspec.to_builtins(effect) for effect in study.effects])
    return [*values, *(part for run in study.results for part in numbers_in(run["metrics"]))]


def set_up(study: Written) -> list[float]:
    """Numbers that are not results: of settings, budget, seeds, measures' texts and changed
    code."""
    question = study.question
    settings = [question.treatment, question.baseline, dict(study.budget), 95]
    measures = " ".join(
        f"{metric.name} {metric.shown} {metric.description}" for metric in question.template.metrics
    )
    return [
        *numbers_in(settings),
        *(float(run["seed"]) for run in study.runs),
        *numbers_of(measures.replace("_", " ")),
        *numbers_of(_changed(study).replace("_", "")),
    ]


def numbers_of(text: str) -> list[float]:
    """The numbers in a text, without signs."""
    return [float(found) for found in PLAIN.findall(text)]


def _changed(study: Written) -> str:
    """The numbers in lines of the treatment's code that are not in the template's.

    Numbers in comments and strings do not count, as they are only words.
    """
    if not study.tried or not study.tried.version.code:
        return ""
    script = study.question.template.folder / EXPERIMENT
    known = set(script.read_text(encoding="utf-8").split("\n"))
    code = study.tried.version.code
    lines = code.split("\n")
    return " ".join(
        token.string
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.type == tokenize.NUMBER and lines[token.start[0] - 1] not in known
    )


def said(study: Written) -> dict[str, list[str]]:
    """All text of a paper that a model wrote, by its place."""
    if study.prose is None:
        return {}
    captions = study.captions if study.plot else ()
    return {
        "title": [study.prose.title],
        "abstract": [study.prose.abstract],
        **study.prose.sections,
        "change of the code": [study.prose.explanation],
        CHANGES: list(study.answers),
        **{f"caption of {name}": [caption] for name, caption in captions},
    }
