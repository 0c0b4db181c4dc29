"""What a round's affinity table says of single pairs."""

from __future__ import annotations

import numpy as np

from venues.affinities import AffinityTable, sorted_table


def made(other: float) -> AffinityTable:
    """Four reviewers of paper a, and one of paper b."""
    return sorted_table(
        ("r1", "r2", "r3", "r4"),
        ("a", "b"),
        np.array([0, 1, 2, 3, 0]),
        np.array([0, 0, 0, 0, 1]),
        np.array([0.4, 0.3, 0.3, 0.1, other]),
    )


def test_expertise_is_the_place_among_the_reviewers_nearest_to_a_paper() -> None:
    asked = [("r1", "a"), ("r2", "a"), ("r3", "a"), ("r4", "a"), ("r4", "b")]
    found = made(0.2).known(asked)
    assert found == [(0.4, 0.875), (0.3, 0.5), (0.3, 0.5), (0.1, 0.125), (0.0, 0.0)]
    assert made(0.9).known(asked) == found  # Another paper's affinities change nothing.
