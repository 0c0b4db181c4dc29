"""Explain in one sentence which constraint of an assignment cannot be met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from venues.assignment.instance import Instance

_NAMED = 5


def explain(instance: Instance, short: dict[int, int], idle: dict[int, int]) -> str:
    """The most basic constraint that fails, as a sentence; "" when all hold."""
    if not short and not idle:
        return ""
    lacking = _list("paper", instance.papers, short)
    who, what = instance.who, instance.what
    bored = _list(who, instance.reviewers, idle)
    demand, capacity = int(instance.demand.sum()), int(instance.max_load.sum())
    if demand > capacity:
        missing = sum(short.values())
        return (
            f"the papers need {demand} {what}s but the {who}s' maximum loads add up to "
            f"{capacity}, so {missing} {_are(what, missing)} missing ({lacking})"
        )
    if short:
        return _explain_short(instance, short, lacking)
    floor = int(instance.min_load.sum())
    if floor > demand:
        return (
            f"the {who}s' minimum loads add up to {floor} but the papers need only {demand} "
            f"{what}s, so {len(idle)} {who}s stay below theirs ({bored})"
        )
    return (
        f"{len(idle)} {who}s stay below their minimum load, as too few of the papers that they "
        f"may review have room for them ({bored})"
    )


def _explain_short(instance: Instance, short: dict[int, int], lacking: str) -> str:
    what, missing = instance.what, sum(short.values())
    usable = instance.max_load[instance.reviewer] > 0
    candidates = np.bincount(instance.paper[usable], minlength=instance.n_papers)
    few = [at for at in short if candidates[at] < instance.demand[at]]
    if few:
        at = few[0]
        needed = f"{instance.demand[at]} {_counted(what, instance.demand[at])}"
        found = f"{candidates[at]} {_counted('candidate', candidates[at])}"
        more = f"; the same holds for {len(few) - 1} more" if len(few) > 1 else ""
        return (
            f"paper {_name(instance.papers, at)} needs {needed} but has only {found} without a "
            f"conflict and with room{more}; {missing} {_are(what, missing)} missing in "
            f"all ({lacking})"
        )
    return (
        f"the candidates of {len(short)} papers are shared with other papers and have not enough "
        f"load between them, so {missing} {_are(what, missing)} missing ({lacking})"
    )


def _counted(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _are(noun: str, count: int) -> str:
    return f"{_counted(noun, count)} {'is' if count == 1 else 'are'}"


def _list(kind: str, names: Sequence[str], lacking: dict[int, int]) -> str:
    rows = [f"{_name(names, at)} lacks {count}" for at, count in list(lacking.items())[:_NAMED]]
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return f"{kind} {', '.join(rows)}{more}"


def _name(names: Sequence[str], at: int) -> str:
    return names[at] if names else str(at)
