"""A study's answer in a few plain sentences, computed from its effects and flips."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.studies.effects import Effect
from benchmarks.studies.flips import ACCEPTED, ArmFlips, Flips, Twice
from benchmarks.studies.outcome_table import Unit
from benchmarks.studies.results import SIMULATED, StudyInfo, named
from benchmarks.studies.tables import full, number, p_value, percent
from conference.statistics.estimate import Estimate

RESTS_ON = {
    "data": "It rests on data: recorded or human reviews.",
    "language model": "It rests on a language model's reviews, and holds for that model.",
    "assumption": "It rests on an assumption: embedded reviewers behave as they were told or "
    "fitted, and the study shows only what follows from that.",
}


def rests_on(study: StudyInfo) -> str:
    """A sentence or two on what a study's answer rests on."""
    simulated = f" {SIMULATED[0].upper()}{SIMULATED[1:]}." if SIMULATED in study.notes else ""
    return f"{RESTS_ON[study.rests_on]}{simulated}"


def answer(
    effects: Sequence[Effect],
    flips: Sequence[ArmFlips],
    study: StudyInfo,
    unit: Unit = "paper",
    pairs: Sequence[Twice] = (),
) -> tuple[str, str]:
    """What the treatments do to the primary outcome, and how certain this is.

    If the primary outcome is the decision, its mean is fixed by the acceptance rate, so the answer
    is how many decisions change; or, with `pairs` of committees under the same rules, how many
    decisions differ between the two.
    """
    primary = [each for each in effects if each.primary]
    if primary[0].outcome == ACCEPTED and pairs:
        return _pairs(pairs, study), _falls(pairs, study)
    if primary[0].outcome == ACCEPTED and len(flips) > 1:
        said = _all_decisions(flips, study) + _share_moves(primary, study)
        return said, _all_against_rerun(flips, study)
    if primary[0].outcome == ACCEPTED and flips:
        said = _decisions(flips[0], study) + _share_moves(primary, study)
        return said, _against_rerun(flips[0])
    defined = [each for each in primary if each.difference.low is not None]
    alone = [each for each in primary if each.difference.low is None]
    parts = [_effects(defined, study)] if defined else []
    if known := [each for each in alone if each.difference.value is not None]:
        parts.append(_alone(known, study))
    if not parts:
        parts.append(f"There is no answer for {named(primary[0].outcome)}.")
    sure = _sure(defined, study, unit) if defined else f"The reason: {primary[0].note}."
    return " ".join(parts), sure


def beside(effects: Sequence[Effect]) -> str:
    """A sentence on which other outcomes were found to change, and by how much; "" for none."""
    parts = []
    for outcome in dict.fromkeys(each.outcome for each in effects if not each.primary):
        found = [each for each in effects if each.outcome == outcome and each.found]
        moved = sorted(each.difference.value or 0.0 for each in found)
        if moved:
            span = " to ".join(dict.fromkeys(number(value) for value in (moved[0], moved[-1])))
            where = "" if len(moved) == 1 else f" under {len(moved)} treatments"
            parts.append(f"{named(outcome)} (by {span}{where})")
    return f"Also found to change: {', '.join(parts)}." if parts else ""


def _alone(known: Sequence[Effect], study: StudyInfo) -> str:
    """A sentence on differences without an interval."""
    parts = ", ".join(
        f"{number(each.difference.value)} under “{study.label(each.arm)}”" for each in known
    )
    return f"The difference in {named(known[0].outcome)} is {parts}, without an interval."


def _effects(defined: Sequence[Effect], study: StudyInfo) -> str:
    outcome = named(defined[0].outcome)
    if len(defined) == 1:
        return _one(defined[0], outcome, study)
    found = [each for each in defined if each.found]
    if not found:
        parts = "; ".join(_change(each, study) for each in defined)
        return f"No treatment was found to change {outcome}: {parts}."
    rest = [f"“{study.label(each.arm)}”" for each in defined if not each.found]
    beside = f"; no change was found under {', '.join(rest)}" if rest else ""
    parts = "; ".join(_change(each, study) for each in found)
    verb = "changes" if len(found) == 1 else "change"
    return f"{len(found)} of {len(defined)} treatments {verb} {outcome}: {parts}{beside}."


def _one(effect: Effect, outcome: str, study: StudyInfo) -> str:
    arm, change = study.label(effect.arm), full(effect.difference)
    if not effect.found:
        return (
            f"Under “{arm}” {outcome} was not found to change: {change}, "
            f"{p_value(effect.p_adjusted)}."
        )
    verb = "rises" if (effect.difference.value or 0) > 0 else "falls"
    return (
        f"Under “{arm}” {outcome} {verb} from {number(effect.control)} to "
        f"{number(effect.treatment)}, by {change}, {p_value(effect.p_adjusted)}."
    )


def _change(effect: Effect, study: StudyInfo) -> str:
    return f"“{study.label(effect.arm)}” {full(effect.difference)}, {p_value(effect.p_adjusted)}"


