"""Make reviewers from the names given to `--reviewer`: `embedded`, `csv:FILE`, a model, ….

The part before the colon picks a maker from `MAKERS`, which gets the rest. Other code can add
makers to `MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import NotMeasurable, Reviewer
from conference.core.errors import UserError
from conference.core.progress import Progress, no_progress
from conference.models import (
    Cluster,
    ModelRules,
    is_model,
    known_kinds,
    parse_spec,
    rules_by_model,
    running,
)
from reviewers.language.presets import load_preset

Maker = Callable[[str, Question], list[Reviewer]]


def _csv(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.recorded import from_csv

    return [from_csv(rest, question)]


def _ai_scientist(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.recorded import from_ai_scientist

    return from_ai_scientist(rest)


def _embedded(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.trained import embedded

    return [embedded(question, rest)]


def _fitted(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.fitted import fitted

    return [fitted(question, rest)]


def _tfidf(rest: str, question: Question) -> list[Reviewer]:
    from benchmarks.reviewers.tfidf import tfidf

    return tfidf(question)


MAKERS: dict[str, Maker] = {
    "embedded": _embedded,
    "fitted": _fitted,
    "tfidf": _tfidf,
    "csv": _csv,
    "ai-scientist": _ai_scientist,
}
OF_A_FILE = ("csv", "ai-scientist", "fitted")


def check_specs(specs: Sequence[str]) -> None:
    """Raise `UserError` for a spec that names no reviewer, before data is read."""
    from benchmarks.reviewers.language_model import parse_asked

    for spec in specs:
        prefix, _, rest = spec.partition(":")
        if specs.count(spec) > 1:
            raise UserError(f"--reviewer: '{spec}' is asked for twice; leave one out.")
        if is_model(spec):
            load_preset(parse_asked(spec).preset)
        elif prefix == "human":
            raise UserError("--reviewer human: the humans are in every table; leave it out.")
        elif prefix not in MAKERS:
            known = [*MAKERS, *(f"{kind}:MODEL" for kind in known_kinds())]
            raise UserError(
                f"--reviewer {spec}: there is no reviewer '{prefix}'; choose one of "
                f"{', '.join(sorted(known))}."
            )
        elif prefix in OF_A_FILE and not rest:
            raise UserError(f"--reviewer {spec}: name the file, as in {prefix}:FILE.")


@contextmanager
def open_reviewers(
    specs: Sequence[str],
    question: Question,
    models: Mapping[str, ModelRules] | None = None,
    left_out: list[str] | None = None,
    cutoffs: Mapping[str, str] | None = None,
    cluster: Cluster | None = None,
    progress: Progress = no_progress,
) -> Iterator[list[Reviewer]]:
    """The reviewers that the specs ask for, with distinct names.

    Language models run within the block, and start last as that takes longest.

    Args:
        models: settings of language models.
        left_out: gets a sentence for each reviewer that these data cannot measure; without this
            list, or if no reviewer remains, that is an error.
        cutoffs: training cutoffs by reviewers' names.
        cluster: where language models that need a Ray cluster run.

    Raises:
        UserError: a spec is wrong, a cutoff names nobody, a model cannot be started, or none of
            the reviewers can be measured on these data.
    """
    from benchmarks.reviewers.language_model import language_model

    check_specs(specs)
    made: dict[str, list[Reviewer]] = {}
    reasons: list[str] = []
    for spec in specs:
        try:
            made[spec] = [] if is_model(spec) else _make(spec, question)
        except NotMeasurable as error:
            if left_out is None:
                raise
            reasons.append(str(error))
    if reasons and not made:
        raise UserError(" ".join(reasons))
    if left_out is not None:
        left_out += [f"left out: {reason.rstrip('.')}" for reason in reasons]
    names = [each.name for found in made.values() for each in found]
    _check_distinct(names)
    dates = cutoffs or {}
    _check_known(dates, [*names, *filter(is_model, specs)])
    rules = rules_by_model(specs, models or {})
    with running(rules, cluster, progress):
        for spec in filter(is_model, specs):
            made[spec] = [language_model(spec, question, rules[parse_spec(spec).text])]
        yield [
            msgspec.structs.replace(each, cutoff=dates.get(each.name, each.cutoff))
            for found in made.values()
            for each in found
        ]


def _check_distinct(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"--reviewer: '{name}' is asked for twice; leave one out.")


def _check_known(cutoffs: Mapping[str, str], names: Sequence[str]) -> None:
    """Raise `UserError` for a cutoff of an unknown reviewer, before any model starts."""
    for name, date in cutoffs.items():
        if name not in names:
            known = ", ".join(names) or "none"
            raise UserError(
                f"--cutoff {name}={date}: no reviewer is called '{name}' (there: {known})."
            )


def _make(spec: str, question: Question) -> list[Reviewer]:
    prefix, _, rest = spec.partition(":")
    return MAKERS[prefix](rest, question)
