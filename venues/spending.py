"""A round's model calls, summed by role, phase, paper and model from its ledger."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.ledger import read_ledger
from conference.core.records import Agent
from conference.models.costs import Spent, spent_in, spent_on
from conference.models.records import calls_from_json

NO_PAPER = "no one paper"


class Spending(msgspec.Struct, frozen=True):
    """Sums by role, phase, paper and model, and in total; empty without model calls."""

    total: Spent
    by_role: dict[str, Spent]
    by_phase: dict[str, Spent]
    by_paper: dict[str, Spent]
    by_model: dict[str, Spent]


def read_spending(folder: str | Path) -> Spending:
    """The sums over every call of the round in `folder`.

    They include calls of the preflight and of failed tasks that were tried again.

    Raises:
        UserError: no round is there, or its ledger is damaged.
    """
    ledger = read_ledger(Path(folder))
    try:
        rows, retracted = list(ledger.rows()), list(ledger.retracted())
        preflight = ledger.read_note("preflight") or b"[]"
    finally:
        ledger.close()
    roles = {
        record.id: record.role.replace("_", " ")
        for row in rows
        for record in row.records
        if isinstance(record, Agent)
    }
    asked = [*((row.key, row.calls) for row in rows if row.calls != b"[]"), *retracted]
    first = ("preflight", preflight)
    models: dict[str, Spent] = {}
    for stored in (preflight, *(calls for _, calls in asked)):
        for call in calls_from_json(stored):
            lack = f", without {', '.join(call.unsent)}" if call.unsent else ""
            name = f"{call.model} ({call.revision}{lack})"
            models[name] = models.get(name, Spent()) + spent_on([call])
    total = sum(models.values(), Spent())
    return Spending(
        total,
        spent_in([first, *((roles.get(key.agent, "venue"), calls) for key, calls in asked)]),
        spent_in([first, *((key.step.split(".")[0], calls) for key, calls in asked)]),
        # A bidder reads many papers, and a senior chair's tasks are named after a chair.
        spent_in(
            [
                first,
                *(
                    (NO_PAPER if key.paper in roles else key.paper or NO_PAPER, calls)
                    for key, calls in asked
                ),
            ]
        ),
        models,
    )
