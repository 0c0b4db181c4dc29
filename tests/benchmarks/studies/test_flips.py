"""Decision flips: the published experiments, brute force, and bad decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from benchmarks.studies.flips import arm_flips, committee_pairs, flips
from conference.core.errors import UserError
from tests.benchmarks.studies.made import study


def decisions(both: int, first: int, second: int, neither: int) -> tuple[pd.DataFrame, ...]:
    one = [1] * (both + first) + [0] * (second + neither)
    two = [1] * both + [0] * first + [1] * second + [0] * neither
    return pd.DataFrame({0: one}), pd.DataFrame({0: two})


def test_nips_2014() -> None:
    """166 papers, 43 inconsistent; 22 of 38 and 21 of 37 accepts refused by the other committee."""
    found = flips(*decisions(16, 22, 21, 107))
    assert found.inconsistent.value == pytest.approx(0.259, abs=5e-4)
    low, high = proportion_confint(43, 166, method="wilson")
    assert (found.inconsistent.low, found.inconsistent.high) == pytest.approx((low, high))
    assert found.arbitrary.value == pytest.approx(43 / 75)
    assert found.jaccard.value == pytest.approx(16 / 59)
    assert (found.both, found.only_first, found.only_second, found.neither) == (16, 22, 21, 107)


def test_intervals_over_replicates_cover_the_true_share() -> None:
    """Over 200 simulated pairs of committees the 95 % interval covers the long-run share."""
    rng = np.random.default_rng(0)

    def committee(quality: np.ndarray, replicates: int) -> np.ndarray:
        seen = quality[:, None] + rng.normal(size=(quality.size, replicates))
        return (seen > 1).astype(float)

    many = rng.normal(size=100_000)
    truth = float((committee(many, 1) != committee(many, 1)).mean())
    covered = 0
    for _ in range(200):
        quality = rng.normal(size=80)
        one, two = (pd.DataFrame(committee(quality, 6)) for _ in range(2))
        found = flips(one, two).inconsistent
        assert found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.9 <= covered / 200 <= 0.99


def test_treatment_stands_beside_the_floor() -> None:
    found = arm_flips(study(effect=0.3, seed=3))[0]
    assert found.flips.second == "treatment" and found.floor.second == "aa"
    outcomes = study(effect=0.3, seed=3).query("outcome == 'accepted'")
    wide = outcomes.pivot_table(index=["unit", "replicate"], columns="arm", values="value")
    changed = (wide["treatment"] != wide["control"]).mean()
    again = (wide["aa"] != wide["control"]).mean()
    assert found.flips.inconsistent.value == pytest.approx(changed)
    assert found.floor.inconsistent.value == pytest.approx(again)
    assert found.net.value == pytest.approx(changed - again)
    assert found.net.value < 0, "shared random numbers change less than another draw"


def test_nobody_flips_and_nobody_accepts() -> None:
    one, _ = decisions(10, 0, 0, 20)
    same = flips(one, one)
    assert same.inconsistent.value == 0 and same.inconsistent.high == pytest.approx(
        0.1135, abs=1e-3
    )
    none = flips(one * 0, one * 0)
    assert none.jaccard.value is None and none.jaccard.reason == "nobody accepts a paper"


def test_a_decision_is_yes_or_no() -> None:
    outcomes = study(papers=6, replicates=2)
    outcomes.loc[outcomes["outcome"] == "accepted", "value"] = 0.4
    with pytest.raises(UserError, match="must be 0 or 1"):
        arm_flips(outcomes)


def test_papers_that_an_arm_does_not_decide_are_left_out() -> None:
    """As where the desk rejects some papers of one arm."""
    outcomes = study(effect=0.5)
    gone = (outcomes["arm"] == "treatment") & outcomes["unit"].isin(["p1", "p2"])
    (found,) = arm_flips(outcomes[~gone])
    assert (found.flips.papers, found.floor.papers) == (38, 40)
    assert found.net.n == 38 * 8 and found.net.low is not None


def test_two_committees_of_each_kind_by_their_labels() -> None:
    outcomes = study(effect=0.3, seed=3, arms=("two", "two_again", "six", "six_again", "alone"))
    labels = {"two": "2 of them", "six": "6 of them", "control": "4 of them"}
    found = committee_pairs(outcomes, labels)
    assert [each.arm for each in found] == ["two", "control", "six"]
    wide = outcomes.query("outcome == 'accepted'").pivot_table(
        index=["unit", "replicate"], columns="arm", values="value"
    )
    shares = {
        arm: (wide[arm] != wide[again]).mean()
        for arm, again in (("two", "two_again"), ("control", "aa"), ("six", "six_again"))
    }
    for each in found:
        assert each.flips.inconsistent.value == pytest.approx(shares[each.arm])
        assert each.fewer.value == pytest.approx(shares[each.arm] - shares["two"])
    assert committee_pairs(study(), labels) == []


def test_the_interval_of_a_committee_s_accepts_counts_papers() -> None:
    """With one replicate it covers the long-run share in 95 % of cases: a paper that both accept
    is one paper, though it is two accepts."""
    rng = np.random.default_rng(1)
    accepts = rng.random((2, 1_000, 166)) < np.where(rng.random((1, 1_000, 166)) < 0.5, 0.9, 0.1)
    truth = 1 - (0.5 * 0.81 + 0.5 * 0.01) / 0.5
    covered = 0
    for one, two in zip(*accepts.astype(float), strict=True):
        found = flips(pd.DataFrame({0: one}), pd.DataFrame({0: two})).arbitrary
        assert found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / 1_000 <= 0.975


def test_a_net_without_any_difference_has_no_interval() -> None:
    rows = [
        (arm, replicate, f"p{at}", "accepted", float(at % 2))
        for arm in ("control", "aa", "treated") for replicate in (0, 1) for at in range(4)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["arm", "replicate", "unit", "outcome", "value"])
    (found,) = arm_flips(table)
    assert (found.net.value, found.net.low, found.net.high) == (0, None, None)
    assert "same difference" in found.net.reason
