"""Each measure against an independent implementation: a library, or the definition by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from conference.statistics import (
    agreement,
    bootstrap,
    calibration,
    decisions,
    panels,
    ratings,
    thresholds,
    weighted,
)
from conference.statistics.estimate import Undefined

scores_and_labels = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.booleans()), min_size=4, max_size=40
).filter(lambda rows: len({label for _, label in rows}) == 2)
pairs = st.lists(
    st.tuples(st.integers(0, 5).map(float), st.integers(0, 5).map(float)), min_size=4, max_size=30
).filter(lambda rows: len({a for a, _ in rows}) > 1 and len({b for _, b in rows}) > 1)
rating_sets = st.lists(
    st.lists(st.sampled_from([1.0, 3.0, 5.0, 6.0, 8.0]), min_size=2, max_size=5),
    min_size=3,
    max_size=12,
).filter(lambda sets: len({value for s in sets for value in s}) > 1)


def unzip(rows: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    left, right = zip(*rows, strict=True)
    return np.array(left), np.array(right)


def arrays(sets: list[list[float]]) -> list[np.ndarray]:
    return [np.array(s) for s in sets]


def once(statistic: bootstrap.Statistic, draws: np.ndarray) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(statistic(draws[None, :].astype(float))[0])


def draws_for(n: int, seed: int = 0) -> np.ndarray:
    return np.bincount(np.random.default_rng(seed).integers(0, n, n), minlength=n)


@settings(max_examples=60)
@given(scores_and_labels, st.integers(0, 50))
def test_weighted_decision_measures_equal_the_library_on_drawn_papers(rows, seed):
    scores, label = unzip(rows)
    draws = draws_for(scores.size, seed)
    x, y = np.repeat(scores, draws), np.repeat(label, draws)
    if y.all() or not y.any():
        return
    assert once(weighted.auroc(scores, label), draws) == pytest.approx(metrics.roc_auc_score(y, x))
    assert once(weighted.average_precision(scores, label), draws) == pytest.approx(
        metrics.average_precision_score(y, x)
    )
    said = scores >= 3
    tn, fp, fn, tp = metrics.confusion_matrix(y, x >= 3, labels=[False, True]).ravel()
    expected = {
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "accuracy": (tp + tn) / y.size,
        "f1": 2 * tp / (2 * tp + fp + fn),
        "precision": tp / (tp + fp) if tp + fp else np.nan,
        "recall": tp / (tp + fn),
        "fpr": fp / (fp + tn),
        "fnr": fn / (fn + tp),
    }
    for name, value in expected.items():
        found = once(decisions.statistic(name, label, said), draws)
        assert found == pytest.approx(value, nan_ok=True), name


@settings(max_examples=60)
@given(scores_and_labels)
def test_point_values_and_statistics_agree(rows):
    scores, label = unzip(rows)
    said = scores >= 3
    every = np.ones(scores.size)
    for name, point in decisions.POINTS.items():
        try:
            value = point(label, said)
        except Undefined:
            value = np.nan
        assert once(decisions.statistic(name, label, said), every) == pytest.approx(
            value, nan_ok=True
        ), name
    by_pairs = np.mean(
        [1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[label] for b in scores[~label]]
    )
    assert decisions.auroc(label, scores) == pytest.approx(by_pairs)


@settings(max_examples=60)
@given(pairs, st.integers(0, 50))
def test_weighted_correlations_equal_scipy_on_drawn_papers(rows, seed):
    x, y = unzip(rows)
    draws = draws_for(x.size, seed)
    a, b = np.repeat(x, draws), np.repeat(y, draws)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return
    for make, library in (
        (weighted.pearson, stats.pearsonr),
        (weighted.spearman, stats.spearmanr),
        (weighted.kendall, stats.kendalltau),
    ):
        assert once(make(x, y), draws) == pytest.approx(library(a, b).statistic, abs=1e-9)
    ordered = [
        1.0 if (a[i] - a[j]) * (b[i] - b[j]) > 0 else 0.5 if a[i] == a[j] else 0.0
        for i, j in itertools.combinations(range(a.size), 2)
        if b[i] != b[j]
    ]
    assert once(weighted.pairwise_accuracy(x, y), draws) == pytest.approx(np.mean(ordered))
    assert ratings.pairwise_accuracy(a, b) == pytest.approx(np.mean(ordered))


@settings(max_examples=40)
@given(pairs)
def test_quadratic_kappa_is_the_librarys(rows):
    scale = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    x, y = unzip(rows)
    expected = metrics.cohen_kappa_score(x, y, weights="quadratic", labels=list(scale))
    assert ratings.quadratic_kappa(x, y, scale) == pytest.approx(expected)
    levels = ratings.to_levels(x, scale), ratings.to_levels(y, scale)
    assert once(weighted.quadratic_kappa(*levels, 6), np.ones(x.size)) == pytest.approx(expected)


def test_levels_take_the_nearest_allowed_value_and_the_lower_when_halfway():
    found = ratings.to_levels(np.array([-3, 1, 2, 2.01, 7, 7.5, 40]), (1, 3, 5, 6, 8, 10))
    assert found.tolist() == [0, 0, 0, 1, 3, 4, 5]


def test_exact_match_counts_papers_where_any_human_gave_that_rating():
    human = arrays([[3, 5], [6, 8], [1, 1]])
    found = ratings.scale_figures(np.array([4.9, 5.0, 2.5]), human, (1, 3, 5, 6, 8), resamples=20)
    assert found["exact_match"].value == pytest.approx(1 / 3)


def figure(name: str, sets: list[np.ndarray]) -> float:
    value = agreement.agreement_figures(sets, resamples=20)[name].value
    assert value is not None
    return value


def anova(sets: list[np.ndarray]) -> tuple[float, float, float]:
    """Mean squares by scipy's F test and the pooled variance, and n0, written out anew."""
    sizes = np.array([s.size for s in sets])
    within = sum(((s - s.mean()) ** 2).sum() for s in sets) / (sizes.sum() - len(sets))
    between = stats.f_oneway(*sets).statistic * within
    n0 = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sets) - 1)
    return between, within, n0


