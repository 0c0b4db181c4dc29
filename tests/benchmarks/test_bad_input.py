"""Bad input ends in one clear sentence, or is left out and said; never in a silent default."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from benchmarks.reviewers.question import ask, open_question
from benchmarks.reviewers.results import Result, read_result
from benchmarks.reviewers.reviewer import Reviewer, Scores
from benchmarks.reviewers.run import Options, benchmark
from benchmarks.reviewers.tables import MIDDLE, WIDE, terminal
from conference.core.errors import UserError
from tests.benchmarks.made import conference, refused, scores, venue_year


def change(folder: Path, file: str, change: Any) -> None:
    """Rewrite a table of the folder."""
    path = folder / f"{file}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


def measured(folder: Path) -> Result:
    """The baselines alone on the folder's papers."""
    question = open_question(f"iclr2026@{folder}", folder)
    return benchmark(question, [], folder / "out", Options(resamples=20))


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    venue_year(tmp_path / "t", papers=40)
    return tmp_path / "t"


def test_one_rating_off_the_scale_is_left_out_and_named(tables: Path) -> None:
    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(rating=[7.0, *frame["rating"][1:]])

    change(tables, "reviews", spoil)
    question = open_question(f"iclr2026@{tables}", tables)
    whole = pd.read_parquet(tables / "reviews.parquet")
    assert sum(given.size for given in question.ratings) == len(whole) - 1
    assert "rating 7 is not on its scale (0, 2, 4, 6, 8, 10)" in " ".join(question.notes)


def test_a_table_mostly_off_the_scale_is_refused(tables: Path) -> None:
    change(tables, "reviews", lambda frame: frame.assign(rating=frame["rating"] + 1))
    sentence = refused("benchmark", "--data", f"iclr2026@{tables}")
    assert "not on its scale" in sentence and "check the scale" in sentence


def test_papers_without_a_decision_are_kept_apart(tables: Path) -> None:
    def undecided(frame: pd.DataFrame) -> pd.DataFrame:
        status = ["unknown"] * 5 + ["withdrawn"] * 3 + list(frame["status"][8:])
        return frame.assign(status=status)

    change(tables, "papers", undecided)
    question = open_question(f"iclr2026@{tables}", tables)
    assert len(question.papers) == 32
    notes = " ".join(question.notes)
    assert "5 papers without a decision" in notes and "3 papers withdrawn" in notes


def test_where_nothing_is_decided_the_ratings_alone_are_measured(tables: Path) -> None:
    change(tables, "papers", lambda frame: frame.assign(status="unknown"))
    result = measured(tables)
    assert "no paper has a decision" in " ".join(result.notes)
    assert result.rows[0].others["spearman"].value is not None
    topic = next(row for row in result.rows if row.name == "topic")
    assert topic.scores["auroc"].value is None and topic.scores["auroc"].reason


def test_one_class_only_is_said(tables: Path) -> None:
    change(tables, "papers", lambda frame: frame.assign(status="accepted"))
    result = measured(tables)
    assert "all 40 papers are accepted: no measure against decisions exists" in result.notes
    for row in result.rows:
        assert row.scores["auroc"].value is None and row.scores["auroc"].reason
        for figures in row.decision.values():
            assert all(figure.value is None and figure.reason for figure in figures.values())


@pytest.mark.parametrize(("one", "others"), [("accepted", "rejected"), ("rejected", "accepted")])
def test_one_paper_of_a_class_is_too_few_for_a_threshold(
    tables: Path, one: str, others: str
) -> None:
    change(tables, "papers", lambda frame: frame.assign(status=[one] + [others] * 39))
    for row in measured(tables).rows:
        for figure in row.decision["fitted"].values():
            assert figure.value is None and "no threshold can be fitted" in figure.reason
        assert row.scores["auroc"].value is not None


def test_fewer_than_twenty_papers_are_refused(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=19)
    sentence = refused("benchmark", "--data", f"iclr2026@{tmp_path}", "--reviewer", "embedded")
    assert "only 19 papers" in sentence and "needs 20" in sentence


def test_a_paper_listed_twice_with_two_contents_is_left_out(tables: Path) -> None:
    def twice(frame: pd.DataFrame) -> pd.DataFrame:
        other = frame.iloc[[3]].assign(status="withdrawn", title="Another")
        return pd.concat([frame, frame.iloc[[5]], other])

    change(tables, "papers", twice)
    question = open_question(f"iclr2026@{tables}", tables)
    ids = [paper.paper_id for paper in question.papers]
    assert len(ids) == 39 == len(set(ids)) and "p0003" not in ids and "p0005" in ids
    assert "damaged or partial records" in " ".join(question.notes)


def test_a_dataset_with_one_id_twice_is_refused(tables: Path) -> None:
    from conference.data.importers.table import read_tables

    (dataset,) = read_tables(tables)
    doubled = msgspec.structs.replace(dataset, papers=(*dataset.papers, dataset.papers[0]))
    with pytest.raises(UserError, match="paper id p0000 is there twice"):
        ask(doubled)


