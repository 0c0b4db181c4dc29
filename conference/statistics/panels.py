"""The effective size of a panel of reviewers, from the correlation of its members' errors.

`errors` has shape (papers, m): each reviewer's score minus the truth, on each paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conference.statistics.estimate import Booleans, Floats, Undefined


def independent_reviewers(errors: Floats) -> float:
    """How many independent reviewers a panel is worth: m / (1 + (m - 1) r).

    `errors` has shape (papers, m): each reviewer's error on each paper; r is the mean correlation
    of two reviewers' errors over papers (the design effect of Kish 1965). Undefined if r is at or
    below -1 / (m - 1).
    """
    errors = np.asarray(errors, dtype=np.float64)
    size = errors.shape[1]
    if size < 2:
        raise Undefined("a panel needs two reviewers")
    r = error_correlation(errors)
    if 1 + (size - 1) * r <= 0:
        raise Undefined("the errors cancel, so the panel's worth has no bound")
    return float(size / (1 + (size - 1) * r))


def error_correlation(errors: Floats) -> float:
    """The mean Pearson correlation of two reviewers' errors over papers; `errors` (papers, m)."""
    errors = np.asarray(errors, dtype=np.float64)
    if errors.shape[0] < 3 or (errors.std(axis=0) == 0).any():
        raise Undefined("a reviewer's errors do not vary, or there are fewer than three papers")
    table = np.corrcoef(errors, rowvar=False)
    return float(table[~np.eye(table.shape[0], dtype=bool)].mean())


def latent_errors(ratings: Floats, humans: Sequence[Floats], seated: Booleans) -> Floats:
    """Covariances (m, m) of reviewers' errors: their ratings without the quality that humans see.

    `ratings` (papers, m) has a column for each reviewer; `humans` are each paper's human ratings,
    and `seated` (m,) says which columns are among them. Quality is what two humans' ratings of a
    paper share: its variance v is the between-paper component of a one-way analysis of variance.
    Let c be a reviewer's covariance with the mean of the (other) humans. Then the covariance of two
    errors is cov(a, b) - c_a c_b / v, which does not count the noise of a human mean as a shared
    error. Undefined if humans do not agree at all.
    """
    count = np.array([len(given) for given in humans], dtype=np.float64)
    total = np.array([float(np.sum(given)) for given in humans])
    inside = sum(float(((given - given.mean()) ** 2).sum()) for given in map(np.asarray, humans))
    papers, n = len(humans), float(count.sum())
    if papers < 3 or (count < 2).any():
        raise Undefined("quality needs three papers with two human ratings each")
    between = float((count * (total / count - total.sum() / n) ** 2).sum()) / (papers - 1)
    size = (n - float((count**2).sum()) / n) / (papers - 1)
    quality = (between - inside / (n - papers)) / size
    if quality <= 0:
        raise Undefined("human ratings of a paper agree no more than those of two papers")
    others = np.where(
        seated, (total[:, None] - ratings) / (count[:, None] - 1), (total / count)[:, None]
    )
    centred = ratings - ratings.mean(axis=0)
    with_quality = (centred * others).sum(axis=0) / (papers - 1)
    shared = np.outer(with_quality, with_quality) / quality
    return np.asarray(centred.T @ centred / (papers - 1) - shared)


def panel_worth(errors: Floats) -> tuple[float, float]:
    """The mean correlation r of two reviewers' errors, and m / (1 + (m - 1) r).

    `errors` (m, m) are their covariances. Undefined if a reviewer has no error or errors cancel.
    """
    size, sd = len(errors), np.sqrt(np.clip(np.diag(errors), 0, None))
    if size < 2 or (sd == 0).any():
        raise Undefined("a panel needs two reviewers whose errors vary")
    r = float((errors / np.outer(sd, sd))[~np.eye(size, dtype=bool)].mean())
    if 1 + (size - 1) * r <= 0:
        raise Undefined("the errors cancel, so the panel's worth has no bound")
    return r, size / (1 + (size - 1) * r)
