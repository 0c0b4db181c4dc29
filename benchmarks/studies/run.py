"""Runs a study: every arm's rounds, replicate by replicate, and the tidy table of their outcomes.

All arms of a replicate have the same papers and, of one committee, the same people and draws. What
an arm's round computed is taken over by the later arms wherever a task saw the same, so that a
language model is asked, and paid, once. A replicate is one piece of work: many run side by side on
Ray, and a study that was stopped goes on with those that lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from benchmarks.studies.effects import Rests, effects, power_for
from benchmarks.studies.outcome_table import COLUMNS, CONTROL, FILE, read_outcomes
from benchmarks.studies.outcomes import PLANTED_NEEDS, Need, check_outcomes, outcome_of
from benchmarks.studies.recall import recall_notes
from benchmarks.studies.report import write_report
from benchmarks.studies.results import SIMULATED, StudyInfo, StudyResult
from benchmarks.studies.study import Study, design_of, plan_hash, venue_of
from benchmarks.studies.twins.apply import (
    ArmPapers,
    decided,
    open_arms,
    read_truth,
    write_truth,
)
from benchmarks.studies.twins.twin import twin_of
from conference.core.cluster import connect
from conference.core.errors import UserError
from conference.core.files import check_writable
from conference.core.progress import Progress, no_progress
from conference.core.seeds import seed_of
from conference.models.backends import Cluster, running
from conference.models.costs import Budget
from conference.models.records import ModelRules
from venues.checks import check_before
from venues.minds import check_new_tasks, models_of
from venues.papers import PaperSource, open_papers
from venues.recorded import check_recorded, fingerprints, with_records
from venues.round import Result, run_round
from venues.rounds import papers_of_round, run_rounds
from venues.state import Options
from venues.venue import Venue

PLAN = "plan.json"
ARMS, TABLES = "arms", "tables"
STEP = "replicates"
FEWEST_PAPERS = 4
LARGE = 2  # SD: a difference that nobody overlooks


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every replicate of a study needs. `venues` are the arms' rules, the control's first.

    `notes` are sentences on its papers that a reader of the report should know.
    """

    study: Study
    venues: dict[str, Venue]
    out: str
    papers: str
    sample: int
    seed: int
    plan: str
    hosts: int = 0
    address: str | None = None
    budget: tuple[int, float, float] = (0, 0.0, 0.0)
    notes: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down before the first task, so that a changed plan shows."""

    hash: str
    study: Study
    chosen: dict[str, Any]
    notes: tuple[str, ...] = ()


def run_study(
    study: Study,
    *,
    out: str | Path,
    papers: str | Path = "",
    replicates: int = 0,
    sample: int = 0,
    seed: int = 0,
    minds: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    models: Mapping[str, ModelRules] | None = None,
    workers: int = 2,
    address: str | None = None,
    budget: tuple[int, float, float] = (0, 0.0, 0.0),
    progress: Progress = no_progress,
) -> tuple[Any, StudyResult]:
    """Run a study, or go on with the one in `out`; its outcomes as a data frame, and its answer.

    Args:
        papers: a folder of PDFs or human review data; "" lets scientists write them.
        replicates, sample: 0 takes the study file's own.
        minds, settings: what all arms share beside what the study says.
        workers: replicates at once on Ray; 0 runs them one by one in this process.
        budget: limits on tokens, cost and hours of model calls for each round; 0 is none.

    Raises:
        UserError: bad input, or another plan than the one that `out` holds.
        StopRound: a budget is spent; the study can be resumed.
    """
    folder = Path(out)
    replicates = replicates or study.design.replicates
    job, arms = make_job(
        study, folder, str(papers), sample or study.sample, seed, minds, settings, models,
        replicates,
    )  # fmt: skip
    job = msgspec.structs.replace(job, address=address, budget=budget)
    _note_plan(job, replicates, minds, settings)
    write_truth(arms, job.study.twins, folder)
    _perform(job, arms, replicates, workers, address, progress)
    table = pd.concat(
        [pd.read_parquet(_table(folder, arm, r)) for arm in job.venues for r in range(replicates)],
        ignore_index=True,
    )
    table.to_parquet(folder / FILE)
    return table, conclude(job, table, replicates)


def make_job(
    study: Study,
    out: Path,
    papers: str,
    sample: int,
    seed: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
    models: Mapping[str, ModelRules] | None,
    replicates: int,
) -> tuple[Job, ArmPapers]:
    """All that can be known and refused before anything runs, and the papers of every arm."""
    shared = {"settings": dict(settings or {}), "minds": dict(minds or {})}
    venues = {
        arm: venue_of(study, arm, **shared, papers=papers, models=dict(models or {}))
        for arm in study.all_arms()
    }
    arms = papers_of(study, venues, papers, sample, seed)
    for venue in venues.values():
        check_new_tasks(venue, "rounds with other seeds")
        check_recorded(venue, arms.control)
    check_outcomes(study.outcomes, given_by(arms.control, venues.values()))
    _check_arms(study, venues)
    check_size(study, arms.control)
    _check_rounds(study, venues, arms, seed, out)
    chosen = _chosen(arms, sample, seed, replicates, minds, settings)
    chosen |= {"recorded": {arm: found for arm in venues if (found := fingerprints(venues[arm]))}}
    job = Job(
        study=study, venues=venues, out=str(out), papers=papers, sample=sample, seed=seed,
        plan=plan_hash(study, chosen), notes=arms.notes,
    )  # fmt: skip
    return job, arms


def _check_arms(study: Study, venues: Mapping[str, Venue]) -> None:
    """Raise `UserError` for a treatment whose rounds would be the control's."""
    arms = study.all_arms()
    for name in study.treatments:
        same = arms[name].committee == arms[CONTROL].committee
        if same and venues[name] == venues[CONTROL] and study.twins[name] == study.twins[CONTROL]:
            raise UserError(
                f"arm.{name} does not differ from the control: the venue and what is set for all "
                "arms say the same already; change one of them."
            )