@settings(max_examples=60)
@given(rating_sets)
def test_icc_is_the_analysis_of_variance(sets):
    given_ratings = arrays(sets)
    if all(np.ptp(s) == 0 for s in given_ratings):
        assert agreement.icc1(given_ratings) == pytest.approx(1)
        return
    between, within, n0 = anova(given_ratings)
    expected = (between - within) / (between + (n0 - 1) * within)
    assert agreement.icc1(given_ratings) == pytest.approx(expected, abs=1e-9)
    k = np.mean([s.size for s in given_ratings])
    if 1 + (k - 1) * expected > 1e-6:
        reliability = k * expected / (1 + (k - 1) * expected)
        assert figure("icc1_k", given_ratings) == pytest.approx(reliability, rel=1e-6)


def test_icc_of_shrout_and_fleiss_table_2():
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert agreement.icc1(arrays(table)) == pytest.approx(0.17, abs=0.005)
    assert figure("icc1_k", arrays(table)) == pytest.approx(0.44, abs=0.005)


def alpha_by_hand(sets: list[np.ndarray], distance) -> float:
    """Krippendorff's alpha as a double sum over pairs of values."""
    total = sum(s.size for s in sets)
    seen = sum(
        distance(a, b) / (s.size - 1)
        for s in sets
        for i, a in enumerate(s)
        for j, b in enumerate(s)
        if i != j
    )
    everything = np.concatenate(sets)
    chance = sum(distance(a, b) for a in everything for b in everything)
    return 1 - (seen / total) / (chance / (total * (total - 1)))


@settings(max_examples=40)
@given(rating_sets)
def test_alpha_is_the_double_sum_over_pairs(sets):
    given_ratings = arrays(sets)
    if np.ptp(np.concatenate(given_ratings)) == 0:
        return
    expected = alpha_by_hand(given_ratings, lambda a, b: (a - b) ** 2)
    assert figure("krippendorff_alpha", given_ratings) == pytest.approx(expected, abs=1e-9)


def test_alpha_of_krippendorffs_four_coder_example():
    """Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: values 1..5."""
    units = [
        [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1],
    ]  # fmt: skip
    assert figure("krippendorff_alpha", arrays(units)) == pytest.approx(0.849, abs=5e-4)


@settings(max_examples=60)
@given(rating_sets)
def test_pairwise_and_leave_one_out_figures_are_their_definitions(sets):
    given_ratings = arrays(sets)
    both = [
        (a, b) for s in given_ratings for i, a in enumerate(s) for j, b in enumerate(s) if i != j
    ]
    left, right = unzip(both)
    expected = stats.pearsonr(left, right).statistic
    assert figure("pairwise_pearson", given_ratings) == pytest.approx(expected, abs=1e-9)
    gaps = [abs(a - np.delete(s, i).mean()) for s in given_ratings for i, a in enumerate(s)]
    assert figure("loo_mae", given_ratings) == pytest.approx(np.mean(gaps))
    spread = np.mean([s.std() for s in given_ratings])
    assert figure("within_paper_sd", given_ratings) == pytest.approx(spread)


