"""`conference data import`, `list` and `show` as a user meets them, one import of each kind."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from conference.data import tables
from conference.data.store import load
from tests.benchmarks.made import conference, refused, venue_year
from tests.data.test_importers import peerread
from tests.data.test_openreview import Recorded, address, server  # noqa: F401
from tests.papers import made


def said(*arguments: object) -> str:
    status, out, complaint = conference(*arguments)
    assert status == 0, complaint
    return out


def pdf(path: Path, title: str) -> None:
    """A page with a title, an abstract and a sentence."""
    page = Canvas(str(path), pagesize=letter)
    page.setFont("Helvetica", 20)
    page.drawString(72, 700, title)
    page.setFont("Helvetica", 12)
    page.drawString(72, 660, "Abstract")
    page.drawString(72, 600, "1 Introduction")
    page.setFont("Helvetica", 10)
    page.drawString(72, 640, "We measure how seeds change what small networks learn.")
    for line in range(30):
        said = f"Seeds matter more than most papers say, as line {line} of this page shows."
        page.drawString(72, 580 - 14 * line, said)
    page.save()


def test_tables_are_imported_listed_and_shown(tmp_path: Path) -> None:
    store = ("--store", tmp_path / "store")
    assert "No dataset" in said("data", "list", *store)
    venue_year(tmp_path / "t", papers=25)
    reviews = pd.read_parquet(tmp_path / "t" / "reviews.parquet")
    reviews.assign(rating=[5.0, *reviews["rating"][1:]]).to_parquet(
        tmp_path / "t" / "reviews.parquet"
    )
    out = said("data", "import", "table", tmp_path / "t", *store)
    assert f"iclr2026: 25 papers, {len(reviews) - 1} reviews, 1 damaged" in out
    assert "rating 5 is not on its scale" in out
    listed = said("data", "list", *store)
    assert "iclr2026" in listed and "25" in listed
    shown = said("data", "show", "iclr2026", *store)
    assert "rating scale 0, 2, 4, 6, 8, 10 (25 papers)" in shown
    assert "before rebuttal" in shown and "rating 5 is not on its scale" in shown
    assert "no dataset 'iclr1999'" in refused("data", "show", "iclr1999", *store)


def test_every_other_kind_is_imported(tmp_path: Path, server) -> None:  # noqa: F811
    store = ("--store", tmp_path / "store")
    out = said("data", "import", "peerread", peerread(tmp_path), *store)
    assert "peerread-iclr2017: 2 papers" in out
    file = tmp_path / "ratings_subset.tsv"
    file.write_text("paper_id\t0\t1\tdecision\naa\t10.0\t8.0\tAccept (Oral)\n")
    out = said("data", "import", "ai-scientist", file, "--name", "mine", *store)
    assert "mine: 1 papers, 2 reviews" in out
    folder = tmp_path / "pdfs"
    folder.mkdir()
    pdf(folder / "one.pdf", "Seeds and small networks")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    made.paper(folder / "tricky.pdf", made.white_text)
    ratings = tmp_path / "r.csv"
    ratings.write_text("file,rating,decision\none.pdf,10,accept\none.pdf,8,accept\n")
    out = said(
        "data", "import", "pdfs", folder, "--ratings", ratings, "--scale", "1-10",
        "--venue", "Lab", "--year", 2027, "--text-version", "reviewed", *store,
    )  # fmt: skip
    assert "lab2027: 2 papers, 2 reviews, 1 damaged" in out and "broken.pdf" in out
    found = "note: hidden text was cut out of 1 papers: tricky.pdf (white on white)"
    assert found in out and found in said("data", "show", "lab2027", *store)
    paper, tricky = load("lab2027", tmp_path / "store").papers
    assert "badgers" not in (tricky.text or "")
    assert paper.text_version == "reviewed"
    assert paper.title == "Seeds and small networks"
    assert "how seeds change" in (paper.abstract or "") and "Seeds matter" in (paper.text or "")
    out = said(
        "data", "import", "openreview", "ICLR.cc/2024/Conference", "--url", address(server),
        "--pause", 0, *store,
    )  # fmt: skip
    assert "iclr2024:" in out
    assert {"iclr2024", "lab2027", "mine"} <= {path.name for path in (tmp_path / "store").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["table", "nowhere"], "nowhere: no such folder"),
        (["peerread", "nowhere"], "nowhere: no such folder"),
        (["ai-scientist", "nowhere.tsv"], "no such file"),
        (["pdfs", "."], "needs --ratings CSV and --scale"),
        (["ai-scientist", "nowhere.tsv", "--scale", "1-10"], "scale of ICLR 2022 is known"),
        (["table", ".", "--scale", "10-1"], "is not a rating scale"),
        (["table", ".", "--scale", "1,a"], "is not a rating scale"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in refused("data", "import", *arguments, "--store", tmp_path)


def test_the_schema_describes_every_column() -> None:
    from conference.data.store import _paper_schema, _review_schema

    papers, reviews = (tables.__doc__ or "").split("reviews.parquet, one row")
    for part, schema in ((papers, _paper_schema()), (reviews, _review_schema())):
        assert re.findall(r"^    (\w+) +[a-z ]+: ", part, flags=re.MULTILINE) == list(schema.names)
