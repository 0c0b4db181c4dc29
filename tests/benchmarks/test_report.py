"""What a reader gets: a table that LaTeX sets, a page that fits a phone, pictures of all."""

from __future__ import annotations

import shutil
import subprocess
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.reviewers.anchors import anchors
from tests.app.browser import CHROMIUM, looking
from tests.benchmarks.made import conference, scores, venue_year

RESAMPLES = 30
ODD = ("plain", "my_model #1 & 50%", "a~b^c {x}", "prüfer", "pipe|d", "審査", "[bold]seven", "_$x$")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A benchmark of eight reviewers with odd names, from a folder with a long name."""
    tmp_path = tmp_path_factory.mktemp("a-folder-whose-name-is-longer-than-a-telephone-is-wide")
    table = venue_year(tmp_path / "t", papers=80)
    rng = np.random.default_rng(4)
    files = [
        scores(tmp_path / f"{name}.csv", table, table["quality"] + rng.normal(0, 0.5 + n, 80))
        for n, name in enumerate(ODD)
    ]
    given = [part for file in files for part in ("--reviewer", f"csv:{file}")]
    status, printed, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", *given, "--resamples", RESAMPLES,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    return tmp_path / "out", printed


def test_every_reviewer_is_in_the_table_the_page_and_the_pictures(whole: tuple[Path, str]) -> None:
    out, printed = whole
    for name in ODD:
        assert name in printed
        for picture in ("histograms", "confusion", "scatter", "roc", "reliability"):
            svg = (out / "plots" / f"{picture}.svg").read_text()
            assert name.replace("&", "&amp;") in svg.replace(r"\$", "$"), (name, picture)
    page = (out / "report.html").read_text()
    assert "The first 6 reviewers are shown, 2 are left out." in page
    tables = [
        [line.replace(r"\|", "") for line in part.splitlines() if line[:2] == "| "]
        for part in (out / "table.md").read_text().split("\n\n")
    ]
    tables = [table for table in tables if table]
    assert len(tables) == 3 and all("piped" in "".join(table) for table in tables)
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


def test_published_figures_stand_apart_with_their_sources(whole: tuple[Path, str]) -> None:
    page = (whole[0] / "report.html").read_text(encoding="utf-8")
    apart = page[page.index("Not the same papers") :]
    for anchor in anchors():
        values = (anchor.auroc, anchor.accuracy, anchor.exact_match, anchor.spearman)
        assert anchor.source and any(value is not None for value in values) != bool(anchor.lacking)
        assert escape(anchor.name, quote=True).replace("&#x27;", "&#39;") in apart


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")
def test_latex_sets_the_table_within_a_page(whole: tuple[Path, str], tmp_path: Path) -> None:
    paper = "\n".join(
        [
            r"\documentclass{article}\usepackage[a4paper,margin=2.2cm]{geometry}",
            r"\usepackage{booktabs,graphicx}\begin{document}\noindent",
            (whole[0] / "table.tex").read_text(),
            r"\par\noindent",
            (whole[0] / "further_tables.tex").read_text().replace("\n\n", "\n\n\\noindent "),
            r"\end{document}",
        ]
    )
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert "mymodel" not in (whole[0] / "table.tex").read_text()


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_no_wider_than_the_screen(whole: tuple[Path, str], width: int) -> None:
    with looking(width=width) as look:
        page = look.at(whole[0] / "report.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(
            "[...document.images].every(image => image.complete && image.naturalWidth > 300)"
        )
        assert look.errors == []


def test_chances_are_not_taken_for_ratings(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=40)
    chance = 1 / (1 + np.exp(-table["quality"]))
    files = [
        scores(tmp_path / "chance.csv", table, chance),
        scores(tmp_path / "rating.csv", table, np.clip(5 + table["quality"], 0, 10)),
    ]
    given = [part for file in files for part in ("--reviewer", f"csv:{file}")]
    status, _, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", *given, "--resamples", 10,
        "--threshold", 6, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    latex = (tmp_path / "out" / "table.tex").read_text()
    assert latex.count("at 6") == 1
    frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    mapped = frame.loc[frame["reviewer"] == "chance", "score_on_scale"]
    assert mapped.mean() == pytest.approx(table["mean"].mean(), abs=0.5)
    assert "not on the venue's rating scale" in (tmp_path / "out" / "card.md").read_text()
