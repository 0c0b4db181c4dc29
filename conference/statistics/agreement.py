"""How far people agree about papers.

`ratings` is a sequence of arrays of ratings, one array per paper. Papers may have different numbers
of reviewers, and reviewers are exchangeable within a paper. Papers with a single rating carry no
information on agreement and are left out; `n` counts the papers used. Each figure is a function of
sums over papers, so that papers can be resampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.statistics import weighted
from conference.statistics.bootstrap import RESAMPLES, Statistic, attempt, estimate
from conference.statistics.estimate import Estimate, Floats, Undefined


def icc1(ratings: Sequence[Floats]) -> float:
    """ICC(1): the share of a single rating's variance that lies between papers.

    One-way random effects by analysis of variance (Shrout and Fleiss 1979), with
    n0 = (N - sum k^2 / N) / (papers - 1) in place of k if the numbers of reviewers differ
    (Donner 1986).
    """
    return _point(icc1_statistic, ratings)


def pooled_sd(ratings: Sequence[Floats]) -> float:
    """The square root of the within-paper mean square, sum of squares / (ratings - papers)."""
    return _point(pooled_sd_statistic, ratings)


class LeaveOneOut(msgspec.Struct, frozen=True):
    """A table with one row per human rating: the rating and the mean of the paper's other ratings.

    `share` is 1 / k, so that each paper counts once, however many reviewers it has.
    """

    paper: NDArray[np.int64]
    own: Floats
    others: Floats
    share: Floats


def leave_one_out(ratings: Sequence[Floats]) -> LeaveOneOut:
    """The leave-one-reviewer-out table; papers with one rating have no rows.

    `paper` is the position in `ratings`.
    """
    kept = [(i, np.asarray(s, np.float64)) for i, s in enumerate(ratings) if len(s) > 1]
    if not kept:
        raise Undefined("no paper has two ratings")
    return LeaveOneOut(
        paper=np.concatenate([np.full(s.size, i) for i, s in kept]),
        own=np.concatenate([s for _, s in kept]),
        others=np.concatenate([(s.sum() - s) / (s.size - 1) for _, s in kept]),
        share=np.concatenate([np.full(s.size, 1 / s.size) for _, s in kept]),
    )


def leave_one_out_spearman(ratings: Sequence[Floats]) -> float:
    """Spearman's correlation of one rating with the mean of the others.

    Each rating is left out in turn, and all are pooled with weight 1 / k. This is the average
    result of drawing one reviewer per paper at random.
    """
    return _point(lambda sets: leave_one_out_statistic(leave_one_out(sets)), ratings)


def leave_one_out_statistic(table: LeaveOneOut, scores: Floats | None = None) -> Statistic:
    """Spearman of the left-out human with the mean of the others. With `scores`, one per paper:
    Spearman of these with the same means, so that a reviewer and a human can be compared."""
    given = table.own if scores is None else scores[table.paper]
    if (given == given[0]).all() or (table.others == table.others[0]).all():
        raise Undefined("all scores are the same")
    return weighted.expand(weighted.spearman(given, table.others), table.paper, table.share)


def agreement_figures(
    ratings: Sequence[Floats], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Every agreement measure with paper-level intervals."""
    sets = [np.asarray(s, np.float64) for s in ratings if len(s) > 1]
    n = len(sets)
    makers: dict[str, Callable[[], Statistic]] = {
        "icc1": lambda: icc1_statistic(sets),
        "icc1_k": lambda: icc1_k_statistic(sets),
        "krippendorff_alpha": lambda: alpha_statistic(sets),
        # This divides by k, not k - 1, and so is smaller than the pooled standard deviation.
        "within_paper_sd": lambda: weighted.mean(np.array([np.std(s) for s in sets])),
        "pooled_sd": lambda: pooled_sd_statistic(sets),
        "pairwise_pearson": lambda: pairwise_pearson_statistic(sets),
        "loo_mae": lambda: _loo_mae_statistic(leave_one_out(sets)),
        "loo_spearman": lambda: leave_one_out_statistic(leave_one_out(sets)),
    }

    def one(make: Callable[[], Statistic]) -> Estimate:
        if not sets:
            raise Undefined("no paper has two ratings")
        return estimate(make(), n, resamples=resamples, seed=seed)

    return {k: attempt(lambda m=m: one(m), n) for k, m in makers.items()}  # type: ignore[misc]


