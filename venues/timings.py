"""How long a round's steps took, from its ledger."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.ledger import read_ledger


class Timing(msgspec.Struct, frozen=True):
    """A step's tasks, the seconds spent in them (`busy`), and the step's own wall seconds."""

    step: str
    tasks: int
    busy: float
    wall: float


def read_timings(folder: Path) -> list[Timing]:
    """The timings of every step, in the order in which the steps ended."""
    ledger = read_ledger(folder)
    try:
        rows: dict[str, list[tuple[float, float]]] = {}
        for row in ledger.rows():
            rows.setdefault(row.key.step, []).append((row.seconds, row.finished))
    finally:
        ledger.close()
    found, before = [], None
    for step, times in rows.items():
        first = min(end - seconds for seconds, end in times)
        last = max(end for _, end in times)
        start = first if before is None else min(max(first, before), last)
        found.append(Timing(step, len(times), sum(seconds for seconds, _ in times), last - start))
        before = last
    return found
