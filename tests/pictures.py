"""The pictures of the README and of docs/: commands are run, and their pages are looked at.

`make pictures DATA=FOLDER` writes all; `python -m tests.pictures round` those of a round alone.
The study and the benchmark need human review data. Commands run in a folder of their own with short
names, so that no picture shows where this machine keeps them.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from conference.app.watch import watching
from tests.app.browser import looking

HOME = Path(__file__).parents[1]
WORK = HOME / "build" / "pictures"
DATA = Path("DATA")  # in that folder, a link to $CONFERENCE_DATA
OUT = HOME / "docs" / "pictures"
WIDTH, HEIGHT, COLOURS = 1200, 800, 64
SAMPLE = "120"


def run(*words: str | Path) -> None:
    """One command of this project, as a user gives it."""
    print("conference", *words, flush=True)
    subprocess.run([sys.executable, "-m", "conference", *map(str, words)], check=True)


def played() -> Iterator[tuple[str, str]]:
    """Names and addresses of the pages of a small round and of one paper's review."""
    folder = Path("workshop")
    run("run", "workshop", "--out", folder, "--hosts", "0")
    yield "proceedings", _uri(folder / "site" / "index.html")
    paper = max((folder / "site" / "papers").glob("*.html"), key=lambda page: page.stat().st_size)
    yield "paper", _uri(paper)
    with watching(folder, 0) as address:
        yield "watch", address
    pdf = min((folder / "papers").glob("*.pdf"))
    run("review", pdf, "--out", "review")
    yield "review", _uri(min(Path("review").glob("*.html")))


def studied() -> Iterator[tuple[str, str]]:
    """Name and address of a study's report."""
    few = ("--sample", SAMPLE, "--replicates", "6", "--workers", "0")
    run("study", "run", "two_committees", "--papers", DATA, *few, "--out", "study")
    yield "study", _uri(Path("study/report.html"))


def measured() -> Iterator[tuple[str, str]]:
    """Name and address of a benchmark's report."""
    few = ("--sample", SAMPLE, "--resamples", "200", "--reviewer", "embedded")
    run("benchmark", "--data", f"iclr2022@{DATA}", *few, "--out", "benchmark")
    yield "benchmark", _uri(Path("benchmark/report.html"))


def _uri(page: Path) -> str:
    return page.resolve().as_uri()


def keep(name: str, shot: bytes) -> None:
    """A screenshot with few colours, so that it is small."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(OUT / f"{name}.png", optimize=True)


def main(chosen: list[str]) -> None:
    kinds = {"round": played, "study": studied, "benchmark": measured}
    for folder in (OUT, WORK):
        folder.mkdir(parents=True, exist_ok=True)
    os.chdir(WORK)
    DATA.unlink(missing_ok=True)
    DATA.symlink_to(os.environ.get("CONFERENCE_DATA", "no data"))
    with looking(WIDTH, HEIGHT) as look:
        for name, address in (page for kind in chosen or kinds for page in kinds[kind]()):
            look.page.goto(address)
            look.page.wait_for_timeout(1500)  # the watch page is filled by events
            keep(name, look.page.screenshot())


if __name__ == "__main__":
    main(sys.argv[1:])
