"""The embedded scientist: real experiments, a real paper, and answers from its own data.

It chooses a question from a template's ideas, runs baseline and treatment with the same seeds and
budget in the sandbox, and writes up what it measured. Its text is composed of phrases and numbers,
and every paper says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.files import EXPERIMENTS
from conference.core.mentions import mentions
from conference.core.records import Agent, AnyRecord, Call, Experiment, Rebuttal, Review
from conference.models.context import Context
from scientists.embedded.answers import PROMISED, answer_to, doubted, known_of, points_of
from scientists.experiments import Laboratory, Outcome
from scientists.known_works import beside_literature
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from scientists.study import Question, Written, analyse, canonical, choose, folder_hash, plan
from scientists.submission import camera_ready, hand_in
from scientists.templates import SeedIdea, load_template

NAME = "embedded"
MORE_SEEDS = 2


class EmbeddedScientist:
    """Implements `ScientistMind`."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]:
        """One study from question to PDF."""
        rng = context.rng()
        own = sight.planned
        among = [(own.template, own.idea)] if own else []
        question = choose(agent, sight.call, sight.archive, rng, among)
        question, searched = await asyncio.to_thread(
            beside_literature, question, sight.literature, context.folder, sight.paper
        )
        seeds = draw_seeds(rng, sight.seeds)
        runs = plan(question, sight.budget, seeds)
        laboratory = Laboratory(question.template, agent.id, sight.paper, sight.unsafe)
        async with context.slots:
            outcome = await asyncio.to_thread(laboratory.study, runs, sight.budget)
        study = as_written(question, runs, outcome, sight.budget, sight.call.title, sight.format)
        made = await asyncio.to_thread(hand_in, agent, sight.paper, study, outcome, context, 1)
        return [*made, *searched]

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal:
        """Answers each point of each review, with data if the study has any."""
        known = known_of(sight.experiment)
        replies, points, answered = {}, 0, 0
        promises: list[str] = []
        for name, review in zip(sight.names, sight.reviews, strict=True):
            lines = []
            for point in points_of(review):
                points += 1
                answer = answer_to(point, known)
                answered += answer is not None
                reply = answer or "we have no measurement that answers this"
                lines.append(f"On \u201c{point[:140]}\u201d: {reply}.")
                if answer is None and mentions(point, PROMISED):
                    promises.append(f"run {MORE_SEEDS} more seeds an arm")
            replies[name] = "\n".join(lines) or "We thank the reviewer; no point was raised."
        return Rebuttal(
            paper=sight.submission.paper,
            author=agent.id,
            replies=replies,
            promises=tuple(dict.fromkeys(promises)),
            strength=round(answered / points, 4) if points else 0.0,
            mind=NAME,
        )

    async def revise(self, agent: Agent, sight: ReviseSight, context: Context) -> list[AnyRecord]:
        """Runs more seeds if reviewers doubted the evidence, and writes the paper again."""
        past = sight.experiment
        if past is None:
            return []
        before = load_study(past, Path(sight.folder) if sight.folder else context.folder)
        rng = context.rng()
        more = MORE_SEEDS if doubted(sight.reviews) else 0
        seeds = [s for s in draw_seeds(rng, len(past.seeds) + more) if s not in past.seeds][:more]
        question = asked_again(past, sight.call)
        paper = sight.resubmission or sight.submission.paper
        runs, results, figures = before.runs, before.results, before.figures
        laboratory = Laboratory(question.template, agent.id, paper, sight.unsafe)
        if seeds:
            new = plan(question, sight.budget, seeds)
            async with context.slots:
                more_results = await asyncio.to_thread(laboratory.run, new, sight.budget)
                runs, results = [*runs, *new], [*results, *more_results]
                figures = await asyncio.to_thread(laboratory.draw, runs, results)
        outcome = Outcome(results, figures, laboratory.incidents)
        study = as_written(
            question, runs, outcome, sight.budget, sight.call.title, sight.format
        )  # fmt: skip
        changes = _changes(past, seeds, sight.reviews, sight.resubmission)
        study = msgspec.structs.replace(study, answers=changes)
        if sight.resubmission:
            version = sight.submission.version + 1
            return await asyncio.to_thread(hand_in, agent, paper, study, outcome, context, version)
        study = msgspec.structs.replace(
            study, authors=agent.name, affiliation=agent.lab, camera_ready=True
        )
        return await asyncio.to_thread(camera_ready, sight.submission, study, outcome, context)


class Kept(msgspec.Struct, frozen=True):
    """A study as kept in its files."""

    runs: list[dict[str, Any]]
    results: list[dict[str, Any]]
    figures: list[tuple[str, str, bytes]]


def draw_seeds(rng: np.random.Generator, count: int) -> list[int]:
    """Distinct seeds for a study's runs."""
    return [int(seed) for seed in rng.choice(10_000, count, replace=False)]


def as_written(
    question: Question,
    runs: Sequence[dict[str, Any]],
    outcome: Outcome,
    budget: str,
    venue: str,
    format_: str = "typst",
) -> Written:
    """A finished study in the form that a paper is written from."""
    results = canonical({"runs": list(runs), "results": outcome.results})
    return Written(
        question=question,
        effects=analyse(question, runs, outcome.results),
        runs=runs,
        results=outcome.results,
        captions=[(name, caption) for name, caption, _ in outcome.figures],
        budget=question.template.budget[budget],
        code_sha256=folder_hash(question.template.folder),
        results_sha256=hashlib.sha256(results).hexdigest(),
        venue=venue,
        format=format_,
    )


def load_study(past: Experiment, folder: Path) -> Kept:
    """Load an earlier study from its kept files."""
    kept = folder / EXPERIMENTS
    stored = json.loads((kept / past.files["results"]).read_bytes())
    figures = [
        (
            name.removeprefix("figure: "),
            (kept / past.files[name.replace("figure: ", "caption: ")]).read_text(),
            (kept / file).read_bytes(),
        )
        for name, file in past.files.items()
        if name.startswith("figure: ")
    ]
    return Kept(stored["runs"], stored["results"], figures)


def asked_again(past: Experiment, call: Call) -> Question:
    """The question of an earlier study, with its template from the call or an installed one."""
    offered = {template.name: template for template in map(load_template, call.templates)}
    template = offered.get(past.template) or load_template(past.template)
    known = {idea.name: idea for idea in template.ideas}
    idea = known.get(past.idea) or SeedIdea(past.idea, past.idea, past.hypothesis, {}, "", {})
    return Question(
        template=template,
        idea=idea,
        treatment=dict(past.knobs),
        baseline=dict(past.baseline),
        novelty=1.0 if past.novelty is None else past.novelty,
        nearest=past.novelty_nearest,
        similar=past.similar,
    )


def _changes(
    past: Experiment, seeds: Sequence[int], reviews: Sequence[Review], resubmission: str
) -> list[str]:
    changes = []
    if seeds:
        total = len(past.seeds) + len(seeds)
        changes.append(
            f"{len(seeds)} more seeds were run in each arm, {total} in all; every number is new."
        )
    raised = sum(len(points_of(review)) for review in reviews)
    changes.append(f"This section was added; the reviews raised {raised} points.")
    if not resubmission:
        changes.append("The authors' names were put in.")
    return changes


def make() -> Any:
    """The embedded scientist."""
    return EmbeddedScientist()
