"""`conference review`: review papers without a round."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from conference.core.progress import ProgressDisplay


@click.command()
@click.argument("papers", nargs=-1, required=True, type=click.Path())
@click.option(
    "--venue",
    default="iclr2026",
    show_default=True,
    help="The venue whose review form and acceptance bar apply.",
)
@click.option("--reviewer", default="embedded", show_default=True, help="Minds of the panel.")
@click.option("--chair", default="embedded", show_default=True, help="Mind of the area chair.")
@click.option(
    "--panel",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Reviews per paper.",
)
@click.option("--models", type=click.Path(), help="TOML file with settings of models.")
@click.option("--seed", default=0, show_default=True, help="Seed of every random draw.")
@click.option("--out", type=click.Path(), help="Folder for Markdown, JSON and pages  [none].")
@click.option("--address", envvar="RAY_ADDRESS", help="Address of a running Ray cluster.")
def review(
    papers: tuple[str, ...],
    venue: str,
    reviewer: str,
    chair: str,
    panel: int,
    models: str | None,
    seed: int,
    out: str | None,
    address: str | None,
) -> None:
    """Review PAPERS: PDFs, or papers as .txt, .md or .tex.

    It prints hidden text and instructions to reviewers found in the paper, the desk's verdict, each
    review on the venue's form, and a meta-review if there are several reviews. A review that a
    model does not give is listed as missing; without any review the exit status is 2.
    """
    import tempfile

    from conference.app.review.review import review_papers
    from conference.app.review.write import markdown, write_reviews
    from conference.core.files import check_writable
    from venues.minds import load_models
    from venues.venue_file import load_venue

    console, form = Console(), load_venue(venue).form
    if out:
        check_writable(Path(out))
    with tempfile.TemporaryDirectory() as scratch, ProgressDisplay(console) as display:
        found = review_papers(
            papers, venue, reviewer=reviewer, chair=chair, panel=panel, seed=seed,
            out=scratch, address=address, models=load_models(models) if models else None,
            progress=display.show,
        )  # fmt: skip
    for each in found:
        console.print(Markdown(markdown(each, form)))
    if out:
        write_reviews(found, [Path(paper) for paper in papers], form, Path(out))
        for paper in papers:
            page = (Path(out) / Path(paper).stem).with_suffix(".html")
            console.print(f"Page: [bold]{page}[/bold]", soft_wrap=True)
    if not any(each.reviews for each in found):
        raise SystemExit(2)