def test_mixed_scales_are_refused(tables: Path) -> None:
    from conference.data.importers.table import read_tables

    (dataset,) = read_tables(tables)
    first = msgspec.structs.replace(dataset.papers[0], scale=(1.0, 3.0, 5.0))
    mixed = msgspec.structs.replace(dataset, papers=(first, *dataset.papers[1:]))
    with pytest.raises(UserError, match=r"2 different scales \(\{1, 3, 5\} and \{0, 2, 4"):
        ask(mixed)


def test_a_selected_sample_is_said_to_be_one(tables: Path) -> None:
    change(tables, "papers", lambda frame: frame.assign(venue="NeurIPS", year=2022))
    change(tables, "reviews", lambda frame: frame.assign(rating=frame["rating"].clip(1)))
    question = open_question(f"neurips2022@{tables}", tables)
    assert "NeurIPS 2022: rejected papers are public only where" in " ".join(question.notes)


def test_empty_abstracts_are_counted_and_judged_without(tables: Path) -> None:
    def emptied(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(abstract=[" ", None, "", *frame["abstract"][3:]])

    change(tables, "papers", emptied)
    name = f"iclr2026@{tables}"
    assert "3 papers have no abstract" in " ".join(open_question(name, tables).notes)
    needed = open_question(name, tables, need=("abstract",))
    assert len(needed.papers) == 37
    assert "3 papers without abstract were left out" in " ".join(needed.notes)


def test_ratings_that_are_missing_are_counted(tables: Path) -> None:
    def missing(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(rating=[np.nan, np.nan, *frame["rating"][2:]])

    change(tables, "reviews", missing)
    question = open_question(f"iclr2026@{tables}", tables)
    assert "2 reviews have no rating" in " ".join(question.notes)
    assert all(np.isfinite(given).all() for given in question.ratings)


def test_a_ten_that_is_read_as_text_is_ten(tables: Path, tmp_path: Path) -> None:
    whole = open_question(f"iclr2026@{tables}", tables)
    change(tables, "reviews", lambda frame: frame.assign(rating=frame["rating"].map("{:g}".format)))
    as_text = open_question(f"iclr2026@{tables}", tables)
    assert all((a == b).all() for a, b in zip(whole.ratings, as_text.ratings, strict=True))
    assert max(given.max() for given in as_text.ratings) == 10
    table = pd.DataFrame({"paper_id": [paper.paper_id for paper in whole.papers]})
    file = scores(tmp_path / "s.csv", table, ["10", "9"] * 20)
    status, _, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", f"csv:{file}",
        "--resamples", 10, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert set(frame.loc[frame["reviewer"] == "s", "score"]) == {9.0, 10.0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("paper_id,score\np0000,NaN\n", "line 2: score is 'NaN', not a number"),
        ("paper_id,score\np0000,\n", "line 2: score is empty"),
        ("paper_id,score\np0000,high\n", "line 2: score is 'high', not a number"),
        ("paper_id,score\np0000,inf\n", "line 2: score is 'inf', not a number"),
        ("paper_id,score\np0000,3\np0000,4\n", "line 3: paper p0000 is listed twice"),
        ("paper_id,score\n,3\n", "line 2: paper_id is empty"),
        ("paper_id,score,decision\np0000,3,maybe\n", "neither accept nor reject"),
        ("paper_id,Overall\np0000,3\n", "name the scores' column, as in csv:"),
        ("paper_id;score\np0000;3,5\n", "separated by semicolons"),
        ("paper_id,reviewer,score\np0000,1,3\np0000,1,4\n", "line 3: reviewer 1 of paper p0000"),
        ("paper_id,reviewer,score\np0000,,3\n", "line 2: reviewer is empty"),
        ("paper_id,reviewer,score,decision\np0000,1,3,yes\np0000,2,3,no\n", "decisions on paper"),
        ("paper_id,score\n", "it has no rows"),
        ("", "it is empty"),
        (
            "paper_id,score\np0000,3\n",
            "only 1 papers are scored by every reviewer (mine scored 1 of 40 papers); 20",
        ),
        ("paper_id,score\nelsewhere,3\n", "1 of its papers are not of this data set, such as else"),
    ],
)
def test_a_csv_that_cannot_be_used_is_one_sentence(
    tables: Path, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)
    said = refused(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", f"csv:{file}",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert sentence in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--reviewer", "oracle"], "there is no reviewer 'oracle'"),
        (["--reviewer", "csv:nowhere.csv"], "nowhere.csv: no such file"),
        (["--reviewer", "csv"], "name the file, as in csv:FILE"),
        (["--reviewer", "csv:nowhere.csv#Overall"], "nowhere.csv: no such file"),
        (["--reviewer", "ai-scientist:/nowhere"], "no such file"),
        (["--reviewer", "csv:/"], "it is a folder"),
        (["--reviewer", "ai-scientist:nowhere.parquet"], "no such file"),
        (["--reviewer", "embedded", "--reviewer", "embedded"], "asked for twice"),
        (["--reviewer", "embedded", "--cutoff", "embedded=soon"], "'soon' is not a date"),
        (["--reviewer", "embedded", "--cutoff", "gpt=2024-01-01"], "no reviewer is called 'gpt'"),
        (["--reviewer", "tfidf"], "import earlier years"),
        (["--resamples", "-1"], "give 0 or more"),
        (["--threshold", "nan"], "finite number"),
        (["--need", "text"], "only 0 papers can be measured"),
    ],
)
def test_a_wrong_option_is_one_sentence(tables: Path, arguments: list[str], sentence: str) -> None:
    assert sentence in refused("benchmark", "--data", f"iclr2026@{tables}", *arguments)


