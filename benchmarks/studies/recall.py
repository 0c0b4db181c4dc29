"""Sentences for the report on how many texts named the planted flaws of each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from statsmodels.stats.proportion import proportion_confint

from benchmarks.studies.outcome_table import CONTROL, PAIR
from benchmarks.studies.twins.apply import Truth

MEASURED = {"flaw_found": "reviews", "flaw_found_by_chair": "meta-reviews"}


def recall_notes(table: Any, truths: Sequence[Truth], labels: Mapping[str, str]) -> list[str]:
    """One sentence per outcome, arm and kind of flaw: the share of texts that name the flaw, and
    the share of the control's texts on the same, unchanged papers that seem to."""
    found = []
    arms = list(dict.fromkeys(each.arm for each in truths if each.arm != CONTROL))
    for outcome, texts in MEASURED.items():
        rows = table[table["outcome"] == outcome]
        papers = rows["unit"].map(lambda unit: unit.partition(PAIR)[0])
        for arm in arms:
            kinds = sorted({each.planted.kind for each in truths if each.arm == arm})
            for kind in kinds:
                having = {e.planted.paper for e in truths if (e.arm, e.planted.kind) == (arm, kind)}
                of_kind = rows[papers.isin(having)]
                named = of_kind.loc[of_kind["arm"] == arm, "value"]
                alarms = of_kind.loc[of_kind["arm"] == CONTROL, "value"]
                noun = "paper" if len(having) == 1 else "papers"
                if len(named) and len(alarms):
                    found.append(
                        f"{labels.get(arm) or arm}, {kind} ({len(having)} {noun}): "
                        f"{_share(named)} of {texts} name it; {_share(alarms)} seem to without it."
                    )
    return found


def _share(values: Any) -> str:
    """Hits of n with Wilson's 95 % interval, which treats texts as independent."""
    hits, n = int(values.sum()), len(values)
    low, high = proportion_confint(hits, n, method="wilson")
    return f"{hits} of {n} ({hits / n:.1%} [{low:.1%}, {high:.1%}])"
