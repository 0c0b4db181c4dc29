"""Run a study: every arm's rounds, replicate by replicate, and the tidy table of their outcomes.

All arms of a replicate have the same papers; arms with the same committee number have the same
people and draws. An arm reuses the results of earlier arms where a task saw the same, so a
language model is asked, and paid, once. Replicates run in parallel on Ray unless language models
answer, and a study that was stopped goes on with the missing ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from benchmarks.studies.conclude import conclude
from benchmarks.studies.job import Job, committee_seed, make_job, planned
from benchmarks.studies.outcome_table import COLUMNS, FILE
from benchmarks.studies.outcomes import outcome_of
from benchmarks.studies.plan import note_plan
from benchmarks.studies.results import StudyResult
from benchmarks.studies.study import Study
from benchmarks.studies.twins.apply import ArmPapers, write_truth
from conference.core.cluster import connect
from conference.core.errors import UserError
from conference.core.progress import Progress, no_progress
from conference.core.seeds import seed_of
from conference.models.backends import Cluster, running
from conference.models.costs import Budget
from conference.models.records import ModelRules
from venues.minds import models_of
from venues.round import Result, run_round
from venues.rounds import run_rounds
from venues.state import Options
from venues.venue import Venue

ARMS, TABLES = "arms", "tables"
STEP = "replicates"


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
    """Run a study, or resume the one in `out`; return its outcomes (a data frame) and result.

    Args:
        papers: a folder of PDFs or human review data; "" lets scientists write them.
        replicates, sample: 0 takes the number in the study's file.
        minds, settings: set for all arms, in addition to the study's own.
        workers: how many replicates run at once on Ray; 0 runs them one by one in this process.
        budget: limits on each round's tokens, cost and hours of model calls; 0 is no limit.

    Raises:
        UserError: bad input, or another plan than the one that `out` holds.
        StopRound: a budget is spent; the study can be resumed.
    """
    folder = Path(out)
    if min(replicates, sample, workers) < 0:
        raise UserError(
            f"replicates is {replicates}, sample {sample}, workers {workers}; give 0 or more."
        )
    replicates = replicates or study.design.replicates
    job, arms = make_job(
        study, folder, str(papers), sample or study.sample, seed, minds, settings, models,
        replicates,
    )  # fmt: skip
    job = msgspec.structs.replace(job, address=address, budget=budget)
    note_plan(folder, planned(job, replicates, minds, settings))
    write_truth(arms, job.study.twins, folder)
    _perform(job, arms, replicates, workers, address, progress)
    paths = [_table(folder, arm, r) for arm in job.venues for r in range(replicates)]
    table = pd.concat(map(_read_table, paths), ignore_index=True)
    table.to_parquet(folder / FILE)
    return table, conclude(job, table, replicates)


def _perform(
    job: Job,
    arms: ArmPapers,
    replicates: int,
    workers: int,
    address: str | None,
    progress: Progress,
) -> None:
    """Run the missing replicates: in parallel, or one by one where language models answer."""
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
            found = ray.get(one)
            if isinstance(found, UserError):
                raise found
            yield found


def _replicate_of(job: Job, replicate: int, arms: ArmPapers) -> int | UserError:
    """A replicate on Ray, which would print the traceback of an error that is raised there."""
    try:
        return run_replicate(job, replicate, arms)
    except UserError as error:
        return error


def run_replicate(job: Job, replicate: int, arms: ArmPapers) -> int:
    """Run every arm's round, the control's first; write each arm's outcomes to its table."""
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
    """The venue with this replicate's world, in which papers have the same quality in all arms."""
    world = seed_of(seed, "world", replicate) >> 33
    return msgspec.structs.replace(venue, panel=msgspec.structs.replace(venue.panel, world=world))


def round_folder(out: Path, arm: str, replicate: int) -> Path:
    """The folder of the round of an arm and replicate, a round's folder like any other."""
    return out / ARMS / arm / f"{replicate:03d}"


def _table(out: Path, arm: str, replicate: int) -> Path:
    return out / TABLES / f"{arm}-{replicate:03d}.parquet"


def _read_table(path: Path) -> Any:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: not a readable Parquet file; delete it and run the same command again."
        ) from error


def _finished(job: Job, replicate: int) -> bool:
    return all(_table(Path(job.out), arm, replicate).is_file() for arm in job.venues)
