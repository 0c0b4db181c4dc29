"""What a round's model calls took, from its ledger: by role, phase, paper and model."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.ledger import read_ledger
from conference.models.costs import Spent, spent_in, spent_on
from conference.models.records import calls_from_json
from conference.records import Agent


class Spending(msgspec.Struct, frozen=True):
    """Sums by name in each way of cutting, and in all; empty for a round without model calls."""

    total: Spent
    by_role: dict[str, Spent]
    by_phase: dict[str, Spent]
    by_paper: dict[str, Spent]
    by_model: dict[str, Spent]


def read_spending(folder: str | Path) -> Spending:
    """The sums over every call of the round in `folder`, those of its preflight among them.

    Raises:
        UserError: there is no round there, or its ledger is damaged.
    """
    ledger = read_ledger(Path(folder))
    try:
        rows = list(ledger.rows())
        preflight = ledger.noted("preflight") or b"[]"
    finally:
        ledger.close()
    roles = {
        record.id: record.role.replace("_", " ")
        for row in rows
        for record in row.records
        if isinstance(record, Agent)
    }
    asked = [row for row in rows if row.calls != b"[]"]
    first = ("preflight", preflight)
    models: dict[str, Spent] = {}
    for stored in (preflight, *(row.calls for row in asked)):
        for call in calls_from_json(stored):
            name = f"{call.model} ({call.revision})"
            models[name] = models.get(name, Spent()) + spent_on([call])
    total = sum(models.values(), Spent())
    return Spending(
        total,
        spent_in([first, *((roles.get(row.key.agent, "venue"), row.calls) for row in asked)]),
        spent_in([first, *((row.key.step.split(".")[0], row.calls) for row in asked)]),
        spent_in((row.key.paper, row.calls) for row in asked if row.key.paper),
        models,
    )
