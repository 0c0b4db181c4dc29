"""The command line: `conference` and its commands."""

from __future__ import annotations

import importlib

import click

from conference.core.commands import run_command
from conference.core.version import __version__

COMMANDS = {
    "run": ("conference.app.commands.run", "run"),
    "review": ("conference.app.commands.review", "review"),
    "watch": ("conference.app.commands.watch", "watch"),
    "study": ("conference.app.commands.study", "study"),
    "venues": ("conference.app.commands.venues", "venues"),
    "benchmark": ("conference.app.commands.benchmark", "benchmark"),
    "compare": ("conference.app.commands.compare", "compare"),
    "data": ("conference.app.commands.data", "data"),
    "site": ("conference.app.commands.site", "site"),
    "export": ("conference.app.commands.export", "export"),
    "cost": ("conference.app.commands.cost", "cost"),
}
HELP = {
    "run": "Run a venue round, or resume one.",
    "review": "Review one paper, or several, on a venue's form.",
    "watch": "Show a round or study on a local page while it runs.",
    "study": "Ask the venue a question: arms, replicates, effects.",
    "venues": "List the venues, or show the review form and quotas of one.",
    "benchmark": "Measure reviewers against human reviews.",
    "compare": "Set rounds, studies or benchmarks side by side.",
    "data": "Import, list and show human review data.",
    "site": "Write a round's proceedings again.",
    "export": "Take a round elsewhere: Parquet, CSV, OpenReview, Inspect.",
    "cost": "Show tokens, time and cost of a round's model calls.",
}


class Commands(click.Group):
    """Imports a command's module only when it is needed, so that --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, HELP[name]) for name in COMMANDS])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Run an AI-run conference, and measure AI reviewers against human reviews.

    \b
    conference run                     a small round, six papers, a few minutes
    conference run iclr2026 --papers DATA    review real submissions
    conference benchmark --help        how good is a reviewer?
    """


def main() -> None:
    """Run the command line; user errors are one sentence and exit status 2."""
    run_command(cli)