def test_data_that_is_not_there_is_one_sentence(tables: Path, tmp_path: Path) -> None:
    store = ("--store", tmp_path / "store")
    assert "no dataset 'iclr2031'" in refused("benchmark", "--data", "iclr2031", *store)
    assert "it holds iclr2026" in refused("benchmark", "--data", f"iclr2025@{tables}")
    there = f"iclr2026@{tmp_path / 'x'}"
    assert "no dataset 'iclr2026' in" in refused("benchmark", "--data", there)
    assert "--data" in refused("benchmark")


def test_a_year_that_is_not_there_is_said_before_the_tables_are_read(tables: Path) -> None:
    change(tables, "papers", lambda frame: frame[["venue", "year"]])
    (tables / "reviews.parquet").write_text("damaged, and not looked at")
    assert "it holds iclr2026; name" in refused("benchmark", "--data", f"iclr2025@{tables}")


def test_a_reviewer_that_the_data_cannot_measure_is_left_out_with_its_reason(
    tables: Path, tmp_path: Path
) -> None:
    file = scores(tmp_path / "own.csv", pd.read_parquet(tables / "papers.parquet"), range(40))
    out = tmp_path / "out"
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", "tfidf",
        "--reviewer", f"csv:{file}", "--out", out, "--resamples", "20",
    )  # fmt: skip
    assert status == 0, complaint
    reason = "left out: --reviewer tfidf: iclr2026 has only 0 decided papers of earlier years"
    assert reason in complaint and reason in said and reason in (out / "report.html").read_text()
    names = [row.name for row in read_result(out).rows]
    assert "own" in names and "tfidf" not in names
    assert "own: 40 of 40" in (out / "progress.log").read_text()


def test_the_terminal_shows_intervals_or_says_where_they_are(tables: Path) -> None:
    result = measured(tables)
    for width, brackets in ((WIDE, True), (MIDDLE, True), (MIDDLE - 1, False), (80, False)):
        page = io.StringIO()
        Console(width=width, file=page).print(terminal(result, width))
        shown = page.getvalue()
        assert ("Brackets: 95 %" in shown) == bool(re.search(r"\[-?\.\d+, -?\.\d+\]", shown))
        assert ("Brackets: 95 %" in shown) == brackets
        assert ("report.html" in shown) != brackets and "…" not in shown


def test_a_reviewer_may_not_have_the_name_of_a_baseline(tables: Path, tmp_path: Path) -> None:
    table = pd.read_parquet(tables / "papers.parquet")
    file = scores(tmp_path / "topic.csv", table, range(40))
    sentence = refused(
        "benchmark", "--data", f"iclr2026@{tables}", "--reviewer", f"csv:{file}",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert "'topic' is the name of a baseline" in sentence


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_scored(
    tables: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    question = open_question(f"iclr2026@{tables}", tables)
    reviewer = Reviewer(name="r", score=lambda views: pytest.fail("it was asked"))
    with pytest.raises(UserError, match=r"file.out: cannot be written \(Not a directory\)"):
        benchmark(question, [reviewer], tmp_path / "file" / "out", Options(resamples=5))


def test_a_folder_that_fills_up_is_said(tables: Path, tmp_path: Path) -> None:
    """Where scores would be kept there is a file, and where the table would be a folder."""
    question = open_question(f"iclr2026@{tables}", tables)

    def score(views: Any) -> Scores:
        return Scores(np.arange(len(views)) + 0.0)

    for place in ("table.md", "scores"):
        out = tmp_path / place
        benchmark(question, [], out, Options(resamples=5))
        if place == "scores":
            (out / "scores").write_text("")
        else:
            (out / place).unlink()
            (out / place).mkdir()
        with pytest.raises(UserError, match="cannot be written"):
            benchmark(question, [Reviewer(name="r", score=score)], out, Options(resamples=5))


def test_a_folder_with_other_things_is_left_alone(tables: Path) -> None:
    sentence = refused("benchmark", "--data", f"iclr2026@{tables}", "--out", tables)
    assert "holds other things" in sentence
    assert sorted(path.name for path in tables.iterdir()) == ["papers.parquet", "reviews.parquet"]
