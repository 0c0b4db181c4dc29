"""Measure how long the intervals take: python -m benchmarks.bootstrap [papers] [resamples].

Prints the time of each family of intervals and their sum, on made-up scores and ratings in the
shape of a large venue year.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from conference.core.seeds import generator
from conference.statistics import agreement, decisions, ratings


def speeds(papers: int = 30_000, resamples: int = 1000) -> dict[str, float]:
    """Seconds that each family's 95 % intervals take on `papers` papers."""
    rng = generator(0, "benchmark", papers)
    quality = rng.normal(size=papers)
    raw = quality[:, None] + 1.4 * rng.normal(size=(papers, 4))
    human = list(np.clip(2 * np.rint(raw + 2), 0, 10))
    score = quality + 2 * rng.normal(size=papers)
    accepted = raw.mean(axis=1) > np.quantile(raw.mean(axis=1), 0.7)
    truth = np.array([given.mean() for given in human])
    families: dict[str, Callable[[], object]] = {
        "AUROC and average precision": lambda: decisions.score_figures(
            accepted, score, resamples=resamples
        ),
        "seven measures of decisions": lambda: decisions.decision_figures(
            accepted, score > 0.5, resamples=resamples
        ),
        "agreement of the humans": lambda: agreement.agreement_figures(human, resamples=resamples),
    }
    for name in ratings.POINTS:
        families[name] = lambda name=name: ratings.rank_figures(  # type: ignore[misc]
            score, truth, (name,), resamples=resamples
        )
    taken = {}
    for name, measure in families.items():
        start = time.perf_counter()
        measure()
        taken[name] = time.perf_counter() - start
    return taken


def main(papers: int = 30_000, resamples: int = 1000) -> None:
    """Print the seconds of each family and of all."""
    taken = speeds(papers, resamples)
    for name, seconds in taken.items():
        print(f"{name:32s} {seconds:7.1f} s")
    whole = sum(taken.values())
    print(f"{'all':32s} {whole:7.1f} s  ({papers} papers x {resamples} resamples)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
