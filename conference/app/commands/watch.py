"""`conference watch`: a local page that shows a round while it runs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

PORT = click.IntRange(0, 65535)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--port", type=PORT, help="Port of the page on this machine  [8765 or the next].")
def watch(run: Path, port: int | None) -> None:
    """Show the round or study in the folder RUN on a page in your browser, while it runs or after.

    The page only reads the round's ledger, and only this machine can open it. It stays when the
    round is stopped and run again; `--watch` of `run` and `study run` shows it from the beginning.
    """
    from conference.app.watch import serve
    from conference.app.watch.rounds import check_watchable

    check_watchable(run)
    serve(run, port, lambda address: click.echo(f"Watch: {address} (Ctrl-C to end)"))


def shown(wanted: bool, folder: Path) -> AbstractContextManager[object]:
    """The page beside a run's own work, where it is wanted; its address is printed."""
    if not wanted:
        return nullcontext()
    from conference.app.watch import watching

    return watching(folder, say=lambda address: click.echo(f"Watch: {address}"))
