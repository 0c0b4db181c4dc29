"""The embedded scientist: real experiments, a real paper, and answers from its own data.

It chooses a question from a template's ideas, runs baseline and treatment on the same seeds and
budget in the sandbox, and writes up what it measured. Its words are composed from phrases and
numbers; every paper says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.context import Context
from conference.documents import read_pdf, write_document
from conference.documents.layout import beyond_margins, check_claims, numbers_in, small_print
from conference.files import EXPERIMENTS, keep
from conference.records import (
    Agent,
    AnyRecord,
    CameraReady,
    Check,
    Experiment,
    Rebuttal,
    Review,
    Submission,
)
from conference.seeding import generator
from conference.templates import SeedIdea, load_template
from conference.typesetting import typeset
from scientists.laboratory import Outcome, run_study
from scientists.paper import Written, abstract_of, paper_data, reference, title_of
from scientists.scientist import RebutSight, ResearchSight, ReviseSight
from scientists.study import (
    Effect,
    Question,
    analyse,
    canonical,
    choose,
    folder_hash,
    plan,
)

NAME = "embedded"
MORE_SEEDS = 2
ANSWERABLE = {
    "seed": "Every comparison is over {seeds} paired seeds, all listed in the appendix",
    "error bar": "Table 2 has a 95 % interval for each difference; the primary one is {low} to {high}",
    "interval": "Table 2 has a 95 % interval for each difference; the primary one is {low} to {high}",
    "baseline": "The baseline has the same budget as the treatment; Table 1 lists both arms' settings",
    "limitation": "A section on limitations states the scale, the seeds and how the text was made",
    "code": "The reproducibility statement gives the hash of code and results",
    "large is the effect": "The paired difference is {difference}, 95 % interval {low} to {high}",
}


class EmbeddedScientist:
    """Fulfils `ScientistMind`."""

    async def research(
        self, agent: Agent, sight: ResearchSight, context: Context
    ) -> list[AnyRecord]:
        """One study from question to PDF."""
        rng = context.rng()
        question = choose(agent, sight.call, sight.archive, rng)
        seeds = _seeds(rng, sight.seeds)
        runs = plan(question, sight.budget, seeds)
        async with context.slots:
            outcome = await asyncio.to_thread(
                run_study,
                question.template,
                runs,
                sight.budget,
                agent.id,
                sight.paper,
                sight.unsafe,
            )
        study = _study(question, runs, outcome, sight.budget, sight.call.title)
        return await asyncio.to_thread(_hand_in, agent, sight.paper, study, outcome, context, 1)

    async def rebut(self, agent: Agent, sight: RebutSight, context: Context) -> Rebuttal:
        """Each point of each review, answered with data where the study has any."""
        known = _known(sight.submission, context.folder)
        replies, points, answered = {}, 0, 0
        promises: list[str] = []
        for name, review in zip(sight.names, sight.reviews, strict=True):
            lines = []
            for point in _points(review):
                points += 1
                answer = _answer(point, known)
                answered += answer is not None
                lines.append(
                    f"On \u201c{point[:140]}\u201d: {answer or 'we have no measurement that answers this'}."
                )
                if answer is None and ("seed" in point or "evidence" in point or "effect" in point):
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
        """Run more seeds where reviewers doubted the evidence, and write the paper again."""
        past = sight.experiment
        if past is None:
            return []
        before = _load(past, Path(sight.folder) if sight.folder else context.folder)
        rng = context.rng()
        more = MORE_SEEDS if _doubts(sight.reviews) else 0
        seeds = [s for s in _seeds(rng, len(past.seeds) + more) if s not in past.seeds][:more]
        runs, outcome = list(before.runs), Outcome([], [], [])
        question = _again(past)
        if seeds:
            new = plan(question, sight.budget, seeds)
            async with context.slots:
                outcome = await asyncio.to_thread(
                    run_study, question.template, new, sight.budget, agent.id,
                    sight.resubmission or sight.submission.paper, sight.unsafe,
                )  # fmt: skip
            runs += new
        results = [*before.results, *outcome.results]
        changes = _changes(past, seeds, sight.reviews, sight.resubmission)
        figures = outcome.figures or before.figures
        if seeds:
            figures = await self._figures(question, runs, results, sight, agent, context)
        study = _study(
            question,
            runs,
            Outcome(results, figures, outcome.incidents),
            sight.budget,
            sight.call.title,
        )
        study = msgspec.structs.replace(study, answers=changes)
        if sight.resubmission:
            version = sight.submission.version + 1
            return await asyncio.to_thread(
                _hand_in, agent, sight.resubmission, study, Outcome(results, figures, outcome.incidents),
                context, version,
            )  # fmt: skip
        study = msgspec.structs.replace(
            study, authors=agent.name, affiliation=agent.lab, camera_ready=True
        )
        return await asyncio.to_thread(
            _camera_ready, sight.submission, study, figures, outcome, context
        )

    async def _figures(
        self,
        question: Question,
        runs: Sequence[dict[str, Any]],
        results: Sequence[dict[str, Any]],
        sight: ReviseSight,
        agent: Agent,
        context: Context,
    ) -> list[tuple[str, str, bytes]]:
        from scientists.laboratory import draw

        async with context.slots:
            return await asyncio.to_thread(
                draw,
                question.template,
                runs,
                results,
                agent.id,
                sight.submission.paper,
                sight.unsafe,
            )


class Kept(msgspec.Struct, frozen=True):
    """A study as its result file has it."""

    runs: list[dict[str, Any]]
    results: list[dict[str, Any]]
    figures: list[tuple[str, str, bytes]]


def _seeds(rng: np.random.Generator, count: int) -> list[int]:
    return [int(seed) for seed in rng.choice(10_000, count, replace=False)]


def _study(
    question: Question, runs: Sequence[dict[str, Any]], outcome: Outcome, budget: str, venue: str
) -> Written:
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
    )


def _hand_in(
    agent: Agent, paper: str, study: Written, outcome: Outcome, context: Context, version: int
) -> list[AnyRecord]:
    """Typeset, check, keep the files, and hand the records over."""
    rng = generator(context.seed, "words", paper, version)
    effect = study.effects[0]
    title = title_of(study.question, effect, rng)
    abstract = abstract_of(study, title, rng)
    data = paper_data(study, title, abstract, rng)
    pdf = typeset(data, {f"{name}.svg": content for name, _, content in outcome.figures})
    name = keep(context.papers, pdf, ".pdf")
    document = read_pdf(context.papers / name)
    files = _keep_files(study, outcome, context.experiments)
    submission = Submission(
        paper=paper,
        title=title,
        abstract=abstract,
        keywords=study.question.template.topics,
        topic=_topic(study, agent),
        authors=(agent.id,),
        lab=agent.lab,
        pdf=name,
        document=write_document(document, context.papers),
        pages=document.pages,
        template=study.question.template.name,
        version=version,
    )
    checks = _checks(paper, study, abstract, data, context.papers / name)
    return [submission, _experiment(paper, study, files), *checks, *outcome.incidents]


def _topic(study: Written, agent: Agent) -> str:
    shared = [topic for topic in study.question.template.topics if topic in agent.topics]
    return shared[0] if shared else study.question.template.topics[0]


def _keep_files(study: Written, outcome: Outcome, folder: Path) -> dict[str, str]:
    results = canonical({"runs": list(study.runs), "results": list(study.results)})
    files = {"results": keep(folder, results, ".json")}
    for name, caption, content in outcome.figures:
        files[f"figure: {name}"] = keep(folder, content, ".svg")
        files[f"caption: {name}"] = keep(folder, caption.encode(), ".txt")
    return files


def _experiment(paper: str, study: Written, files: dict[str, str]) -> Experiment:
    q, effect = study.question, study.effects[0]
    return Experiment(
        paper=paper,
        template=q.template.name,
        idea=q.idea.name,
        hypothesis=q.idea.hypothesis,
        knobs=q.treatment,
        baseline=q.baseline,
        seeds=tuple(sorted({int(run["seed"]) for run in study.runs})),
        runs=len(study.runs),
        metric=effect.metric,
        effect=effect.difference,
        effect_low=effect.low,
        effect_high=effect.high,
        conclusion=effect.conclusion,
        novelty=q.novelty,
        novelty_nearest=q.nearest,
        code_sha256=study.code_sha256,
        results_sha256=study.results_sha256,
        files=files,
    )


def _checks(
    paper: str, study: Written, abstract: str, data: Mapping[str, Any], pdf: Path
) -> list[Check]:
    """What is checked before submission; reviewers see those that fail."""
    values = numbers_in([msgspec.to_builtins(effect) for effect in study.effects])
    values += [part for run in study.results for part in numbers_in(run["metrics"])]
    words = f"{study.question.idea.title} {study.question.idea.hypothesis}"
    words += " ".join(
        f"{metric.name} {metric.description}" for metric in study.question.template.metrics
    )
    plain = numbers_in([study.question.treatment, study.question.baseline, dict(study.budget), 95])
    plain += [
        float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", words.replace("_", " "))
    ]
    claims = check_claims(abstract, values, "abstract", plain)
    for table in _tables(data):
        for row in table["rows"]:
            for cell in row[1:]:
                claims += check_claims(
                    cell, values, table["caption"], [*plain, *_seed_values(study)]
                )
    wrong = [claim for claim in claims if not claim.matched]
    entries = [reference(entry) for entry in study.question.template.bibliography]
    arms = {
        label: [run for run in study.runs if run["label"] == label]
        for label in ("baseline", "treatment")
    }
    fair = (
        sorted(run["seed"] for run in arms["baseline"])
        == sorted(run["seed"] for run in arms["treatment"])
        and len({json.dumps(run["budget"], sort_keys=True) for run in study.runs}) == 1
    )
    margins, small = beyond_margins(pdf), small_print(pdf)
    return [
        Check(paper=paper, name="claims", passed=not wrong, detail=f"{len(claims)} numbers of abstract and tables against the result file" + (f"; not borne out: {', '.join(c.number for c in wrong[:5])}" if wrong else "")),
        Check(paper=paper, name="citations", passed=len(set(entries)) == len(entries), detail=f"{len(entries)} works, all in the template's bibliography"),
        Check(paper=paper, name="fair comparison", passed=fair, detail="both arms have the same seeds, steps and tuning trials" if fair else "the arms differ in seeds or budget"),
        Check(paper=paper, name="margins", passed=not margins, detail="; ".join(f.detail for f in margins[:3]) or "nothing beyond the margins"),
        Check(paper=paper, name="print size", passed=not small, detail="; ".join(f.detail for f in small[:3]) or "all print is readable"),
        Check(paper=paper, name="hashes", passed=True, detail=f"code {study.code_sha256[:12]}, results {study.results_sha256[:12]}"),
    ]  # fmt: skip


def _tables(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = [part for section in data["sections"] for part in section["parts"]] + data["appendix"]
    return [part for part in parts if part["kind"] == "table"]


def _seed_values(study: Written) -> list[float]:
    return [float(run["seed"]) for run in study.runs]


def _load(past: Experiment, folder: Path) -> Kept:
    """An earlier study from its kept files."""
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


def _again(past: Experiment) -> Question:
    """The question of an earlier study."""
    template = load_template(past.template)
    known = {idea.name: idea for idea in template.ideas}
    idea = known.get(past.idea) or SeedIdea(past.idea, past.idea, past.hypothesis, {}, "", {})
    return Question(
        template=template,
        idea=idea,
        treatment=dict(past.knobs),
        baseline=dict(past.baseline),
        novelty=1.0 if past.novelty is None else past.novelty,
        nearest=past.novelty_nearest,
    )


def _points(review: Review) -> list[str]:
    """The weaknesses and questions of a review, a line each, without its signature."""
    found = []
    for name, text in review.texts.items():
        if "weakness" in name or "question" in name or "main_review" in name:
            lines = [line.strip(" -+") for line in text.splitlines()]
            if "strength" in name or "main_review" in name:
                lines = [line.strip(" -") for line in text.splitlines() if line.startswith("-")]
            found += [line for line in lines if line and not line.startswith("Composed by")]
    return [point for point in found if not point.startswith(("No measurement", "None arose"))]


def _known(submission: Submission, folder: Path) -> dict[str, str]:
    """What a rebuttal can quote: the primary effect, read back from the paper's own text."""
    from conference.documents import read_document

    if not submission.document:
        return {}
    text = read_document(folder / "papers" / submission.document).text
    flat = re.sub(r"\s+", " ", text)
    found = re.search(
        r"Over (\d+) seeds .*?paired difference is ([-\d.e]+),.*?interval from ([-\d.e]+) to ([-\d.e]+)",
        flat,
    )
    if not found:
        return {}
    names = ("seeds", "difference", "low", "high")
    return {name: value.rstrip(".") for name, value in zip(names, found.groups(), strict=True)}


