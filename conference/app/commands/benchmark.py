"""`conference benchmark`: measure reviewers against human reviews."""

from __future__ import annotations

import math
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from conference.core.commands import Number
from conference.core.errors import UserError
from conference.core.progress import LOG, ProgressDisplay

ADDRESS = click.option(
    "--address",
    envvar="RAY_ADDRESS",
    help="Ray cluster for vLLM's engines (or RAY_ADDRESS); without it a small one is started.",
)


@click.group(invoke_without_command=True)
@click.option(
    "--data", help="A dataset of the store, or NAME@FOLDER for another store or folder of tables."
)
@click.option(
    "--reviewer",
    "reviewers",
    multiple=True,
    metavar="SPEC",
    help="embedded[:FILE], fitted:FILE, tfidf, csv:FILE[#COLUMN], ai-scientist:FILE[#CONFIG], "
    "vllm:MODEL, openai:MODEL@URL; repeatable.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder  [benchmark-NAME].")
@click.option(
    "--threshold",
    "fixed",
    multiple=True,
    type=Number(),
    metavar="SCORE",
    help="Also evaluate decisions at this score, beside the fitted threshold; repeatable.",
)
@click.option(
    "--need",
    multiple=True,
    type=click.Choice(["abstract", "text"]),
    help="Use only papers that have this.",
)
@click.option(
    "--cutoff",
    "cutoffs",
    multiple=True,
    metavar="REVIEWER=DATE",
    help="Training cutoff of a reviewer's model.",
)
@click.option(
    "--reweight",
    metavar="MIX",
    help="Repeat the measurement at the venue's acceptance rate (natural) or another, as 0.31.",
)
@click.option(
    "--matching",
    type=click.Choice(["bm25", "embeddings"]),
    default="bm25",
    show_default=True,
    help="How points of reviews are matched with the humans' points; embeddings needs the extra "
    "of that name.",
)
@click.option("--models", type=click.Path(), help="TOML file with settings of language models.")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Run language models this many times, and measure how stable they are.",
)
@click.option(
    "--sample", type=click.IntRange(min=1), help="Use only this many papers, drawn by --seed."
)
@click.option(
    "--seed", default=0, show_default=True, help="Seed of folds, resamples and the sample."
)
@click.option("--resamples", default=1000, show_default=True, help="Bootstrap resamples.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder of the store  [$CONFERENCE_STORE, else in the user's cache].",
)
@ADDRESS
@click.pass_context
def benchmark(
    ctx: click.Context, data: str | None, reviewers: tuple[str, ...], out: Path | None,
    fixed: tuple[float, ...], need: tuple[str, ...], cutoffs: tuple[str, ...], reweight: str | None,
    matching: str, models: str | None, repeats: int, sample: int | None, seed: int, resamples: int,
    store: Path | None, address: str | None,
) -> None:  # fmt: skip
    """Measure reviewers against human reviews.

    Prints a table and writes a folder with report.html. The reviewers are compared with trivial
    baselines and the humans themselves. An interrupted run goes on where it stopped.

    csv:FILE is a .csv, .tsv, .jsonl or .parquet table with the columns paper_id and score (or
    rating, or the COLUMN that you name), and where known decision and confidence. It has one row
    per paper or, with a column reviewer, one row per reviewer of a paper; then their mean counts.

    \b
    conference benchmark --data iclr2022 --reviewer embedded --reviewer csv:scores.csv
    conference benchmark compare FOLDER#REVIEWER OTHER#REVIEWER
    """
    if ctx.invoked_subcommand:
        return
    if not data:
        raise UserError("conference benchmark: name the data with --data (see --help).")
    if resamples < 0:
        raise UserError(f"--resamples {resamples}: give 0 or more.")
    for cut in fixed:
        if not math.isfinite(cut):
            raise UserError(f"--threshold {cut:g}: give a finite number.")
    import msgspec
    from rich.console import Console

    from benchmarks.reviewers.examples import with_examples
    from benchmarks.reviewers.named import check_specs, open_reviewers
    from benchmarks.reviewers.question import open_question
    from benchmarks.reviewers.results import at_other_mix, check_folder
    from benchmarks.reviewers.run import Options
    from benchmarks.reviewers.run import benchmark as run
    from benchmarks.reviewers.sheets import sheets
    from benchmarks.reviewers.tables import WIDE, terminal, terminal_sheet
    from conference.data.store import store_folder
    from conference.models import Cluster
    from venues.minds import load_models

    console = Console(width=None if sys.stdout.isatty() else WIDE)
    settings = load_models(models) if models else {}
    check_specs(reviewers)
    dates = _dates(cutoffs)
    folder, aside = out or _default_folder(data), Console(stderr=True)
    check_folder(folder)
    command = shlex.join(["conference", *sys.argv[1:]])
    options = Options(
        seed=seed, resamples=resamples, fixed=fixed, reweight=reweight or "", matching=matching,
        command=command, repeats=repeats,
    )  # fmt: skip
    left_out: list[str] = []
    with ExitStack() as stack:
        with ProgressDisplay(aside) as display:
            display.show("read data", 0, 1)
            question = open_question(
                data, store_folder(store), need=need, size=sample or 0, seed=seed
            )
            question, settings = with_examples(question, reviewers, settings, folder, seed, store)
            display.show("read data", 1, 1)
            display.show("prepare reviewers", 0, 1)
            made = stack.enter_context(
                open_reviewers(
                    reviewers, question, settings, left_out, dates, Cluster(address), display.show
                )
            )
            display.show("prepare reviewers", 1, 1)
        for reason in left_out:
            aside.print(f"{reason}.", soft_wrap=True, highlight=False, markup=False)
        question = msgspec.structs.replace(question, notes=(*question.notes, *left_out))
        for each in made:
            if each.notice:
                aside.print(each.notice, soft_wrap=True, highlight=False, markup=False)
        with ProgressDisplay(aside, folder / LOG) as display:
            result = run(question, made, folder, options, display.show)
    for leak in result.leaks:
        console.print(f"! Warning: {leak}.", soft_wrap=True, highlight=False, markup=False)
    for each_mix in (result, at_other_mix(result)):
        if each_mix:
            console.print(terminal(each_mix, console.width))
    for sheet in sheets(result):
        console.print(terminal_sheet(sheet, console.width))
        for finding in sheet.findings:
            console.print(f"! {finding}.", soft_wrap=True, highlight=False, markup=False)
    for sentence in (*result.notes, *result.verdicts):
        console.print(f"· {sentence}", soft_wrap=True, highlight=False, markup=False)
    console.print(f"Report: {folder / 'report.html'}", soft_wrap=True, markup=False)


