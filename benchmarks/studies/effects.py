"""The effect of each treatment on each outcome, next to the noise floor of the A/A arm."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from benchmarks.studies.design import Design, Rests
from benchmarks.studies.detectable import detectable, expected_error, power_for
from benchmarks.studies.outcome_table import (
    AA,
    CONTROL,
    arms,
    cells,
    checked,
    differences,
)
from benchmarks.studies.paired import ALL_SAME, FLIPS, Mean, flip_interval, sign_flip, two_way_mean
from conference.core.errors import UserError
from conference.core.seeds import seed_of
from conference.statistics.estimate import Estimate, Floats, Undefined

SAME = "every replicate has the same value, as with recorded seats, so there is no interval"
RULED = ("accepted", "rank")  # the venue's rules fix their mean over papers
BY_CHANCE = 1e-3  # equal means with a lower probability are taken as fixed by a rule
FIXED = "every replicate has the same mean in both arms, by the venue's rule, so it cannot differ"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Treatment − control in one outcome, paired by unit and replicate.

    `control` and `treatment` are means over the pairs. `difference` and `floor` (A/A − control:
    what another committee alone changes) have intervals of level 1 − alpha over units and
    replicates (`paired.flip_interval`). `pairs` of unit and replicate were used; `unpaired` ones
    had a value in only one arm. `share` says that every value is 0 or 1. `smallest` is the true
    effect that such a study finds with power .8; `power` is the power for the margin, or without a
    margin for the observed effect (which says no more than p). `p_adjusted` is by Holm over all
    outcomes × arms of the study, unless the design has no correction. None means not defined
    (`note` says why) or not asked for.
    """

    outcome: str
    arm: str
    primary: bool
    units: int
    replicates: int
    pairs: int
    unpaired: int
    share: bool = False
    control: float | None
    treatment: float | None
    difference: Estimate
    floor: Estimate
    error: float | None = None
    df: float | None = None
    p: float | None = None
    method: str = ""
    p_adjusted: float | None = None
    margin: float | None = None
    p_equivalence: float | None = None
    equivalent: bool | None = None
    smallest: float | None = None
    power: float | None = None
    alpha: float
    rests_on: Rests
    note: str = ""

    @property
    def found(self) -> bool:
        """Whether the adjusted p is at or below alpha."""
        return self.p_adjusted is not None and self.p_adjusted <= self.alpha

    @property
    def too_few(self) -> bool:
        """Whether even the largest possible effect on a share is too small to be found."""
        return self.share and self.smallest is not None and self.smallest > 1


def effects(
    outcomes: Any, design: Design, rests_on: Rests = "assumption", flips: int = FLIPS
) -> list[Effect]:
    """The effect of each treatment arm on each outcome of the design, the primary one first.

    `outcomes` is the tidy table of `outcome_table`. `rests_on` is noted in each effect.
    """
    table = checked(outcomes)
    treatments = arms(table)
    if not treatments:
        raise UserError("outcomes: there is no treatment arm beside control and A/A")
    _check(table, design)
    found = []
    for outcome in design.outcomes:
        control = cells(table, outcome, CONTROL, design.unit)
        again = cells(table, outcome, AA, design.unit)
        floor = _floor(again, control, outcome, design, seed_of(design.seed, outcome, AA), flips)
        for arm in treatments:
            treatment = cells(table, outcome, arm, design.unit)
            found.append(_effect(outcome, arm, treatment, control, floor, design, rests_on, flips))
    return _adjusted(found, design)


def _check(table: Any, design: Design) -> None:
    known = sorted(set(table["outcome"]))
    if not set(known) & set(design.outcomes):
        raise UserError(
            f"outcomes: none of {', '.join(design.outcomes)} is there; it has {', '.join(known)}"
        )
    for arm, count in table.groupby("arm")["replicate"].nunique().items():
        if count < design.replicates:
            raise UserError(
                f"outcomes: arm {arm!r} has {count} of {design.replicates} replicates; run the "
                "study to its end first"
            )