def _sure(defined: Sequence[Effect], study: StudyInfo, unit: Unit) -> str:
    """The noise floor, then the equivalence test or the smallest effect that could be seen."""
    first = defined[0]
    floor = f"Another draw of the same round (A/A) moves it by {full(first.floor)}"
    rounds = f"{first.replicates} replicate{'s' if first.replicates != 1 else ''}"
    size = rounds if first.units == 1 else f"{first.units:,} {unit}s × {rounds}"
    same = [each for each in defined if each.equivalent]
    if same:
        names = ", ".join(f"“{study.label(each.arm)}”" for each in same)
        p = max(each.p_equivalence or 0 for each in same)
        return (
            f"{floor}; the effect of {names} lies within ± {number(first.margin)} (equivalence "
            f"test, {p_value(p)}, {size})."
        )
    if any(each.too_few for each in defined):
        return f"{floor}; {size} are too few to find even a difference of 1 with power .8."
    largest = max(each.smallest or 0 for each in defined)
    return f"{floor}; {size} find an effect of {number(largest)} or more with power .8."


def _decisions(found: ArmFlips, study: StudyInfo) -> str:
    changed = _share(found.flips.inconsistent)
    return f"Under “{study.label(found.arm)}” {changed} of the decisions differ from the control's."


def _share_moves(primary: Sequence[Effect], study: StudyInfo) -> str:
    """A sentence on arms that accept more or fewer papers, as with another quota, or ""."""
    found = "; ".join(_change(each, study) for each in primary if each.found)
    return f" The share of papers accepted changes: {found}." if found else ""


def _against_rerun(found: ArmFlips) -> str:
    gap = found.net
    if gap.value is None:
        said = "the treatment cannot be compared with it"
    elif gap.low is None or gap.high is None:
        said = f"the difference is {_points(gap)} for each paper and there is no interval"
    elif gap.low <= 0 <= gap.high:
        said = f"no difference between the two was found ({_points(gap)})"
    else:
        more = "more" if gap.value > 0 else "fewer"
        said = f"the treatment changes {percent(abs(gap.value))} points {more} {_ends(gap, True)}"
    floor = _share(found.floor.inconsistent)
    return (
        f"Another draw of the same round (A/A) changes {floor}, so {said} ({_size(found.floor)})."
    )


def _all_decisions(flips: Sequence[ArmFlips], study: StudyInfo) -> str:
    parts = [
        f"{percent(each.flips.inconsistent.value)} % under “{study.label(each.arm)}”"
        for each in flips
    ]
    floor = _share(flips[0].floor.inconsistent)
    return (
        f"Decisions that differ from the control's: {_listed(parts)}; between two draws of the "
        f"control itself (A/A): {floor}."
    )


def _all_against_rerun(flips: Sequence[ArmFlips], study: StudyInfo) -> str:
    """Which arms change more decisions than another draw of the round does, and which fewer."""
    more: list[str] = []
    fewer: list[str] = []
    same: list[str] = []
    for each in flips:
        name, gap = f"“{study.label(each.arm)}”", each.net
        if gap.value is None or gap.low is None or gap.high is None or gap.low <= 0 <= gap.high:
            same.append(name)
        else:
            (more if gap.value > 0 else fewer).append(f"{name} ({_points(gap)})")
    said = [f"more change under {_listed(more)}"] if more else []
    said += [f"fewer change under {_listed(fewer)}"] if fewer else []
    said += [f"no difference was found under {_listed(same)}"] if same else []
    return f"Compared with that, {'; '.join(said)} ({_size(flips[0].floor)})."


def _pairs(pairs: Sequence[Twice], study: StudyInfo) -> str:
    parts = [f"{_share(each.flips.inconsistent)} with “{study.label(each.arm)}”" for each in pairs]
    return f"Two committees on the same papers differ in {_listed(parts)} of the decisions."


def _falls(pairs: Sequence[Twice], study: StudyInfo) -> str:
    first, last = pairs[0], pairs[-1]
    gap = last.fewer
    names = f"from “{study.label(first.arm)}” to “{study.label(last.arm)}”"
    if gap.low is None or gap.high is None or gap.low <= 0 <= gap.high:
        return f"No difference was found {names}: {_points(gap)} ({_size(last.flips)})."
    return f"The share changes {names} by {_points(gap)} ({_size(last.flips)})."


def _points(gap: Estimate) -> str:
    return f"{percent(gap.value, True)} points {_ends(gap, True)}".strip()


def _size(flips: Flips) -> str:
    rounds = f"{flips.replicates} replicate{'s' if flips.replicates != 1 else ''}"
    return f"{flips.papers:,} papers × {rounds}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def _share(estimate: Estimate) -> str:
    return f"{percent(estimate.value)} % {_ends(estimate)}".strip()


def _ends(estimate: Estimate, signed: bool = False) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{percent(estimate.low, signed)}, {percent(estimate.high, signed)}]"
