"""The loop: a round is a list of phases, and the ledger is what it has computed so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from conference.core.ledger import UNDER_WAY, Ledger, open_ledger
from conference.core.progress import Progress, no_progress
from conference.core.records import AnyRecord, Failure
from conference.core.reuse import Pool, digest_of
from conference.core.tasks import StopRound, Task, TaskKey
from conference.core.workers import Stage
from conference.models.backends import Cluster, running
from conference.models.costs import Budget
from conference.models.failures import FAILED_CALLS, failed_in, write_failed_calls
from conference.models.records import calls_from_json, calls_to_json
from venues.checks import check_before
from venues.dispatch import Stages, make_performer
from venues.examples import placed
from venues.minds import models_of
from venues.papers import PaperSource, open_papers
from venues.phases import steps_of
from venues.plan import draws_seed, make_plan, note_plan, seed_of_task
from venues.preflight import try_models
from venues.resume import load_round, retract_failures, spoiled
from venues.revisions import revision_of
from venues.settings import prepare
from venues.state import Archived, Options, Round, Step, UnderWay
from venues.venue import Venue


class Result(msgspec.Struct, frozen=True):
    """A finished round: its folder and its records."""

    folder: Path
    round: Round
    performed: int


def run_round(
    venue: str | Path | Venue = "workshop",
    *,
    out: str | Path = "runs/workshop",
    seed: int = 0,
    papers: str | Path | PaperSource | None = None,
    sample: int = 0,
    hosts: int = 2,
    address: str | None = None,
    scientists: int | None = None,
    reviewers: int | None = None,
    chairs: int | None = None,
    options: Options | None = None,
    retry_failed: bool = False,
    budget: Budget | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    number: int = 1,
    archive: tuple[Archived, ...] = (),
    reuse: Sequence[str | Path] = (),
    started: bool = False,
) -> Result:
    """Run a venue round, or go on with the one in `out`.

    Args:
        venue: a venue's name, a TOML file, or the rules themselves.
        papers: a folder of PDFs or a table of submissions; None lets scientists write them.
        sample: take only so many of the papers, drawn with the seed; 0 takes all.
        hosts: Ray actors that host the agents; 0 runs all in this process without Ray.
        retry_failed: try tasks again whose mind gave no valid answer.
        budget: limits on model calls; when one is reached the round stops and can be resumed.
        progress: called with step, tasks done and tasks in all.
        say: called with each line that the preflight of language models has to tell.
        number: which of several rounds of the venue this is; each has its own draws.
        archive: the papers of the earlier rounds.
        reuse: folders of earlier rounds, whose results are taken over where a task saw the same.
        started: whether the models' back ends run already, as for the rounds of a study.

    Raises:
        UserError: bad input, in one sentence.
        StopRound: the round stopped in order before its end, and can be resumed.
    """
    rules = prepare(venue, scientists=scientists, reviewers=reviewers, chairs=chairs)
    source = (
        papers
        if papers is None or isinstance(papers, PaperSource)
        else open_papers(papers, rules, sample, seed)
    )
    for note in check_before(rules, source, options or Options(), seed, Path(out)):
        (say or (lambda _: None))(note)
    plan = make_plan(rules, seed, number, source, archive, options)
    folder = Path(out)
    progress, say = progress or no_progress, say or (lambda line: None)
    ledger = open_ledger(folder)
    try:
        note_plan(ledger, plan)
        draws = draws_seed(seed, number)
        world = draws_seed(rules.panel.world, number) if rules.panel.world else 0
        round_ = Round(
            rules, seed, folder, source, plan.options, archive, draws, world, plan.sample
        )
        if retry_failed:
            retract_failures(ledger, rules)
        titles = [row.title for row in source.table] if source else []
        told = placed(rules.models, draws, folder, say, titles, source.pdfs if source else ())
        models = models_of(msgspec.structs.replace(rules, models=told))
        budget = budget or Budget()
        budget.note([ledger.noted("preflight") or b"[]", *ledger.calls()])
        budget.note(calls for _, calls in ledger.retracted())
        for line in budget.check_prices(models):
            say(line)
        make = partial(
            make_performer, draws, str(folder.resolve()), hosts,
            told, spoiled(ledger), world,
        )  # fmt: skip
        with ExitStack() as back_ends:

            def ready() -> None:
                """Start the models and try them, before the first task that thinks."""
                if models:
                    if not started:
                        back_ends.enter_context(running(models, Cluster(address, hosts), progress))
                    progress("preflight", 0, 1)
                    try_models(round_, models, ledger, budget, say)
                    progress("preflight", 1, 1)

            stages = Stages(make, hosts, address, ready)
            try:
                if not len(ledger) and not reuse:
                    stages.ready()
                performed = play(round_, ledger, stages.choose, progress, budget, Pool(reuse))
            finally:
                stages.close()
        return Result(folder, round_, performed)
    finally:
        if models_of(rules):
            write_failed_calls(folder / FAILED_CALLS, failed_in(ledger))
        ledger.close()


def play(
    round_: Round,
    ledger: Ledger,
    stage_for: Callable[[Task], Stage],
    progress: Progress,
    budget: Budget | None = None,
    pool: Pool | None = None,
) -> int:
    """Perform every task of every step that the ledger lacks; return how many were performed.

    What a round of the pool has computed for a task that saw the same is taken over from there.
    """
    performed, budget, pool = 0, budget or Budget(), pool or Pool()
    for step in steps_of(round_.venue):
        keys = ledger.whole(step.name)
        if keys is None:
            tasks = list(step.tasks(round_))
            seen = [
                digest_of(
                    task,
                    seed_of_task(task.key, round_.draws, round_.world),
                    revision_of(task, round_.venue),
                )
                for task in tasks
            ]
            _take_over(tasks, seen, ledger, pool)
            performed += _perform(step, tasks, ledger, stage_for, progress, budget)
            keys = [task.key for task in tasks]
            records = _records(ledger, keys)
            _stop_if_failed(step, [row for row in records if isinstance(row, Failure)], len(keys))
            ledger.note_whole(step.name, keys, seen)
            round_.add(records)
        else:
            progress(step.name, len(keys), len(keys))
            round_.add_later(partial(_records, ledger, keys))
    return performed


def _perform(
    step: Step,
    tasks: list[Task],
    ledger: Ledger,
    stage_for: Callable[[Task], Stage],
    progress: Progress,
    budget: Budget,
) -> int:
    """Perform the tasks of a step that the ledger lacks; return how many they were."""
    todo = [task for task in tasks if task.key not in ledger]
    start = done = len(tasks) - len(todo)
    progress(step.name, done, len(tasks))
    if todo and not budget.exceeded:
        now = time.time()
        work = UnderWay(step.name, len(tasks), start, now, budget.started, budget.limits)
        ledger.note(UNDER_WAY, msgspec.json.encode(work))
        stage = stage_for(todo[0])  # The first may start engines, and spend calls on trying them.
        budget.begin_step()
        for finished in stage.perform(todo, budget.room):
            ledger.append(finished)
            budget.note(row.calls for row in finished)
            done += len(finished)
            progress(step.name, done, len(tasks))
    if done < len(tasks):
        raise StopRound(
            f"The round stops in step '{step.name}' because {budget.exceeded}; nothing that was "
            "done is lost: run the same command with a higher limit to go on."
        )
    return done - start


def _take_over(tasks: list[Task], seen: list[bytes], ledger: Ledger, pool: Pool) -> None:
    """Append the results that earlier rounds have for tasks of a step; their calls were paid."""
    lacking = {
        task.key: digest for task, digest in zip(tasks, seen, strict=True) if task.key not in ledger
    }
    found = pool.find(lacking, ledger.folder)
    if found:
        ledger.append([msgspec.structs.replace(done, calls=_paid(done.calls)) for done in found])


def _paid(calls: bytes) -> bytes:
    if calls == b"[]":
        return calls
    return calls_to_json(
        [msgspec.structs.replace(call, reused=True) for call in calls_from_json(calls)]
    )


def _records(ledger: Ledger, keys: list[TaskKey]) -> list[AnyRecord]:
    return [record for key in keys for record in ledger.records(key)]


def _stop_if_failed(step: Step, failures: list[Failure], tasks: int) -> None:
    """A step that must be whole, or that mostly failed, ends the run here."""
    if (step.essential and failures) or len(failures) > tasks / 2:
        raise StopRound(
            f"{len(failures)} task(s) of the step '{step.name}' failed, the first being "
            f"{failures[0].task}: {failures[0].reason}; run the same command with --retry-failed."
        )


__all__ = ["Options", "PaperSource", "Result", "load_round", "play", "prepare", "run_round"]
