"""The language-model scientist: an idea, its novelty, its code, its runs, and a paper about them.

The pipeline is The AI Scientist's (Lu et al. 2024), with three differences: code runs only in the
sandbox, both arms have the same seeds and budget whatever the model writes, and every citation and
number of the text is compared with its source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.context import Context
from conference.documents.layout import check_claims
from conference.files import EXPERIMENTS
from conference.forms import Field, Form
from conference.manuscript import blinded
from conference.models import form_shape, struct_shape
from conference.models.reading import asks_about, fit_parts
from conference.prompts import render
from conference.records import Agent, AnyRecord, Experiment, Incident, Rebuttal, Review
from conference.tasks import TaskFailed
from conference.templates import Template, load_template
from scientists.answers import doubted
from scientists.coding import run_both
from scientists.embedded import MORE_SEEDS, Kept, as_written, asked_again, draw_seeds, load_study
from scientists.ideas import PROMPTS, material, propose
from scientists.known_works import CACHE, Library
from scientists.laboratory import Laboratory, Outcome
from scientists.prose import Prose
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from scientists.study import Question, Written, analyse, plan
from scientists.submission import camera_ready, hand_in
from scientists.writing import Revision, mended, sources_of, study_text, write


class LanguageScientist:
    """Fulfils `ScientistMind` with the model that its context carries."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]:
        """One study from idea to PDF."""
        rng = context.rng()
        template = _template(agent, sight.call.templates, rng.random())
        base = material(template, sight.call)
        works = Library(template, sight.literature, context.folder / CACHE)
        question = await propose(context.asker, template, sight.call, sight.archive, works.search)
        runs = plan(question, sight.budget, draw_seeds(rng, sight.seeds))
        laboratory = Laboratory(template, agent.id, sight.paper, sight.unsafe)
        try:
            done = await run_both(laboratory, question, runs, base, sight.budget, context)
            effects = analyse(question, runs, done.results)
            sources = sources_of(
                question, effects, done.results, dict(template.budget[sight.budget]), works.known
            )
            prose = await write(
                context.asker, base, question, effects, done.explanation, works.known, sources,
                done.faults,
            )  # fmt: skip
        except TaskFailed as error:
            raise TaskFailed(str(error), laboratory.incidents) from error
        async with context.slots:
            figures = await asyncio.to_thread(laboratory.draw, runs, done.results)
        incidents = [*laboratory.incidents, *_invented(prose, agent, sight)]
        outcome = Outcome(done.results, figures, incidents)
        study = as_written(question, runs, outcome, sight.budget, sight.call.title, sight.format)
        study = msgspec.structs.replace(study, prose=prose, code=done.code)
        made = await asyncio.to_thread(hand_in, agent, sight.paper, study, outcome, context, 1)
        return [*made, *works.checks(sight.paper)]

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal:
        """A reply to each review. `strength` is the share of its numbers that the paper has."""
        form = Form(
            field=(
                *(Field(name=f"reply_{name}", kind="text") for name in sight.names),
                Field(name="promises", kind="text", required=False),
            ),
            rating="",
        )
        shown = fit_parts(_shown(sight.reviews, sight.names), context.asker)
        prompt = render(PROMPTS, "rebut", reviews=shown)
        manuscript = blinded(sight.submission)
        messages = asks_about(manuscript, context.papers, context.asker, prompt)
        answer = await context.asker.ask(messages, form_shape(form), "rebut")
        replies = {name: answer.texts[f"reply_{name}"] for name in sight.names}
        promises = [line.strip(" -") for line in answer.texts.get("promises", "").splitlines()]
        return Rebuttal(
            paper=sight.submission.paper,
            author=agent.id,
            replies=replies,
            promises=tuple(line for line in promises if line),
            strength=_borne(" ".join(replies.values()), messages[1].text),
            mind=agent.mind,
        )

    async def revise(self, agent: Agent, sight: ReviseSight, context: Context) -> list[AnyRecord]:
        """More seeds where the evidence was doubted, and title, abstract and changes anew."""
        past = sight.experiment
        if past is None or "prose" not in past.files:
            return []
        folder = Path(sight.folder) if sight.folder else context.folder
        before, prose = load_study(past, folder), _prose(past, folder)
        question = asked_again(past, sight.call)
        idea = msgspec.structs.replace(question.idea, title=prose.title)
        question = msgspec.structs.replace(question, idea=idea)
        paper = sight.resubmission or sight.submission.paper
        kept, incidents, more = await _more(
            question, past, before, folder, sight, context, agent, paper
        )
        study = await _rewritten(question, kept, prose, sight, context, more)
        outcome = Outcome(kept.results, kept.figures, incidents)
        if sight.resubmission:
            version = sight.submission.version + 1
            return await asyncio.to_thread(hand_in, agent, paper, study, outcome, context, version)
        study = msgspec.structs.replace(
            study, authors=agent.name, affiliation=agent.lab, camera_ready=True
        )
        return await asyncio.to_thread(
            camera_ready, sight.submission, study, kept.figures, outcome, context
        )