def _check_rounds(
    study: Study, venues: Mapping[str, Venue], papers: ArmPapers, seed: int, out: Path
) -> None:
    """Raise `UserError` where a round of some arm could not be run, before those of others are."""
    check_writable(out)
    for arm, venue in venues.items():
        source = papers.sources[arm]
        if venue.panel.informed and "human ratings" not in given_by(source):
            raise UserError(
                f"arm.{arm}: panel.informed needs the human ratings of --papers, and there are "
                "none; give papers that people rated, or set it to false."
            )
        try:
            if venue.resubmission.spread and source:
                source = papers_of_round(source, venue, 1, study.rounds, ())
            first = committee_seed(seed, 0, study.all_arms()[arm].committee)
            check_before(venue, source, Options(), first, out)
        except UserError as error:
            raise UserError(f"arm.{arm}: {error}") from error


def check_size(study: Study, source: PaperSource | None) -> None:
    """Raise `UserError` where so few papers could show nothing, with their power."""
    if study.design.unit != "paper" or source is None or len(source) >= FEWEST_PAPERS:
        return
    size, alpha = len(source), study.analysis.alpha
    power = power_for(LARGE, size**-0.5, size - 1, alpha) if size > 1 else 0.0
    few = "1 paper is too few: it finds" if size == 1 else f"{size} papers are too few: they find"
    raise UserError(
        f"{source.path}: {few} a difference of {LARGE} SD of a "
        f"paper's with power {power:.2f}; give at least {FEWEST_PAPERS}."
    )


def papers_of(
    study: Study, venues: Mapping[str, Venue], papers: str, sample: int, seed: int
) -> ArmPapers:
    """The papers that the arms review."""
    if not study.only:
        return open_arms(study.twins, papers, venues["control"], sample, seed)
    if not papers:
        raise UserError(
            f"only = '{study.only}' chooses among papers that are given; give --papers, such as a "
            "folder of human review data."
        )
    source = open_papers(papers, venues["control"])
    if study.only == "decided":
        source = decided(source, sample, seed)
    else:
        source = with_records(source, venues.values(), sample, seed)
    return ArmPapers(dict.fromkeys(study.twins, source), source.notes)


