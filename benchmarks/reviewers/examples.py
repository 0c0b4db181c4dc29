"""Example reviews for measured language models, drawn from data and left out of all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from pathlib import Path

import msgspec

from benchmarks.reviewers.question import Question
from conference.core.errors import UserError
from conference.models import ModelRules, is_model, parse_spec, rules_by_model
from reviewers.language.examples import Example, draw, keep_drawn, names_dataset
from reviewers.language.presets import load_preset


def with_examples(
    question: Question,
    specs: Sequence[str],
    models: Mapping[str, ModelRules] | None,
    folder: Path,
    seed: int,
    store: Path | None = None,
) -> tuple[Question, dict[str, ModelRules]]:
    """The question without the papers whose reviews are shown, and the models with their examples.

    Examples are drawn among papers that are not measured. If all of the dataset are measured, some
    of them are taken and then measured for no reviewer. A dataset without a path is one of the
    `store`, else of the user's.

    Raises:
        UserError: a dataset has too few reviews that can be shown.
    """
    shots: dict[str, int] = {}
    for spec in map(parse_spec, filter(is_model, specs)):
        shots[spec.text] = max(shots.get(spec.text, 0), load_preset(spec.preset).few_shot)
    told = dict(models or {})
    for name, rules in rules_by_model(specs, told).items():
        if not shots[name] or not names_dataset(rules.examples):
            continue
        rows = _drawn(question, rules.examples, shots[name], seed, store)
        question = _without(question, rows, name)
        path = str(keep_drawn(rows, rules.examples, folder))
        told[name] = msgspec.structs.replace(rules, examples=path)
    return question, told


def _drawn(
    question: Question, examples: str, count: int, seed: int, store: Path | None
) -> list[Example]:
    try:
        return draw(examples, count, seed, {paper.title for paper in question.papers}, store=store)
    except UserError:
        return draw(examples, count, seed, store=store)


def _without(question: Question, rows: Sequence[Example], name: str) -> Question:
    shown = {row.paper for row in rows}, {row.title for row in rows}
    kept = [p.paper_id not in shown[0] and p.title not in shown[1] for p in question.papers]
    listed = ", ".join(row.paper for row in rows)
    note = (
        f"{name} is shown people's reviews of {listed} ({rows[0].dataset}) as examples; "
        f"{kept.count(False)} of these papers would be measured and are left out for all reviewers"
    )
    return msgspec.structs.replace(
        question,
        papers=tuple(compress(question.papers, kept)),
        ratings=tuple(compress(question.ratings, kept)),
        accepted=tuple(compress(question.accepted, kept)),
        notes=(*question.notes, note),
    )
