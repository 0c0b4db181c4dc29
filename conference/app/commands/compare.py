"""`conference compare`: rounds, studies or benchmarks side by side."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("folders", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write a page to this file.")
@click.option(
    "--json", "json_", type=click.Path(path_type=Path), help="Also write the numbers to this file."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the resamples.")
@click.option(
    "--resamples", type=click.IntRange(min=0), default=1000, show_default=True,
    help="Bootstrap resamples.",
)  # fmt: skip
def compare(
    folders: tuple[str, ...], out: Path | None, json_: Path | None, seed: int, resamples: int
) -> None:
    """Compare FOLDERS side by side: rounds, studies or benchmarks, all of one kind.

    Rounds and reviewers are compared with the first one. Of rounds it shows the rules and decisions
    that differ, scores, agreement and cost. A benchmark with several reviewers is given as
    FOLDER#REVIEWER.

    \b
    conference compare runs/one runs/two --out both.html
    """
    from rich.console import Console

    from conference.app.compare import compare as run
    from conference.app.compare import show, write_json, write_page

    found = run(folders, resamples=resamples, seed=seed)
    console = Console(width=None if sys.stdout.isatty() else 120)
    show(found, console)
    if out:
        write_page(found, out)
        console.print(f"Page: {out}", soft_wrap=True, markup=False)
    if json_:
        write_json(found, json_)
        console.print(f"Numbers: {json_}", soft_wrap=True, markup=False)
