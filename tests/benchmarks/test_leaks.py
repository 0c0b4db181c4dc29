"""Texts that know the decision are found, and said on top of the report."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from benchmarks.reviewers.leaks import changed, leaks, links, published
from benchmarks.reviewers.question import Question, ask, open_question
from benchmarks.reviewers.tfidf import CLEANED, RAW, tfidf
from conference.data.tables import Dataset, Paper
from tests.benchmarks.made import conference, venue_year

LINK = ". The code is at https://github.com/a/b."


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits are kept in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def with_links(folder: Path, accepted: float, rejected: float, year: int = 2026) -> None:
    """Add a link to the abstracts of these shares of the accepted and of the rejected papers."""
    papers = pd.read_parquet(folder / "papers.parquet")
    share = np.where(papers["status"] == "accepted", accepted, rejected)
    has = np.random.default_rng(year).random(len(papers)) < share
    papers["abstract"] += np.where(has, LINK, "")
    papers.to_parquet(folder / "papers.parquet")


def warned(question: Question) -> str:
    return "\n".join(leaks(question, (), resamples=100, seed=0))


def test_abstracts_that_name_the_accepted_papers_code_are_said_on_top(tmp_path: Path) -> None:
    venue_year(tmp_path, 200)
    with_links(tmp_path, accepted=0.6, rejected=0.1)
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path}", "--resamples", 20, "--out", tmp_path / "out"
    )
    assert status == 0, complaint
    warning = "Warning: these look like final versions, which give the decision away: of the 200"
    assert said.index(warning) < said.index("reviewer")
    assert "'link in the abstract' alone predicts the decisions" in said
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("give the decision away") < page.index("<h2>Table</h2>")
    assert "link in the abstract" in (tmp_path / "out" / "table.md").read_text(encoding="utf-8")


def test_links_that_tell_nothing_are_no_warning(tmp_path: Path) -> None:
    venue_year(tmp_path, 200)
    with_links(tmp_path, accepted=0.3, rejected=0.3)
    assert not warned(open_question(f"iclr2026@{tmp_path}", tmp_path))


def made(texts: bool, published_as: bool, abstracts: bool) -> Question:
    """80 papers with reviewed texts; what is asked for is so of the accepted ones."""
    papers = []
    for number in range(80):
        accepted = number % 2 == 0
        words = " ".join(f"word{number * 7 + at}" for at in range(60))
        head = "Published as a conference paper at ICLR 2026\n" if published_as and accepted else ""
        papers.append(
            Paper(
                paper_id=f"p{number}", venue="ICLR", year=2026, title=f"Study {number}",
                abstract=f"Anew {words[::-1]}" if abstracts and accepted else words,
                text=f"{head}Abstract\n{words}\nIntroduction" if texts else None,
                text_version="reviewed" if texts else "",
                status="accepted" if accepted else "rejected",
            )
        )  # fmt: skip
    return ask(Dataset(name="iclr2026", papers=tuple(papers), reviews=()))


def test_texts_that_say_where_they_were_published_are_said() -> None:
    assert "40 say where they were published" in warned(made(True, True, False))
    assert not warned(made(True, False, False))


def test_abstracts_that_differ_from_the_reviewed_text_are_said() -> None:
    assert "40 have another abstract than the text" in warned(made(True, False, True))
    assert not warned(made(False, False, True))  # Without the reviewed text nothing is known.


def test_signs_are_read_paper_by_paper() -> None:
    plain = Paper(paper_id="a", venue="V", year=2026, title="A", abstract="We prove a bound.")
    linked = msgspec.structs.replace(plain, abstract=f"We prove a bound{LINK}")
    where = msgspec.structs.replace(plain, abstract="Accepted at the NeurIPS 2024 conference.")
    none = msgspec.structs.replace(plain, abstract=None)
    np.testing.assert_array_equal(links([plain, linked, where, none]), [0, 1, 0, np.nan])
    np.testing.assert_array_equal(published([plain, linked, where, none]), [0, 0, 1, np.nan])
    assert np.isnan(changed([plain, none])).all()


def test_plain_tfidf_stands_there_on_cleaned_text_too(tmp_path: Path) -> None:
    for year in (2030, 2031):
        venue_year(tmp_path / str(year), 160, year=year, seed=year)
    with_links(tmp_path / "2030", accepted=0.9, rejected=0.05)
    tables = {}
    for name in ("papers", "reviews"):
        frames = [pd.read_parquet(tmp_path / str(y) / f"{name}.parquet") for y in (2030, 2031)]
        frames[0]["paper_id"] = "early-" + frames[0]["paper_id"]
        if name == "papers":
            frames[0]["title"] = "Early " + frames[0]["title"]
        tables[name] = pd.concat(frames)
        tables[name].to_parquet(tmp_path / f"{name}.parquet")
    question = open_question(f"iclr2031@{tmp_path}", tmp_path)
    raw, clean = tfidf(question)
    assert (raw.name, clean.name) == (RAW, CLEANED)
    linked = [msgspec.structs.replace(v, abstract=v.abstract + LINK) for v in question.views]
    assert (raw.score(linked).values > raw.score(question.views).values + 0.1).all()
    np.testing.assert_array_equal(clean.score(linked).values, clean.score(question.views).values)
    # The fit is kept: another benchmark reads it and gives the same scores.
    again = tfidf(question)
    assert "uses its fit" in again[0].notice and again[0].about == raw.about
    np.testing.assert_array_equal(
        again[0].score(question.views).values, raw.score(question.views).values
    )