def given_by(source: PaperSource | None, venues: Iterable[Venue] = ()) -> set[Need]:
    """What these papers and venues bring for outcomes to be measured against."""
    humans = [row.human for row in source.table if row.human] if source else []
    found: set[Need] = set()
    if any(human.ratings for human in humans):
        found.add("human ratings")
    if any(human.accepted is not None for human in humans):
        found.add("human decisions")
    if source is None or source.pdfs or any(row.text for row in source.table):
        found.add("texts")
    planted = [row for paper in source.table for row in paper.planted] if source else []
    kinds = {row.kind.partition(":")[0] for row in planted}
    found |= {need for kind, need in PLANTED_NEEDS.items() if kind in kinds}
    if source is None:
        found.add("scientists")
    rules = list(venues)
    if all(venue.review.texts for venue in rules):
        found.add("review texts")
    if all("rate" in venue.phases for venue in rules):
        found.add("phase rate")
    if all(venue.assignment.seats for venue in rules):
        found.add("seats")
    return found


def _chosen(
    arms: ArmPapers,
    sample: int,
    seed: int,
    replicates: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    prints = {arm: source.fingerprint if source else "" for arm, source in arms.sources.items()}
    return {
        "papers": prints if len(set(prints.values())) > 1 else prints[CONTROL],
        "sample": sample,
        "seed": seed,
        "replicates": replicates,
        "minds": dict(minds or {}),
        "settings": dict(settings or {}),
    }


def _note_plan(
    job: Job,
    replicates: int,
    minds: Mapping[str, str] | None,
    settings: Mapping[str, Any] | None,
) -> None:
    """Write the plan down before the first task; refuse to go on with another one."""
    path = Path(job.out) / PLAN
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            held = msgspec.json.decode(path.read_bytes(), type=Planned)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path}: not a study's plan ({error}); use another --out.") from error
        if held.hash != job.plan:
            raise UserError(
                f"{job.out}: this folder holds a study with another plan ({held.hash[:12]}, not "
                f"{job.plan[:12]}); give the same study and arguments, or another --out."
            )
        return
    chosen: dict[str, Any] = {"replicates": replicates, "sample": job.sample, "seed": job.seed}
    chosen |= {"papers": job.papers, "minds": dict(minds or {}), "settings": dict(settings or {})}
    planned = Planned(hash=job.plan, study=job.study, chosen=chosen, notes=job.notes)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(planned)))


def _perform(
    job: Job,
    arms: ArmPapers,
    replicates: int,
    workers: int,
    address: str | None,
    progress: Progress,
) -> None:
    """Run the replicates that lack: side by side, or one by one where language models think."""
    todo = [r for r in range(replicates) if not _finished(job, r)]
    done = replicates - len(todo)
    progress(STEP, done, replicates)
    models: dict[str, ModelRules] = {}
    for venue in job.venues.values():
        models |= models_of(venue)
    with ExitStack() as stack:
        if models:
            stack.enter_context(running(models, Cluster(address, workers), progress))
            job = msgspec.structs.replace(job, hosts=workers)
        each = _one_by_one if models or not workers else _side_by_side
        for _ in each(job, arms, todo, workers, address):
            done += 1
            progress(STEP, done, replicates)


def _one_by_one(
    job: Job, arms: ArmPapers, todo: Sequence[int], workers: int, address: str | None
) -> Iterator[int]:
    for replicate in todo:
        yield run_replicate(job, replicate, arms)


def _side_by_side(
    job: Job, arms: ArmPapers, todo: Sequence[int], workers: int, address: str | None
) -> Iterator[int]:
    connect(address, workers)
    import ray

    work: Any = ray.remote(num_cpus=1, max_retries=3)(_replicate_of)
    held = ray.put(arms)
    waiting = list(todo)
    running_now: set[Any] = set()
    while waiting or running_now:
        while waiting and (address or len(running_now) < workers):
            running_now.add(work.remote(job, waiting.pop(0), held))
        ready, rest = ray.wait(list(running_now))
        running_now = set(rest)
        for one in ready:
            try:
                yield ray.get(one)
            except ray.exceptions.RayTaskError as error:
                raise (error.cause if isinstance(error.cause, UserError) else error) from None


def _replicate_of(job: Job, replicate: int, arms: ArmPapers) -> int:
    return run_replicate(job, replicate, arms)


