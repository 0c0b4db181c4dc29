"""The bootstrap: exact resampling, pairing, coverage, and the human row's own figures."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from conference.statistics import agreement, bootstrap, decisions, ratings, weighted


def test_a_block_of_counts_draws_n_papers_each_time():
    blocks = list(bootstrap.counts(50, 30, seed=4))
    drawn = np.concatenate(blocks)
    assert drawn.shape == (30, 50)
    assert (drawn.sum(axis=1) == 50).all()
    assert len({row.tobytes() for row in drawn}) == 30


def test_the_same_seed_gives_the_same_resamples_and_another_seed_others():
    first, again, other = (
        np.concatenate(list(bootstrap.counts(40, 10, seed))) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_the_interval_of_a_mean_is_that_of_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    found = bootstrap.estimate(weighted.mean(values), 2000, resamples=2000)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert found.low == pytest.approx(values.mean() - half, abs=half / 10)
    assert found.high == pytest.approx(values.mean() + half, abs=half / 10)


@pytest.mark.parametrize("levels", [None, 6])
def test_intervals_cover_chance_on_permuted_humans(levels: int | None) -> None:
    """Where scores and humans have nothing to do with each other, the 95 % interval holds chance in
    93 to 97 % of 1,000 trials: for AUROC, and for Spearman with the other humans; with and without
    ties."""
    rng = np.random.default_rng(8)
    scores = rng.normal(size=150)
    if levels:
        scores = np.rint(scores * levels / 4)
    human = [np.clip(2 * np.rint(2 + rng.normal(size=k)), 0, 10) for k in rng.integers(2, 6, 150)]
    label = np.array([given.mean() for given in human]) > 4
    covered = {"auroc": 0, "spearman": 0}
    for trial in range(1000):
        order = rng.permutation(150)
        table = agreement.leave_one_out([human[place] for place in order])
        for name, statistic, chance in (
            ("auroc", weighted.auroc(scores, label[order]), 0.5),
            ("spearman", agreement.leave_one_out_statistic(table, scores), 0.0),
        ):
            found = bootstrap.estimate(statistic, 150, resamples=400, seed=trial)
            covered[name] += found.low <= chance <= found.high
    assert all(930 <= count <= 970 for count in covered.values()), covered


def test_a_paired_difference_is_tighter_than_two_separate_intervals():
    rng = np.random.default_rng(5)
    truth = rng.normal(size=400)
    shared = truth + rng.normal(size=400)
    first, second = shared + 0.1 * rng.normal(size=400), shared + 0.1 * rng.normal(size=400)
    gap = bootstrap.difference(
        weighted.spearman(first, truth), weighted.spearman(second, truth), 400
    )
    alone = ratings.rank_figures(first, truth, ("spearman",))["spearman"]
    assert gap.value == pytest.approx(
        ratings.spearman(first, truth) - ratings.spearman(second, truth)
    )
    assert gap.high - gap.low < (alone.high - alone.low) / 3


def test_reviews_of_a_paper_stay_together():
    """Doubling each rating must not narrow the interval as independent ratings would."""
    rng = np.random.default_rng(6)
    quality = rng.normal(size=200)
    sets = [q + rng.normal(size=3) for q in quality]
    doubled = [np.repeat(s, 2) for s in sets]
    one = agreement.agreement_figures(sets, resamples=400)["loo_spearman"]
    two = agreement.agreement_figures(doubled, resamples=400)["loo_spearman"]
    assert (two.high - two.low) > 0.4 * (one.high - one.low)
    assert one.n == two.n == 200


def test_reviewer_and_human_meet_the_same_truths():
    rng = np.random.default_rng(7)
    quality = rng.normal(size=300)
    sets = [q + rng.normal(size=4) for q in quality]
    table = agreement.leave_one_out(sets)
    human = bootstrap.estimate(agreement.leave_one_out_statistic(table), 300, resamples=50)
    oracle = bootstrap.estimate(
        agreement.leave_one_out_statistic(table, quality), 300, resamples=50
    )
    assert human.value == pytest.approx(agreement.leave_one_out_spearman(sets))
    assert oracle.value > human.value


def test_no_interval_is_given_where_resamples_have_no_value():
    label = np.array([True] + [False] * 30)
    figures = decisions.score_figures(label, np.arange(31.0), resamples=200)
    assert figures["auroc"].value == 0
    assert figures["auroc"].low is None
    assert "resamples have no value" in figures["auroc"].reason


def test_an_estimate_without_resamples_has_no_interval():
    found = bootstrap.estimate(weighted.mean(np.arange(4.0)), 4, resamples=0)
    assert (found.value, found.low, found.high, found.n) == (1.5, None, None, 4)


def test_one_paper_has_no_interval() -> None:
    found = bootstrap.estimate(weighted.mean(np.array([2.5])), 1)
    assert (found.value, found.low, found.high) == (2.5, None, None)
    assert "one paper" in found.reason


def test_a_share_of_all_or_none_is_no_certainty() -> None:
    accepted = np.arange(20) < 3
    found = decisions.decision_figures(accepted, accepted)
    low, high = proportion_confint(3, 3, method="wilson")
    assert (found["recall"].low, found["recall"].high) == pytest.approx((low, high))
    assert found["fpr"].high == pytest.approx(proportion_confint(0, 17, method="wilson")[1])