@settings(max_examples=30)
@given(rating_sets)
def test_leave_one_out_spearman_weighs_each_paper_once(sets):
    """With whole-number weights (60 / k copies of each rating) it is scipy's plain Spearman."""
    given_ratings = arrays(sets)
    table = agreement.leave_one_out(given_ratings)
    copies = np.rint(table.share * 60).astype(int)
    own, others = np.repeat(table.own, copies), np.repeat(table.others, copies)
    if np.ptp(own) == 0 or np.ptp(others) < 1e-9:
        return
    distinct = np.diff(np.unique(others))
    if distinct.size and distinct.min() < 1e-9:
        return
    found = agreement.leave_one_out_spearman(given_ratings)
    assert found == pytest.approx(stats.spearmanr(own, others).statistic, abs=1e-9)


def test_independent_reviewers_runs_from_one_to_the_size_of_the_panel():
    rng = np.random.default_rng(0)
    own = rng.normal(size=(20_000, 4))
    shared = rng.normal(size=(20_000, 1))
    assert panels.independent_reviewers(own) == pytest.approx(4, abs=0.15)
    assert panels.independent_reviewers(shared + 1e-3 * own) == pytest.approx(1, abs=0.01)
    assert panels.independent_reviewers(shared + own) == pytest.approx(4 / 2.5, abs=0.05)


def test_calibration_measures():
    label = np.array([True, False, True, True, False, False, True, False])
    chance = np.array([0.9, 0.1, 0.8, 0.85, 0.2, 0.15, 0.7, 1.0])
    assert calibration.brier(label, chance) == pytest.approx(np.mean((chance - label) ** 2))
    curve = calibration.reliability_curve(label, chance)
    assert sum(part.n for part in curve) == 8
    by_bins = sum(part.n * abs(part.predicted - part.observed) for part in curve) / 8
    found = calibration.calibration_figures(label, chance, resamples=20)["ece"]
    assert found.value == pytest.approx(by_bins)
    assert found.low is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.brier(label, chance * 2)


def test_maps_recover_what_made_the_data():
    rng = np.random.default_rng(1)
    x = rng.uniform(1, 10, 4000)
    line = calibration.affine_map(x, 2 + 0.5 * x)
    assert line(np.array([0.0, 4.0])) == pytest.approx([2, 4])
    chance = 1 / (1 + np.exp(-(x - 6)))
    label = rng.random(4000) < chance
    assert np.abs(calibration.logistic_map(x, label)(x) - chance).mean() < 0.04


def test_maps_of_no_values_give_none():
    """Of a few papers that a reviewer has scored, a fold may have none."""
    scores, label = np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True])
    for made in (calibration.affine_map(scores, scores), calibration.logistic_map(scores, label)):
        assert made(np.empty(0)).size == 0


def test_a_calibration_error_stands_beside_that_of_right_chances():
    rng = np.random.default_rng(7)
    chance = rng.random(300)
    right = calibration.calibration_figures(rng.random(300) < chance, chance, resamples=200)
    assert right["ece_by_chance"].low < right["ece"].value < right["ece_by_chance"].high
    wrong = calibration.calibration_figures(rng.random(300) < chance**3, chance, resamples=200)
    assert wrong["ece"].value > wrong["ece_by_chance"].high


@pytest.mark.parametrize("unit", [1e-300, 1e-13, 1e160])
def test_figures_do_not_hang_on_the_unit_of_the_scores(unit):
    rng = np.random.default_rng(8)
    scores = rng.normal(size=60)
    truth = scores + rng.normal(size=60)
    label = truth > 0
    for make in (calibration.affine_map, calibration.logistic_map):
        target = label if make is calibration.logistic_map else truth
        plain = make(scores, target)(scores)
        assert make(scores * unit, target)(scores * unit) == pytest.approx(plain, abs=1e-4)
    figures = [ratings.rank_figures(s, truth, resamples=20) for s in (scores, scores * unit)]
    for name in figures[0]:
        assert figures[1][name].low == pytest.approx(figures[0][name].low)


def test_a_fitted_threshold_is_the_best_of_all_thresholds():
    rng = np.random.default_rng(2)
    scores = rng.integers(1, 9, 200).astype(float)
    label = rng.random(200) < scores / 10
    best = max(
        metrics.balanced_accuracy_score(label, scores >= t) for t in np.r_[np.unique(scores), 99]
    )
    found = thresholds.fit_threshold(label, scores)
    assert metrics.balanced_accuracy_score(label, scores >= found) == pytest.approx(best)


