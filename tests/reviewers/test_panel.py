"""Simulated panels look like the human panels they are fitted to, and change as rebuttals go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.core.seeds import generator
from conference.statistics.agreement import icc1, leave_one_out_spearman, pooled_sd
from reviewers.calibration import calibration_papers
from reviewers.embedded.informed import shared_quality
from reviewers.embedded.panel import Panel, load_panel

PAPERS = 2500
# Human figures by year: reviewers a paper, ICC(1), pooled within-paper SD, leave-one-out Spearman,
# all of decided papers with two ratings or more, by conference.statistics on public records.
HUMANS = {
    "iclr2017": (3, 0.563, 1.045, 0.629),
    "iclr2018": (3, 0.396, 1.203, 0.471),
    "iclr2019": (3, 0.450, 1.105, 0.532),
    "iclr2020": (3, 0.367, 1.756, 0.449),
    "iclr2021": (4, 0.339, 1.146, 0.447),
    "iclr2022": (4, 0.398, 1.353, 0.508),
    "iclr2023": (4, 0.361, 1.358, 0.491),
    "iclr2026": (4, 0.143, 1.712, 0.199),
}
ASSUMED = ("iclr2024", "iclr2025", "neurips2024", "neurips2025", "icml2025")


def simulated(panel: Panel, reviewers: int, papers: int = PAPERS) -> list[np.ndarray]:
    """Ratings of papers by reviewers who never meet twice, with expertises from 0 to 1."""
    rng = generator(1, "test-panel", panel.name)
    sets = []
    for _ in range(papers):
        quality, effect = float(rng.standard_normal()), panel.paper_effect(rng)
        row = [
            panel.rating(
                panel.shared(quality, effect), panel.severity(rng), float(rng.random()), rng
            )
            for _ in range(reviewers)
        ]
        sets.append(np.array(row))
    return sets


@pytest.mark.parametrize("name", HUMANS)
def test_a_simulated_panel_has_the_human_panel_s_figures(name: str) -> None:
    reviewers, icc, spread, agreement = HUMANS[name]
    panel = load_panel(name)
    sets = simulated(panel, reviewers)
    assert icc1(sets) == pytest.approx(icc, abs=0.04)
    assert pooled_sd(sets) == pytest.approx(spread, rel=0.04)
    assert leave_one_out_spearman(sets) == pytest.approx(agreement, abs=0.05)


@pytest.mark.parametrize("name", [*HUMANS, *ASSUMED])
def test_ratings_follow_the_histogram(name: str) -> None:
    panel = load_panel(name)
    ratings = np.concatenate(simulated(panel, 4, 1500))
    seen = np.array([(ratings == value).mean() for value in panel.values])
    cumulative = [*map(_normal, panel.thresholds), 1.0]
    assert np.abs(seen - np.diff([0.0, *cumulative])).sum() < 0.06
    assert seen.sum() == pytest.approx(1)


def _normal(value: float) -> float:
    from scipy.stats import norm

    return float(norm.cdf(value))


def test_better_papers_and_lenient_reviewers_get_higher_ratings() -> None:
    panel = load_panel("iclr2022")

    def mean(quality: float, severity: float) -> float:
        rng = generator(3, "test-panel-order")
        draws = [
            panel.rating(panel.shared(quality, panel.paper_effect(rng)), severity, 0.1, rng)
            for _ in range(600)
        ]
        return float(np.mean(draws))

    assert mean(-2, 0) < mean(0, 0) < mean(2, 0)
    assert mean(0, -2) < mean(0, 0) < mean(0, 2)


def test_experts_are_surer_and_less_noisy() -> None:
    panel = load_panel("iclr2026")
    rng = generator(5, "test-panel-expert")

    def draws(expertise: float) -> tuple[float, float]:
        sure = [panel.confidence(expertise, rng) for _ in range(2000)]
        latent = [panel.latent(0, 0, expertise, rng) for _ in range(2000)]
        return float(np.mean(sure)), float(np.std(latent))

    lay, expert = draws(0.0), draws(1.0)
    assert expert[0] > lay[0] + 0.2
    assert expert[1] < 0.85 * lay[1]


@pytest.mark.parametrize("name", ["iclr2022", "iclr2026", "icml2025"])
def test_confidences_of_lay_and_expert_reviewers_together_are_the_human_ones(name: str) -> None:
    panel, rng = load_panel(name), generator(6, "test-panel-confidence")
    said = np.array([panel.confidence(float(rng.random()), rng) for _ in range(20_000)])
    shares = [(said == value).mean() for value in panel.confidence_values]
    assert shares == pytest.approx(panel.confidence_shares, abs=0.015)


def test_rebuttals_change_as_many_ratings_as_on_record_and_mostly_upwards() -> None:
    """2022-2024: 16-19 % of ratings changed, 15-18 % of all ratings up."""
    panel = load_panel("iclr2026")
    rng = generator(7, "test-panel-update")
    before, after = [], []
    for row in simulated(panel, 4, 1500):
        for at, rating in enumerate(row):
            others = float(np.delete(row, at).mean())
            before.append(rating)
            after.append(panel.update(float(rating), others, 0.5, rng))
    gap = np.array(after) - np.array(before)
    assert 0.12 < (gap != 0).mean() < 0.23
    assert (gap > 0).mean() > 4 * (gap < 0).mean() > 0


def test_a_panel_after_its_discussion_does_not_change_again() -> None:
    panel = load_panel("iclr2022")
    rng = generator(9, "test-panel-settled")
    assert all(panel.update(5.0, 8.0, 1.0, rng) == 5.0 for _ in range(200))


@given(
    st.sampled_from([*HUMANS, *ASSUMED]),
    st.floats(-8, 8),
    st.floats(-8, 8),
    st.floats(-8, 8),
    st.floats(-1, 2),
    st.integers(0, 1000),
)
def test_every_draw_is_on_the_venue_s_scale(
    name: str, quality: float, effect: float, severity: float, expertise: float, seed: int
) -> None:
    panel, rng = load_panel(name), generator(seed, "test-panel-scale")
    rating = panel.rating(panel.shared(quality, effect), severity, expertise, rng)
    assert rating in panel.values
    assert panel.confidence(expertise, rng) in panel.confidence_values
    changed = panel.update(rating, quality, 0.5, rng)
    assert abs(panel.values.index(changed) - panel.values.index(rating)) <= 1


def test_an_unknown_panel_is_named_with_the_choice() -> None:
    with pytest.raises(UserError, match=r"no panel 'iclr1999'; choose from .*iclr2026"):
        load_panel("iclr1999")
    with pytest.raises(UserError, match="no panel 'defaults'"):
        load_panel("defaults")


@pytest.mark.parametrize("name", ["iclr2021", "iclr2022", "iclr2026"])
def test_calibration_papers_spread_over_the_scores_and_are_on_the_scale(name: str) -> None:
    papers, panel = calibration_papers(name), load_panel(name)
    assert len(papers) == len({paper.paper_id for paper in papers}) >= 40
    for paper in papers:
        assert set(paper.ratings) <= set(panel.values)
        assert paper.n_ratings >= 2
        assert np.isfinite(paper.quality)
    means = np.array([paper.rating_mean for paper in papers])
    low, high = panel.values[0], panel.values[-1]
    assert means.min() < low + 0.3 * (high - low)
    assert means.max() > low + 0.65 * (high - low)


def test_no_calibration_papers_for_a_scale_without_records() -> None:
    assert calibration_papers("icml2025") == []


@pytest.mark.parametrize("name", ["iclr2022", "iclr2023", "iclr2026"])
def test_an_informed_panel_is_a_second_committee_on_the_same_papers(name: str) -> None:
    """New ratings spread as the human ones do, and go with them as two humans' go together."""
    panel, rng = load_panel(name), np.random.default_rng(5)

    def committee(shared: list[float]) -> np.ndarray:
        return np.array(
            [[panel.rating(q, panel.severity(rng), 0.5, rng) for _ in range(4)] for q in shared]
        )

    human = committee([float(q) for q in rng.standard_normal(4000)])
    told = shared_quality(panel, [list(row) for row in human], list(rng.random(4000)))
    simulated = committee([float(q) for q in told if q is not None])
    assert len(simulated) == 4000
    assert icc1(list(simulated)) == pytest.approx(icc1(list(human)), abs=0.04)
    assert simulated.mean() == pytest.approx(human.mean(), abs=0.08)
    assert simulated.std() == pytest.approx(human.std(), abs=0.08)
    again = committee([float(q) for q in told if q is not None])
    with_human = np.corrcoef(human.mean(axis=1), simulated.mean(axis=1))[0, 1]
    with_itself = np.corrcoef(simulated.mean(axis=1), again.mean(axis=1))[0, 1]
    assert with_human == pytest.approx(with_itself, abs=0.05)


