"""Submit a study: typeset the paper, check it, keep its files, and make the records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.files import keep
from conference.core.records import Agent, AnyRecord, CameraReady, Experiment, Submission
from conference.core.seeds import generator
from conference.core.tasks import TaskFailed
from conference.models.context import Context
from conference.papers import Document, read_pdf, write_document
from conference.papers.typesetting import typeset
from scientists.checks import check_paper
from scientists.experiments import Outcome
from scientists.paper import words_of
from scientists.study import Written, canonical


def hand_in(
    agent: Agent, paper: str, study: Written, outcome: Outcome, context: Context, version: int
) -> list[AnyRecord]:
    """Typeset and check a paper and keep its files; return its records.

    Raises:
        TaskFailed: as `_typeset`.
    """
    rng = generator(context.seed, "words", paper, version)
    title, abstract, data = words_of(study, rng)
    name, document = _typeset(study, data, outcome, context)
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
    checks = check_paper(
        paper, study, data, {label: content for label, _, content in outcome.figures},
        context.papers / name, document, context.experiments / files["results"],
    )  # fmt: skip
    return [submission, _experiment(paper, study, files), *checks, *outcome.incidents]


def _typeset(
    study: Written, data: Mapping[str, Any], outcome: Outcome, context: Context
) -> tuple[str, Document]:
    """Typeset the paper; return the kept PDF's name and the document read from it.

    Raises:
        TaskFailed: text or figures cannot be typeset, or the PDF cannot be read.
    """
    figures = {f"{name}.svg": content for name, _, content in outcome.figures}
    try:
        name = keep(context.papers, typeset(data, figures, study.format), ".pdf")
        return name, read_pdf(context.papers / name)
    except UserError as error:
        raise TaskFailed(str(error), outcome.incidents) from error


def _topic(study: Written, agent: Agent) -> str:
    shared = [topic for topic in study.question.template.topics if topic in agent.topics]
    return shared[0] if shared else study.question.template.topics[0]


def _keep_files(study: Written, outcome: Outcome, folder: Path) -> dict[str, str]:
    results = canonical({"runs": list(study.runs), "results": list(study.results)})
    files = {"results": keep(folder, results, ".json")}
    if study.prose is not None:
        files["prose"] = keep(folder, msgspec.json.encode(study.prose), ".json")
    if study.tried is not None:
        files["trials"] = keep(folder, msgspec.json.encode(study.tried), ".json")
        if code := study.tried.version.code:
            files["code of the treatment"] = keep(folder, code.encode(), ".py")
    if study.plot:
        files["code of the figures"] = keep(folder, study.plot.encode(), ".py")
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
        trials=len(study.tried.trials) if study.tried else 0,
        metric=effect.metric,
        effect=effect.difference,
        effect_low=effect.low,
        effect_high=effect.high,
        conclusion=effect.conclusion,
        novelty=q.novelty,
        novelty_nearest=q.nearest,
        similar=q.similar,
        code_sha256=study.code_sha256,
        results_sha256=study.results_sha256,
        files=files,
    )


def camera_ready(
    submission: Submission, study: Written, outcome: Outcome, context: Context
) -> list[AnyRecord]:
    """Typeset the camera-ready version and check it like the first; return its records.

    Raises:
        TaskFailed: as `_typeset`.
    """
    rng = generator(context.seed, "words", submission.paper, submission.version)
    title, _, data = words_of(study, rng)
    figures = {name: content for name, _, content in outcome.figures}
    name, document = _typeset(study, data, outcome, context)
    files = _keep_files(study, outcome, context.experiments)
    changes = study.changes
    if title != submission.title:
        changes.append("The title follows the finding with all seeds.")
    checks = check_paper(
        submission.paper, study, data, figures,
        context.papers / name, document, context.experiments / files["results"],
    )  # fmt: skip
    record = CameraReady(
        paper=submission.paper,
        pdf=name,
        changes=tuple(changes),
        pages=document.pages,
        checks=tuple(checks),
        files=files,
    )
    return [record, *outcome.incidents]
