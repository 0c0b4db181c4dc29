"""Compute a finished study's effects from its outcomes and write its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.studies.design import Rests
from benchmarks.studies.effects import effects
from benchmarks.studies.job import Job
from benchmarks.studies.outcome_table import read_outcomes, unit_of
from benchmarks.studies.outcomes import outcome_of
from benchmarks.studies.plan import read_plan
from benchmarks.studies.recall import recall_notes
from benchmarks.studies.report import write_report
from benchmarks.studies.results import SIMULATED, StudyInfo, StudyResult
from benchmarks.studies.study import Study, design_of, venue_of
from benchmarks.studies.twins.apply import read_truth
from benchmarks.studies.twins.twin import twin_of
from venues.minds import models_of
from venues.recorded import recorded_minds
from venues.venue import Venue

NO_PAPER = ("reviewer", "round")  # units that belong to no paper


def report_again(folder: Path) -> StudyResult:
    """Compute a finished study's effects and write its report again, from its plan and outcomes."""
    planned = read_plan(folder)
    chosen = planned.chosen
    study = planned.study
    venues = planned.rules or {
        arm: venue_of(study, arm, chosen["settings"], chosen["minds"]) for arm in study.all_arms()
    }
    job = Job(
        study=study, venues=venues, out=str(folder), papers=chosen["papers"],
        sample=chosen["sample"], seed=chosen["seed"], plan=planned.hash, notes=planned.notes,
        count=chosen.get("count", 0),
    )  # fmt: skip
    return conclude(job, read_outcomes(folder), chosen["replicates"])


def rests_of(job: Job) -> Rests:
    """What the answer rests on: "language model" if, and only if, one took part; "data" if the
    study says so and some reviewers are recorded or know the human ratings."""
    if any(models_of(venue) for venue in job.venues.values()):
        return "language model"
    if job.study.rests == "data" and not any(map(_uses_data, job.venues.values())):
        return "assumption"
    return "assumption" if job.study.rests == "language model" else job.study.rests


def _uses_data(venue: Venue) -> bool:
    """Whether some reviewers are recorded, or the panel knows the human ratings."""
    return venue.panel.informed or bool(recorded_minds(venue))


def unseen(job: Job) -> list[str]:
    """Sentences on what twins change that no mind in this study can see."""
    if any(models_of(venue) for venue in job.venues.values()):
        return []
    specs = dict.fromkeys(spec for spec in job.study.twins.values() if spec)
    return [said for spec in specs if (said := twin_of(spec)[0].unseen)]


def _papers(study: Study, table: Any) -> int:
    """How many papers have an outcome; 0 if no outcome is of papers or reviews."""
    of_papers = [name for name in study.outcomes if outcome_of(name).unit not in NO_PAPER]
    units = table.loc[table["outcome"].isin(of_papers), "unit"]
    return len({unit_of(name, "paper") for name in units})


def conclude(job: Job, table: Any, replicates: int) -> StudyResult:
    """Compute the effects and write the report."""
    study, rests = job.study, rests_of(job)
    labels = {name: arm.label for name, arm in study.all_arms().items() if arm.label}
    notes = [*job.notes, *unseen(job), *recall_notes(table, read_truth(Path(job.out)), labels)]
    if not any(venue.review.texts for venue in job.venues.values()):
        notes.append("scores only: reviewers write no texts")
    if any(venue.panel.informed for venue in job.venues.values()):
        notes.append(SIMULATED)
    design = design_of(study, replicates, job.seed)
    info = StudyInfo(
        title=study.title,
        question=study.question,
        source=study.source,
        published=study.published,
        expects=study.expects,
        rests_on=rests,
        plan_hash=job.plan,
        venue=job.venues["control"].name,
        papers=job.count or _papers(study, table),
        replicates=replicates,
        notes=tuple(dict.fromkeys(notes)),
        labels=labels,
    )
    found = effects(table, design, rests)
    return write_report(Path(job.out), info, table, found, design)
