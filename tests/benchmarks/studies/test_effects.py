"""Effects against independent computations: SciPy, statsmodels and brute force."""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.weightstats import ttost_paired

from benchmarks.studies.design import Design
from benchmarks.studies.detectable import detectable, power_for
from benchmarks.studies.effects import effects
from benchmarks.studies.flips import arm_flips
from benchmarks.studies.paired import Flipped, flip_interval, sign_flip, two_way_mean
from benchmarks.studies.power import pilot
from conference.core.errors import UserError
from tests.benchmarks.studies.made import study

DESIGN = Design(primary="rating", also=("accepted", "agreement"), replicates=8, margin=0.2)


def table(units: int = 30, replicates: int = 8, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(
        0.1
        + 0.5 * rng.normal(size=(units, 1))
        + 0.4 * rng.normal(size=(1, replicates))
        + rng.normal(size=(units, replicates))
    )


def test_components_are_those_of_the_analysis_of_variance() -> None:
    values = table()
    unit, replicate = np.indices(values.shape)
    frame = pd.DataFrame({"v": values.ravel(), "u": unit.ravel(), "r": replicate.ravel()})
    squares = anova_lm(ols("v ~ C(u) + C(r)", frame).fit())["mean_sq"]
    found = two_way_mean(values)
    assert found.var_residual == pytest.approx(squares["Residual"])
    assert found.var_unit == pytest.approx((squares["C(u)"] - squares["Residual"]) / 8)
    assert found.var_replicate == pytest.approx((squares["C(r)"] - squares["Residual"]) / 30)
    expected = (squares["C(u)"] + squares["C(r)"] - squares["Residual"]) / values.size
    assert found.error == pytest.approx(np.sqrt(expected))


def test_a_component_that_only_rounding_keeps_from_nought_is_nought() -> None:
    """Degrees of freedom count a component or do not; rounding must not decide that."""
    values = np.zeros((12, 2))
    values[[0, 1, 8], 0] = -1, 1, -1
    values[[0, 5, 7, 8, 9], 1] = -1, 1, 1, -1, 1
    whole, third = two_way_mean(values), two_way_mean(values / 3)
    assert whole.var_replicate == third.var_replicate == 0 < whole.var_unit
    assert whole.df == pytest.approx(third.df)


def test_one_replicate_of_more_papers_than_two_has_powers_is_tested() -> None:
    values = np.random.default_rng(0).normal(0.2, 1, (1100, 1))
    p, method = sign_flip(values, 0, 199)
    assert p == pytest.approx(1 / 200) and method == "sign-flip of units, 199 draws"


@pytest.mark.parametrize("shape", [(40, 1), (1, 40)])
def test_one_random_factor_is_the_paired_t_test_and_the_permutation_test(
    shape: tuple[int, int],
) -> None:
    values = np.random.default_rng(3).normal(0.3, 1, shape)
    flat = values.ravel()
    expected = stats.ttest_1samp(flat, 0)
    found = two_way_mean(values)
    assert found.p() == pytest.approx(expected.pvalue)
    assert found.interval(0.05) == pytest.approx(tuple(expected.confidence_interval()))
    tost, *_ = ttost_paired(flat, np.zeros(40), -0.6, 0.6)
    assert found.p_equivalence(0.6) == pytest.approx(tost)
    permuted = stats.permutation_test(
        (flat,), np.mean, permutation_type="samples", n_resamples=20_000, random_state=1
    )
    p, method = sign_flip(values, 5, 20_000)
    assert p == pytest.approx(permuted.pvalue, abs=0.01)
    assert ("units" if shape[1] == 1 else "replicates") in method


def test_few_pairs_are_permuted_exactly() -> None:
    flat = np.array([0.4, 1.2, 0.3, -0.1, 0.8, 0.9, 0.2, -0.5, 0.6, 0.7])
    exact = stats.permutation_test((flat,), np.mean, permutation_type="samples", n_resamples=1e6)
    assert sign_flip(flat[None], 0) == (
        pytest.approx(exact.pvalue),
        "sign-flip of replicates, all 1,024 signs",
    )


def test_flips_from_sums_are_those_of_the_flipped_table() -> None:
    """The fast flips equal a loop that builds each flipped table, also where pairs are missing."""
    values = table(12, 7, 2)
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    signs = np.random.default_rng(4).choice([-1.0, 1.0], (20, 7))
    for effect in (0.0, 0.7):
        fast = Flipped.of(values, signs).statistics(effect)
        for row, found in zip((np.ones(7), *signs), fast, strict=True):
            slow = two_way_mean((values - effect) * row)
            assert found == pytest.approx(abs(slow.value) / slow.error)


def test_the_interval_holds_the_effects_that_are_not_rejected() -> None:
    values = table(30, 11, 6)
    low, high = flip_interval(values, 0.05, seed=1)
    step = 0.01 * (high - low)
    for end, inside in ((low, step), (high, -step)):
        assert sign_flip(values - end - inside, 1)[0] > 0.05
        assert sign_flip(values - end + inside, 1)[0] <= 0.05


def test_replicates_are_flipped_exactly_and_too_few_are_not() -> None:
    """With no unit's own effect the test is SciPy's over replicates, divided by our error."""
    values = table(20, 10, 9)

    def statistic(whole: np.ndarray) -> float:
        found = two_way_mean(values * np.sign(whole / values.mean(axis=0)))
        return abs(found.value) / found.error

    exact = stats.permutation_test(
        (values.mean(axis=0),), statistic, permutation_type="samples", n_resamples=1e6,
        alternative="greater", vectorized=False,
    )  # fmt: skip
    assert sign_flip(values, 0) == (
        pytest.approx(exact.pvalue), "sign-flip of replicates, studentised, all 1,024 signs",
    )  # fmt: skip
    p, method = sign_flip(values[:, :9], 0)
    assert p == two_way_mean(values[:, :9]).p() and method.startswith("t test")


def test_error_is_near_a_brute_force_bootstrap_where_the_residual_is_small() -> None:
    """Drawing units and replicates anew counts the residual three times, so it is kept small."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 1)) + rng.normal(size=(1, 40)) + 0.05 * rng.normal(size=(60, 40))
    drawn = [
        values[rng.integers(0, 60, 60)][:, rng.integers(0, 40, 40)].mean() for _ in range(4000)
    ]
    assert two_way_mean(values).error == pytest.approx(np.std(drawn), rel=0.06)


def test_a_planted_effect_is_found_beside_a_floor_of_nought() -> None:
    primary, accepted, agreement = effects(study(effect=0.5, seed=4), DESIGN, "data")
    assert primary.found and primary.primary and primary.rests_on == "data"
    low, high = primary.difference.low, primary.difference.high
    assert low is not None and high is not None and low < 0.5 < high and low > 0.2
    assert primary.floor.low is not None and primary.floor.high is not None
    assert primary.floor.low < 0 < primary.floor.high
    assert primary.treatment is not None and primary.control is not None
    assert primary.treatment - primary.control == pytest.approx(primary.difference.value)
    assert (primary.units, primary.replicates, primary.unpaired) == (40, 8, 0)
    assert accepted.difference.value == pytest.approx(0, abs=1e-9)
    assert accepted.p_adjusted is None and "by the venue's rule" in accepted.note
    assert (agreement.units, agreement.pairs) == (1, 8) and agreement.method.startswith("t test")


def test_means_that_are_the_same_by_chance_are_not_held_for_a_rule() -> None:
    """Of two small rounds both may agree with people as often by chance; accepted papers not."""
    table = study(papers=12, replicates=2, seed=4)
    table = table[table["outcome"] == "accepted"]
    again = table["arm"] == "aa"
    for replicate in (0, 1):  # In each round one paper wins and another loses.
        rows = table[again & (table["replicate"] == replicate)].sort_values("value").index
        control = table[(table["arm"] == "control") & (table["replicate"] == replicate)]
        table.loc[rows, "value"] = (
            control.set_index("unit").loc[table.loc[rows, "unit"]].value.array
        )
        table.loc[rows[[0, -1]], "value"] = 1 - table.loc[rows[[0, -1]], "value"]
    both = pd.concat([table, table.assign(outcome="agreement")])
    design = Design(primary="accepted", also=("agreement",), replicates=2)
    accepted, agreement = effects(both, design)
    assert accepted.floor.value == agreement.floor.value == 0
    assert accepted.floor.low is None and "by the venue's rule" in str(accepted.floor.reason)
    assert agreement.floor.low is not None and agreement.floor.low < 0
    assert pilot(both, "agreement").error > 0
    with pytest.raises(UserError, match="by the venue's rule"):
        pilot(both, "accepted")


def test_no_effect_is_equivalent_within_a_wide_margin_and_not_within_a_narrow_one() -> None:
    wide = effects(study(replicates=8), msgspec.structs.replace(DESIGN, margin=1.0))
    narrow = effects(study(replicates=8), msgspec.structs.replace(DESIGN, margin=0.001))
    assert wide[0].equivalent and not narrow[0].equivalent
    assert wide[1].margin is None, "a margin is in the primary outcome's units"


def test_holm_is_over_outcomes_and_arms() -> None:
    found = effects(study(effect=0.15, arms=("one", "two")), DESIGN)
    found = [each for each in found if each.p is not None]  # "accepted" is fixed, and no test
    raw = np.array([each.p for each in found])
    assert len(raw) == 4
    order = np.argsort(raw)
    steps = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)).clip(max=1)
    assert [found[i].p_adjusted for i in order] == pytest.approx(list(steps))
    plain = effects(
        study(effect=0.15, arms=("one", "two")), msgspec.structs.replace(DESIGN, correction="none")
    )
    assert all(each.p_adjusted == each.p for each in plain)


def test_power_matches_a_simulation() -> None:
    smallest = detectable(error=0.1, df=11, alpha=0.05)
    rng = np.random.default_rng(0)
    drawn = rng.normal(smallest, 0.1 * np.sqrt(12), (20_000, 12))
    share = (stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05).mean()
    assert share == pytest.approx(0.8, abs=0.01)
    assert power_for(smallest, 0.1, 11, 0.05) == pytest.approx(0.8, abs=1e-4)


def test_reviews_are_averaged_within_the_unit_so_that_new_reviewers_lose_no_paper() -> None:
    outcomes = study(effect=0.5)
    moved = outcomes["unit"].str.replace(r"\|r", "|x", regex=True)
    outcomes["unit"] = outcomes["unit"].where(outcomes["arm"] != "treatment", moved)
    by_paper = effects(outcomes, DESIGN)[0]
    assert (by_paper.units, by_paper.unpaired) == (40, 0)
    by_pair = effects(outcomes, msgspec.structs.replace(DESIGN, unit="pair"))[0]
    assert by_pair.difference.value is None and by_pair.unpaired == 2 * 40 * 8 * 3
    assert "in both arms" in by_pair.note


def test_identical_arms_differ_by_nothing_without_an_interval() -> None:
    outcomes = study(seed=2)
    control = outcomes[outcomes["arm"] == "control"]
    rest = outcomes[outcomes["arm"] != "treatment"]
    same = pd.concat([rest, control.assign(arm="treatment")])
    found = effects(same, DESIGN)[0]
    assert found.difference.value == 0
    assert (found.difference.low, found.difference.high, found.p) == (None, None, None)
    assert "no interval" in found.note


def test_no_interval_of_a_share_holds_what_no_share_can_differ_by() -> None:
    """Two replicates leave one degree of freedom, and a t interval far beyond 100 points."""
    rows = [
        (arm, replicate, f"p{paper}", "accepted", float(at * replicate > 0))
        for at, arm in enumerate(("control", "aa", "treatment"))
        for replicate in range(2)
        for paper in range(4)
    ]
    table = pd.DataFrame(rows, columns=["arm", "replicate", "unit", "outcome", "value"])
    (found,) = effects(table, Design(primary="accepted", replicates=2))
    for each in (found.difference, found.floor):
        assert (each.value, each.low, each.high) == (0.5, -1, 1)
    table.loc[(table["arm"] == "aa") & (table["unit"] == "p0"), "value"] = 0
    (flipped,) = arm_flips(table)
    assert flipped.net.low is not None and flipped.net.high is not None
    assert -1 <= flipped.net.low < 0 < flipped.net.high <= 1
    (wide,) = effects(
        table.assign(value=3 * table["value"]), Design(primary="accepted", replicates=2)
    )
    assert wide.difference.low is not None and wide.difference.low < -3, "no share"


@pytest.mark.parametrize("bare", [("control",), ("aa",), ("control", "aa", "treatment")])
def test_an_outcome_without_a_value_in_some_arm_is_told_and_the_others_stay(
    bare: tuple[str, ...],
) -> None:
    """As the spread of ratings where papers have one review each: found out after all was run."""
    table = study(papers=6)
    gone = (table["outcome"] == "rating") & table["arm"].isin(bare)
    rating, accepted, agreement = effects(table[~gone], DESIGN)
    assert accepted.difference.value is not None and agreement.difference.value is not None
    assert (rating.difference.value is None) == (rating.pairs == 0) == (bare != ("aa",))
    assert rating.floor.value is None
    assert bare == ("aa",) or "no unit has a value in both arms" in rating.note


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[t["arm"] != "aa"], "arm 'aa' is missing"),
        (lambda t: t[t["arm"] != "treatment"], "no treatment arm"),
        (lambda t: t.drop(columns="unit"), "column 'unit' is missing"),
        (lambda t: t.assign(value=np.nan), "not finite"),
        (lambda t: t.assign(value="good"), "other than numbers"),
        (lambda t: t.iloc[[0, 0]], "is there twice"),
        (lambda t: t.assign(outcome="x"), "none of rating, accepted, agreement is there; it has x"),
        (lambda t: t[(t["arm"] != "treatment") | (t["replicate"] < 3)], "has 3 of 8 replicates"),
        (lambda t: t.iloc[:0], "no rows"),
    ],
)
def test_bad_outcomes_are_refused_in_one_sentence(change, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=said):
        effects(change(study(papers=6)), DESIGN)


@pytest.mark.parametrize("step", [0.1, 0.3, 0.5])
def test_the_same_difference_everywhere_is_no_certainty_however_it_is_rounded(step: float) -> None:
    control = np.array([3.3, 4.7, 5.1, 6.9, 3.3, 4.7])[:, None] * np.ones((1, 4))
    assert two_way_mean((control + step) - control).error == 0


@pytest.mark.parametrize("df", [1, 1.25, 1.5, 2, 3, 40])
@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.05])
def test_the_smallest_effect_has_the_power_that_it_is_named_for(df: float, alpha: float) -> None:
    smallest = detectable(0.37, df, alpha)
    assert power_for(smallest, 0.37, df, alpha) == pytest.approx(0.8)
    limit = stats.t.isf(alpha / 2, df)
    draws = np.random.default_rng(0)
    t = (draws.normal(size=200_000) + smallest / 0.37) / np.sqrt(draws.chisquare(df, 200_000) / df)
    assert np.mean(np.abs(t) > limit) == pytest.approx(0.8, abs=0.01)


def test_flips_that_can_reject_nothing_give_the_interval_of_the_t_test() -> None:
    values = table(units=20, replicates=10) + 1
    assert flip_interval(values, 0.001, 0) == pytest.approx(two_way_mean(values).interval(0.001))
    assert flip_interval(values, 0.05, 0) != pytest.approx(two_way_mean(values).interval(0.05))
