"""The language-model scientist: an idea, its novelty, its code, its runs, and a paper about them.

The pipeline is The AI Scientist's (Lu et al. 2024), with these differences: code runs only in the
sandbox; versions of it are tried on a seed that the study does not use; both arms have the same
seeds and budget, which code changes may not touch; every citation and number is checked against its
source.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import msgspec

from conference.core.forms import Field, Form
from conference.core.records import Agent, AnyRecord, Rebuttal
from conference.core.tasks import TaskFailed
from conference.models import form_shape
from conference.models.context import Context
from conference.models.prompts import render
from conference.models.reading import asks_about, fit_parts
from conference.models.records import PAPER_END
from conference.papers.layout import check_claims
from conference.papers.manuscript import blinded
from scientists.embedded.mind import as_written, draw_seeds
from scientists.experiments import Laboratory, Outcome
from scientists.known_works import CACHE, Library
from scientists.language.citing import gather
from scientists.language.ideas import PROMPTS, material, not_new, propose
from scientists.language.plotting import draw_figures
from scientists.language.revising import revise, shown
from scientists.language.trials import run_both, try_out
from scientists.language.writing import invented, write
from scientists.prose import CODE
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from scientists.study import plan
from scientists.submission import hand_in
from scientists.templates import Template, load_template


class LanguageScientist:
    """Implements `ScientistMind` with the language model of its context."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]:
        """One study from idea to PDF."""
        rng = context.rng()
        template = _template(agent, sight, rng.random())
        base = material(template, sight.call)
        works = Library(template, sight.literature, context.folder / CACHE)
        question, verdict = await propose(context.asker, template, sight, works.search)
        *seeds, trial_seed = draw_seeds(rng, sight.seeds + 1)
        runs = plan(question, sight.budget, seeds)
        laboratory = Laboratory(template, agent.id, sight.paper, sight.unsafe)
        try:
            tried = await try_out(laboratory, question, trial_seed, base, sight.budget, context)
            results, tried = await run_both(laboratory, runs, tried, sight.budget, context)
            drawn = await draw_figures(laboratory, question, runs, results, base, context)
            outcome = Outcome(results, drawn.figures, laboratory.incidents)
            study = msgspec.structs.replace(
                as_written(question, runs, outcome, sight.budget, sight.call.title, sight.format),
                tried=tried,
                plot=drawn.code,
            )
            await gather(context.asker, base, study, works)
            faults = [(CODE, fault) for fault in (tried.fault, drawn.fault) if fault]
            faults += not_new(verdict)
            prose = await write(context.asker, base, study, works.known, faults)
        except TaskFailed as error:
            raise TaskFailed(str(error), laboratory.incidents) from error
        laboratory.incidents.extend(invented(prose.faults, agent.id, sight.paper))
        study = msgspec.structs.replace(study, prose=prose)
        made = await asyncio.to_thread(hand_in, agent, sight.paper, study, outcome, context, 1)
        return [*made, *works.checks(sight.paper)]

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal:
        """A reply to each review. `strength` is the share of replies with data (`_with_data`)."""
        form = Form(
            field=(
                *(Field(name=f"reply_{name}", kind="text") for name in sight.names),
                Field(name="promises", kind="text", required=False),
            ),
            rating="",
        )
        reviews = fit_parts(shown(sight.reviews, sight.names), context.asker)
        prompt = render(PROMPTS, "rebut", reviews=reviews)
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
            strength=_with_data(list(replies.values()), messages[1].text.rpartition(PAPER_END)[0]),
            mind=agent.mind,
        )

    async def revise(self, agent: Agent, sight: ReviseSight, context: Context) -> list[AnyRecord]:
        """Runs more seeds if the evidence was doubted, and rewrites title, abstract and changes."""
        past = sight.experiment
        if past is None or "prose" not in past.files:
            return []
        return await revise(agent, sight, past, context)


def _template(agent: Agent, sight: ResearchSight, draw: float) -> Template:
    """The planned study's template, else one of the call's, on the agent's topics if possible."""
    templates = [load_template(name) for name in sight.call.templates]
    for template in templates:
        if sight.planned and template.name == sight.planned.template:
            return template
    own = [template for template in templates if set(template.topics) & set(agent.topics)]
    choice = own or templates
    return choice[int(draw * len(choice))]


def _with_data(replies: Sequence[str], paper: str) -> float:
    """The share of replies that state numbers, all of which are in the paper."""
    values = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", paper)]
    claims = [check_claims(reply, values, "rebuttal") for reply in replies]
    borne = [bool(found) and all(claim.matched for claim in found) for found in claims]
    return round(sum(borne) / len(borne), 4) if borne else 0.0


def make() -> LanguageScientist:
    """The language-model scientist."""
    return LanguageScientist()
