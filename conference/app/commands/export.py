"""`conference export`: write a round in the format of another tool."""

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
              help="Who will read it: public, authors, reviewers or chairs.")  # fmt: skip
@click.option("--out", type=click.Path(), help="Folder to write  [RUN/export-KIND].")
def export(run: str, to: str, reader: str, out: str | None) -> None:
    """Export the round in the folder RUN.

    An export holds only what its reader may see: only chairs see who reviewed what. Tables come
    with a dataset card and Croissant metadata; `conference data import notes` reads the notes
    back; Inspect logs have one sample per review. Packages can add formats (entry points
    conference.exporters).
    """
    from conference.app.export.view import Exporter, view_of
    from venues.round import load_round

    if not registered(EXPORTERS):
        raise UserError("no export format is registered: install this package again.")
    write: Exporter = load(EXPORTERS, to, "--to")
    view = view_of(load_round(run), reader)
    folder = Path(out or Path(run) / f"export-{to}")
    files = write(view, folder)
    click.echo(f"{folder}: {', '.join(path.name for path in files)}")