def test_an_informed_panel_knows_nothing_of_papers_without_ratings_on_its_scale() -> None:
    panel = load_panel("iclr2022")
    none, low, high, again = shared_quality(
        panel, [[], [1, 1, 3], [8, 8, 10], [8, 8, 10]], [0.5, 0.5, 0.5, 0.5]
    )
    assert none is None and low is not None and high is not None and low < 0 < high == again
    assert shared_quality(panel, [[11]], [0.5]) == [None]


def test_a_rating_between_two_values_counts_for_both() -> None:
    panel = load_panel("iclr2022")
    three, between, five = shared_quality(panel, [[3], [4.5], [5]], [0.5, 0.5, 0.5])
    assert three is not None and between is not None and five is not None
    assert three < between < five


@pytest.mark.parametrize("name", ["iclr2022", "iclr2026"])
def test_a_latent_value_is_cut_as_the_array_of_thresholds_cuts_it(name: str) -> None:
    """Plain Python is quicker for one value, and must not move a rating that stands on a cut."""
    panel, rng = load_panel(name), np.random.default_rng(3)
    for latent in [*panel.thresholds, *np.nextafter(panel.thresholds, 9), *rng.normal(size=99)]:
        assert panel.cut(latent) == panel.values[int(np.searchsorted(panel.thresholds, latent))]
