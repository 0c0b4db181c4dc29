"""Power before a study, held against studies that were then run."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from benchmarks.studies.paired import two_way_mean
from benchmarks.studies.power import curve, pilot, plan, plans
from conference.core.errors import UserError
from tests.benchmarks.studies.made import study

SDS = [(0.5, 0.2, 1.0), (0.0, 0.0, 1.0), (0.5, 0.0, 1.0)]  # unit, replicate, residual


def draw(
    rng: np.random.Generator, units: int, replicates: int, effect: float, sd: tuple[float, ...]
) -> np.ndarray:
    unit, replicate, residual = sd
    return np.asarray(
        effect
        + unit * rng.normal(size=(units, 1))
        + replicate * rng.normal(size=(1, replicates))
        + residual * rng.normal(size=(units, replicates))
    )


@pytest.mark.parametrize("sd", SDS)
@pytest.mark.parametrize(("units", "replicates"), [(40, 12), (17, 3)])
def test_a_planned_study_finds_its_smallest_effect_in_four_of_five(
    sd: tuple[float, ...], units: int, replicates: int
) -> None:
    """Where units or rounds do not differ too, though the study will often find that they do."""
    rng = np.random.default_rng(0)
    known = msgspec.structs.replace(
        two_way_mean(draw(rng, 20, 4, 0, sd)),
        var_unit=sd[0] ** 2, var_replicate=sd[1] ** 2, var_residual=sd[2] ** 2,
    )  # fmt: skip
    planned = plan(known, units, replicates)
    hits = [
        two_way_mean(draw(rng, units, replicates, planned.smallest, sd)).p() <= 0.05
        for _ in range(1000)
    ]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.045)
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
