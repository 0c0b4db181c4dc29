"""A language-model scientist's revision: more seeds if evidence was doubted, and new text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from conference.core.files import EXPERIMENTS
from conference.core.records import Agent, AnyRecord, Experiment, Review
from conference.core.tasks import TaskFailed
from conference.models import struct_shape
from conference.models.context import Context
from conference.models.prompts import render
from conference.models.reading import fit_parts
from scientists.embedded.answers import doubted
from scientists.embedded.mind import (
    MORE_SEEDS,
    Kept,
    as_written,
    asked_again,
    draw_seeds,
    load_study,
)
from scientists.evidence import CHANGES, said
from scientists.experiments import Laboratory, Outcome
from scientists.language.ideas import PROMPTS, material
from scientists.language.trials import run_arm
from scientists.language.writing import (
    Revision,
    invented,
    refined,
    sources_of,
    study_text,
    write_sections,
)
from scientists.prose import CITATIONS, Fault, Prose, citation_faults
from scientists.scientist import ReviseSight
from scientists.study import Question, Tried, Written, plan
from scientists.submission import camera_ready, hand_in


class Earlier(msgspec.Struct, frozen=True):
    """A study as its round kept it: runs, text, trials, and the script of its figures."""

    kept: Kept
    prose: Prose
    tried: Tried
    plot: str


async def revise(
    agent: Agent, sight: ReviseSight, past: Experiment, context: Context
) -> list[AnyRecord]:
    """Revise a paper, with more seeds if its evidence was doubted; return its records."""
    before = _earlier(past, Path(sight.folder) if sight.folder else context.folder)
    question = asked_again(past, sight.call)
    idea = msgspec.structs.replace(question.idea, title=before.prose.title)
    question = msgspec.structs.replace(question, idea=idea)
    paper = sight.resubmission or sight.submission.paper
    laboratory = Laboratory(question.template, agent.id, paper, sight.unsafe)
    try:
        drawn, more = await _more(laboratory, question, past, before, sight, context)
        study, missing = await _rewritten(question, drawn, sight, context, more)
    except TaskFailed as error:
        raise TaskFailed(str(error), laboratory.incidents) from error
    laboratory.incidents.extend(invented(missing, agent.id, paper))
    outcome = Outcome(drawn.kept.results, drawn.kept.figures, laboratory.incidents)
    if sight.resubmission:
        version = sight.submission.version + 1
        return await asyncio.to_thread(hand_in, agent, paper, study, outcome, context, version)
    study = msgspec.structs.replace(
        study, authors=agent.name, affiliation=agent.lab, camera_ready=True
    )
    return await asyncio.to_thread(camera_ready, sight.submission, study, outcome, context)


def shown(reviews: Sequence[Review], names: Sequence[str]) -> list[str]:
    """Reviews as authors see them."""
    return [
        f"{name} (rating {review.rating:g}):\n"
        + "\n".join(f"{field}: {text}" for field, text in review.texts.items())
        for name, review in zip(names, reviews, strict=True)
    ]


def _earlier(past: Experiment, folder: Path) -> Earlier:
    stored = folder / EXPERIMENTS
    prose = msgspec.json.decode((stored / past.files["prose"]).read_bytes(), type=Prose)
    tried = msgspec.json.decode((stored / past.files["trials"]).read_bytes(), type=Tried)
    plot = past.files.get("code of the figures")
    code = (stored / plot).read_text(encoding="utf-8") if plot else ""
    return Earlier(load_study(past, folder), prose, tried, code)


async def _more(
    laboratory: Laboratory,
    question: Question,
    past: Experiment,
    before: Earlier,
    sight: ReviseSight,
    context: Context,
) -> tuple[Earlier, int]:
    """The study, with more seeds in both arms if reviews doubt its evidence; and how many."""
    if not doubted(sight.reviews):
        return before, 0
    used = {*past.seeds, before.tried.seed}
    drawn = draw_seeds(context.rng(), len(used) + MORE_SEEDS)
    seeds = [seed for seed in drawn if seed not in used][:MORE_SEEDS]
    new = plan(question, sight.budget, seeds)
    codes = {"baseline": "", "treatment": before.tried.version.code}
    rows = {
        label: iter(
            await run_arm(
                laboratory,
                [run for run in new if run["label"] == label],
                sight.budget,
                context,
                code,
            )
        )
        for label, code in codes.items()
    }
    runs = [*before.kept.runs, *new]
    results = [*before.kept.results, *(next(rows[run["label"]]) for run in new)]
    plot = before.plot
    async with context.slots:
        try:
            figures = await asyncio.to_thread(laboratory.draw, runs, results, plot or None)
        except TaskFailed:
            if not plot:
                raise
            # The changed script may fail with more runs; the template's draws any.
            plot, figures = "", await asyncio.to_thread(laboratory.draw, runs, results)
    kept = Kept(runs, results, figures)
    return msgspec.structs.replace(before, kept=kept, plot=plot), len(seeds)


async def _rewritten(
    question: Question, now: Earlier, sight: ReviseSight, context: Context, more: int
) -> tuple[Written, list[Fault]]:
    """The study with rewritten text, and faults for unknown citations in it."""
    outcome = Outcome(now.kept.results, now.kept.figures, [])
    study = msgspec.structs.replace(
        as_written(question, now.kept.runs, outcome, sight.budget, sight.call.title, sight.format),
        tried=now.tried,
        plot=now.plot,
    )
    works = question.template.bibliography
    names = [f"R{number}" for number in range(1, len(sight.reviews) + 1)]
    shown_study = study_text(material(question.template, sight.call), study, works)
    prompt = render(
        PROMPTS, "revise", study=shown_study,
        title=now.prose.title, abstract=now.prose.abstract,
        reviews=fit_parts([*shown(sight.reviews, names), sight.meta_review], context.asker),
        more=more, promises=sight.rebuttal.promises if sight.rebuttal else (),
    )  # fmt: skip
    sources = sources_of(study, now.prose.keys, now.prose.years)
    answer = await refined(context.asker, prompt, struct_shape(Revision), "revision", sources)
    # More seeds change means and intervals: sections that state old ones are rewritten.
    stale = [title for title, text in now.prose.sections.items() if sources.faults(text, title)]
    wanted = stale if more else []
    sections = await write_sections(context.asker, shown_study, answer, wanted, sources)
    prose = msgspec.structs.replace(
        now.prose,
        title=" ".join(answer.title.split()),
        abstract=" ".join(answer.abstract.split()),
        sections={**now.prose.sections, **sections},
    )
    study = msgspec.structs.replace(study, answers=answer.changes, prose=prose)
    return _with_faults(study, prose, ("title", "abstract", CHANGES, *sections))


def _with_faults(
    study: Written, prose: Prose, rewritten: Sequence[str]
) -> tuple[Written, list[Fault]]:
    """The study with faults for its unknown citations, and the faults in the rewritten parts."""
    words = said(study)
    kept = [fault for fault in prose.faults if fault[0] != CITATIONS]
    faults = (*kept, *citation_faults(words, prose.keys))
    prose = msgspec.structs.replace(prose, faults=faults)
    anew = {where: words[where] for where in rewritten}
    return msgspec.structs.replace(study, prose=prose), citation_faults(anew, prose.keys)
