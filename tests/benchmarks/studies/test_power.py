"""Power before a study, held against studies that were then run."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.studies.paired import two_way_mean
from benchmarks.studies.power import curve, pilot, plan, plans
from conference.core.errors import UserError
from tests.benchmarks.studies.made import study

SD = (0.5, 0.2, 1.0)  # unit, replicate, residual


def draw(rng: np.random.Generator, units: int, replicates: int, effect: float) -> np.ndarray:
    unit, replicate, residual = SD
    return np.asarray(
        effect
        + unit * rng.normal(size=(units, 1))
        + replicate * rng.normal(size=(1, replicates))
        + residual * rng.normal(size=(units, replicates))
    )


def test_a_planned_study_finds_its_smallest_effect_in_four_of_five() -> None:
    rng = np.random.default_rng(0)
    big = two_way_mean(draw(rng, 2000, 300, 0))
    planned = plan(big, 40, 12)
    hits = [two_way_mean(draw(rng, 40, 12, planned.smallest)).p() <= 0.05 for _ in range(1500)]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.04)
    assert curve(planned, [0, planned.smallest]) == pytest.approx([0.05, 0.8], abs=1e-3)


def test_more_papers_and_replicates_see_smaller_effects() -> None:
    first = pilot(study(replicates=6), "rating")
    grid = plans(first, (20, 200), (5, 20))
    assert [(each.units, each.replicates) for each in grid] == [
        (20, 5), (20, 20), (200, 5), (200, 20),
    ]  # fmt: skip
    few, longer, wider, most = (each.smallest for each in grid)
    assert few > longer > most and few > wider > most


def test_a_round_level_outcome_gains_from_replicates_alone() -> None:
    first = pilot(study(replicates=6), "agreement")
    assert plan(first, 20, 9).smallest == plan(first, 2000, 9).smallest
    assert plan(first, 20, 36).smallest < plan(first, 20, 9).smallest


def test_one_replicate_is_no_pilot() -> None:
    with pytest.raises(UserError, match="one replicate"):
        pilot(study(replicates=1), "rating")
    with pytest.raises(UserError, match="no two pairs"):
        plan(pilot(study(replicates=3), "rating"), 1, 1)


def test_one_round_of_an_outcome_with_one_value_a_round_can_test_nothing() -> None:
    values = np.random.default_rng(0).normal(size=(1, 12))
    with pytest.raises(UserError, match="no two pairs"):
        plan(two_way_mean(values), 50, 1)