def _template(agent: Agent, names: Sequence[str], draw: float) -> Template:
    """One of the call's templates, of the agent's own topics where there is one."""
    templates = [load_template(name) for name in names]
    own = [template for template in templates if set(template.topics) & set(agent.topics)]
    choice = own or templates
    return choice[int(draw * len(choice))]


def _invented(prose: Prose, agent: Agent, sight: ResearchSight) -> list[Incident]:
    """Citations of works that there are not, as incidents."""
    return [
        Incident(kind="invented_citation", agent=agent.id, paper=sight.paper, detail=detail)
        for kind, detail in prose.faults
        if kind == "citations"
    ]


def _shown(reviews: Sequence[Review], names: Sequence[str]) -> list[str]:
    """Reviews as authors see them."""
    return [
        f"{name} (rating {review.rating:g}):\n"
        + "\n".join(f"{field}: {text}" for field, text in review.texts.items())
        for name, review in zip(names, reviews, strict=True)
    ]


def _borne(text: str, paper: str) -> float:
    """The share of a text's numbers that the paper has; 0 when it states none."""
    import re

    values = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", paper)]
    claims = check_claims(text, values, "rebuttal")
    return round(sum(claim.matched for claim in claims) / len(claims), 4) if claims else 0.0


def _prose(past: Experiment, folder: Path) -> Prose:
    content = (folder / EXPERIMENTS / past.files["prose"]).read_bytes()
    return msgspec.json.decode(content, type=Prose)


async def _more(
    question: Question,
    past: Experiment,
    before: Kept,
    folder: Path,
    sight: ReviseSight,
    context: Context,
    agent: Agent,
    paper: str,
) -> tuple[Kept, list[Incident], int]:
    """The study with more seeds in both arms when the reviews doubt its evidence."""
    if not doubted(sight.reviews):
        return before, [], 0
    drawn = draw_seeds(context.rng(), len(past.seeds) + MORE_SEEDS)
    seeds = [seed for seed in drawn if seed not in past.seeds][:MORE_SEEDS]
    new = plan(question, sight.budget, seeds)
    laboratory = Laboratory(question.template, agent.id, paper, sight.unsafe)
    changed = past.files.get("code of the treatment")
    code = (folder / EXPERIMENTS / changed).read_text() if changed else None
    rows: dict[str, Any] = {}
    for label, version in (("baseline", None), ("treatment", code)):
        arm = [run for run in new if run["label"] == label]
        async with context.slots:
            rows[label] = iter(await asyncio.to_thread(laboratory.run, arm, sight.budget, version))
    runs = [*before.runs, *new]
    results = [*before.results, *(next(rows[run["label"]]) for run in new)]
    async with context.slots:
        figures = await asyncio.to_thread(laboratory.draw, runs, results)
    return Kept(runs, results, figures), laboratory.incidents, len(seeds)


async def _rewritten(
    question: Question,
    kept: Kept,
    prose: Prose,
    sight: ReviseSight,
    context: Context,
    more: int,
) -> Written:
    template = question.template
    effects = analyse(question, kept.runs, kept.results)
    budget = dict(template.budget[sight.budget])
    sources = sources_of(question, effects, kept.results, budget, template.bibliography)
    base = material(template, sight.call)
    names = [f"R{number}" for number in range(1, len(sight.reviews) + 1)]
    prompt = render(
        PROMPTS, "revise",
        study=study_text(base, question, effects, prose.explanation, template.bibliography),
        title=prose.title, abstract=prose.abstract,
        reviews=fit_parts([*_shown(sight.reviews, names), sight.meta_review], context.asker),
        more=more,
    )  # fmt: skip
    answer, _ = await mended(context.asker, prompt, struct_shape(Revision), "revision", sources)
    outcome = Outcome(kept.results, kept.figures, [])
    study = as_written(question, kept.runs, outcome, sight.budget, sight.call.title, sight.format)
    return msgspec.structs.replace(
        study,
        answers=tuple(answer.changes),
        prose=msgspec.structs.replace(prose, title=answer.title, abstract=answer.abstract),
    )


def make() -> LanguageScientist:
    """The language-model scientist."""
    return LanguageScientist()
