"""`conference site`: write a round's proceedings again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def site(run: Path) -> None:
    """Write the proceedings of the round in the folder RUN again."""
    from rich.console import Console

    from conference.app.site import write_site
    from conference.core.progress import ProgressDisplay

    with ProgressDisplay(Console(stderr=True)) as display:
        page = write_site(run, display.show)
    click.echo(page)
