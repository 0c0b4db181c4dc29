"""Outcomes of a simulated study: papers of their own quality, rounds that differ, paired noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def study(
    papers: int = 40,
    replicates: int = 8,
    effect: float = 0.0,
    seed: int = 0,
    arms: tuple[str, ...] = ("treatment",),
    reviewers: int = 3,
) -> Any:
    """A tidy table with `rating` a review, `accepted` (the upper third) a paper, `agreement` a
    round; every treatment arm moves ratings by `effect`, and shares noise with the control."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(5, 1, papers)
    shared = rng.normal(0, 1, (replicates, papers, reviewers))
    rows: list[tuple[str, int, str, str, float]] = []
    for arm in ("control", "aa", *arms):
        own = rng.normal(0, 0.5, (replicates, papers, reviewers))
        noise = rng.normal(0, 1, shared.shape) if arm == "aa" else shared
        moved = 0.0 if arm in ("control", "aa") else effect
        taste, mood = rng.normal(0, 0.2, papers), rng.normal(0, 0.1, replicates)
        for r in range(replicates):
            base = quality + (taste + mood[r] + moved if moved or arm != "control" else 0)
            ratings = base[:, None] + noise[r] + own[r]
            mean = ratings.mean(axis=1)
            accepted = mean >= np.quantile(mean, 2 / 3)
            for p in range(papers):
                rows += [
                    (arm, r, f"p{p}|r{(p + k) % 11}", "rating", float(ratings[p, k]))
                    for k in range(reviewers)
                ]
                rows.append((arm, r, f"p{p}", "accepted", float(accepted[p])))
            rows.append((arm, r, "", "agreement", float(np.corrcoef(ratings.T)[0, 1])))
    return pd.DataFrame(rows, columns=["arm", "replicate", "unit", "outcome", "value"])
