"""Lists model calls without a usable answer, with their reasons, in a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from conference.core.files import writing
from conference.core.ledger import Ledger
from conference.core.records import Failure
from conference.core.tasks import TaskKey
from conference.models.records import Call, calls_from_json

FAILED_CALLS = "failed_calls.csv"  # beside a round's ledger, and in a benchmark's folder
PREFLIGHT = TaskKey("preflight")
A_PROBLEM = re.compile(rb'"problem":"[^"]')


class FailedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call without a usable answer, of the task that `step`, `agent` and `paper` name.

    `task` is what became of the task: "done" if a later call succeeded, "failed", "tried again" if
    the task was removed from the ledger, or "unanswered" if the model could not be reached and
    the same command will ask again. `purpose` and `model` are empty for a task that failed without
    a failed call, such as one whose process died.
    """

    step: str
    agent: str
    paper: str
    purpose: str = ""
    model: str = ""
    seed: int = 0
    reason: str
    task: Literal["done", "failed", "tried again", "unanswered"]


def failed_calls(key: TaskKey, calls: Sequence[Call], failure: str = "") -> list[FailedCall]:
    """The failed calls of a task; `failure` is why the task failed, "" if it did not."""
    whole = FailedCall(
        step=key.step, agent=key.agent, paper=key.paper, reason=failure,
        task="failed" if failure else "done",
    )  # fmt: skip
    found = [
        msgspec.structs.replace(
            whole, purpose=call.purpose, model=call.model, seed=call.seed, reason=call.problem
        )
        for call in calls
        if call.problem
    ]
    return found or ([whole] if failure else [])


def failed_in(ledger: Ledger) -> list[FailedCall]:
    """The failed calls of a round: of its preflight, of its tasks, and of those tried again."""
    found = failed_calls(PREFLIGHT, calls_from_json(ledger.read_note(PREFLIGHT.step) or b"[]"))
    for row in ledger.rows():
        failure = next((each.reason for each in row.records if isinstance(each, Failure)), "")
        if failure or A_PROBLEM.search(row.calls):
            found += failed_calls(row.key, calls_from_json(row.calls), failure)
    for key, calls in ledger.retracted():
        found += [
            msgspec.structs.replace(each, task="tried again")
            for each in failed_calls(key, calls_from_json(calls))
        ]
    return found


def write_failed_calls(path: Path, rows: Iterable[FailedCall]) -> None:
    """Write the rows as CSV with a header; without rows, remove the file."""
    lines = [msgspec.structs.astuple(row) for row in rows]
    with writing(path):
        if not lines:
            path.unlink(missing_ok=True)
            return
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(FailedCall.__struct_fields__)
        table.writerows(lines)
        part = path.with_suffix(".part")
        part.write_text(text.getvalue(), encoding="utf-8")
        part.replace(path)
