"""Load a round from its ledger, and retract failed tasks so that they are tried again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.core.ledger import Ledger, read_ledger
from conference.core.ledger_errors import other_version
from conference.core.records import Failure
from conference.models.records import Call, calls_from_json
from venues.phases import steps_of
from venues.plan import Plan
from venues.state import Round
from venues.venue import Venue

SPOILED = "spoiled seeds"


def load_round(folder: str | Path) -> Round:
    """A round as its ledger has it, to be read only; records are in the same order as in `play`.

    Raises:
        UserError: no round is there, its ledger is damaged, or another version wrote it.
    """
    ledger = read_ledger(Path(folder))
    try:
        noted = ledger.read_note("plan")
        if noted is None:
            raise UserError(f"{folder}: the ledger has no plan yet; run the round first.")
        plan = msgspec.json.decode(noted, type=Plan)
        round_ = Round(plan.venue, plan.seed, Path(folder), None, plan.options, sample=plan.sample)
        finished = {row.key: row.records for row in ledger.rows()}
        steps = steps_of(plan.venue)
        if {key.step for key in finished} - {step.name for step in steps}:
            raise other_version(Path(folder))
        for step in steps:
            # The order of `play`; an interrupted step has none yet.
            keys = ledger.complete_step(step.name) or sorted(
                k for k in finished if k.step == step.name
            )
            round_.add(record for key in keys for record in finished[key])
        return round_
    except (msgspec.MsgspecError, KeyError) as error:
        raise other_version(Path(folder)) from error
    finally:
        ledger.close()


def spoiled(ledger: Ledger) -> frozenset[int]:
    """The seeds of failed model calls of retracted tasks, which must not be used again."""
    return frozenset(msgspec.json.decode(ledger.read_note(SPOILED) or b"[]"))


def _of_no_use(calls: list[Call]) -> list[int]:
    """The seeds of the calls that made a task fail; none where some call got no answer at all."""
    answered = [call for call in calls if call.answer or call.tokens_in]
    bad = [call.seed for call in answered if call.problem]
    return bad or ([call.seed for call in calls] if len(answered) == len(calls) else [])


def retract_failures(ledger: Ledger, venue: Venue) -> None:
    """Retract failed tasks from the ledger, with all tasks of later steps, which build on them."""
    order = {step.name: at for at, step in enumerate(steps_of(venue))}
    rows = [row for row in ledger.rows() if any(isinstance(r, Failure) for r in row.records)]
    if not rows:
        return
    failed = [row.key for row in rows]
    seeds = {seed for row in rows for seed in _of_no_use(calls_from_json(row.calls))}
    ledger.write_note(SPOILED, msgspec.json.encode(sorted(spoiled(ledger) | seeds)))
    if {row.key.step for row in ledger.rows()} - set(order):
        raise other_version(ledger.folder)
    first = min(order[key.step] for key in failed)
    later = [row.key for row in ledger.rows() if order[row.key.step] > first]
    ledger.retract([*failed, *later])
