"""How a round was made: its rules, versions, and the prompts that its models were sent.

A ledger does not keep prompts, because they repeat the papers. They are built again from the
records that each step saw, and compared with the hash that the ledger keeps of every call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from conference.core.errors import UserError
from conference.core.ledger import Ledger, read_ledger
from conference.core.records import AnyRecord
from conference.core.tasks import Task, TaskFailed, TaskKey
from conference.models import Asker, ModelRules, parse_spec, rules_for
from conference.models.asking import frame_hash, prompt_hash
from conference.models.context import Context
from conference.models.records import (
    Call,
    Message,
    ModelError,
    Reply,
    Sampling,
    calls_from_json,
)
from venues.dispatch import ROLES, has_model
from venues.minds import mind_of
from venues.phases import steps_of
from venues.plan import draws_seed
from venues.state import Round
from venues.venue import Venue

NOT_A_RULE = ("name", "title", "year", "series", "form", "minds", "models")
LONGEST = 12_000  # characters of a prompt that are shown
SAID = {"": "none", "{}": "none", "True": "yes", "False": "no"}


class Rule(msgspec.Struct, frozen=True):
    """A rule of the venue with its dotted name."""

    name: str
    value: str


class Prompt(msgspec.Struct, frozen=True):
    """The first prompt of a step: its purpose, the model that was asked, and its turns.

    `proof` says whether it is the prompt that was sent.
    """

    step: str
    purpose: str
    model: str
    turns: tuple[Message, ...]
    proof: str


def rules_of(venue: Venue) -> list[Rule]:
    """Every rule except the form, which the papers' pages show filled in."""
    said = msgspec.to_builtins(venue)
    rules = {name: value for name, value in said.items() if name not in NOT_A_RULE}
    return [Rule(name, value) for name, value in _flat(rules)]


def _flat(said: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list | tuple):
            parts = [each.get("name") if isinstance(each, dict) else each for each in value]
            yield f"{above}{name}", ", ".join(map(str, parts)) or "none"
        else:
            yield f"{above}{name}", SAID.get(str(value), str(value))


def versions_of(folder: Path) -> dict[str, str]:
    """The versions of packages at the round's start; empty for rounds of early versions."""
    ledger = read_ledger(folder)
    try:
        return msgspec.json.decode(ledger.read_note("versions") or b"{}", type=dict[str, str])
    finally:
        ledger.close()


def prompts_of(round_: Round) -> list[Prompt]:
    """The first prompt of each step whose agents asked a language model."""
    ledger = read_ledger(round_.folder)
    try:
        return list(_prompts(round_, ledger))
    finally:
        ledger.close()


def _prompts(round_: Round, ledger: Ledger) -> Iterator[Prompt]:
    calls: dict[str, dict[TaskKey, list[Call]]] = {}
    records: dict[TaskKey, list[AnyRecord]] = {}
    for row in ledger.rows():
        records[row.key] = row.records
        if row.calls != b"[]":
            calls.setdefault(row.key.step, {})[row.key] = calls_from_json(row.calls)
    past = Round(
        round_.venue, round_.seed, round_.folder, None, round_.options, sample=round_.sample
    )
    for step in steps_of(round_.venue):
        if step.name in calls:
            found = _first(past, list(step.tasks(past)), calls[step.name])
            if found:
                yield found
        past.add(record for key in ledger.complete_step(step.name) or () for record in records[key])


def _first(past: Round, tasks: list[Task], calls: dict[TaskKey, list[Call]]) -> Prompt | None:
    for task in tasks:
        if has_model(task) and task.key in calls:
            heard = _hear(past, task)
            if heard:
                return _compared(task, heard, calls[task.key])
    return None


def _compared(task: Task, heard: tuple[Message, ...], calls: list[Call]) -> Prompt:
    sent = {call.prompt_sha256: call for call in calls}
    framed = {call.frame_sha256: call for call in calls}
    exact, alike = sent.get(prompt_hash(heard)), framed.get(frame_hash(heard))
    call = exact or alike or calls[0]
    proof = (
        "exactly as it was sent: its hash is the ledger's"
        if exact
        else "as it was sent, except for how the paper was cut to the model's context"
        if alike
        else "not the one that was sent: the prompts have changed since the round"
    )
    return Prompt(task.key.step, call.purpose, call.model, tuple(map(_short, heard)), proof)


def _short(turn: Message) -> Message:
    """The turn with the middle of a long paper left out."""
    if len(turn.text) <= LONGEST:
        return turn
    head, tail = turn.text[: LONGEST // 2], turn.text[-LONGEST // 2 :]
    return msgspec.structs.replace(turn, text=f"{head}\n[…]\n{tail}")


def _hear(past: Round, task: Task) -> tuple[Message, ...] | None:
    """The first prompt that a task's mind sends to its model; None if it sends none."""
    assert task.agent is not None
    spec = parse_spec(task.agent.mind)
    rules = rules_for(spec, past.venue.models)
    ear = _Ear(spec.text, rules)
    seed = draws_seed(past.seed, 1)
    asker = Asker(ear, rules, spec.preset, seed, task.key)
    mind = mind_of(task.agent.role, task.agent.mind)

    async def perform() -> None:
        context = Context(seed, past.folder, task.key, asyncio.Semaphore(1), asker)
        await ROLES[task.agent.role](task, mind, context)  # type: ignore[union-attr]

    with suppress(TaskFailed, UserError, OSError):
        asyncio.run(perform())
    return ear.heard


class _Ear:
    """A model that keeps the first conversation and gives no answer."""

    revision = ""

    def __init__(self, name: str, rules: ModelRules) -> None:
        self.name, self.context = name, rules.context or 1_000_000
        self.heard: tuple[Message, ...] | None = None

    def count(self, text: str) -> int:
        return len(text) // 4 + 1

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling, group: str
    ) -> Reply:
        self.heard = self.heard or messages
        raise ModelError("only the prompt is wanted")
