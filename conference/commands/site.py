"""`conference site`: write a round's proceedings again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def site(run: Path) -> None:
    """Write the proceedings of the round in the folder RUN again."""
    from conference.site import write_site

    click.echo(write_site(run))
