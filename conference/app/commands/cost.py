"""`conference cost`: calls, tokens, time and cost of a round's language models."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

WIDE = 120  # characters of a line if the output is not a terminal


@click.command()
@click.argument("run", type=click.Path())
@click.option(
    "--by", type=click.Choice(["role", "phase", "paper", "model"]), help="Show only this table."
)
def cost(run: str, by: str | None) -> None:
    """Show calls, tokens, seconds and cost of the round in the folder RUN.

    Prices are those of the venue's [models] table at the time of the calls, per million tokens.
    """
    from venues.spending import read_spending

    spending, console = read_spending(run), Console(width=None if sys.stdout.isatty() else WIDE)
    if not spending.total.calls:
        console.print("This round called no language model.")
        return
    cuts = {
        "role": spending.by_role,
        "phase": spending.by_phase,
        "paper": spending.by_paper,
        "model": spending.by_model,
    }
    for name in [by] if by else ["role", "phase", "model"]:
        table = Table(
            name, "calls", "unused", "tokens in", "cached", "tokens out", "seconds", "cost"
        )
        table.columns[0].overflow = "fold"  # Not cut: names often differ only at their ends.
        for column in table.columns[1:]:
            column.justify, column.no_wrap = "right", True
        for key, row in [*cuts[name].items(), ("all", spending.total)]:
            table.add_row(
                key, f"{row.calls:,}", f"{row.problems:,}", f"{row.tokens_in:,}",
                f"{row.tokens_cached:,}", f"{row.tokens_out:,}", f"{row.seconds:,.1f}",
                f"{row.cost:,.4f}",
            )  # fmt: skip
        console.print(table)
    console.print("Unused: responses that did not match the schema and were retried.")
