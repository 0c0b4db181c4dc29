"""Run a round: perform the tasks of its phases that its ledger does not hold yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec

from conference.core.executors import Executor
from conference.core.ledger import Ledger, open_ledger
from conference.core.progress import Progress, no_progress
from conference.core.reuse import Pool
from conference.core.tasks import Task
from conference.models.backends import Cluster, running
from conference.models.costs import Budget
from conference.models.failures import FAILED_CALLS, failed_in, write_failed_calls
from conference.models.records import ModelRules
from venues.checks import check_before
from venues.dispatch import Executors, make_performer
from venues.examples import with_examples
from venues.flow import Flow, flows_of
from venues.minds import models_of
from venues.papers import PaperSource, open_papers
from venues.phases import steps_of
from venues.plan import draws_seed, make_plan, note_plan
from venues.player import Player
from venues.preflight import try_models
from venues.resume import load_round, retract_failures, spoiled
from venues.settings import prepare
from venues.state import Archived, Options, Round
from venues.venue import Venue


class Result(msgspec.Struct, frozen=True):
    """A finished round: its folder, its records, and how many tasks this run performed."""

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
    """Run a venue round, or resume the one in `out`.

    Args:
        venue: a venue's name, a TOML file, or the rules themselves.
        papers: a folder of PDFs or a table of submissions; None lets scientists write them.
        sample: take only this many of the papers, drawn with the seed; 0 takes all.
        hosts: number of Ray actors that host the agents; 0 runs all in this process without Ray.
        retry_failed: try again the tasks whose mind gave no valid answer.
        budget: limits on model calls; when one is reached the round stops and can be resumed.
        progress: called with the step, its tasks done and its tasks in all.
        say: called with each line for the user about the papers and the language models.
        number: which of several rounds of the venue this is; each has its own draws.
        archive: the papers of the earlier rounds.
        reuse: folders of earlier rounds; a task that sees the same as one there takes its result.
        started: whether the models' back ends already run, as in the rounds of a study.

    Raises:
        UserError: bad input, in one sentence.
        StopRound: a limit was reached or a step failed; the round can be resumed.
    """
    rules = prepare(venue, scientists=scientists, reviewers=reviewers, chairs=chairs)
    progress, say = progress or no_progress, say or (lambda line: None)
    source = (
        papers
        if papers is None or isinstance(papers, PaperSource)
        else open_papers(papers, rules, sample, seed)
    )
    for note in check_before(rules, source, options or Options(), seed, Path(out)):
        say(note)
    plan = make_plan(rules, seed, number, source, archive, options)
    folder, draws = Path(out), draws_seed(seed, number)
    world = draws_seed(rules.panel.world, number) if rules.panel.world else 0
    ledger = open_ledger(folder)
    try:
        note_plan(ledger, plan)
        if retry_failed:
            retract_failures(ledger, rules)
        round_ = Round(
            rules, seed, folder, source, plan.options, archive, draws, world, plan.sample
        )
        titles = [row.title for row in source.table] if source else []
        models = with_examples(
            rules.models, draws, folder, say, titles, source.pdfs if source else ()
        )
        budget = budget or Budget()
        _count_spent(budget, ledger)
        performed = _perform(
            round_, ledger, models, Cluster(address, hosts), reuse, budget, progress, say,
            started=started,
        )  # fmt: skip
        round_.read()
        return Result(folder, round_, performed)
    finally:
        if models_of(rules):
            write_failed_calls(folder / FAILED_CALLS, failed_in(ledger))
        ledger.close()


def _count_spent(budget: Budget, ledger: Ledger) -> None:
    """Count what earlier runs of the round spent, including on tasks that were tried again."""
    budget.note([ledger.read_note("preflight") or b"[]", *ledger.calls()])
    budget.note(calls for _, calls in ledger.retracted())


def _perform(
    round_: Round,
    ledger: Ledger,
    rules: Mapping[str, ModelRules],
    cluster: Cluster,
    reuse: Sequence[str | Path],
    budget: Budget,
    progress: Progress,
    say: Callable[[str], None],
    *,
    started: bool,
) -> int:
    """Perform what the ledger lacks; return how many tasks that were.

    Unless `started`, the models' back ends are started here and stopped at the end.
    """
    models = models_of(msgspec.structs.replace(round_.venue, models=dict(rules)))
    for line in budget.check_prices(models):
        say(line)
    make = partial(
        make_performer, round_.draws, str(round_.folder.resolve()), cluster.hosts,
        rules, spoiled(ledger), round_.world,
    )  # fmt: skip
    with ExitStack() as back_ends:

        def ready() -> None:
            """Start the models and try each, before the first task that may need one."""
            if models:
                if not started:
                    back_ends.enter_context(running(models, cluster, progress))
                progress("preflight", 0, 1)
                try_models(round_, models, ledger, budget, say)
                progress("preflight", 1, 1)

        executors = Executors(make, cluster.hosts, cluster.address, ready)
        try:
            if not len(ledger) and not reuse:
                executors.ready()
            return play(round_, ledger, executors.choose, progress, budget, Pool(reuse))
        finally:
            executors.close()


def play(
    round_: Round,
    ledger: Ledger,
    executor_for: Callable[[Task], Executor],
    progress: Progress,
    budget: Budget | None = None,
    pool: Pool | None = None,
    overlap: bool | None = None,
) -> int:
    """Perform every task of every step that the ledger lacks; return how many were performed.

    A result is taken from the pool where a task of another round saw the same. With `overlap`,
    papers go through steps at their own pace (`venues.flow`); the results are the same. By
    default they do when a language model has a role.
    """
    performed, budget, pool = 0, budget or Budget(), pool or Pool()
    if overlap is None:
        overlap = bool(models_of(round_.venue))
    for steps in flows_of(steps_of(round_.venue), overlap):
        while steps and (keys := ledger.complete_step(steps[0].name)) is not None:
            progress(steps.pop(0).name, len(keys), len(keys))
            round_.add_later(partial(ledger.records_of, keys))
        if steps:
            flow = Flow(steps, round_, ledger.records)
            performed += Player(flow, round_, ledger, executor_for, progress, budget, pool).play()
    return performed


__all__ = ["Options", "PaperSource", "Result", "load_round", "play", "prepare", "run_round"]
