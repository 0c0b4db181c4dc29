"""`conference export`: take a round elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from conference.core.errors import UserError
from conference.core.registry import EXPORTERS, load, registered


@click.command()
@click.argument("run", type=click.Path())
@click.option(
    "--to", default="parquet", show_default=True,
    type=click.Choice(registered(EXPORTERS) or ["parquet"]),
    help="Tidy tables (parquet, csv), OpenReview API 2 edits and notes, or Inspect logs.",
)  # fmt: skip
@click.option("--for", "reader", default="public", show_default=True,
              help="Whose view: public, authors, reviewers or chairs.")  # fmt: skip
@click.option("--out", type=click.Path(), help="Folder to write  [RUN/export-KIND].")
def export(run: str, to: str, reader: str, out: str | None) -> None:
    """Export the round in the folder RUN.

    What a reader may not see is not in its export: only chairs see who reviewed what. Tables come
    with a dataset card and Croissant metadata; notes are read back by `conference data import`;
    Inspect logs have one sample a review. Packages can add formats of their own (the entry points
    conference.exporters).
    """
    from conference.app.export.view import Exporter, view_of
    from venues.round import load_round

    if not registered(EXPORTERS):
        raise UserError("no format of exports is registered: install the package once more.")
    write: Exporter = load(EXPORTERS, to, "--to")
    view = view_of(load_round(run), reader)
    folder = Path(out or Path(run) / f"export-{to}")
    files = write(view, folder)
    click.echo(f"{folder}: {', '.join(path.name for path in files)}")
