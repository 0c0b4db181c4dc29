"""Reading PDFs with the check for hidden text: seconds a paper, real papers accused, ways missed.

    python -m tests.papers.hidden_pdfs HIDDEN
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    python -m benchmarks.systems.pdfs --papers REAL --hidden HIDDEN --write PDFS.md

Time is the processor time of one process that reads each paper once, after one to warm up, per ten
pages; with one thread, as a round reads papers. A real paper counts as accused where the reading
reports any hidden text or order. A PDF of the folder of hidden sentences counts as missed where it
is not accused, or where a telling word of the sentence is in the text that a reviewer gets.
Intervals: 95 % bootstrap over papers for the seconds, Wilson for shares.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from rich.progress import track

from conference.core.seeds import generator
from conference.papers.hidden import UNCHECKED
from conference.papers.pdf import UnreadablePdf, read_with_spans

TELLING = ("badgers", "committee", "manuscript", "instructions", "previous", "rating")
AIM_SECONDS, AIM_ACCUSED = 0.3, 0.01


class Paper(NamedTuple):
    """One PDF as read: processor seconds, pages, whether it is accused, and words left in it."""

    name: str
    seconds: float
    pages: int
    accused: bool
    left: tuple[str, ...]


def read(path: Path) -> Paper | None:
    """Read one PDF; None where it is refused."""
    start = time.process_time()
    try:
        document, spans = read_with_spans(path)
    except UnreadablePdf:
        return None
    text = "".join(document.text.lower().split())
    accused = any(span.technique != UNCHECKED for span in spans)
    left = tuple(word for word in TELLING if word in text)
    return Paper(path.name, time.process_time() - start, document.pages, accused, left)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score."""
    z, share = 1.96, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def seconds(papers: list[Paper]) -> tuple[float, float, float]:
    """Processor seconds per ten pages, and their interval."""
    spent = np.array([paper.seconds for paper in papers])
    pages = np.array([paper.pages for paper in papers])
    draws = generator(0, "pdfs").integers(len(papers), size=(2000, len(papers)))
    ratios = 10 * spent[draws].sum(axis=1) / pages[draws].sum(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(10 * spent.sum() / pages.sum()), float(low), float(high)


def report(real: list[Paper], refused: int, hidden: list[Paper], lost: int) -> str:
    """The table of the measurements as Markdown."""
    accused = [paper for paper in real if paper.accused]
    missed = [paper for paper in hidden if not paper.accused or paper.left]
    rows = ["| what | n | measured | interval | aim |", "|---|---|---|---|---|"]
    middle, low, high = seconds(real)
    rows.append(
        f"| processor seconds per ten pages | {len(real)} papers, "
        f"{sum(paper.pages for paper in real)} pages | {middle:.2f} | {low:.2f} to {high:.2f} "
        f"| < {AIM_SECONDS} |"
    )
    for what, some, all_, aim in (
        ("real papers accused", accused, real, f"< {AIM_ACCUSED:.0%}"),
        ("hidden sentences missed", missed, hidden, "0"),
    ):
        if all_:
            low, high = wilson(len(some), len(all_))
            share = f"{len(some)} ({len(some) / len(all_):.1%})"
            rows.append(f"| {what} | {len(all_)} | {share} | {low:.1%} to {high:.1%} | {aim} |")
    notes = [f"Refused, so in no row: {refused} real papers, {lost} with a hidden sentence."]
    notes += [f"Accused: {paper.name}." for paper in accused]
    notes += [f"Missed: {paper.name}." for paper in missed]
    return "\n".join([*rows, "", *notes, ""])


@click.command()
@click.option("--papers", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--hidden", type=click.Path(exists=True, path_type=Path))
@click.option("--write", type=click.Path(path_type=Path))
@click.option("--most", default=10_000, help="Read at most this many real papers.")
def main(papers: Path, hidden: Path | None, write: Path | None, most: int) -> None:
    """Measure the reading of real papers, and of PDFs with a hidden sentence."""
    files = sorted(papers.rglob("*.pdf"))[:most]
    read(files[0])
    real = [read(path) for path in track(files, "real papers")]
    secret = (
        [read(path) for path in track(sorted(hidden.glob("*.pdf")), "hidden")] if hidden else []
    )
    kept, found = [p for p in real if p], [p for p in secret if p]
    table = report(kept, len(real) - len(kept), found, len(secret) - len(found))
    click.echo(table)
    if write:
        head = f"# Reading PDFs\n\nMade by `python -m {__spec__.name}`.\n\n"
        write.write_text(f"{head}{(__doc__ or '').strip()}\n\n{table}")


if __name__ == "__main__":
    main()
