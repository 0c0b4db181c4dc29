"""`conference study`: ask the venue a question, and see the answer with its uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from conference.core.commands import Number
from conference.core.errors import UserError
from conference.core.progress import LOG, ProgressDisplay

COUNT = click.IntRange(min=0)
ONE = click.IntRange(min=1)
AMOUNT = Number(min=0)


@click.group()
def study() -> None:
    """Ask the venue a question: what changes, by how much, and is it more than chance?

    NAME is a study of `conference study list`, or the path of a study's TOML file.
    """


@study.command("list")
@click.option("--outcomes", is_flag=True, help="List what a study can measure instead.")
@click.option("--twins", is_flag=True, help="List how an arm can change the papers instead.")
def list_(outcomes: bool, twins: bool) -> None:
    """List the studies that come with the package."""
    from benchmarks.studies.outcomes import need_said, outcome_of
    from benchmarks.studies.study import list_studies, load_study
    from benchmarks.studies.twins.twin import all_twins
    from conference.core.registry import OUTCOMES, registered

    console = Console()
    if outcomes:
        table = Table(Column("outcome", no_wrap=True), "what", "unit", "needs")
        for name in registered(OUTCOMES):
            found = outcome_of(name)
            table.add_row(name, found.what, found.unit, ", ".join(map(need_said, found.needs)))
    elif twins:
        table = Table(Column("twin", no_wrap=True), "how the papers differ", "needs")
        for spec, what, needs in all_twins():
            table.add_row(spec, what, needs)
    else:
        table = Table(
            Column("study", no_wrap=True), "question", "rests on", Column("arms", overflow="fold")
        )
        for name in list_studies():
            one = load_study(name)
            table.add_row(name, one.question, one.rests, ", ".join(one.arm))
    console.print(table)


@study.command()
@click.argument("name")
def show(name: str) -> None:
    """Show a study: its question, source, arms and outcomes."""
    from benchmarks.studies.study import in_toml, load_study

    one, console = load_study(name), Console()
    console.print(one.title, style="bold", markup=False)
    console.print(one.question, markup=False)
    for label, text in (
        ("Source", one.source),
        ("Published", one.published),
        ("Expected", one.expects),
        ("Rests on", one.rests),
        ("Venue", one.venue),
        ("Papers", "; ".join(filter(None, (one.papers, *_which(one.only, one.sample))))),
    ):
        if text:
            console.print(f"{label}: {text}", highlight=False, markup=False)
    table = Table("arm", "what differs")
    for arm, rules in one.all_arms().items():
        said = [f"{rule} = {in_toml(value)}" for rule, value in rules.set.items()]
        said += [f"{role}: {mind}" for role in ("scientist", "reviewer", "chair")
                 if (mind := getattr(rules, role))]  # fmt: skip
        said += [f"papers: {rules.twin}"] if rules.twin else []
        said += [f"committee {rules.committee}"] if rules.committee > 1 else []
        table.add_row(arm, escape("; ".join(dict.fromkeys(filter(None, [rules.label, *said])))))
    console.print(table)
    rounds = f" of {one.rounds} rounds, the last measured" if one.rounds > 1 else ""
    console.print(
        f"{one.design.replicates} replicates{rounds}; primary outcome: {one.outcome.primary}; "
        f"also: {', '.join(one.outcome.also) or 'none'}."
    )


def _which(only: str, sample: int) -> list[str]:
    """Phrases for the papers that a study's file selects; none if it takes all."""
    chosen = {
        "decided": "only those that people rated and decided on",
        "recorded": "only those with a record for every recorded seat",
    }
    said = [chosen[only]] if only else []
    return said + ([f"{sample:,} of them drawn"] if sample else [])


