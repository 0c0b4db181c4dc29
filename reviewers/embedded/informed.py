"""Draw a paper's latent quality given its human ratings, for informed panels.

A panel's rating is cut from `sqrt(c) q + sqrt(1 - c) e` (`panel.py`), where q is what all reviewers
of a paper share, of unit variance over a venue. A paper's human ratings give q a posterior under
the panel fitted to that venue-year (empirical Bayes). The quality is *drawn* from this posterior
rather than set to its mean: so simulated ratings of a venue's papers spread like the humans', and
simulated and human ratings of one paper are exchangeable, like those of two committees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reviewers.embedded.panel import Panel

GRID = np.linspace(-4.5, 4.5, 361)  # of q, in SD


def shared_quality(
    panel: Panel, ratings: Sequence[Sequence[float]], draws: Sequence[float]
) -> list[float | None]:
    """A draw of each paper's q given its ratings; None if no rating is within the panel's scale.

    A rating between two values of the scale counts partly for each.

    `draws` are uniform in [0, 1), one per paper: the same draw gives the same quality.
    """
    scale = np.array(panel.values, dtype=float)
    counts = np.zeros((len(ratings), len(panel.values)))
    for at, given in enumerate(ratings):
        for rating in given:
            if scale[0] <= rating <= scale[-1]:
                place = float(np.interp(rating, scale, np.arange(len(scale))))
                below = int(place)
                counts[at, below] += 1 - (place - below)
                if place > below:
                    counts[at, below + 1] += place - below
    log_posterior = counts @ _log_shares(panel) - GRID**2 / 2
    weight = np.exp(log_posterior - log_posterior.max(axis=1, keepdims=True))
    shares = np.cumsum(weight, axis=1)
    shares /= shares[:, -1:]
    return [
        float(np.interp(draw, row, GRID)) if known else None
        for draw, row, known in zip(draws, shares, counts.sum(axis=1) > 0, strict=True)
    ]


def _log_shares(panel: Panel) -> np.ndarray:
    """For each value and grid point, the log of the share of ratings with that value."""
    from scipy.special import ndtr

    cuts = np.concatenate([[-np.inf], panel.thresholds, [np.inf]])
    c = panel.common
    edges = ndtr((cuts[:, None] - np.sqrt(c) * GRID[None, :]) / np.sqrt(1 - c))
    return np.asarray(np.log(np.clip(np.diff(edges, axis=0), 1e-300, None)))
