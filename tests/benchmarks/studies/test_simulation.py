"""A small run of the simulation that proves the studies' statistics, and that it can fail."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from benchmarks.studies import simulation
from benchmarks.studies.simulation import EFFECT, WORLDS, World, draw, null_effect, simulate, truth

SMALL = [world for world in WORLDS if world.units <= 150]


@pytest.mark.parametrize("world", SMALL, ids=lambda world: world.name)
def test_p_is_uniform_and_intervals_cover(world: World) -> None:
    """Within what chance allows 150 studies at three standard errors."""
    found = simulate(world, 150, 150, seed=1, flips=199)
    allowed = 3 * (0.05 * 0.95 / 150) ** 0.5
    for null in (found.nothing, found.average):
        assert null.rate == pytest.approx(0.05, abs=allowed)
    assert found.covered / 150 == pytest.approx(0.95, abs=allowed)
    assert found.average.uniform > 0.001 and (found.nothing.uniform > 0.001 or not found.flipped)


def test_the_simulation_sees_a_wrong_test() -> None:
    """A t test over all pairs takes rounds that differ for many independent observations."""
    world = next(each for each in WORLDS if each.name == "rounds differ much")
    rng = np.random.default_rng(0)
    ps = [stats.ttest_1samp(draw(world, 0, rng).ravel(), 0).pvalue for _ in range(200)]
    assert np.mean(np.array(ps) <= 0.05) > 0.2


@pytest.mark.parametrize("world", SMALL, ids=lambda world: world.name)
def test_the_truth_is_what_a_large_study_finds(world: World) -> None:
    large = msgspec.structs.replace(world, units=4000, replicates=400, heavy=False)
    rng = np.random.default_rng(2)
    for effect in (EFFECT, null_effect(world)):
        mean = float(np.nanmean(draw(large, effect, rng)))
        error = (world.round**2 / 400 + world.paper**2 / 4000 + 2e-6) ** 0.5
        assert mean == pytest.approx(truth(world, effect), abs=4 * error)
    assert truth(world, null_effect(world)) == pytest.approx(0, abs=1e-12)


def test_the_report_is_made_of_what_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "WORLDS", SMALL[-1:])
    file = tmp_path / "SIMULATION.md"
    given = ["--studies", "20", "--nulls", "30", "--flips", "49", "--write", str(file)]
    done = CliRunner().invoke(simulation.main, given)
    assert done.exit_code == 0, done.output
    found = simulate(SMALL[-1], 20, 30, 0, 49)
    row = f"| {SMALL[-1].name} | flips | {found.nothing.rate:.1%} ["
    text = file.read_text(encoding="utf-8")
    average = f"points (p {found.average.uniform:.3f}) | {found.covered / 20:.1%} |"
    assert row in text and average in text and f"| {found.right} |" in text
    assert "1 of 1, " in done.output