def chosen(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that define a study's rounds to a command."""
    for option in reversed(
        [
            click.option("--papers", default="", help="Folder of PDFs, or human review data."),
            click.option("--replicates", type=ONE, help="Replicates of each arm  [the file's]."),
            click.option("--sample", type=ONE, help="Papers to draw  [the file's, else all]."),
            click.option("--seed", default=0, show_default=True, help="Seed of all random draws."),
            click.option("--scientist", default="", help="Mind of the scientists in all arms."),
            click.option("--reviewer", default="", help="Minds of the reviewers in all arms."),
            click.option("--chair", default="", help="Mind of the chairs in all arms."),
            click.option("--models", type=click.Path(), help="TOML file with models' settings."),
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="RULE=VALUE",
                help="Set a rule of the venue in all arms; repeatable.",
            ),
            click.option(
                "--workers",
                type=COUNT,
                default=2,
                show_default=True,
                help="Replicates at once on Ray (with language models: hosts of each round); "
                "0: one process.",
            ),
            click.option(
                "--address", envvar="RAY_ADDRESS", help="Address of a running Ray cluster."
            ),
        ]
    ):
        command = option(command)
    return command


@study.command()
@click.argument("name")
@click.option("--out", type=click.Path(), help="Folder of the study  [runs/study-NAME].")
@click.option("--venue", help="Run the study on this venue instead of its own.")
@click.option("--arms", default="", help="Run only the control and these arms, as a,b  [all].")
@click.option(
    "--outcomes",
    default="",
    help="Measure only these, as a,b; the first is the primary one  [all].",
)
@click.option("--max-tokens", type=COUNT, default=0, help="Stop a round after this many tokens.")
@click.option("--max-cost", type=AMOUNT, default=0.0, help="Stop a round at this cost.")
@click.option("--watch", is_flag=True, help="Show the arms on a local page while they run.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done, and its cost.")
@chosen
def run(
    name: str,
    out: str | None,
    venue: str | None,
    arms: str,
    outcomes: str,
    max_tokens: int,
    max_cost: float,
    watch: bool,
    dry_run: bool,
    papers: str,
    replicates: int | None,
    sample: int | None,
    seed: int,
    scientist: str,
    reviewer: str,
    chair: str,
    models: str | None,
    settings: tuple[str, ...],
    workers: int,
    address: str | None,
) -> None:
    """Run a study, or resume one that was stopped."""
    from benchmarks.studies.job import make_job
    from benchmarks.studies.plan_view import forecast_rows
    from benchmarks.studies.run import run_study
    from benchmarks.studies.study import load_study
    from conference.app.commands.watch import shown
    from venues.minds import load_models
    from venues.settings import parse_settings

    only, measured = _names("--arms", arms), _names("--outcomes", outcomes)
    one, console = load_study(name, venue, only, measured), Console()
    minds = {"scientist": scientist, "reviewer": reviewer, "chair": chair}
    minds = {role: mind for role, mind in minds.items() if mind}
    rules = load_models(models) if models else None
    folder = Path(out or f"runs/study-{Path(name).stem}")
    if dry_run:
        job, papers_of_arms = make_job(
            one, folder, papers, sample or one.sample, seed, minds, parse_settings(settings),
            rules, replicates or one.design.replicates, dry=True,
        )  # fmt: skip
        for note in job.notes:
            console.print(f"note: {note}", soft_wrap=True, markup=False, highlight=False)
        table = Table("arm", "rounds", "tasks", "calls", "tokens", "cost", "hours")
        for row in forecast_rows(job, papers_of_arms, replicates or one.design.replicates):
            table.add_row(*row)
        console.print(table)
        console.print(
            "Upper estimates without emergency reviews; what arms have in common is counted once. "
            "Calls, tokens, cost and hours are those of language models. Nothing was done."
        )
        return
    with shown(watch, folder), ProgressDisplay(console, folder / LOG) as display:
        _, result = run_study(
            one, out=folder, papers=papers, replicates=replicates or 0, sample=sample or 0,
            seed=seed, minds=minds, settings=parse_settings(settings), models=rules,
            workers=workers, address=address, budget=(max_tokens, max_cost, 0.0),
            progress=display.show,
        )  # fmt: skip
    for sentence in result.answer:
        console.print(sentence, soft_wrap=True, highlight=False)
    console.print(f"Report: [bold]{folder / 'report.html'}[/bold]", soft_wrap=True)


def _names(option: str, said: str) -> list[str]:
    names = [each.strip() for each in said.split(",") if each.strip()]
    if said and not names:
        raise UserError(f"{option} '{said}' names nothing; give names as a,b, or leave it out.")
    return names


