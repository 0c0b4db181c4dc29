"""The mix of the measured papers stands beside their figures, and another one can be asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reviewers.mix import Mix, drawn_to, mix_of
from benchmarks.reviewers.question import open_question
from benchmarks.reviewers.results import read_result
from tests.benchmarks.made import conference, refused, scores, venue_year


def test_a_mix_is_called_what_it_is() -> None:
    def kind(accepted: float | None, own: float | None) -> str:
        return Mix(papers=100, accepted=accepted, spread=1.0, own=own).kind

    assert kind(0.50, 0.31) == "balanced mix" and kind(0.50, None) == "balanced mix"
    assert kind(0.30, 0.31) == "natural mix" and kind(0.43, 0.426) == "natural mix"
    assert kind(0.70, 0.31) == "mix of its own"
    assert kind(0.30, None) == "mix of unknown kind"
    assert kind(None, None) == "undecided papers"


def test_papers_are_drawn_to_a_share_and_no_more_are_left_out_than_needed(tmp_path: Path) -> None:
    venue_year(tmp_path, 200)
    question = open_question(f"iclr2026@{tmp_path}", tmp_path)
    everything = np.ones(200, dtype=np.bool_)
    drawn = drawn_to(question, everything, 0.2, seed=0)
    before, after = mix_of(question, everything), mix_of(question, drawn)
    assert after.accepted == pytest.approx(0.2, abs=0.01)
    rejected = 200 - round(200 * (before.accepted or 0))
    assert after.papers == pytest.approx(rejected / 0.8, abs=1)
    np.testing.assert_array_equal(drawn, drawn_to(question, everything, 0.2, seed=0))
    assert (drawn != drawn_to(question, everything, 0.2, seed=1)).any()


def test_the_mix_stands_beside_the_figures_and_the_natural_one_too(tmp_path: Path) -> None:
    table = venue_year(tmp_path, 200)
    own = scores(tmp_path / "own.csv", table, table["quality"])
    status, said, complaint = conference(
        "benchmark", "--data", f"iclr2026@{tmp_path}", "--reviewer", f"csv:{own}",
        "--reweight", "natural", "--resamples", 20, "--out", tmp_path / "out",
    )  # fmt: skip
    assert status == 0, complaint
    result = read_result(tmp_path / "out")
    assert result.mix and result.mix.kind == "mix of its own"  # venue_year accepts two of five.
    assert result.reweighted and result.reweighted.mix.kind == "natural mix"
    names = [row.name for row in result.reweighted.rows]
    assert names == [row.name for row in result.rows]
    for place in (said, *((tmp_path / "out" / n).read_text() for n in ("report.html", "table.md"))):
        assert "mix of its own" in place and "natural mix, 3" in place
    for name in ("card.md", "table.tex"):
        assert "mix of its own" in (tmp_path / "out" / name).read_text()


def test_a_share_that_cannot_be_had_is_one_sentence(tmp_path: Path) -> None:
    venue_year(tmp_path, 60, year=2031)
    data = ["benchmark", "--data", f"iclr2031@{tmp_path}", "--out", tmp_path / "out"]
    assert "is not on record; give it" in refused(*data, "--reweight", "natural")
    assert "give 'natural' or a share" in refused(*data, "--reweight", "1.5")
