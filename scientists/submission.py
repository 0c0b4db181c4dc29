"""Hands a study in: typesets the paper, checks it, keeps its files, and makes the records."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conference.context import Context
from conference.documents import read_pdf, write_document
from conference.documents.layout import beyond_margins, check_claims, numbers_in, small_print
from conference.files import keep
from conference.records import Agent, AnyRecord, CameraReady, Check, Experiment, Submission
from conference.seeding import generator
from conference.typesetting import typeset
from scientists.laboratory import Outcome
from scientists.paper import words_of
from scientists.study import Written, canonical
from scientists.wording import reference


def hand_in(
    agent: Agent, paper: str, study: Written, outcome: Outcome, context: Context, version: int
) -> list[AnyRecord]:
    """Typeset, check, keep the files, and hand the records over."""
    rng = generator(context.seed, "words", paper, version)
    title, abstract, data = words_of(study, rng)
    pdf = typeset(
        data, {f"{name}.svg": content for name, _, content in outcome.figures}, study.format
    )
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
    if study.prose is not None:
        if study.code:
            files["code of the treatment"] = keep(folder, study.code.encode(), ".py")
        files["prose"] = keep(folder, msgspec.json.encode(study.prose), ".json")
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
        similar=q.similar,
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
    if study.prose is not None:
        for section, paragraphs in study.prose.sections.items():
            claims += check_claims(
                " ".join(paragraphs), values, section, [*plain, *_seed_values(study)]
            )
    wrong = [claim for claim in claims if not claim.matched]
    faults = list(study.prose.faults) if study.prose else []
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
    borne = f"{len(claims)} numbers of abstract and tables against the result file"
    if wrong:
        borne += f"; not borne out: {', '.join(claim.number for claim in wrong[:5])}"
    rows = {
        "claims": (not wrong, borne),
        "citations": (
            len(set(entries)) == len(entries) and not _about(faults, "citations"),
            "; ".join(_about(faults, "citations")) or f"{len(entries)} works, all listed",
        ),
        "fair comparison": (fair, "seeds, steps and tuning trials of both arms"),
        "margins": (not margins, "; ".join(f.detail for f in margins[:3]) or "nothing beyond them"),
        "print size": (not small, "; ".join(f.detail for f in small[:3]) or "all is readable"),
        **(
            {"code changes": (False, "; ".join(found))} if (found := _about(faults, "code")) else {}
        ),
        "hashes": (True, f"code {study.code_sha256[:12]}, results {study.results_sha256[:12]}"),
    }
    return [
        Check(paper=paper, name=name, passed=passed, detail=detail)
        for name, (passed, detail) in rows.items()
    ]


def _about(faults: Sequence[tuple[str, str]], kind: str) -> list[str]:
    return [detail for name, detail in faults if name == kind]


def _tables(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = [part for section in data["sections"] for part in section["parts"]] + data["appendix"]
    return [part for part in parts if part["kind"] == "table"]


def _seed_values(study: Written) -> list[float]:
    return [float(run["seed"]) for run in study.runs]


def camera_ready(
    submission: Submission,
    study: Written,
    figures: Sequence[tuple[str, str, bytes]],
    outcome: Outcome,
    context: Context,
) -> list[AnyRecord]:
    rng = generator(context.seed, "words", submission.paper, submission.version)
    title, _, data = words_of(study, rng)
    pdf = typeset(data, {f"{name}.svg": content for name, _, content in figures}, study.format)
    name = keep(context.papers, pdf, ".pdf")
    pages = read_pdf(context.papers / name).pages
    changes = list(study.answers)
    if title != submission.title:
        changes.append("The title follows the finding with all seeds.")
    record = CameraReady(paper=submission.paper, pdf=name, changes=tuple(changes), pages=pages)
    return [record, *outcome.incidents]
