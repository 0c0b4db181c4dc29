"""Decisions that differ between two arms, or between two committees on the same papers.

As in the consistency experiments of NIPS 2014 (43 of 166 decisions, 25.9 %, were inconsistent;
arXiv 2109.09774) and NeurIPS 2021 (23 %; one committee rejected 50.6 % of the papers that the other
accepted; arXiv 2306.03262).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from benchmarks.studies.outcome_table import (
    AA,
    AGAIN,
    CONTROL,
    arms,
    cells,
    checked,
    differences,
)
from benchmarks.studies.paired import ALL_SAME, two_way_mean
from conference.core.errors import UserError
from conference.statistics.estimate import Estimate, Floats, Undefined

ACCEPTED = "accepted"


class Flips(msgspec.Struct, frozen=True):
    """The decisions of two committees on the same papers, summed over replicates.

    `inconsistent` is the share of papers with different decisions; `arbitrary` the share of one
    committee's accepted papers that the other rejects (over both committees); `jaccard` the papers
    that both accept over those that either accepts.
    """

    first: str
    second: str
    papers: int
    replicates: int
    both: int
    only_first: int
    only_second: int
    neither: int
    inconsistent: Estimate
    arbitrary: Estimate
    jaccard: Estimate


class ArmFlips(msgspec.Struct, frozen=True):
    """A treatment's flips against the control, and the A/A arm's (`floor`).

    `net` is the difference of their shares of inconsistent papers. It is below 0 when a treatment
    that keeps the control's reviewers changes less than another draw of reviewers.
    """

    arm: str
    flips: Flips
    floor: Flips
    net: Estimate


class Twice(msgspec.Struct, frozen=True):
    """Two committees under the rules of `arm`. `fewer` is their share of inconsistent papers
    minus that of the first pair in `committee_pairs`."""

    arm: str
    flips: Flips
    fewer: Estimate


def committee_pairs(
    outcomes: Any, labels: Mapping[str, str], alpha: float = 0.05, outcome: str = ACCEPTED
) -> list[Twice]:
    """How two committees under the same rules differ: for each pair of arms NAME and NAME_again,
    and for control and A/A, sorted by label. Empty when the study has no such arms."""
    table = checked(outcomes)
    given = arms(table)
    pairs = {arm: f"{arm}{AGAIN}" for arm in given if f"{arm}{AGAIN}" in given}
    if not pairs:
        return []
    pairs = dict(
        sorted({**pairs, CONTROL: AA}.items(), key=lambda pair: labels.get(pair[0], pair[0]))
    )
    found, first = [], None
    for arm, again in pairs.items():
        one, two = (_decisions(table, outcome, each) for each in (arm, again))
        changed = _changed(two, one)
        first = changed if first is None else first
        gap = _net(differences(changed, first), alpha)
        found.append(Twice(arm, flips(one, two, alpha, (arm, again)), gap))
    return found


def arm_flips(outcomes: Any, alpha: float = 0.05, outcome: str = ACCEPTED) -> list[ArmFlips]:
    """Each treatment's flips and the A/A floor, from the tidy table's 0/1 `outcome`."""
    table = checked(outcomes)
    control, again = (_decisions(table, outcome, arm) for arm in (CONTROL, AA))
    floor = flips(control, again, alpha, (CONTROL, AA))
    found = []
    for arm in arms(table):
        treatment = _decisions(table, outcome, arm)
        net = _net(differences(_changed(treatment, control), _changed(again, control)), alpha)
        found.append(ArmFlips(arm, flips(control, treatment, alpha, (CONTROL, arm)), floor, net))
    return found


def flips(
    first: Any, second: Any, alpha: float = 0.05, names: tuple[str, str] = ("first", "second")
) -> Flips:
    """The flips between two frames of decisions (papers × replicates of 0 and 1, NaN: none)."""
    first, second = first.align(second, join="inner")
    known = (first.notna() & second.notna()).to_numpy()
    one, two = (frame.to_numpy(dtype=np.float64) for frame in (first, second))
    both, either = np.where(known, one * two, np.nan), np.where(known, np.maximum(one, two), np.nan)
    changed = either - both
    all_ = np.where(known, 1.0, np.nan)
    return Flips(
        *names,
        papers=int(known.any(axis=1).sum()),
        replicates=int(known.any(axis=0).sum()),
        both=int(np.nansum(both)),
        only_first=int(np.nansum(one * (1 - two))),
        only_second=int(np.nansum(two * (1 - one))),
        neither=int(np.nansum(all_ - either)),
        inconsistent=share(changed, all_, alpha),
        arbitrary=_of_accepts(share(changed, either, alpha)),
        jaccard=share(both, either, alpha),
    )


def share(part: Floats, whole: Floats, alpha: float = 0.05) -> Estimate:
    """Σ part / Σ whole over papers × replicates, with its interval.

    The interval is Wilson's over papers with one replicate, or when the share is 0 or 1 (then with
    the mean number of papers in a replicate, as more replicates of the same papers tell little).
    Otherwise it comes from the ratio's linearisation (part − share · whole) with the two-way
    clustered error, on the logit scale to stay within 0 and 1. It is somewhat wide when committees
    accept a fixed share, as then one paper's gain is another's loss.
    """
    total, count = float(np.nansum(whole)), float(np.nansum(part))
    pairs = int(np.isfinite(whole).sum())
    if total == 0:
        return Estimate(None, None, None, pairs, "nobody accepts a paper")
    value = count / total
    replicates = int(np.isfinite(whole).any(axis=0).sum())
    if replicates == 1 or value in (0.0, 1.0):
        n = total / replicates
        low, high = proportion_confint(value * n, n, alpha, method="wilson")
        return Estimate(value, float(low), float(high), pairs)
    linear = two_way_mean((part - value * whole) / (total / pairs))
    half = stats.t.ppf(1 - alpha / 2, linear.df) * linear.error / (value * (1 - value))
    centre = np.log(value / (1 - value))
    low, high = (1 / (1 + np.exp(-(centre + side * half))) for side in (-1, 1))
    return Estimate(value, float(low), float(high), pairs)


def _of_accepts(changed: Estimate) -> Estimate:
    """Convert the share of papers that only one committee accepts, among those that either accepts,
    to a share of all accepts, where a paper that both accept counts twice."""
    if changed.value is None:
        return changed
    ends = (changed.value, changed.low, changed.high)
    value, low, high = (None if end is None else end / (2 - end) for end in ends)
    return msgspec.structs.replace(changed, value=value, low=low, high=high)


def _changed(first: Any, second: Any) -> Any:
    """1 where two committees' decisions differ, 0 where they agree, NaN where one is missing."""
    first, second = first.align(second, join="inner")
    return (first != second).where(first.notna() & second.notna()).astype(float)


def _decisions(table: Any, outcome: str, arm: str) -> Any:
    found = cells(table, outcome, arm, "paper")
    values = found.to_numpy(dtype=np.float64)
    if not np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
        raise UserError(f"outcome {outcome!r} in arm {arm!r}: a decision must be 0 or 1")
    return found


def _net(gap: Floats, alpha: float) -> Estimate:
    try:
        mean = two_way_mean(gap)
    except Undefined as why:
        return Estimate(None, None, None, 0, str(why))
    if mean.error == 0:
        return Estimate(mean.value, None, None, mean.n, ALL_SAME)
    low, high = mean.interval(alpha)  # of a difference of two shares
    return Estimate(mean.value, max(low, -1.0), min(high, 1.0), mean.n)