def icc1_statistic(ratings: Sequence[Floats]) -> Statistic:
    """ICC(1) as a statistic that is resampled by paper."""
    parts = _sums(ratings)

    def statistic(block: Floats) -> Floats:
        between, within, n0, _ = _variances(block, parts)
        return _quotient(between - within, between + (n0 - 1) * within)

    return statistic


def icc1_k_statistic(ratings: Sequence[Floats]) -> Statistic:
    """ICC(1,k), the reliability of the mean of k ratings, as a statistic resampled by paper.

    k is the mean number of reviewers per paper; the Spearman-Brown formula turns ICC(1) into
    ICC(1,k) (Shrout and Fleiss 1979).
    """
    parts = _sums(ratings)

    def statistic(block: Floats) -> Floats:
        between, within, n0, mean_k = _variances(block, parts)
        one = _quotient(between - within, between + (n0 - 1) * within)
        return mean_k * one / (1 + (mean_k - 1) * one)

    return statistic


def pooled_sd_statistic(ratings: Sequence[Floats]) -> Statistic:
    """The pooled within-paper standard deviation as a statistic resampled by paper."""
    parts = _sums(ratings)
    return lambda block: np.sqrt(_variances(block, parts)[1])


def pairwise_pearson_statistic(ratings: Sequence[Floats]) -> Statistic:
    """Pearson's r over all pairs of ratings of one paper, as a statistic resampled by paper.

    Each pair is used in both orders, so the figure does not depend on the reviewers' order.
    """
    centre = np.concatenate(list(ratings)).mean()
    rows = []
    for given in ratings:
        s = np.asarray(given) - centre
        total, squares = s.sum(), (s * s).sum()
        rows.append(
            (
                s.size * (s.size - 1),
                (s.size - 1) * total,
                (s.size - 1) * squares,
                total * total - squares,
            )
        )
    parts = np.array(rows, dtype=np.float64)

    def statistic(block: Floats) -> Floats:
        pairs, first, square, product = (block @ parts).T
        mean = first / pairs
        return _quotient(product / pairs - mean * mean, square / pairs - mean * mean)

    return statistic


def alpha_statistic(ratings: Sequence[Floats]) -> Statistic:
    """Krippendorff's alpha for interval data (2004, ch. 11), as a statistic resampled by paper.

    It is 1 - observed / expected disagreement. The sum of (a - b)^2 over all ordered pairs is 2 k
    times the sum of squares about the mean.
    """
    centre = np.concatenate(list(ratings)).mean()
    rows = []
    for given in ratings:
        s = np.asarray(given, np.float64) - centre
        seen = 2 * s.size * ((s - s.mean()) ** 2).sum() / (s.size - 1)
        rows.append((s.size, s.sum(), (s * s).sum(), seen))
    parts = np.array(rows, dtype=np.float64)

    def statistic(block: Floats) -> Floats:
        n, total, squares, seen = (block @ parts).T
        return 1 - _quotient((n - 1) * seen, 2 * (n * squares - total * total))

    return statistic


def _loo_mae_statistic(table: LeaveOneOut) -> Statistic:
    return weighted.expand(weighted.mean(np.abs(table.own - table.others)), table.paper)


def _sums(ratings: Sequence[Floats]) -> Floats:
    """For each paper: k, k^2, sum, sum^2 / k, and the sum of squares about the paper's mean.

    Ratings are taken about the grand mean for numerical accuracy.
    """
    centre = np.concatenate(list(ratings)).mean()
    rows = []
    for given in ratings:
        s = np.asarray(given, np.float64) - centre
        mean = s.mean()
        rows.append((s.size, s.size**2, s.sum(), s.size * mean * mean, ((s - mean) ** 2).sum()))
    return np.array(rows, dtype=np.float64)


def _variances(block: Floats, parts: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean squares between and within papers, n0, and the mean number of reviewers."""
    papers = block.sum(axis=1)
    n, k2, total, about_zero, within = (block @ parts).T
    between = (about_zero - total * total / n) / (papers - 1)
    return between, within / (n - papers), (n - k2 / n) / (papers - 1), n / papers


def _quotient(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=np.abs(below) > 1e-12)


def _point(make: Callable[[list[Floats]], Statistic], ratings: Sequence[Floats]) -> float:
    sets = [np.asarray(s, dtype=np.float64) for s in ratings if len(s) > 1]
    if len(sets) < 2:
        raise Undefined("fewer than two papers have two ratings")
    if not all(np.isfinite(s).all() for s in sets):
        raise Undefined("some ratings are not finite numbers")
    value = float(make(sets)(np.ones((1, len(sets))))[0])
    if not np.isfinite(value):
        raise Undefined("all ratings are the same")
    return value