def test_cross_validated_thresholds_never_see_their_own_fold():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=100)
    label = rng.random(100) < 0.4
    _, cuts = thresholds.cross_validated(label, scores)
    which = thresholds.stratified_folds(label, 5, 0)
    for fold in range(5):
        mine = which == fold
        outside = thresholds.fit_threshold(label[~mine], scores[~mine])
        assert (cuts[mine] == outside).all()


def test_a_threshold_under_weights_is_that_of_papers_drawn_so_often():
    rng = np.random.default_rng(4)
    for _ in range(40):
        scores = rng.integers(0, 12, 30) / 2
        label = rng.random(30) < 0.4
        counts = rng.integers(0, 3, (1, 30))
        drawn = np.repeat(np.arange(30), counts[0])
        if label[drawn].all() or not label[drawn].any():
            continue
        found = thresholds.best_thresholds(label, scores)(counts.astype(float))[0]
        assert found == thresholds.fit_threshold(label[drawn], scores[drawn])


def test_cross_fitted_figures_are_those_of_cross_validated_decisions():
    rng = np.random.default_rng(5)
    scores = rng.normal(size=90)
    label = rng.random(90) < 1 / (1 + np.exp(-scores))
    said, _ = thresholds.cross_validated(label, scores, seed=3)
    expected = decisions.decision_figures(label, said, resamples=0)
    found = decisions.cross_fitted_figures(label, scores, resamples=0, seed=3)
    assert {name: each.value for name, each in found.items()} == pytest.approx(
        {name: each.value for name, each in expected.items()}
    )
    for name, each in found.items():
        one = decisions.cross_fitted_statistic(name, label, scores, seed=3)
        assert one(np.ones((1, 90))) == pytest.approx([each.value])
    nobody = decisions.cross_fitted_figures(np.arange(90) < 9, np.ones(90), resamples=20)
    assert "no paper is predicted accepted" in nobody["precision"].reason
    assert nobody["fpr"].low == 0 < nobody["fpr"].high < 0.06


def test_an_interval_at_a_fitted_threshold_holds_the_truth():
    """With the thresholds of the first fit in each resample it did so in half of the cases."""
    truth, held = 0.40, 0  # The mean false positive rate over 1,500 sets of 400 such papers.
    for seed in range(40):
        rng = np.random.default_rng(seed)
        quality = rng.normal(size=400)
        label = quality + rng.normal(size=400) / 2 > 0.3
        scores = 0.4 * quality + rng.normal(size=400)
        fpr = decisions.cross_fitted_figures(label, scores, resamples=100, seed=seed)["fpr"]
        held += fpr.low <= truth <= fpr.high
    assert held >= 34


def test_what_never_fails_is_not_certain():
    label = np.arange(40) < 12
    for figures in (
        decisions.score_figures(label, label.astype(float), resamples=50),
        decisions.decision_figures(label, label, resamples=50),
        decisions.cross_fitted_figures(label, label.astype(float), resamples=50),
    ):
        for name, each in figures.items():
            sure = 0 if name in ("fpr", "fnr") else 1
            assert each.value == sure
            assert 0.05 < abs((each.low if sure else each.high) - sure) < 0.3


def test_undefined_figures_say_why():
    one_class = np.ones(5, dtype=bool)
    for call, reason in (
        (lambda: decisions.auroc(one_class, np.arange(5.0)), "accepted"),
        (lambda: decisions.balanced_accuracy(~one_class, one_class), "rejected"),
        (lambda: ratings.spearman(np.ones(5), np.arange(5.0)), "all scores are the same"),
        (lambda: ratings.pearson(np.arange(5.0), np.ones(5)), "same human rating"),
        (lambda: ratings.mean_absolute_error(np.array([np.nan]), np.ones(1)), "not finite"),
        (lambda: agreement.icc1(arrays([[3], [4]])), "two ratings"),
        (lambda: agreement.icc1(arrays([[3, 3], [3, 3]])), "the same"),
        (lambda: thresholds.fit_threshold(one_class, np.arange(5.0)), "accepted"),
        (lambda: calibration.affine_map(np.ones(4), np.arange(4.0)), "all scores are the same"),
    ):
        with pytest.raises(Undefined, match=reason):
            call()
    figures = decisions.decision_figures(one_class, one_class, resamples=10)
    assert all(figure.value is None and figure.reason for figure in figures.values())


def test_precision_without_a_positive_prediction_has_a_reason_and_no_value():
    label = np.array([True, False] * 20)
    figures = decisions.decision_figures(label, np.zeros(40, dtype=bool), resamples=20)
    assert figures["precision"].value is None
    assert "no paper is predicted accepted" in figures["precision"].reason
    assert figures["recall"].value == 0
