"""A study: its question, its runs with equal budgets, and its effects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.records import Agent, Call, Similar
from conference.core.tasks import TaskFailed
from conference.literature.novelty import nearest_earlier
from scientists.prose import Prose, numbered
from scientists.scientist import Past
from scientists.templates import Metric, SeedIdea, Template, Value, load_template

VARIED = 0.35  # How often a scientist varies a knob of a seed idea to ask its own question.


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A study's question: does the treatment beat the baseline on the primary metric?"""

    template: Template
    idea: SeedIdea
    treatment: dict[str, Value]
    baseline: dict[str, Value]
    novelty: float
    nearest: str
    similar: tuple[Similar, ...] = ()

    @property
    def changed(self) -> dict[str, Value]:
        """The knobs in which the treatment differs from the baseline."""
        return {k: v for k, v in self.treatment.items() if self.baseline.get(k) != v}

    @property
    def metric(self) -> Metric:
        return self.template.metrics[0]

    def text(self) -> str:
        """The question in words, for comparing it with earlier ones."""
        knobs = " ".join(f"{name} {value}" for name, value in sorted(self.changed.items()))
        return f"{self.idea.title} {self.idea.hypothesis} {knobs}"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A paired comparison on one metric: treatment − baseline, seed by seed.

    `low` and `high` are the 95 % t interval of the mean difference; `size` is the mean difference
    in standard deviations of the differences (Cohen's d for pairs), None when they do not vary.
    """

    metric: str
    label: str
    unit: str
    goal: str
    baseline: float
    treatment: float
    baseline_sd: float
    treatment_sd: float
    difference: float
    low: float
    high: float
    size: float | None
    seeds: int

    @property
    def conclusion(self) -> str:
        """ "positive", "negative", or "inconclusive" when the interval holds zero."""
        if self.low <= 0 <= self.high:
            return "inconclusive"
        better = self.difference < 0 if self.goal == "min" else self.difference > 0
        return "positive" if better else "negative"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the treatment's code, run on the trials' seed; `code` "" means only the
    knobs."""

    explanation: str = ""
    code: str = ""
    measures: dict[str, float] = {}
    notes: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """The trials before a study, and the chosen version (1 is the first, 0 only the knobs).

    `baseline` are the baseline's measures on the trials' seed; `fault` says what failed to run.
    """

    seed: int
    baseline: dict[str, float]
    trials: tuple[Trial, ...] = ()
    chosen: int = 0
    fault: str = ""

    @property
    def version(self) -> Trial:
        return self.trials[self.chosen - 1] if self.chosen else Trial()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a paper is written from.

    `plot` is the changed script that drew the figures, "" for the template's own.
    """

    question: Question
    effects: Sequence[Effect]
    runs: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    captions: Sequence[tuple[str, str]]
    budget: Mapping[str, Any]
    code_sha256: str
    results_sha256: str
    venue: str
    authors: str = "Anonymous authors"
    affiliation: str = ""
    camera_ready: bool = False
    answers: Sequence[str] = ()
    prose: Prose | None = None
    tried: Tried | None = None
    plot: str = ""
    format: str = "typst"

    @property
    def changes(self) -> list[str]:
        """The answers to reviews as printed, with citations as numbers."""
        keys = self.prose.keys if self.prose else ()
        return [numbered(answer, keys) for answer in self.answers]


Idea = tuple[str, str]  # the names of a template and of one of its ideas


def ideas_of(call: Call) -> list[Idea]:
    """Every idea of the call's templates."""
    templates = map(load_template, call.templates)
    return [(template.name, idea.name) for template in templates for idea in template.ideas]


def choose(
    agent: Agent,
    call: Call,
    archive: Sequence[Past],
    rng: np.random.Generator,
    among: Collection[Idea] = (),
) -> Question:
    """Choose a question by Thompson sampling over templates and ideas, favouring novel ones.

    Each idea's probability of acceptance is drawn from Beta(1 + accepted, 1 + rejected) of the
    scientist's own papers, so ideas that did well are chosen more often. `among` are the ideas
    to choose from, all of the call's by default.
    """
    best: tuple[float, Question] | None = None
    for name in call.templates:
        template = load_template(name)
        for idea in template.ideas:
            if among and (template.name, idea.name) not in among:
                continue
            own = [past for past in archive if past.own and past.idea == idea.name]
            wins = sum(past.accepted is True for past in own)
            losses = sum(past.accepted is False for past in own)
            question = _question(template, idea, archive, rng)
            worth = float(rng.beta(1 + wins, 1 + losses)) * (0.2 + question.novelty)
            if any(past.idea == idea.name and past.knobs == question.treatment for past in archive):
                worth *= 0.05  # The same settings are tried again only if nothing else is left.
            if set(agent.topics) & _topics(template):
                worth *= 1.5
            if best is None or worth > best[0]:
                best = worth, question
    assert best is not None, "the call has no template"  # `check_before` ensures one.
    return best[1]


def _topics(template: Template) -> set[str]:
    return set(template.topics)


def _question(
    template: Template, idea: SeedIdea, archive: Sequence[Past], rng: np.random.Generator
) -> Question:
    baseline = template.settings(idea.baseline)
    treatment = template.settings({**idea.baseline, **idea.knobs})
    if rng.random() < VARIED:
        baseline, treatment = _varied(template, idea, baseline, treatment, rng)
    question = Question(
        template=template,
        idea=idea,
        treatment=treatment,
        baseline=baseline,
        novelty=1.0,
        nearest="",
    )
    near, title = nearest_earlier(
        question.text(), [(past.title, f"{past.title} {past.abstract}") for past in archive]
    )
    return msgspec.structs.replace(question, novelty=round(1 - near, 4), nearest=title)


def _varied(
    template: Template,
    idea: SeedIdea,
    baseline: dict[str, Value],
    treatment: dict[str, Value],
    rng: np.random.Generator,
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Change a numeric knob that the idea does not use, in both arms: does the effect hold
    there?"""
    free = [
        knob
        for knob in template.knobs
        if knob.kind in ("int", "float") and knob.name not in {*idea.knobs, *idea.baseline}
    ]
    if not free:
        return baseline, treatment
    knob = free[int(rng.integers(len(free)))]
    factor = float(rng.choice([0.5, 0.7, 1.4, 2.0]))
    assert knob.low is not None and knob.high is not None
    value: Value = min(max(float(knob.default) * factor, knob.low), knob.high)
    value = round(float(value)) if knob.kind == "int" else float(f"{value:.3g}")
    return {**baseline, knob.name: value}, {**treatment, knob.name: value}


def plan(question: Question, budget: str, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """The runs: both arms with the same seeds and budget, in turn."""
    steps = question.template.budget[budget]
    return [
        {"label": label, "knobs": knobs, "seed": seed, "budget": steps}
        for seed in seeds
        for label, knobs in (("baseline", question.baseline), ("treatment", question.treatment))
    ]


def analyse(
    question: Question, runs: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> list[Effect]:
    """The effect on every metric of the template, paired by seed.

    Raises:
        TaskFailed: there is only one seed, which gives no interval.
    """
    return [_effect(metric, runs, results) for metric in question.template.metrics]


def _effect(
    metric: Metric, runs: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> Effect:
    values: dict[str, dict[int, float]] = {"baseline": {}, "treatment": {}}
    for run, result in zip(runs, results, strict=True):
        values[run["label"]][run["seed"]] = float(result["metrics"][metric.name])
    seeds = sorted(values["baseline"])
    left = np.array([values["baseline"][seed] for seed in seeds])
    right = np.array([values["treatment"][seed] for seed in seeds])
    with np.errstate(all="ignore"):  # infinite values are refused later, as records
        return _compared(metric, left, right)


def _compared(metric: Metric, left: NDArray[np.float64], right: NDArray[np.float64]) -> Effect:
    from scipy.stats import t

    gaps = right - left
    n, mean = len(gaps), float(gaps.mean())
    if n < 2:
        raise TaskFailed("a study with one seed has no interval; set call.seeds to 2 or more")
    sd = float(gaps.std(ddof=1))
    half = float(t.ppf(0.975, n - 1)) * sd / n**0.5
    return Effect(
        metric=metric.name,
        label=metric.shown,
        unit=metric.unit,
        goal=metric.goal,
        baseline=float(left.mean()),
        treatment=float(right.mean()),
        baseline_sd=float(left.std(ddof=1)),
        treatment_sd=float(right.std(ddof=1)),
        difference=mean,
        low=mean - half,
        high=mean + half,
        size=mean / sd if sd > 0 else None,
        seeds=n,
    )


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of a template's files."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            digest.update(path.name.encode() + b"\x1f" + path.read_bytes() + b"\x1e")
    return digest.hexdigest()


def canonical(results: object) -> bytes:
    """Results as bytes, equal for equal numbers; timings are left out."""
    return json.dumps(_without_timing(results), sort_keys=True, indent=1).encode()


def _without_timing(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_timing(part) for key, part in value.items() if key != "timing"}
    return [_without_timing(part) for part in value] if isinstance(value, list) else value
