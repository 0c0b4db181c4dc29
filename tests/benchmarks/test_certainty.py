"""How certain, how steady, how near single humans: in results and in every form of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.reviewers.certainty import rerun_sd
from benchmarks.reviewers.compare import compare
from benchmarks.reviewers.figures import Resampling, ReviewerRow
from benchmarks.reviewers.question import PaperView, open_question
from benchmarks.reviewers.results import read_result
from benchmarks.reviewers.reviewer import Reviewer, Scores
from tests.benchmarks.made import conference, scores, venue_year

PAPERS = 100


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, str]:
    """Reviewers that know the decision, that guess, and that say how sure they are."""
    folder = tmp_path_factory.mktemp("certainty")
    table = venue_year(folder / "t", papers=PAPERS)
    rng = np.random.default_rng(5)
    sharp = np.where(table["accepted"], 7.0, 3.0) + rng.normal(0, 0.1, PAPERS)
    sure = rng.random(PAPERS)
    wrong = np.where(sure > 0.8, sharp, 10 - sharp)  # Right where it is sure, else not.
    files = [
        scores(folder / "sharp.csv", table, sharp),
        scores(folder / "guess.csv", table, rng.uniform(0, 10, PAPERS)),
        scores(folder / "unsure.csv", table, wrong, confidence=sure),
    ]
    given = [part for file in files for part in ("--reviewer", f"csv:{file}")]
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr2026@{folder / 't'}", *given, "--reviewer", "embedded",
        "--resamples", 40, "--out", folder / "out",
    )  # fmt: skip
    assert status == 0, complaint
    return folder / "out", table, said


def rows(out: Path) -> dict[str, ReviewerRow]:
    return {row.name: row for row in read_result(out).rows}


def test_who_knows_the_decision_is_right_at_both_ends_and_who_guesses_is_not(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    found = rows(whole[0])
    sharp, guess = found["sharp"].certainty, found["guess"].certainty
    for name in ("top tenth", "bottom tenth", "at 10 %", "at 100 %"):
        assert sharp[name].value == pytest.approx(1)
        assert (guess[name].value or 0) < 0.95 and guess[name].low is not None
        assert sharp[name].n == PAPERS
    human = found["one human"].certainty
    assert (human["at 10 %"].value or 0) > (human["at 100 %"].value or 1)
    assert not found["topic"].certainty


def test_where_a_reviewer_says_that_it_is_sure_is_judged_apart(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    found = rows(whole[0])
    assert "stated tenth" not in found["sharp"].certainty
    # Its scores mostly point the wrong way, and its threshold follows most of them.
    stated = found["unsure"].certainty["stated tenth"].value
    assert stated is not None and stated != found["unsure"].decision["fitted"]["accuracy"].value


def test_distances_are_those_from_each_human(whole: tuple[Path, pd.DataFrame, str]) -> None:
    out, _, _ = whole
    frame = pd.read_parquet(out / "predictions.parquet")
    one = frame[frame["reviewer"] == "sharp"]
    apart = [np.abs(np.array(r) - s) for r, s in zip(one["ratings"], one["score_on_scale"],
                                                     strict=True)]  # fmt: skip
    found = rows(out)["sharp"].single
    assert found["90 %"].n == PAPERS and found["90 %"].low is not None
    order = [found[level].value or 0 for level in ("10 %", "25 %", "median", "75 %", "90 %")]
    assert order == sorted(order)
    share = np.concatenate([np.full(each.size, 1 / each.size / PAPERS) for each in apart])
    assert share[np.concatenate(apart) <= order[2]].sum() == pytest.approx(0.5, abs=0.02)
    humans = list(one["ratings"])
    pairs = [abs(a - b) for r in humans for i, a in enumerate(r) for j, b in enumerate(r) if i != j]
    assert rows(out)["one human"].single["90 %"].value in pairs


def test_reruns_are_measured_where_that_is_free_and_not_claimed_elsewhere(
    whole: tuple[Path, pd.DataFrame, str],
) -> None:
    out, _, said = whole
    found = rows(out)
    assert found["embedded"].reruns["sd"].value == 0 and found["embedded"].reruns["sd"].n == PAPERS
    assert found["sharp"].reruns["sd"].value is None
    for place in (said, (out / "report.html").read_text(), (out / "table.md").read_text()):
        assert "0 (n 100)" in place and "not measured" in place


def test_a_reviewer_that_moves_between_runs_is_found_out(tmp_path: Path) -> None:
    venue_year(tmp_path, papers=60)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    rng = np.random.default_rng(2)

    def score(views: list[PaperView]) -> Scores:
        return Scores(rng.normal(0, 0.5, len(views)))

    moody = Reviewer(name="moody", score=score, repeatable=True)  # type: ignore[arg-type]
    use = np.ones(60, dtype=np.bool_)
    resampling = Resampling(resamples=20, seed=0)
    found = rerun_sd(question, moody, score(list(question.views)), use, resampling)
    # The mean SD of two draws with SD 0.5 is 0.5 * sqrt(2 / pi).
    assert found.value == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=0.12)


def test_every_form_of_the_report_has_them(whole: tuple[Path, pd.DataFrame, str]) -> None:
    out, _, said = whole
    page, table = (out / "report.html").read_text(), (out / "table.md").read_text()
    latex = (out / "further_tables.tex").read_text()
    for title in ("Where it is most certain", "Agreement with each single human"):
        assert all(title in place for place in (page, table, latex, said)), title
    for part in latex.split(r"\toprule")[1:]:
        lines = part.split(r"\bottomrule")[0].splitlines()
        assert len({line.count(" & ") for line in lines if line.endswith(r"\\")}) == 1
    for picture in ("coverage", "single_humans"):
        svg = (out / "plots" / f"{picture}.svg").read_text()
        assert all(name in svg for name in ("one human", "sharp", "guess", "embedded"))


def test_a_balanced_and_a_natural_set_are_not_compared_in_silence(tmp_path: Path) -> None:
    table = venue_year(tmp_path / "t", papers=160)
    own = scores(tmp_path / "own.csv", table, table["quality"])
    kept = pd.read_parquet(tmp_path / "t" / "papers.parquet")
    taken = kept[kept["status"] == "accepted"].head(60)["paper_id"].tolist()
    refused = kept[kept["status"] == "rejected"]["paper_id"].tolist()
    for name, share in (("balanced", refused[:60]), ("natural", refused)):
        chosen = [*taken[: 60 if name == "balanced" else 43], *share]
        folder = tmp_path / name / "t"
        folder.mkdir(parents=True)
        for file in ("papers", "reviews"):
            frame = pd.read_parquet(tmp_path / "t" / f"{file}.parquet")
            frame[frame["paper_id"].isin(chosen)].to_parquet(folder / f"{file}.parquet")
        status, _, complaint = conference(
            "benchmark", "--data", f"iclr2026@{folder}", "--reviewer", f"csv:{own}",
            "--resamples", 10, "--out", tmp_path / name / "out",
        )  # fmt: skip
        assert status == 0, complaint
    both = tmp_path / "balanced" / "out", tmp_path / "natural" / "out"
    status, said, complaint = conference("benchmark", "compare", *both, "--resamples", 10)
    assert status == 0, complaint
    assert "Warning: A was measured on a balanced mix, B on a natural mix" in said
    assert "50.0 % accepted" in said and "Shared: " in said
    found = compare(str(both[1]), str(both[1]), resamples=10)
    assert found.warnings == [] and found.mixes[2].papers == found.n