@benchmark.command()
@click.argument("model")
@click.option("--data", required=True, help="A dataset of the store, or NAME@FOLDER.")
@click.option(
    "--papers",
    type=click.IntRange(min=2),
    default=100,
    show_default=True,
    help="How many papers to ask about.",
)
@click.option("--models", type=click.Path(), help="TOML file with settings of language models.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The benchmark's folder  [benchmark-NAME]."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the sample.")
@click.option("--store", type=click.Path(path_type=Path), help="Folder of the store.")
@ADDRESS
def probe(
    model: str, data: str, papers: int, models: str | None, out: Path | None, seed: int,
    store: Path | None, address: str | None,
) -> None:  # fmt: skip
    """Ask whether a language MODEL has met these papers.

    It is asked to finish abstracts, and to name decisions from titles alone. The findings are kept
    in the benchmark's folder; the next benchmark into that folder reports them.
    """
    from rich.console import Console

    from benchmarks.reviewers.language_model import Prober, parse_asked
    from benchmarks.reviewers.probe import ProbeRecord, keep
    from benchmarks.reviewers.probe import probe as run
    from benchmarks.reviewers.question import open_question
    from benchmarks.reviewers.results import check_folder
    from benchmarks.reviewers.tables import full
    from conference.data.store import store_folder
    from conference.models import Cluster, rules_for, running
    from conference.models.failures import FAILED_CALLS, write_failed_calls
    from venues.minds import load_models

    spec = parse_asked(model)
    rules = rules_for(spec, load_models(models) if models else {})
    folder = out or _default_folder(data)
    check_folder(folder)
    with ProgressDisplay(Console(stderr=True), folder / LOG) as display, ExitStack() as stack:
        display.show("read data", 0, 1)
        question = open_question(data, store_folder(store))
        display.show("read data", 1, 1)
        stack.enter_context(running({spec.text: rules}, Cluster(address), display.show))
        prober = Prober(model, rules)
        found = run(prober, question.papers, size=papers, seed=seed, progress=display.show)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(f"{found.n} papers; {found.failed} answers could not be used.")
    for said, figure in found.figures().items():
        console.print(f"{said}: {full(figure)}")
    record = ProbeRecord(
        model=model, data=question.name, sha256=question.sha256, seed=seed, found=found
    )
    path = keep(record, folder)
    listed = path.with_suffix(f".{FAILED_CALLS}")
    write_failed_calls(listed, prober.failed)
    if prober.failed:
        console.print(f"Failed calls: {listed}", soft_wrap=True, highlight=False, markup=False)
    console.print(
        f"Kept: {path}; the next `conference benchmark --out {folder}` reports it.",
        soft_wrap=True, highlight=False, markup=False,
    )  # fmt: skip


@benchmark.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--seed", default=0, show_default=True, help="Seed of the resamples.")
@click.option(
    "--resamples", type=click.IntRange(min=0), default=1000, show_default=True,
    help="Bootstrap resamples.",
)  # fmt: skip
def compare(first: str, second: str, seed: int, resamples: int) -> None:
    """Compare two reviewers on the papers that both have scored.

    A and B are benchmark folders, or FOLDER#REVIEWER if a folder holds several.
    """
    from rich.console import Console

    from conference.app.compare import show
    from conference.app.compare.compare import compare_benchmarks

    found = compare_benchmarks((first, second), resamples=resamples, seed=seed)
    show(found, Console(width=None if sys.stdout.isatty() else 120))


def _default_folder(data: str) -> Path:
    return Path(f"benchmark-{data.partition('@')[0]}")


def _dates(cutoffs: tuple[str, ...]) -> dict[str, str]:
    """Each reviewer's cutoff, from NAME=DATE."""
    from benchmarks.reviewers.contamination import check_date

    parts = [(given, *given.rpartition("=")) for given in cutoffs]
    return {name: check_date(date, f"--cutoff {given}") for given, name, _, date in parts}
