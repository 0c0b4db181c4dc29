"""`conference run`: run a venue round, or resume one."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from conference.core.commands import Number
from conference.core.errors import UserError
from conference.core.files import check_writable
from conference.core.progress import LOG, ProgressDisplay

COUNT, AMOUNT = click.IntRange(min=0), Number(min=0)


@click.command()
@click.argument("venue", default="workshop")
@click.option(
    "--papers", type=click.Path(), help="Folder of PDFs, a table, or imported review data."
)
@click.option(
    "--sample", type=click.IntRange(min=1), help="Use only this many papers, drawn by --seed."
)
@click.option("--out", type=click.Path(), help="Folder of the round  [runs/VENUE].")
@click.option("--seed", default=0, show_default=True, help="Seed of every random draw.")
@click.option("--scientists", type=COUNT, help="How many scientists  [the venue's own number].")
@click.option("--reviewers", type=COUNT, help="How many reviewers  [the venue's own number].")
@click.option("--chairs", type=COUNT, help="How many area chairs  [the venue's own number].")
@click.option(
    "--scientist", help="Mind of the scientists: embedded, vllm:MODEL, openai:MODEL@URL …"
)
@click.option("--reviewer", help="Mind of the reviewers, or weights: '2 vllm:A, 1 embedded'.")
@click.option("--chair", help="Mind of the chairs.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="RULE=VALUE",
    help="Set any rule of the venue, such as assignment.reviews_per_paper=4; repeatable.",
)
@click.option(
    "--reuse",
    type=click.Path(),
    multiple=True,
    metavar="RUN",
    help="Take over results that an earlier round computed from the same inputs; repeatable.",
)
@click.option("--models", type=click.Path(), help="TOML file with settings and prices of models.")
@click.option(
    "--max-tokens", type=COUNT, default=0, help="Stop after this many tokens of model calls."
)
@click.option("--max-cost", type=AMOUNT, default=0.0, help="Stop when model calls cost this much.")
@click.option("--max-hours", type=AMOUNT, default=0.0, help="Stop after this many hours.")
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Rounds, each learning from the last.",
)
@click.option("--format", "format_", type=click.Choice(["typst", "latex"]), default="typst")
@click.option("--calibration", default="", help="Table of human-reviewed papers to calibrate on.")
@click.option(
    "--literature",
    default="",
    help="Measure novelty against local:PATH, semanticscholar or openalex.",
)
@click.option(
    "--hosts",
    type=COUNT,
    default=2,
    show_default=True,
    help="Ray actors that run the agents; 0: all in one process.",
)
@click.option(
    "--address",
    envvar="RAY_ADDRESS",
    help="Address of a running Ray cluster (or RAY_ADDRESS); without it a small one is started.",
)
@click.option("--unsafe", is_flag=True, help="Run experiments even if no sandbox is available.")
@click.option("--retry-failed", is_flag=True, help="Try failed tasks again.")
@click.option("--watch", is_flag=True, help="Show the round on a local page while it runs.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done, and its cost.")
def run(
    venue: str,
    papers: str | None,
    sample: int | None,
    out: str | None,
    seed: int,
    scientists: int | None,
    reviewers: int | None,
    chairs: int | None,
    scientist: str | None,
    reviewer: str | None,
    chair: str | None,
    settings: tuple[str, ...],
    reuse: tuple[str, ...],
    models: str | None,
    max_tokens: int,
    max_cost: float,
    max_hours: float,
    rounds: int,
    format_: str,
    calibration: str,
    literature: str,
    hosts: int,
    address: str | None,
    unsafe: bool,
    retry_failed: bool,
    watch: bool,
    dry_run: bool,
) -> None:
    """Run a venue round, or resume one.

    VENUE is a name (see `conference venues`) or the path of a TOML file. A round that stopped goes
    on when you run the same command again.
    """
    from conference.app.api import run_round
    from conference.app.commands.watch import shown
    from conference.literature import resolved
    from conference.models.costs import Budget
    from venues.checks import check_before
    from venues.human_papers import calibration_table
    from venues.minds import load_models, models_of
    from venues.papers import open_papers
    from venues.round import Options, prepare
    from venues.rounds import check_reusable
    from venues.settings import parse_settings

    chosen = {"scientist": scientist, "reviewer": reviewer, "chair": chair}
    rules = prepare(
        venue,
        scientists=scientists,
        reviewers=reviewers,
        chairs=chairs,
        minds={role: mind for role, mind in chosen.items() if mind},
        models=load_models(models) if models else None,
        settings=parse_settings(settings),
    )
    if sample and not papers:
        raise UserError("--sample draws from given papers; name them with --papers.")
    console, folder = Console(), Path(out or f"runs/{rules.name}")
    check_writable(folder)
    options = Options(
        format=format_, unsafe=unsafe, literature=resolved(literature), calibration=calibration
    )
    budget = Budget(max_tokens, max_cost, max_hours)
    with ProgressDisplay(console) as display:
        if papers:
            display.show("read papers", 0, 1)
        source = open_papers(papers, rules, sample or 0, seed) if papers else None

    def say(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False, highlight=False)

    for note in source.notes if source else ():
        say(f"note: {note}")
    if dry_run:
        calibration_table(rules, calibration)
        check_reusable(reuse, rounds)
        found = check_before(rules, source, options, seed, folder)
        for line in [*found, *budget.check_prices(models_of(rules))]:
            say(line)
        _show_forecast(console, _calibrated_on(rules, calibration), source, rounds)
        return
    start = time.monotonic()
    with shown(watch, folder), ProgressDisplay(console, folder / LOG) as display:
        result = run_round(
            rules,
            rounds=rounds,
            out=folder,
            seed=seed,
            papers=source,
            hosts=hosts,
            address=address,
            reuse=reuse,
            options=options,
            retry_failed=retry_failed,
            budget=budget,
            progress=display.show,
            say=say,
        )
    took = time.monotonic() - start
    console.print(f"{result.performed} tasks performed in {took:.0f} s.")
    console.print(f"Proceedings: [bold]{result.site}[/bold]", soft_wrap=True)


def _calibrated_on(rules, table: str):  # type: ignore[no-untyped-def]
    """The venue's rules with the user's table of human-reviewed papers, if given."""
    import msgspec

    own = rules.calibration
    chosen = msgspec.structs.replace(own, source=table or own.source)
    return msgspec.structs.replace(rules, calibration=chosen)


def _show_forecast(console: Console, rules, source, rounds: int) -> None:  # type: ignore[no-untyped-def]
    from venues.forecast import forecast

    what = "a round" if rounds == 1 else f"{rounds} rounds"
    table = Table(title=f"{rules.title}: what {what} would do")
    for column in ("phase", "tasks", "what"):
        table.add_column(column, justify="right" if column == "tasks" else "left")
    rows = forecast(rules, source)
    for phase, row in rows.items():
        table.add_row(phase, f"{'≤ ' if row.at_most else ''}{rounds * row.tasks:,}", row.what)
    console.print(table)
    tasks = rounds * sum(row.tasks for row in rows.values())
    console.print(f"At most {tasks:,} tasks. Nothing was done.")
    _show_estimate(console, rules, source, rounds)


def _show_estimate(console: Console, rules, source, rounds: int) -> None:  # type: ignore[no-untyped-def]
    from venues.estimate import PDF_PAGE, estimate
    from venues.phase import CHARACTERS_A_TOKEN

    found = estimate(rules, source, rounds)
    if not found:
        return
    table = Table("phase", "calls", "tokens in", "tokens out", "cost", "hours")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in found:
        table.add_row(
            row.phase, f"{row.calls:,}", f"{row.tokens_in:,}", f"{row.tokens_out:,}",
            f"{row.cost:,.2f}", f"{row.hours:,.2f}",
        )  # fmt: skip
    table.add_row(
        "all", f"{sum(r.calls for r in found):,}", f"{sum(r.tokens_in for r in found):,}",
        f"{sum(r.tokens_out for r in found):,}", f"{sum(r.cost for r in found):,.2f}",
        f"{sum(r.hours for r in found):,.2f}",
    )  # fmt: skip
    console.print(table)
    console.print(
        f"An upper estimate: {CHARACTERS_A_TOKEN} characters per token, {PDF_PAGE:,} tokens per "
        "PDF page, no prefix cached, no answer asked for twice; prices and speeds (speed_in, "
        "speed_out) are those of the models' settings."
    )