def _answer(point: str, known: Mapping[str, str]) -> str | None:
    for word, answer in ANSWERABLE.items():
        if word in point.lower() and known:
            return answer.format(**known)
    return None


def _doubts(reviews: Sequence[Review]) -> bool:
    """Whether a reviewer asked for more evidence, or rated below the middle of the scale."""
    words = ("seed", "error bar", "interval", "evidence", "effect", "number")
    return any(word in point.lower() for r in reviews for point in _points(r) for word in words)


def _changes(
    past: Experiment, seeds: Sequence[int], reviews: Sequence[Review], resubmission: str
) -> list[str]:
    changes = []
    if seeds:
        total = len(past.seeds) + len(seeds)
        changes.append(
            f"{len(seeds)} more seeds were run in each arm, {total} in all, and every number was computed again."
        )
    raised = sum(len(_points(review)) for review in reviews)
    changes.append(f"This section was added; the reviews raised {raised} points.")
    if not resubmission:
        changes.append("The authors' names were put in.")
    return changes


def _camera_ready(
    submission: Submission,
    study: Written,
    figures: Sequence[tuple[str, str, bytes]],
    outcome: Outcome,
    context: Context,
) -> list[AnyRecord]:
    rng = generator(context.seed, "words", submission.paper, submission.version)
    title = title_of(study.question, study.effects[0], rng)
    abstract = abstract_of(study, title, rng)
    data = paper_data(study, title, abstract, rng)
    pdf = typeset(data, {f"{name}.svg": content for name, _, content in figures})
    name = keep(context.papers, pdf, ".pdf")
    pages = read_pdf(context.papers / name).pages
    changes = list(study.answers)
    if title != submission.title:
        changes.append("The title follows the finding with all seeds.")
    record = CameraReady(paper=submission.paper, pdf=name, changes=tuple(changes), pages=pages)
    return [record, *outcome.incidents]


def make() -> Any:
    """The embedded scientist."""
    return EmbeddedScientist()


__all__ = ["Effect", "EmbeddedScientist", "make"]
