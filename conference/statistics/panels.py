"""What a panel of reviewers is worth, from how its members' errors go together.

`errors` has shape (papers, m): each reviewer's score less the truth, on each paper.
"""

from __future__ import annotations

import numpy as np

from conference.statistics.estimate import Floats, Undefined


def independent_reviewers(errors: Floats) -> float:
    """What a panel is worth in independent reviewers: m / (1 + (m - 1) r).

    `errors` has shape (papers, m): each reviewer's error on each paper; r is the mean correlation
    of two reviewers' errors over papers (the design effect of Kish 1965). Undefined where r is at
    or below -1 / (m - 1).
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