def run_replicate(job: Job, replicate: int, arms: ArmPapers) -> int:
    """Run one round of every arm, the control first, and keep the outcomes of each."""
    earlier: list[Path] = []
    for arm, rules in job.venues.items():
        folder = round_folder(Path(job.out), arm, replicate)
        rounds = job.study.rounds
        play = run_round if rounds == 1 else partial(_last_of, rounds)
        result = play(
            _in_world(rules, job.seed, replicate),
            out=folder,
            seed=committee_seed(job.seed, replicate, job.study.all_arms()[arm].committee),
            papers=arms.sources[arm],
            hosts=job.hosts,
            address=job.address,
            options=Options(study=job.plan),
            reuse=earlier,
            budget=Budget(*job.budget),
            started=True,
        )
        rows = [
            (arm, replicate, unit, name, value)
            for name in job.study.outcomes
            for unit, value in outcome_of(name).measure(result.round)
        ]
        path = _table(Path(job.out), arm, replicate)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(part)
        part.replace(path)
        earlier.append(folder)
    return replicate


def _last_of(rounds: int, venue: Venue, **options: Any) -> Result:
    return run_rounds(venue, rounds=rounds, **options)[-1]


def _in_world(venue: Venue, seed: int, replicate: int) -> Venue:
    """The venue where papers have the quality that they have in all arms of this replicate."""
    world = seed_of(seed, "world", replicate) >> 33
    return msgspec.structs.replace(venue, panel=msgspec.structs.replace(venue.panel, world=world))


def committee_seed(seed: int, replicate: int, committee: int) -> int:
    """The seed of a round's people and draws."""
    return seed_of(seed, "replicate", replicate, "committee", committee) >> 33


def round_folder(out: Path, arm: str, replicate: int) -> Path:
    """Where the round of an arm and replicate lies: a round's folder as any other."""
    return out / ARMS / arm / f"{replicate:03d}"


def _table(out: Path, arm: str, replicate: int) -> Path:
    return out / TABLES / f"{arm}-{replicate:03d}.parquet"


def _finished(job: Job, replicate: int) -> bool:
    return all(_table(Path(job.out), arm, replicate).is_file() for arm in job.venues)


def check_folder(folder: Path, study: Study) -> None:
    """Raise `UserError` where the folder holds a run of another study."""
    path = folder / PLAN
    if not path.is_file():
        return
    held = msgspec.json.decode(path.read_bytes(), type=Planned).study
    if held.title.removesuffix(f" ({held.venue})") != study.title:
        raise UserError(
            f"{folder}: this folder holds the study “{held.title}”, not “{study.title}”; name the "
            "folder of a run of this one."
        )


def report_again(folder: Path) -> StudyResult:
    """Compute a finished study's effects again from its plan and outcomes, and write its report."""
    path = folder / PLAN
    if not path.is_file():
        raise UserError(f"{folder}: there is no {PLAN} here; name the folder of a study.")
    planned = msgspec.json.decode(path.read_bytes(), type=Planned)
    chosen = planned.chosen
    study = planned.study
    venues = {
        arm: venue_of(study, arm, chosen["settings"], chosen["minds"]) for arm in study.all_arms()
    }
    job = Job(
        study=study, venues=venues, out=str(folder), papers=chosen["papers"],
        sample=chosen["sample"], seed=chosen["seed"], plan=planned.hash, notes=planned.notes,
    )  # fmt: skip
    return conclude(job, read_outcomes(folder), chosen["replicates"])


def rests_of(job: Job) -> Rests:
    """On what the answer rests: on a language model where, and only where, one took part."""
    if any(models_of(venue) for venue in job.venues.values()):
        return "language model"
    return "assumption" if job.study.rests == "language model" else job.study.rests


def unseen(job: Job) -> list[str]:
    """What the twins change that no mind of this study can see."""
    if any(models_of(venue) for venue in job.venues.values()):
        return []
    specs = dict.fromkeys(spec for spec in job.study.twins.values() if spec)
    return [said for spec in specs if (said := twin_of(spec)[0].unseen)]


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
    papers = table.loc[table["unit"] != "", "unit"].str.partition("|")[0].nunique()
    info = StudyInfo(
        title=study.title,
        question=study.question,
        source=study.source,
        published=study.published,
        expects=study.expects,
        rests_on=rests,
        plan_hash=job.plan,
        venue=job.venues["control"].name,
        papers=int(papers),
        replicates=replicates,
        notes=tuple(dict.fromkeys(notes)),
        labels=labels,
    )
    found = effects(table, design, rests)
    return write_report(Path(job.out), info, table, found, design)
