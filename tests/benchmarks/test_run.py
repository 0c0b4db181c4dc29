"""Whole benchmarks through the command line: what is written, and that the figures are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from benchmarks.reviewers.compare import compare
from benchmarks.reviewers.figures import measure
from benchmarks.reviewers.question import open_question
from benchmarks.reviewers.results import read_result
from benchmarks.reviewers.reviewer import Reviewer, Scores
from benchmarks.reviewers.run import Options, benchmark
from conference.core.errors import UserError
from tests.benchmarks.made import SCALE, conference, refused, scores, venue_year

RESAMPLES = 60


def row(folder: Path, name: str) -> dict[str, Any]:
    found = json.loads((folder / "results.json").read_text())
    (only,) = [row for row in found["rows"] if row["name"] == name]
    return dict(only)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, str]:
    """A benchmark of three reviewers: its folder, the truth, and what was printed."""
    tmp_path = tmp_path_factory.mktemp("whole")
    table = venue_year(tmp_path / "t", papers=80, texts=True)
    rng = np.random.default_rng(3)
    good = scores(tmp_path / "good.csv", table, table["quality"] + rng.normal(0, 0.5, 80))
    rated = np.clip(2 * np.rint((4.5 + 1.5 * table["quality"]) / 2), 0, 10)
    own = np.where(rated >= 6, "accept", "reject")
    rounded = scores(tmp_path / "rounded.csv", table, rated, decision=own)
    status, out, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{good}",
        "--reviewer", f"csv:{rounded}", "--reviewer", "embedded", "--threshold", 6,
        "--cutoff", "good=2025-06-01", "--resamples", RESAMPLES, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    return tmp_path / "out", table.assign(rounded=rated), out


def test_everything_that_a_paper_needs_is_written(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    out, _, printed = whole
    pictures = ("roc", "reliability", "coverage", "single_humans", "histograms",
                "confusion", "error_by_topic", "error_by_score", "scatter")  # fmt: skip
    for name in pictures:
        assert (out / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (out / "plots" / f"{name}.svg").read_text()
    page = (out / "report.html").read_text()
    assert page.count("<figure") == len(pictures) and "Against the shortcuts" in page
    for name in ("one human", "embedded", "good", "rounded", "length of abstract", "topic"):
        assert name in page and name in printed and name in (out / "table.md").read_text()
    latex = (out / "table.tex").read_text()
    assert latex.count(r"\begin{tabular}") == 1 and "ρ" not in latex and "_" not in latex
    columns = {line.count("&") for line in latex.splitlines() if line.endswith(r"\\")}
    assert len(columns) == 1
    card = (out / "card.md").read_text()
    result = read_result(out)
    for needed in (result.sha256, "Seed 0", f"{RESAMPLES} resamples", "numpy", "trained on"):
        assert needed in card
    assert (
        "no row for 'number of references', 'link in the abstract', 'published as', 'year'"
        in printed
    )


def test_every_figure_has_its_papers_and_its_interval(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    found = json.loads((whole[0] / "results.json").read_text())
    count = 0

    def walk(part: Any, where: str) -> None:
        nonlocal count
        if isinstance(part, dict) and "low" in part:
            count += 1
            assert part["n"] >= 0
            if part["value"] is None:
                assert part["reason"], where
            else:
                assert part["low"] is not None or part["reason"], where
                assert part["low"] is None or part["low"] <= part["high"]
        elif isinstance(part, dict):
            for key, value in part.items():
                walk(value, f"{where}.{key}")
        elif isinstance(part, list):
            for value in part:
                walk(value, where)

    walk(found, "")
    assert count > 200


def test_the_figures_are_those_of_scikit_learn_and_of_a_count_by_hand(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    out, table, _ = whole
    truth, given = table["accepted"].to_numpy(), table["rounded"].to_numpy()
    found = row(out, "rounded")
    assert found["on_scale"] and found["n"] == 80
    at = {name: part["value"] for name, part in found["decision"]["at 6"].items()}
    said = given >= 6
    assert at["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    assert at["accuracy"] == pytest.approx((truth == said).mean())
    assert at["f1"] == pytest.approx(metrics.f1_score(truth, said))
    assert at["fpr"] == pytest.approx(said[~truth].mean())
    assert at["fnr"] == pytest.approx((~said)[truth].mean())
    assert found["decision"]["own"] == found["decision"]["at 6"]
    assert found["scores"]["auroc"]["value"] == pytest.approx(metrics.roc_auc_score(truth, given))
    assert found["raw"]["mae"]["value"] == pytest.approx(np.abs(given - table["mean"]).mean())
    assert "at 6" not in row(out, "good")["decision"]  # Its scores are not on the scale.


def test_what_the_reviewers_are_worth_together_has_an_interval(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    out, table, _ = whole
    frame = pd.read_parquet(out / "predictions.parquet")
    errors = np.stack(
        [
            frame[frame["reviewer"] == name].sort_values("paper_id")["score_on_scale"]
            - table["mean"].to_numpy()
            for name in ("embedded", "good", "rounded")
        ]
    )
    panel = read_result(out).panel
    mean = np.corrcoef(errors)[~np.eye(3, dtype=bool)].mean()
    assert panel.error_correlation.value == pytest.approx(mean)
    assert panel.independent_reviewers.value == pytest.approx(3 / (1 + 2 * mean))
    for figure in (panel.error_correlation, panel.independent_reviewers):
        assert figure.low is not None and figure.low < figure.value < figure.high
        assert figure.high - figure.low > 0.02


def test_predictions_hold_every_score_beside_the_human_ratings(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    out, table, _ = whole
    frame = pd.read_parquet(out / "predictions.parquet")
    mine = frame[frame["reviewer"] == "rounded"].sort_values("paper_id")
    assert (mine["score"].to_numpy() == table["rounded"].to_numpy()).all()
    assert (mine["accepted"].astype(bool).to_numpy() == table["accepted"].to_numpy()).all()
    means = [np.mean(ratings) for ratings in mine["ratings"]]
    assert np.allclose(means, table["mean"])
    good = frame[frame["reviewer"] == "good"]
    assert good["before_cutoff"].all() and mine["before_cutoff"].isna().all()


def test_papers_before_a_cutoff_are_reported(whole: tuple[Path, pd.DataFrame, str]) -> None:
    out, _, printed = whole
    assert "all of the 80 papers may have been public by 2025-06-01" in printed
    found = row(out, "good")
    assert found["before_cutoff"]["auroc"] == found["scores"]["auroc"]
    assert found["after_cutoff"]["auroc"]["value"] is None


def test_papers_on_both_sides_of_a_cutoff_are_set_apart(tmp_path: Path) -> None:
    import msgspec

    table = venue_year(tmp_path, papers=80)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    dated = tuple(
        msgspec.structs.replace(paper, submitted="2025-01-01" if place < 30 else "2025-10-01")
        for place, paper in enumerate(question.papers)
    )
    question = msgspec.structs.replace(question, papers=dated)
    known = dict(zip(table["paper_id"], table["quality"], strict=True))
    met = set(table["paper_id"][:30])

    def remembers(views: Any) -> Scores:
        """Perfect where it has met the paper, the wrong way round elsewhere."""
        return Scores(
            np.array([known[v.paper_id] * (1 if v.paper_id in met else -1) for v in views])
        )

    reviewer = Reviewer(name="memory", score=remembers, cutoff="2025-06-30")
    options = Options(resamples=20)
    result = benchmark(question, [reviewer], tmp_path / "out", options)
    found = next(row for row in result.rows if row.name == "memory")
    before, after = found.before_cutoff["auroc"], found.after_cutoff["auroc"]
    assert (before.n, after.n) == (30, 50)
    assert before.value is not None and after.value is not None
    assert before.value > 0.7 and after.value < 0.3
    assert "papers after its cut-off" in (tmp_path / "out" / "table.md").read_text()


def test_thresholds_are_fitted_on_other_papers(tmp_path: Path) -> None:
    """Scores that mean nothing must not look better than chance; a fit on the same papers would."""
    venue_year(tmp_path, papers=300)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    label = np.array(question.accepted, dtype=bool)
    everyone = np.ones(300, dtype=bool)
    fitted, cheating = [], []
    for seed in range(100, 112):
        noise = np.random.default_rng(seed).normal(size=300)
        reviewer = Reviewer(name="noise", score=lambda views: Scores(np.zeros(len(views))))
        row, _ = measure(question, reviewer, Scores(noise), everyone, resamples=0, seed=seed)
        value = row.decision["fitted"]["balanced_accuracy"].value
        assert value is not None
        fitted.append(value)
        same = [metrics.balanced_accuracy_score(label, noise >= cut) for cut in noise]
        cheating.append(max(same))
    assert abs(np.mean(fitted) - 0.5) < 0.025 < np.mean(cheating) - 0.5


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    table = venue_year(tmp_path, papers=60)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    known = dict(zip(table["paper_id"], table["quality"], strict=True))
    asked: list[int] = []
    dies = True

    def score(views: Any) -> Scores:
        if dies and len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(len(views))
        return Scores(np.array([known[view.paper_id] for view in views]))

    reviewer = Reviewer(name="slow", score=score, batch=20)
    with pytest.raises(KeyboardInterrupt):
        benchmark(question, [reviewer], tmp_path / "out", Options(resamples=20))
    assert not (tmp_path / "out" / "results.json").exists()
    dies = False
    resumed = benchmark(question, [reviewer], tmp_path / "out", Options(resamples=20))
    assert asked == [20, 20, 20]
    fresh = benchmark(question, [reviewer], tmp_path / "fresh", Options(resamples=20))
    assert resumed == fresh
    changed = Reviewer(name="slow", score=score, batch=20, about={"model": "another"})
    benchmark(question, [changed], tmp_path / "out", Options(resamples=20))
    assert len(asked) == 9  # Another model under the same name is asked anew.


def test_a_changed_csv_is_read_again(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=40)
    out = tmp_path / "out"
    found = []
    for sign in (1, -1):
        file = scores(tmp_path / "mine.csv", table, sign * table["quality"])
        status, _, complaint = conference(
            "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{file}",
            "--resamples", 20, "--out", out,
        )  # fmt: skip
        assert status == 0, complaint
        found.append(row(out, "mine")["scores"]["auroc"]["value"])
    assert found[0] + found[1] == pytest.approx(1)


def test_a_csv_may_name_its_column_and_hold_several_reviewers_a_paper(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=40)
    long = pd.concat(
        [
            table[["paper_id"]].assign(reviewer=who, score=0, Overall=table["quality"] + shift)
            for who, shift in (("A", -1), ("B", 1), ("C", 3))
        ]
    ).iloc[:-1]
    long.to_csv(tmp_path / "long.csv", index=False)
    status, _, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}",
        "--reviewer", f"csv:{tmp_path / 'long.csv'}#Overall", "--resamples", 20,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    found = frame[frame["reviewer"] == "long Overall"].set_index("paper_id")["score"]
    means = long.groupby("paper_id")["Overall"].mean()
    assert np.allclose(found, means.loc[found.index])
    assert row(tmp_path / "out", "long Overall")["about"]["reviewers a paper"].startswith("2 to 3")


def test_the_same_command_gives_the_same_figures(tmp_path: Path) -> None:
    table = venue_year(tmp_path, papers=50)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    known = dict(zip(table["paper_id"], table["quality"], strict=True))
    reviewer = Reviewer(
        name="r", score=lambda views: Scores(np.array([known[v.paper_id] for v in views]))
    )
    first, second, other = (
        benchmark(question, [reviewer], tmp_path / name, Options(resamples=30, seed=seed))
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert first == second and first.rows != other.rows


def test_a_reviewer_that_only_counts_words_does_not_beat_the_shortcut(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=60)
    papers = pd.read_parquet(tmp_path / "t" / "papers.parquet")
    file = scores(tmp_path / "counts.csv", table, papers["abstract"].str.len())
    sure = scores(tmp_path / "sure.csv", table, table["mean"])
    status, printed, _ = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{file}",
        "--reviewer", f"csv:{sure}", "--resamples", 200, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0
    assert "counts does NOT clearly beat every shortcut" in printed
    assert "it has shown nothing" in printed and "sure beats every shortcut" in printed


def test_a_reviewers_own_decisions_count_where_it_makes_them(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=60)
    own = np.where(table["accepted"], "accept", "reject")
    file = scores(tmp_path / "own.csv", table, table["quality"], decision=["", "", *own[2:]])
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{file}",
        "--resamples", 20, "--threshold", 6, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    found = row(tmp_path / "out", "own")["decision"]["own"]["accuracy"]
    assert (found["value"], found["n"]) == (1, 58)
    assert "| own | own decision | 58 |" in (tmp_path / "out" / "table.md").read_text()
    assert "--threshold is not used for own: its scores are not on the rating scale" in said


def test_a_figure_on_fewer_papers_says_on_how_many(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=60)
    reviews = pd.read_parquet(tmp_path / "reviews.parquet")
    reviews[(reviews["paper_id"] != "p0001") | (reviews["reviewer"] == 0)].to_parquet(
        tmp_path / "reviews.parquet"
    )
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    benchmark(question, [], tmp_path / "out", Options(resamples=20))
    (prior,) = [
        line for line in (tmp_path / "out" / "table.md").read_text().splitlines()
        if line.startswith("| length of abstract")
    ]  # fmt: skip
    assert "| 60 |" in prior and prior.count("(n 59)") == 3  # Those against the other humans.
    assert "n 59" in (tmp_path / "out" / "report.html").read_text()
    assert "(n 59)" in (tmp_path / "out" / "table.tex").read_text()


def test_the_human_row_leaves_each_human_out(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=60)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    result = benchmark(question, [], tmp_path / "out", Options(resamples=20))
    human = result.rows[0]
    errors = [
        abs(given[i] - np.delete(given, i).mean())
        for given in question.ratings
        for i in range(given.size)
    ]
    assert human.kind == "human" and human.n == 60
    assert human.others["mae"].value == pytest.approx(np.mean(errors))
    label = np.array(question.accepted, dtype=bool)
    pooled = np.concatenate(question.ratings)
    weight = np.concatenate([np.full(g.size, 1 / g.size) for g in question.ratings])
    truth = np.repeat(label, [g.size for g in question.ratings])
    expected = metrics.roc_auc_score(truth, pooled, sample_weight=weight)
    assert human.scores["auroc"].value == pytest.approx(expected)
    assert "Those who decided saw" in human.caveat
    assert {level for level, _, _ in result.points} <= set(map(float, SCALE))


def test_two_benchmarks_are_compared_on_the_papers_they_share(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=60)
    rng = np.random.default_rng(5)
    part = table[:40]
    sharp = scores(tmp_path / "sharp.csv", table, table["mean"])
    dull = scores(tmp_path / "dull.csv", part, rng.normal(size=40))
    for file in (sharp, dull):
        status, _, complaint = conference(
            "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{file}",
            "--resamples", 50, "--out", tmp_path / file.stem,
        )  # fmt: skip
        assert status == 0, complaint
    status, printed, complaint = conference(
        "benchmark", "compare", tmp_path / "sharp", f"{tmp_path / 'dull'}#dull",
        "--resamples", 100,
    )  # fmt: skip
    assert status == 0, complaint
    assert "40 shared papers" in printed and "AUROC" in printed and "[" in printed
    assert "no reviewer 'sharp'" in refused(
        "benchmark", "compare", tmp_path / "sharp", f"{tmp_path / 'dull'}#sharp"
    )
    assert "no results.json" in refused("benchmark", "compare", tmp_path / "t", tmp_path / "sharp")
    other = pd.read_parquet(tmp_path / "dull" / "predictions.parquet")
    other.loc[other["paper_id"] == "p0003", "accepted"] ^= True
    other.to_parquet(tmp_path / "dull" / "predictions.parquet")
    sentence = refused("benchmark", "compare", tmp_path / "sharp", tmp_path / "dull")
    assert "paper p0003 has other decisions in" in sentence
    (tmp_path / "dull" / "predictions.parquet").write_bytes(b"PAR1")
    sentence = refused("benchmark", "compare", tmp_path / "sharp", tmp_path / "dull")
    assert "predictions.parquet: cannot be read" in sentence


def test_a_comparison_stands_on_the_papers_that_carry_each_measure(tmp_path: Path) -> None:
    """Undecided data, a paper with one rating and one with none: what can be compared, is."""
    table = venue_year(tmp_path / "t", papers=60)
    papers = pd.read_parquet(tmp_path / "t" / "papers.parquet").assign(status="accepted")
    papers.to_parquet(tmp_path / "t" / "papers.parquet")
    reviews = pd.read_parquet(tmp_path / "t" / "reviews.parquet")
    one = (reviews["paper_id"] == "p0001") & (reviews["reviewer"] > 0)
    reviews[~one & (reviews["paper_id"] != "p0002")].to_parquet(tmp_path / "t" / "reviews.parquet")
    rng = np.random.default_rng(6)
    for name, values in (("sharp", table["mean"]), ("dull", rng.normal(size=60))):
        file = scores(tmp_path / f"{name}.csv", table, values)
        status, _, complaint = conference(
            "benchmark", "--data", f"iclr2026@{tmp_path / 't'}", "--reviewer", f"csv:{file}",
            "--resamples", 20, "--out", tmp_path / name,
        )  # fmt: skip
        assert status == 0, complaint
    found = compare(str(tmp_path / "sharp"), str(tmp_path / "dull"), resamples=50)
    rows = {row.measure: row.difference for row in found.rows}
    assert rows["Spearman with the other humans"].n == 58
    assert rows["Spearman with the human mean"].n == 59
    assert rows["Spearman with the other humans"].value > 0.3
    assert rows["AUROC"].value is None and "accepted" in rows["AUROC"].reason
    assert rows["balanced accuracy"].value is None


def test_kept_scores_that_were_cut_short_are_one_sentence(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=30)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    reviewer = Reviewer(name="r", score=lambda views: Scores(np.arange(len(views)) + 0.0))
    benchmark(question, [reviewer], tmp_path / "out", Options(resamples=5))
    (kept,) = (tmp_path / "out" / "scores").rglob("*.npz")
    kept.write_bytes(kept.read_bytes()[:80])
    with pytest.raises(UserError, match=r"cannot be read.*delete it and run again"):
        benchmark(question, [reviewer], tmp_path / "out", Options(resamples=5))


def test_a_reviewer_sees_neither_ratings_nor_final_texts(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=30, texts=True)
    (tmp_path / "fulltext_iclr2026.parquet").rename(tmp_path / "fulltext_iclr2022.parquet")
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    assert all(view.text is None for view in question.views)
    assert set(question.views[0].__struct_fields__) == {
        "paper_id", "venue", "year", "title", "abstract", "keywords", "topic", "text",
    }  # fmt: skip
