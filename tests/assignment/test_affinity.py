"""Affinities: near texts have high ones, and the gold standard is met."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.affinity import losses, ours, pair_losses, read_gold, weighted_loss
from conference.affinity import affinities, nearest

DATA = Path(os.environ.get("CONFERENCE_DATA", "../shared/data/public")) / "assignment"
TEXTS = [
    "denoising diffusion models for images",
    "reinforcement learning of robot control",
    "protein folding with graph networks",
]


def dense(profiles: list[list[str]], papers: list[str], top: int | None = None) -> np.ndarray:
    table = affinities(profiles, papers, top=top)
    found = np.full((len(profiles), len(papers)), np.nan)
    found[table.row, table.col] = table.data
    return found


def test_a_reviewer_is_nearest_to_its_own_subject() -> None:
    found = dense([[text + " by us"] for text in TEXTS], TEXTS)
    assert (found.argmax(0) == np.arange(3)).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_a_reviewer_without_papers_has_no_affinity() -> None:
    assert (dense([[], [TEXTS[0]]], TEXTS)[0] == 0).all()


def test_empty_texts_are_near_nothing() -> None:
    assert (dense([[""], ["the and of"]], ["", "of the"]) == 0).all()


@settings(max_examples=20, deadline=None)
@given(top=st.integers(1, 4), seed=st.integers(0, 1000))
def test_the_best_of_each_paper_and_reviewer_are_kept(top: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = [f"term{number}" for number in range(12)]
    texts = [" ".join(rng.choice(words, 8)) for _ in range(16)]
    profiles, papers = [[text] for text in texts[:7]], texts[7:]
    whole, kept = dense(profiles, papers), dense(profiles, papers, top)
    there = ~np.isnan(kept)
    assert np.allclose(kept[there], whole[there])
    for row, mask in [*zip(whole, there, strict=True), *zip(whole.T, there.T, strict=True)]:
        assert np.sort(row[mask])[-top:] == pytest.approx(np.sort(row)[-top:])


def test_nearest_texts_come_first() -> None:
    assert [row[0] for row in nearest(TEXTS, TEXTS[::-1], 2)] == [2, 1, 0]


def test_the_loss_counts_each_pair_by_its_gap() -> None:
    truth = np.array([5.0, 3.0, 1.0])
    assert pair_losses(truth, np.array([3.0, 2.0, 1.0])) == (0.0, 8.0)
    assert pair_losses(truth, np.array([1.0, 2.0, 3.0])) == (8.0, 8.0)
    assert pair_losses(truth, np.zeros(3)) == (4.0, 8.0)


@pytest.mark.skipif(not DATA.is_dir(), reason="the gold-standard expertise set is not here")
def test_the_gold_standard_is_met() -> None:
    expertise, texts, own = read_gold(DATA)
    published = {"sim_tpms": 0.281, "sim_specter": 0.272, "sim_elmo": 0.337}
    for name, loss in published.items():
        assert weighted_loss(losses(expertise, expertise[name].to_numpy())) == pytest.approx(
            loss, abs=0.001
        )
    assert weighted_loss(losses(expertise, ours(expertise, texts, own))) < 0.272
