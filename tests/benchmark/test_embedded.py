"""The embedded reviewer in a benchmark: what it learns from, and with which coefficients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from benchmarks.reviewers.question import Question, open_question
from benchmarks.reviewers.reviewer import Reviewer, make_reviewers
from reviewers import quality
from reviewers.fitting import fit
from reviewers.quality import load, write
from reviewers.rated import read_papers
from tests.benchmark.made import refused, venue_year

TESTED = 2031


def years(folder: Path, sizes: dict[int, int], unrated: tuple[int, ...] = ()) -> None:
    """One table folder with several years; papers with 'prior' in their abstract are liked."""
    papers, reviews = [], []
    for year, count in sizes.items():
        venue_year(folder / str(year), count, year=year, seed=year)
        own = pd.read_parquet(folder / str(year) / "papers.parquet")
        rng = np.random.default_rng(year)
        liked = rng.integers(0, 2, len(own))
        own["paper_id"] = [f"{year}-{number}" for number in range(len(own))]
        own["title"] = [f"Study {number} of {year}" for number in range(len(own))]
        own["abstract"] = own["abstract"].str.replace("prior", "token")
        own["abstract"] += np.where(liked, " with a prior.", " with a token.")
        own["status"] = np.where(liked + rng.normal(0, 0.4, len(own)) > 0.5, "accepted", "rejected")
        own["keywords"] = "learning"
        papers.append(own)
        if year not in unrated:
            reviews += [
                {"paper_id": paper, "year": year, "reviewer": r, "rating": float(rating)}
                for paper, like in zip(own["paper_id"], liked, strict=True)
                for r, rating in enumerate(rng.choice([2, 4, 6], 3) + 2 * like)
            ]
    pd.concat(papers).to_parquet(folder / "papers.parquet")
    pd.DataFrame(reviews).to_parquet(folder / "reviews.parquet")


def only(question: Question, spec: str = "embedded") -> Reviewer:
    (reviewer,) = make_reviewers([spec], question)
    return reviewer


def agreement(reviewer: Reviewer, question: Question) -> float:
    means = [float(np.mean(ratings)) for ratings in question.ratings]
    return float(spearmanr(reviewer.score(question.views).values, means).statistic)


def test_it_learns_from_all_earlier_years_where_they_hold_more_than_its_own_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2001: 60, 2029: 150, 2030: 150, TESTED: 80}, unrated=(2030,))
    first = read_papers(tmp_path)
    write(fit(first[first["year"] == 2001]), tmp_path / "small.npz")
    small = load(tmp_path / "small.npz")
    monkeypatch.setattr("benchmarks.reviewers.trained.load", lambda: small)
    question = open_question(f"iclr{TESTED}@{tmp_path}", tmp_path)
    reviewer = only(question)
    assert reviewer.about["trained on"] == "360 papers of ICLR 2001, ICLR 2029, ICLR 2030"
    assert agreement(reviewer, question) > 0.3


def test_it_keeps_its_own_fit_where_the_data_hold_less(tmp_path: Path) -> None:
    years(tmp_path, {2030: 40, TESTED: 40})
    question = open_question(f"iclr{TESTED}@{tmp_path}", tmp_path)
    reviewer = only(question)
    assert str(quality.load().card["papers"]) in reviewer.about["trained on"]


def test_coefficients_of_ones_own_are_used_as_they_are(tmp_path: Path) -> None:
    years(tmp_path, {2030: 150, TESTED: 80})
    papers = read_papers(tmp_path)
    write(fit(papers[papers["year"] == 2030]), tmp_path / "own.npz")
    question = open_question(f"iclr{TESTED}@{tmp_path}", tmp_path)
    reviewer = only(question, f"embedded:{tmp_path / 'own.npz'}")
    assert reviewer.name == "embedded:own"
    assert agreement(reviewer, question) > 0.3


def test_coefficients_that_were_told_the_answers_are_refused(tmp_path: Path) -> None:
    years(tmp_path, {TESTED: 80})
    write(fit(read_papers(tmp_path)), tmp_path / "told.npz")
    data = ["benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--out", tmp_path / "out"]
    sentence = refused(*data, "--reviewer", f"embedded:{tmp_path / 'told.npz'}")
    assert f"fitted on ICLR {TESTED}" in sentence and "no test" in sentence
    (tmp_path / "text.npz").write_text("not arrays")
    for name in ("text.npz", "missing.npz"):
        sentence = refused(*data, "--reviewer", f"embedded:{tmp_path / name}")
        assert "holds no coefficients" in sentence and name in sentence
