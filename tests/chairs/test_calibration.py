"""Calibration maps: they find levels, shrink them, and are tested out of sample."""

from __future__ import annotations

import numpy as np
import pytest

from chairs.calibration import POOLED, fit_calibration, fit_maps, shrinkage
from conference.core.records import CalibrationMap, CalibrationReview, decode, encode


def made(
    levels: list[float], papers: int, noise: float, seed: int = 0, offset: float = 0.0
) -> list[CalibrationReview]:
    """Every reviewer rates every paper: human score + offset + level + noise."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(5, 1, papers)
    return [
        CalibrationReview(
            reviewer=f"r{at:02d}",
            paper=f"c{paper:02d}",
            rating=float(truth[paper] + offset + level + noise * rng.standard_normal()),
            human_mean=float(truth[paper]),
            humans=4,
        )
        for at, level in enumerate(levels)
        for paper in range(papers)
    ]


def levels_in(maps: list[CalibrationMap]) -> dict[str, float]:
    """Each reviewer's level in rating units: how far the pooled map lies above its own."""
    pooled = next(row for row in maps if row.reviewer == POOLED)
    return {
        row.reviewer: (pooled.intercept - row.intercept) / pooled.slope
        for row in maps
        if row.reviewer != POOLED
    }


def test_levels_are_found() -> None:
    true = [-1.5, -0.5, 0.5, 1.5]
    found = levels_in(fit_maps(made(true, 40, 0.3)))
    assert [found[f"r{at:02d}"] for at in range(4)] == pytest.approx(true, abs=0.2)


def test_few_noisy_ratings_are_shrunk_more_than_many_good_ones() -> None:
    true = list(np.random.default_rng(1).normal(0, 1, 30))
    far = {
        noise: np.std(list(levels_in(fit_maps(made(true, 3, noise))).values()))
        / np.std([np.mean(rows) for rows in _residuals(made(true, 3, noise))])
        for noise in (0.1, 3.0)
    }
    assert far[3.0] < 0.75 < far[0.1] <= 1.05


def _residuals(rows: list[CalibrationReview]) -> list[list[float]]:
    names = sorted({row.reviewer for row in rows})
    return [[row.rating - row.human_mean for row in rows if row.reviewer == n] for n in names]


def test_reviewers_without_levels_get_the_pooled_map() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(200), 6)
    assert shrinkage(group, rng.standard_normal(1200), 200) > 20
    shifted = rng.standard_normal(1200) + 1.0 * rng.standard_normal(200)[group]
    assert 0.6 < shrinkage(group, shifted, 200) < 1.7


def test_error_falls_and_agreement_rises_out_of_sample() -> None:
    rows = made([-2.0, -1.0, 0.0, 1.0, 2.0], 20, 0.8, offset=1.5)
    maps, report = fit_calibration(rows, source="made")
    assert [row.reviewer for row in maps] == [POOLED, *(f"r{at:02d}" for at in range(5))]
    assert report.n_reviews == 100
    assert report.n_reviewers == 5
    assert report.mae_after < 0.5 * report.mae_before
    assert report.icc_before is not None and report.icc_after is not None
    assert report.icc_after > report.icc_before + 0.2
    assert report.source == "made"


def test_ratings_that_tell_nothing_do_not_look_calibrated() -> None:
    """Of pure noise the map keeps the mean, and agreement stays about none."""
    rng = np.random.default_rng(2)
    rows = [
        CalibrationReview(
            reviewer=f"r{at}",
            paper=f"c{paper}",
            rating=float(rng.normal(5, 2)),
            human_mean=5.0 + 0.5 * (paper % 5 - 2),
            humans=4,
        )
        for at in range(8)
        for paper in range(25)
    ]
    maps, report = fit_calibration(rows)
    assert all(0 <= row.slope < 0.15 for row in maps)
    assert report.icc_after is not None and abs(report.icc_after) < 0.15
    assert report.mae_after >= 0.55


def test_the_order_of_reviews_does_not_matter() -> None:
    rows = made([-1.0, 0.0, 1.0], 8, 0.5)
    shuffled = [rows[at] for at in np.random.default_rng(0).permutation(len(rows))]
    first, second = fit_calibration(rows), fit_calibration(shuffled)
    assert [row.reviewer for row in first[0]] == [row.reviewer for row in second[0]]
    for a, b in zip(first[0], second[0], strict=True):
        assert (a.intercept, a.slope, a.n) == pytest.approx((b.intercept, b.slope, b.n), abs=2e-6)


@pytest.mark.parametrize("papers", [1, 2])
def test_hardly_any_data_still_gives_records_that_can_be_kept(papers: int) -> None:
    maps, report = fit_calibration(made([0.5], papers, 0.1))
    assert decode(encode([*maps, report])) == [*maps, report]
    assert report.icc_before is None
    assert ("In sample" in report.message) == (papers == 1)


def test_no_reviews_are_an_error() -> None:
    with pytest.raises(ValueError, match="no calibration reviews"):
        fit_calibration([])
