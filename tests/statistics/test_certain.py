"""Selective accuracy and weighted quantiles against slow counts; several estimates in one pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.statistics import weighted
from conference.statistics.bootstrap import estimate, estimates

SHARES = np.array([0.1, 0.37, 1.0])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_the_most_certain_are_those_of_a_random_pick_among_ties(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    certainty, hit = rng.integers(0, 4, size).astype(float), rng.random(size) < 0.5
    draws = rng.multinomial(size, np.full(size, 1 / size)).astype(float)
    found = weighted.most_certain(certainty, hit, SHARES)(draws[None, :])[0]
    for share, value in zip(SHARES, found, strict=True):
        left, right = share * size, 0.0
        for level in sorted(set(certainty), reverse=True):
            here = certainty == level
            taken = min(left, draws[here].sum())
            if draws[here].sum():
                right += taken * (draws * hit)[here].sum() / draws[here].sum()
            left -= taken
        assert value == pytest.approx(right / (share * size))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_quantiles_are_those_of_the_drawn_rows(seed: int, papers: int) -> None:
    rng = np.random.default_rng(seed)
    paper, levels = np.repeat(np.arange(papers), 3), np.array([0.1, 0.5, 0.9])
    values = rng.normal(size=paper.size)
    draws = rng.multinomial(papers, np.full(papers, 1 / papers))
    found = weighted.quantiles(values, paper, np.full(paper.size, 1 / 3), levels)(
        draws[None, :].astype(float)
    )[0]
    rows = np.repeat(values, draws[paper])
    assert found == pytest.approx(np.quantile(rows, levels, method="inverted_cdf"))


def test_many_values_are_told_apart_finely() -> None:
    rng = np.random.default_rng(0)
    values, paper = rng.normal(size=6000), np.repeat(np.arange(2000), 3)
    (found,) = weighted.quantiles(values, paper, np.full(6000, 1 / 3), np.array([0.5, 0.9]))(
        np.ones((1, 2000))
    )
    ranks = [(values <= value).mean() for value in found]
    assert ranks == pytest.approx([0.5, 0.9], abs=1 / 500)


def test_estimates_in_one_pass_are_those_one_by_one() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(50, 2))
    values[:, 1] = np.nan
    both = estimates(
        lambda block: (block @ values) / block.sum(axis=1, keepdims=True), ("a", "b"), 50,
        resamples=40,
    )  # fmt: skip
    alone = estimate(weighted.mean(values[:, 0]), 50, resamples=40)
    for end in ("value", "low", "high", "n"):
        assert getattr(both["a"], end) == pytest.approx(getattr(alone, end))
    assert both["b"].value is None and both["b"].reason
