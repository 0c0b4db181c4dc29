"""The embedded reviewer in a benchmark: what it learns from, and with which coefficients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from benchmarks.reviewers.named import open_reviewers
from benchmarks.reviewers.question import Question, open_question
from benchmarks.reviewers.reviewer import Reviewer
from reviewers.quality.fitting import fit
from reviewers.quality.model import load, write
from reviewers.quality.training_papers import read_papers
from tests.benchmarks.made import conference, refused, venue_year

TESTED = 2031


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits are kept in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


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
    with open_reviewers([spec], question) as (reviewer,):
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
    assert f"{load().card['papers']:,} papers" in reviewer.about["trained on"]
    assert "the committed fit" in reviewer.about["coefficients"] and not reviewer.notice


def test_a_few_papers_more_are_not_worth_fitting_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2029: 150, TESTED: 60})
    papers = read_papers(tmp_path)
    write(fit(papers[papers["year"] == 2029].iloc[3:]), tmp_path / "nearly.npz")
    nearly = load(tmp_path / "nearly.npz")
    monkeypatch.setattr("benchmarks.reviewers.trained.load", lambda: nearly)
    reviewer = only(open_question(f"iclr{TESTED}@{tmp_path}", tmp_path))
    assert reviewer.about["trained on"] == "147 papers of ICLR 2029" and not reviewer.notice


def test_a_fit_on_the_years_at_hand_is_said_kept_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2029: 150, 2030: 150, TESTED: 60})
    first = read_papers(tmp_path)
    write(fit(first[first["year"] == 2029]), tmp_path / "small.npz")
    small = load(tmp_path / "small.npz")
    monkeypatch.setattr(
        "benchmarks.reviewers.trained.load", lambda *path: load(*path) if path else small
    )

    def run(out: str) -> tuple[str, str, np.ndarray]:
        status, said, aside = conference(
            "benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--reviewer", "embedded",
            "--resamples", 5, "--out", tmp_path / out,
        )  # fmt: skip
        assert status == 0, aside
        frame = pd.read_parquet(tmp_path / out / "predictions.parquet")
        return said, aside, frame.loc[frame["reviewer"] == "embedded", "score"].to_numpy()

    said, aside, scores = run("one")
    assert "embedded: is fitted on 300 papers of ICLR 2029, ICLR 2030, about a minute" in aside
    assert "fitting the reviewer: 12 of 12" in aside
    (kept,) = (tmp_path / "cache" / "conference" / "fits").glob("*.npz")
    assert f"embedded was trained on 300 papers of ICLR 2029, ICLR 2030 (fit {kept.stem}" in said

    def never(*_: object) -> None:
        raise AssertionError("it is fitted again")

    with monkeypatch.context() as patch:
        patch.setattr("reviewers.quality.fitting.fit", never)
        said, aside, again = run("two")
    assert f"kept as {kept}" in aside and kept.stem in said
    np.testing.assert_array_equal(again, scores)
    kept.write_bytes(kept.read_bytes()[:1000])  # A kept file that was cut short is made anew.
    np.testing.assert_array_equal(run("three")[2], scores)
    reviews = pd.read_parquet(tmp_path / "reviews.parquet")
    reviews.loc[reviews["year"] == 2030, "rating"] = 5.0
    reviews.to_parquet(tmp_path / "reviews.parquet")
    assert "is fitted on" in run("four")[1]  # Other ratings are another fit.


def test_it_learns_from_ratings_before_the_rebuttal_where_they_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2029: 40, 2030: 200, TESTED: 80})
    first = read_papers(tmp_path)
    write(fit(first[first["year"] == 2029]), tmp_path / "small.npz")
    small = load(tmp_path / "small.npz")
    monkeypatch.setattr("benchmarks.reviewers.trained.load", lambda: small)
    reviews = pd.read_parquet(tmp_path / "reviews.parquet")
    reviews["rating_initial"] = reviews["rating"]
    turned = reviews["year"] == 2030
    reviews.loc[turned, "rating"] = 10 - reviews.loc[turned, "rating"]  # What came of discussion.
    reviews.to_parquet(tmp_path / "reviews.parquet")
    question = open_question(f"iclr{TESTED}@{tmp_path}", tmp_path)
    assert agreement(only(question), question) > 0.3


def test_coefficients_of_ones_own_are_used_as_they_are(tmp_path: Path) -> None:
    years(tmp_path, {2030: 150, TESTED: 80})
    papers = read_papers(tmp_path)
    write(fit(papers[papers["year"] == 2030]), tmp_path / "own.npz")
    question = open_question(f"iclr{TESTED}@{tmp_path}", tmp_path)
    reviewer = only(question, f"embedded:{tmp_path / 'own.npz'}")
    assert reviewer.name == "embedded:own"
    assert agreement(reviewer, question) > 0.3


def test_papers_that_it_was_fitted_on_are_known_again_under_another_year(tmp_path: Path) -> None:
    years(tmp_path, {TESTED: 80})
    write(fit(read_papers(tmp_path).assign(year=2001)), tmp_path / "told.npz")
    sentence = refused(
        "benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--out", tmp_path / "out",
        "--reviewer", f"embedded:{tmp_path / 'told.npz'}",
    )  # fmt: skip
    assert "80 of the 80 papers" in sentence and "no test" in sentence


def test_single_papers_that_its_fit_has_met_are_left_out_and_said(tmp_path: Path) -> None:
    years(tmp_path, {2030: 150, TESTED: 80})
    papers = read_papers(tmp_path)
    earlier, later = papers[papers["year"] == 2030], papers[papers["year"] == TESTED]
    met = later.head(20).assign(year=2030, title=later["title"].str.upper() + "!")
    write(fit(pd.concat([earlier, met], ignore_index=True)), tmp_path / "own.npz")
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--out", tmp_path / "out",
        "--reviewer", f"embedded:{tmp_path / 'own.npz'}", "--resamples", 20,
    )  # fmt: skip
    assert status == 0, complaint
    assert "embedded:own scored 60 of 80 papers (it was trained on 20 of them" in said
    frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    silent = frame[(frame["reviewer"] == "embedded:own") & frame["score"].isna()]
    assert set(silent["paper_id"]) == set(met["paper_id"])
    assert not frame[frame["paper_id"].isin(met["paper_id"])]["measured"].any()


def test_it_is_fitted_anew_without_the_tested_papers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2030: 200, TESTED: 80})
    papers = pd.read_parquet(tmp_path / "papers.parquet")
    again = papers[papers["year"] == TESTED].head(30)
    again = again.assign(paper_id="again-" + again["paper_id"], year=2030)
    again["title"] = [f"A new title {number}" for number in range(30)]
    pd.concat([papers, again]).to_parquet(tmp_path / "papers.parquet")
    told = read_papers(tmp_path)
    write(fit(told[told["year"] == TESTED].assign(year=2001)), tmp_path / "told.npz")
    committed = load(tmp_path / "told.npz")
    monkeypatch.setattr("benchmarks.reviewers.trained.load", lambda: committed)
    reviewer = only(open_question(f"iclr{TESTED}@{tmp_path}", tmp_path))
    assert reviewer.about["trained on"] == "200 papers of ICLR 2030"
    assert reviewer.about["left out of training"] == "30 papers that are tested"


def test_coefficients_that_were_told_the_answers_are_refused(tmp_path: Path) -> None:
    years(tmp_path, {TESTED: 80})
    write(fit(read_papers(tmp_path)), tmp_path / "told.npz")
    data = ["benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--out", tmp_path / "out"]
    sentence = refused(*data, "--reviewer", f"embedded:{tmp_path / 'told.npz'}")
    assert f"fitted on ICLR {TESTED}" in sentence and "no test" in sentence
    (tmp_path / "text.npz").write_text("not arrays")
    whole = (tmp_path / "told.npz").read_bytes()
    (tmp_path / "short.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "spoilt.npz").write_bytes(whole[:200] + bytes(2000) + whole[2200:])
    (tmp_path / "empty.npz").write_bytes(b"")
    np.save(tmp_path / "one.npy", np.arange(3))
    for name in ("text.npz", "short.npz", "spoilt.npz", "empty.npz", "one.npy", "missing.npz"):
        sentence = refused(*data, "--reviewer", f"embedded:{tmp_path / name}")
        assert "holds no coefficients" in sentence and name in sentence


def test_decisions_alone_are_no_history_to_fit_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years(tmp_path, {2030: 150, TESTED: 40}, unrated=(2030,))
    data = ["benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--out", tmp_path / "out"]
    told = read_papers(tmp_path)
    write(fit(told[told["year"] == TESTED].assign(year=2001)), tmp_path / "told.npz")
    committed = load(tmp_path / "told.npz")
    monkeypatch.setattr("benchmarks.reviewers.trained.load", lambda: committed)
    sentence = refused(*data, "--reviewer", "embedded")
    assert "only 0 rated papers of earlier years with an abstract" in sentence


def test_tfidf_is_asked_anew_where_it_was_told_other_decisions(tmp_path: Path) -> None:
    years(tmp_path, {2030: 150, TESTED: 40})
    found = []
    for turned in (False, True):
        papers = pd.read_parquet(tmp_path / "papers.parquet")
        if turned:
            swap = {"accepted": "rejected", "rejected": "accepted"}
            earlier = papers["year"] == 2030
            papers.loc[earlier, "status"] = papers.loc[earlier, "status"].map(swap)
            papers.to_parquet(tmp_path / "papers.parquet")
        status, _, complaint = conference(
            "benchmark", "--data", f"iclr{TESTED}@{tmp_path}", "--reviewer", "tfidf",
            "--resamples", 5, "--out", tmp_path / "out",
        )  # fmt: skip
        assert status == 0, complaint
        frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
        found.append(frame.loc[frame["reviewer"] == "tfidf", "score"].to_numpy())
    assert np.corrcoef(*found)[0, 1] < 0