def is_fixed(values: Floats, outcome: str) -> bool:
    """Whether a rule fixes every replicate's mean although units differ, as when a round accepts a
    fixed number of papers.

    A few small replicates may have equal means by chance: the sum of m differences with random
    signs is 0 with probability at most C(m, m/2) / 2^m, whatever their sizes (Erdős 1945).
    """
    values = values[:, np.isfinite(values).any(axis=0)]
    if values.shape[1] < 2 or np.abs(np.nansum(values, axis=0)).max(initial=0) >= 1e-9:
        return False
    moved = (np.abs(np.nan_to_num(values)) > 1e-9).sum(axis=0)
    if outcome in RULED:
        return bool(moved.any())
    return bool(stats.binom.pmf(moved // 2, moved, 0.5).prod() < BY_CHANCE)


def _interval(
    values: Floats, mean: Mean, share: bool, design: Design, seed: int, flips: int
) -> tuple[float, float]:
    """The interval that matches p: from sign flips, or from the t test."""
    if design.randomised:
        low, high = flip_interval(values, design.alpha, seed, flips)
    else:
        low, high = mean.interval(design.alpha)
    return (max(low, -1.0), min(high, 1.0)) if share else (low, high)


def _floor(
    again: Any, control: Any, outcome: str, design: Design, seed: int, flips: int
) -> Estimate:
    values, share = differences(again, control), _counted(again, control)["share"]
    if is_fixed(values, outcome):
        return Estimate(0.0, None, None, int(np.isfinite(values).sum()), FIXED)
    try:
        mean = two_way_mean(values)
    except Undefined as why:
        return Estimate(None, None, None, 0, str(why))
    if mean.error == 0:
        return Estimate(mean.value, None, None, mean.n, _same(mean))
    return Estimate(mean.value, *_interval(values, mean, share, design, seed, flips), mean.n)


def _effect(
    outcome: str,
    arm: str,
    treatment: Any,
    control: Any,
    floor: Estimate,
    design: Design,
    rests_on: Rests,
    flips: int,
) -> Effect:
    values, counted = differences(treatment, control), _counted(treatment, control)
    pairs = counted["pairs"]
    common: dict[str, Any] = {
        "outcome": outcome,
        "arm": arm,
        "primary": outcome == design.primary,
        "floor": floor,
        "alpha": design.alpha,
        "margin": _margin(outcome, design),
        "rests_on": rests_on,
        **counted,
    }
    if pairs == 0:
        why = "no unit has a value in both arms in one replicate"
        return Effect(**common, difference=Estimate(None, None, None, 0, why), note=why)
    ruled = floor.reason == FIXED or (floor.value == 0 and floor.low is None)
    if pairs == 1 or (is_fixed(values, outcome) and ruled):
        why = FIXED if pairs > 1 else "there is one pair, and an interval needs two"
        alone = Estimate(float(np.nanmean(values)), None, None, pairs, why)
        return Effect(**common, difference=alone, note=why)
    mean, seed = two_way_mean(values), seed_of(design.seed, outcome, arm)
    if mean.error == 0:  # That is no certainty: nothing was drawn anew, or all pairs agree.
        alone = Estimate(mean.value, None, None, pairs, _same(mean))
        return Effect(**common, difference=alone, note=_same(mean))
    return Effect(
        **common,
        difference=Estimate(
            mean.value, *_interval(values, mean, counted["share"], design, seed, flips), mean.n
        ),
        error=mean.error,
        df=mean.df,
        note=_note(mean),
        **_tests(values, mean, outcome, seed, design, flips),
    )


def _counted(treatment: Any, control: Any) -> dict[str, Any]:
    """The units, replicates and pairs of an effect, and the means of both arms over the pairs."""
    first, second = treatment.align(control, join="outer")
    both = first.notna() & second.notna()
    pairs = int(both.to_numpy().sum())
    return {
        "units": int(both.any(axis=1).sum()),
        "replicates": int(both.any(axis=0).sum()),
        "pairs": pairs,
        "unpaired": int((first.notna() | second.notna()).to_numpy().sum()) - pairs,
        "share": bool(first.where(both).isin((0, 1, np.nan)).all(axis=None))
        and bool(second.where(both).isin((0, 1, np.nan)).all(axis=None)),
        "control": float(np.nanmean(second.where(both).to_numpy())) if pairs else None,
        "treatment": float(np.nanmean(first.where(both).to_numpy())) if pairs else None,
    }


def _same(mean: Mean) -> str:
    return SAME if mean.units == 1 else ALL_SAME


def _tests(
    values: Floats, mean: Mean, outcome: str, seed: int, design: Design, flips: int
) -> dict[str, Any]:
    if design.randomised:
        p, method = sign_flip(values, seed, flips)
    else:
        p, method = mean.p(), "t test, two-way clustered (arms not randomised)"
    margin = _margin(outcome, design)
    error = expected_error(mean.shape, mean.components, design.alpha)
    found: dict[str, Any] = {
        "p": p,
        "method": method,
        "smallest": detectable(error, mean.df, design.alpha),
        "power": power_for(margin or mean.value, error, mean.df, design.alpha),
    }
    if margin is not None:
        found["p_equivalence"] = mean.p_equivalence(margin)
        found["equivalent"] = found["p_equivalence"] <= design.alpha
    return found


def _margin(outcome: str, design: Design) -> float | None:
    return design.margin if outcome == design.primary else None


def _note(mean: Mean) -> str:
    if mean.replicates == 1:
        return (
            "one replicate: the interval is over units only, and holds for this draw of the round"
        )
    if mean.units == 1:
        return "one value per round: the interval is over replicates, and holds for these papers"
    return ""


def _adjusted(found: list[Effect], design: Design) -> list[Effect]:
    tested = [each for each in found if each.p is not None]
    values = [each.p for each in tested]
    if design.correction == "holm" and values:
        values = [float(p) for p in multipletests(values, design.alpha, method="holm")[1]]
    by_name = {(each.outcome, each.arm): p for each, p in zip(tested, values, strict=True)}
    return [
        msgspec.structs.replace(each, p_adjusted=by_name.get((each.outcome, each.arm)))
        for each in found
    ]
