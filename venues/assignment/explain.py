"""Which constraint cannot be met, in one sentence."""

from __future__ import annotations

import numpy as np

from venues.assignment.instance import Instance

_NAMED = 5


def explain(instance: Instance, short: dict[int, int], idle: dict[int, int]) -> str:
    """The constraint that fails, most basic first; empty when all hold."""
    if not short and not idle:
        return ""
    demand, capacity = int(instance.demand.sum()), int(instance.max_load.sum())
    if demand > capacity:
        return (
            f"the papers need {demand} reviews but the reviewers' maximum loads add up to "
            f"{capacity}, so {sum(short.values())} reviews are missing ({_list('paper', short)})"
        )
    if short:
        return _explain_short(instance, short)
    floor = int(instance.min_load.sum())
    if floor > demand:
        return (
            f"the reviewers' minimum loads add up to {floor} but the papers need only {demand} "
            f"reviews, so {len(idle)} reviewers stay below theirs ({_list('reviewer', idle)})"
        )
    return (
        f"{len(idle)} reviewers stay below their minimum load, as too few of the papers that they "
        f"may review have room for them ({_list('reviewer', idle)})"
    )


def _explain_short(instance: Instance, short: dict[int, int]) -> str:
    usable = instance.max_load[instance.reviewer] > 0
    candidates = np.bincount(instance.paper[usable], minlength=instance.n_papers)
    few = [at for at in short if candidates[at] < instance.demand[at]]
    if few:
        at = few[0]
        more = f"; the same holds for {len(few) - 1} more" if len(few) > 1 else ""
        return (
            f"paper {at} needs {instance.demand[at]} reviews but has only {candidates[at]} "
            f"candidates without a conflict and with room{more}; "
            f"{sum(short.values())} reviews are missing in all ({_list('paper', short)})"
        )
    return (
        f"the candidates of {len(short)} papers are shared with other papers and have not enough "
        f"load between them, so {sum(short.values())} reviews are missing "
        f"({_list('paper', short)})"
    )


def _list(kind: str, lacking: dict[int, int]) -> str:
    names = [f"{at} lacks {count}" for at, count in list(lacking.items())[:_NAMED]]
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return f"{kind} {', '.join(names)}{more}"