@study.command()
@click.argument("name")
@click.option("--out", type=click.Path(), help="Folder of a finished study to plan from.")
@click.option("--outcome", help="Plan for this outcome  [the study's primary one].")
@click.option("--papers-like", type=ONE, help="Number of papers of the planned study.")
def power(name: str, out: str | None, outcome: str | None, papers_like: int | None) -> None:
    """Show the smallest effect that a study detects, by number of replicates.

    It is planned from the A/A arm of a finished run.
    """
    from benchmarks.studies.outcome_table import read_outcomes
    from benchmarks.studies.plan import check_folder
    from benchmarks.studies.power import pilot, plans
    from benchmarks.studies.study import load_study

    one, console = load_study(name), Console()
    folder = Path(out or f"runs/study-{Path(name).stem}")
    check_folder(folder, one)
    primary, unit = outcome or one.outcome.primary, one.design.unit
    alpha = one.analysis.alpha
    found = pilot(read_outcomes(folder), primary, unit)
    what = f"smallest effect on {primary} (power .8, alpha {alpha:g})"
    table = Table("replicates", "units", what)
    for row in plans(found, [papers_like or found.units], [2, 5, 10, 20, 40, 80], alpha):
        table.add_row(str(row.replicates), str(row.units), f"{row.smallest:.3g}")
    console.print(table)


@study.command()
@click.argument("model")
@click.option("--papers", required=True, help="Human review data, or a table of papers.")
@click.option("--venue", default="iclr2022", show_default=True, help="Venue of the papers.")
@click.option("--sample", type=ONE, help="Papers to draw  [all].")
@click.option("--seed", default=0, show_default=True, help="Seed of that draw.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--models", type=click.Path(), help="TOML file with models' settings.")
@click.option("--address", envvar="RAY_ADDRESS", help="Address of a running Ray cluster.")
def polish(
    model: str, papers: str, venue: str, sample: int | None, seed: int, out: Path,
    models: str | None, address: str | None,
) -> None:  # fmt: skip
    """Let a language MODEL polish abstracts, for arms with the twin polish:FILE.

    An abstract is used only if its numbers and citations are unchanged. An interrupted run goes on
    where it stopped.
    """
    from benchmarks.reviewers.language_model import Prober, parse_asked
    from benchmarks.studies.twins.rewriting import rewrite, summary
    from conference.core.files import check_writable
    from conference.models import Cluster, rules_for, running
    from venues.minds import load_models
    from venues.papers import open_papers
    from venues.venue_file import load_venue

    console, spec = Console(), parse_asked(model)
    rules = rules_for(spec, load_models(models) if models else {})
    source = open_papers(papers, load_venue(venue), sample or 0, seed)
    if source.kind == "pdf":
        raise UserError(f"--papers {papers}: a folder of PDFs has no abstracts; give a table.")
    check_writable(out.parent)
    with ProgressDisplay(console, out.with_suffix(".log")) as display, ExitStack() as stack:
        stack.enter_context(running({spec.text: rules}, Cluster(address), display.show))
        rows = rewrite(source, Prober(model, rules), spec.text, out, display.show)
    console.print(summary(rows), soft_wrap=True, highlight=False)
    if any(not row.fault for row in rows):
        console.print(f'Use them in an arm: twin = "polish:{out}"', soft_wrap=True, markup=False)


@study.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path())
@click.option("--out", type=click.Path(), help="Page for several studies  [studies.html].")
def report(folders: tuple[str, ...], out: str | None) -> None:
    """Write a study's report again, or one page that compares several studies."""
    from benchmarks.studies.conclude import report_again
    from benchmarks.studies.report import write_comparison

    console = Console()
    if len(folders) == 1:
        result = report_again(Path(folders[0]))
        for sentence in result.answer:
            console.print(sentence, soft_wrap=True, highlight=False)
        console.print(f"Report: {Path(folders[0]) / 'report.html'}", soft_wrap=True)
        return
    page = Path(out or "studies.html")
    write_comparison([Path(folder) for folder in folders], page)
    console.print(f"Page: {page}", soft_wrap=True)
