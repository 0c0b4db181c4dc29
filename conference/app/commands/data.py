"""`conference data`: import, list and show human review data."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conference.core.commands import Number
from conference.core.errors import UserError
from conference.core.progress import ProgressDisplay
from conference.core.registry import IMPORTERS, load, registered

if TYPE_CHECKING:
    from conference.data.importers.importer import Importer

SHOWN_DAMAGE = 5

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder of the store  [$CONFERENCE_STORE, else in the user's cache].",
)


@click.group()
def data() -> None:
    """Import, list and show human review data."""


@data.command("import")
@click.argument("kind", type=click.Choice(registered(IMPORTERS)))
@click.argument("source")
@store_option
@click.option("--name", help="Name of the dataset  [venue and year, such as iclr2022].")
@click.option("--ratings", type=click.Path(path_type=Path), help="pdfs: the CSV of ratings.")
@click.option(
    "--scale", help="Allowed ratings where they are not known, such as 1,3,5,6,8,10 or 1-10."
)
@click.option("--venue", default="local", show_default=True, help="pdfs: the venue's name.")
@click.option("--year", type=int, default=0, help="pdfs: the venue's year.")
@click.option(
    "--text-version",
    type=click.Choice(["reviewed", "final", "unknown"]),
    help="Which version the full texts are; reviewers see only reviewed ones. A text that is "
    "recognized as camera-ready stays final.",
)
@click.option(
    "--api",
    type=click.Choice(["1", "2"]),
    help="openreview: version  [2 for ICLR since 2024 and others since 2023, else 1].",
)
@click.option("--url", help="openreview: address of another server.")
@click.option(
    "--pause",
    type=Number(min=0),
    default=1.0,
    show_default=True,
    help="openreview: seconds between two requests.",
)
@click.option("--fresh", is_flag=True, help="openreview: fetch cached pages again.")
def import_(
    kind: str, source: str, store: Path | None, name: str | None, ratings: Path | None,
    scale: str | None, venue: str, year: int, text_version: str | None, api: str | None,
    url: str | None, pause: float, fresh: bool,
) -> None:  # fmt: skip
    """Bring human review data into the store.

    \b
    openreview VENUE_ID   such as ICLR.cc/2024/Conference; resumes where it stopped
    notes FILE            OpenReview API 2 notes, as `conference export` writes them
    table FOLDER          papers.parquet and reviews.parquet, one dataset per venue and year;
                          or one table with a list of ratings per paper
    ai-scientist FILE     ratings_subset.tsv, or the same as .parquet
    peerread FOLDER       one section, such as data/iclr_2017
    pdfs FOLDER           PDFs, with --ratings CSV (file,rating,...) and --scale

    Packages can add kinds (entry points conference.importers).
    """
    import msgspec
    from rich.console import Console

    from conference.data.importers.importer import Options
    from conference.data.scales import parse_scale
    from conference.data.store import save, store_folder

    place = store_folder(store)
    read: Importer = load(IMPORTERS, kind, "data import")
    with ProgressDisplay(Console(stderr=True)) as display:
        display.show(f"read {Path(source).name}", 0, None)
        options = Options(
            cache=place / ".cache", scale=parse_scale(scale) if scale else (), ratings=ratings,
            venue=venue, year=year, api=api or "", url=url, pause=pause, fresh=fresh,
            progress=display.show,
        )  # fmt: skip
        found = read(source, options)
    if name and len(found) > 1:
        raise UserError(f"--name {name}: {source} holds {len(found)} datasets; leave --name out.")
    for dataset in found:
        papers = dataset.papers
        if text_version:
            papers = tuple(
                msgspec.structs.replace(paper, text_version=text_version)
                if paper.text and paper.text_version != "final"
                else paper
                for paper in papers
            )
        named = msgspec.structs.replace(dataset, name=name or dataset.name, papers=papers)
        save(named, place)
        click.echo(
            f"{named.name}: {len(named.papers)} papers, {len(named.reviews)} reviews, "
            f"{len(named.damaged)} damaged or partial records."
        )
        for fault in named.damaged[:SHOWN_DAMAGE]:
            click.echo(f"  {fault.record}: {fault.reason}")
        for note in named.notes:
            click.echo(f"  note: {note}")
    click.echo(f"Store: {place}")


@data.command("list")
@store_option
def list_(store: Path | None) -> None:
    """List the datasets in the store."""
    from rich.console import Console
    from rich.table import Column, Table

    from conference.data.store import about, names, store_folder

    place = store_folder(store)
    found = names(place)
    if not found:
        click.echo(f"No dataset in {place}; import one with `conference data import`.")
        return
    counts = ("papers", "reviews", "accepted", "rejected", "damaged")
    columns = [Column(header=count, justify="right", no_wrap=True) for count in counts]
    name_, source = Column(header="dataset", no_wrap=True), Column(header="source", overflow="fold")
    table = Table(name_, *columns, source)
    for name in found:
        what = about(name, place)
        table.add_row(
            name, f"{what.papers:,}", f"{what.reviews:,}",
            f"{what.statuses.get('accepted', 0):,}", f"{what.statuses.get('rejected', 0):,}",
            f"{len(what.damaged):,}", what.source,
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@data.command()
@click.argument("name")
@store_option
def show(name: str, store: Path | None) -> None:
    """Show a dataset: counts, scales, fields and damaged records."""
    from conference.data.store import load, store_folder

    dataset = load(name, store_folder(store))
    papers = dataset.papers
    ratings = dataset.ratings()
    click.echo(f"{name}, from {dataset.source}")
    for status, count in Counter(paper.status for paper in papers).most_common():
        click.echo(f"  {count:6d} {status}")
    for label, count in (
        ("with an abstract", sum(bool(paper.abstract) for paper in papers)),
        ("with full text", sum(bool(paper.text) for paper in papers)),
        ("with two or more ratings", sum(len(given) > 1 for given in ratings.values())),
    ):
        click.echo(f"  {count:6d} {label}")
    for scale, count in Counter(paper.scale for paper in papers).most_common():
        allowed = ", ".join(f"{value:g}" for value in scale) or "unknown"
        click.echo(f"  rating scale {allowed} ({count} papers)")
    for stage, count in Counter(paper.rating_stage for paper in papers).most_common():
        click.echo(f"  ratings: {stage.replace('_', ' ')} ({count} papers)")
    scores = Counter(key for review in dataset.reviews for key in review.scores)
    click.echo(
        f"  {len(dataset.reviews)} reviews; sub-scores: {', '.join(sorted(scores)) or 'none'}"
    )
    for note in dataset.notes:
        click.echo(f"  note: {note}")
    click.echo(f"  {len(dataset.damaged)} damaged or partial records")
    for fault in dataset.damaged:
        click.echo(f"    {fault.record}: {fault.reason}")
