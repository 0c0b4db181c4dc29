"""The ledger: one SQLite file that holds everything a round has computed so far.

One process writes it. A row is one finished task with all its records; rows are chained by SHA-256
(`chain.py`), so that a changed, lost or reordered row is found when the ledger is opened. Commits
are synchronous (`FULL`) and grouped by the caller. After each commit the chain's end is noted in
`ledger.tip`, because SQLite silently drops a damaged tail of its write-ahead log.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from conference.core.chain import (
    GENESIS,
    next_hash,
    read_tip,
    sealed,
    tip_path,
    unsealed,
    write_tip,
)
from conference.core.errors import UserError
from conference.core.ledger_errors import cannot_write, damaged, other_version
from conference.core.ledger_file import (
    LEDGER,
    lock_folder,
    open_to_read,
    open_to_write,
    version_of,
)
from conference.core.migrations import migrated
from conference.core.records import AnyRecord, decode
from conference.core.tasks import Done, TaskKey

# Names of notes in the ledger, or prefixes of them.
COMPLETE = "whole step "
SEEN = "seen by step "
RETRACTED = "retracted"
UNDER_WAY = "under way"
READ_AT_ONCE = 1000  # rows of one query


class LedgerRow(msgspec.Struct, frozen=True):
    """A finished task as the ledger keeps it. `calls` is a JSON list of model calls."""

    key: TaskKey
    records: list[AnyRecord]
    seconds: float
    finished: float
    calls: bytes


class Ledger:
    """An open ledger. Use `open_ledger` to write one and `read_ledger` to look at one."""

    def __init__(self, folder: Path, database: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.folder = folder
        self._database = database
        self._lock = lock
        self._version = version_of(folder, database)
        self._done: dict[TaskKey, int] = {}  # each task's row; its records stay in the file
        self._calls: dict[TaskKey, bytes] | None = None
        self._tip = GENESIS
        self._verify()

    def _verify(self) -> None:
        """Walk the chain from the first row to the last, and compare its end with the tip."""
        noted = read_tip(self.folder)
        seen = noted is None or noted == (0, GENESIS)
        try:
            rows = self._database.execute(
                "select seq, step, agent, paper, records, calls, seconds, finished, hash"
                " from tasks order by seq"
            )
            for number, (seq, step, agent, paper, records, calls, sec, end, link) in enumerate(
                rows, 1
            ):
                key = TaskKey(step, agent, paper)
                self._tip = next_hash(self._tip, key, records, calls, f"{sec!r} {end!r}")
                if seq != number or self._tip != link:
                    raise self._damage(f"row {number} ({key}) does not match its hash")
                if key in self._done:
                    raise self._damage(f"row {number} ({key}) is in it twice")
                self._done[key] = number
                seen = seen or noted == (number, link)
            broken = self._database.execute("pragma quick_check(1)").fetchone()[0]
        except (sqlite3.Error, TypeError, UnicodeDecodeError, OverflowError) as error:
            raise self._damage(str(error)) from error
        if broken != "ok":
            raise self._damage(broken)
        if not seen:
            raise self._damage("rows that were once written are missing at its end")

    def _damage(self, what: str) -> UserError:
        return damaged(self.folder / LEDGER, what)

    def __contains__(self, key: object) -> bool:
        return key in self._done

    def __len__(self) -> int:
        return len(self._done)

    def records(self, key: TaskKey) -> list[AnyRecord]:
        """The records of a finished task. Raises `KeyError` when it is not finished."""
        return self._decoded(self._bytes(key))

    def records_of(self, keys: Sequence[TaskKey]) -> Iterator[AnyRecord]:
        """The records of finished tasks, in the order of `keys`."""
        query = "select seq, records from tasks where seq in (select value from json_each(?))"
        for at in range(0, len(keys), READ_AT_ONCE):
            numbers = [self._done[key] for key in keys[at : at + READ_AT_ONCE]]
            try:
                rows = dict(self._database.execute(query, (str(numbers),)))
                found = [bytes(rows[number]) for number in numbers]
            except (sqlite3.Error, KeyError, TypeError) as error:
                raise self._damage(str(error)) from error
            for records in found:
                yield from self._decoded(records)

    def _bytes(self, key: TaskKey) -> bytes:
        """A task's records as they were handed in; their hash was checked on opening."""
        number = self._done[key]
        try:
            row = self._database.execute("select records from tasks where seq = ?", (number,))
            return bytes(row.fetchone()[0])
        except (sqlite3.Error, TypeError) as error:
            raise self._damage(str(error)) from error

    def _decoded(self, records: bytes) -> list[AnyRecord]:
        """Decode records whose hash is right; those that fail must be from another version."""
        try:
            return decode(migrated(records, self._version))
        except msgspec.MsgspecError as error:
            raise other_version(self.folder) from error

    def append(self, finished: Sequence[Done]) -> None:
        """Write finished tasks in one transaction: all of them, or none.

        Raises:
            ValueError: a task would be there twice. It is checked here because a unique index
                would take a sixth of a review's time.
        """
        keys = {done.key for done in finished}
        if len(keys) < len(finished) or any(key in self._done for key in keys):
            raise ValueError("a task would be written to the ledger twice")
        rows, tip, number = [], self._tip, len(self._done)
        for done in finished:
            records, calls, end = done.records, done.calls, time.time()
            tip = next_hash(tip, done.key, records, calls, f"{done.seconds!r} {end!r}")
            number += 1
            key = done.key
            rows.append(
                (number, key.step, key.agent, key.paper, records, calls, done.seconds, end, tip)
            )
        try:
            with self._database:
                self._database.executemany("insert into tasks values (?,?,?,?,?,?,?,?,?)", rows)
        except sqlite3.Error as error:
            raise cannot_write(self.folder, error) from error
        self._tip = tip
        self._done.update((TaskKey(row[1], row[2], row[3]), row[0]) for row in rows)
        write_tip(self.folder, number, tip)

    def retract(self, keys: Iterable[TaskKey]) -> None:
        """Remove failed tasks, so that they are tried again, and compute the chain anew.

        Their model calls were paid for and stay in a note (`retracted`), to be counted as spent.
        """
        gone = set(keys)
        kept, paid = [], list(self.retracted())
        for row in self.rows():
            if row.key not in gone:
                kept.append(row)
            elif row.calls != b"[]":
                paid.append((row.key, row.calls))
        tip, rows = GENESIS, []
        for number, row in enumerate(kept, 1):
            key, records = row.key, self._bytes(row.key)
            tip = next_hash(tip, key, records, row.calls, f"{row.seconds!r} {row.finished!r}")
            times = (row.seconds, row.finished)
            rows.append((number, key.step, key.agent, key.paper, records, row.calls, *times, tip))
        noted = msgspec.json.encode([(key, msgspec.Raw(calls)) for key, calls in paid])
        try:
            with self._database:
                self._database.execute("delete from tasks")
                for notes in (COMPLETE, SEEN):
                    self._database.execute("delete from meta where name like ?", (f"{notes}%",))
                self._insert_note(RETRACTED, noted)
                tip_path(self.folder).unlink(missing_ok=True)
                self._database.executemany("insert into tasks values (?,?,?,?,?,?,?,?,?)", rows)
        except (sqlite3.Error, OSError) as error:
            raise cannot_write(self.folder, error) from error
        self._tip = tip
        self._done = {row.key: number for number, row in enumerate(kept, 1)}
        write_tip(self.folder, len(kept), tip)

    def rows(self) -> Iterator[LedgerRow]:
        """Every finished task in the order of writing.

        Raises:
            UserError: another version of Conference wrote records that this one cannot read.
        """
        query = (
            "select step, agent, paper, records, calls, seconds, finished from tasks order by seq"
        )
        for step, agent, paper, records, calls, seconds, finished in self._database.execute(query):
            yield LedgerRow(
                TaskKey(step, agent, paper), self._decoded(records), seconds, finished, calls
            )

    def calls(self) -> Iterator[bytes]:
        """The model calls of every finished task that made any, as JSON."""
        for (calls,) in self._database.execute("select calls from tasks where calls != x'5b5d'"):
            yield calls

    def retracted(self) -> Iterator[tuple[TaskKey, bytes]]:
        """The model calls, as JSON, of removed tasks; a task removed twice comes twice.

        They count as spent, but `calls` omits them: their answers are not part of the round.
        """
        noted = self.read_note(RETRACTED) or b"[]"
        for key, calls in msgspec.json.decode(noted, type=list[tuple[TaskKey, msgspec.Raw]]):
            yield key, bytes(calls)

    def content(self) -> dict[str, bytes]:
        """What the round computed, without times and order: task key to canonical records."""
        rows = self._database.execute("select step, agent, paper, records from tasks")
        found = {str(TaskKey(*row[:3])): bytes(row[3]) for row in rows}
        return {str(key): found[str(key)] for key in sorted(self._done)}

    def write_note(self, name: str, value: bytes) -> None:
        """Keep a named fact about the whole round, such as its plan."""
        self._write_notes({name: value})

    def _write_notes(self, notes: Mapping[str, bytes]) -> None:
        """Keep several facts in one transaction."""
        try:
            with self._database:
                for name, value in notes.items():
                    self._insert_note(name, value)
        except sqlite3.Error as error:
            raise cannot_write(self.folder, error) from error

    def _insert_note(self, name: str, value: bytes) -> None:
        self._database.execute(
            "insert or replace into meta values (?, ?)", (name, sealed(name, value))
        )

    def note_complete(self, step: str, keys: Sequence[TaskKey], seen: Sequence[bytes] = ()) -> None:
        """Note that a step is complete, the order of its tasks, and digests of what they saw."""
        rows = [(key.agent, key.paper) for key in keys]
        self._write_notes({SEEN + step: b"".join(seen), COMPLETE + step: msgspec.json.encode(rows)})

    def seen(self, step: str) -> dict[TaskKey, bytes]:
        """Digests of what the tasks of a complete step saw; empty if none were noted."""
        keys, noted = self.complete_step(step), self.read_note(SEEN + step)
        if not keys or not noted:
            return {}
        size = len(noted) // len(keys)
        return {key: noted[at * size : (at + 1) * size] for at, key in enumerate(keys)}

    def done(self, key: TaskKey) -> Done:
        """A finished task as it was handed in. Raises `KeyError` when it is not finished."""
        if self._calls is None:
            rows = self._database.execute(
                "select step, agent, paper, calls from tasks where calls != x'5b5d'"
            )
            self._calls = {TaskKey(step, agent, paper): calls for step, agent, paper, calls in rows}
        return Done(key, self._bytes(key), 0.0, self._calls.get(key, b"[]"))

    def complete_step(self, step: str) -> list[TaskKey] | None:
        """The tasks, in order, of a step that is noted as complete; None for other steps."""
        noted = self.read_note(COMPLETE + step)
        if noted is None:
            return None
        rows = msgspec.json.decode(noted, type=list[tuple[str, str]])
        return [TaskKey(step, agent, paper) for agent, paper in rows]

    def read_note(self, name: str) -> bytes | None:
        """The fact kept under `name`, or None. Raises `UserError` if it was tampered with."""
        row = self._database.execute("select value from meta where name = ?", (name,)).fetchone()
        if row is None:
            return None
        value = unsealed(name, row[0])
        if value is None:
            raise self._damage(f"the note '{name}' does not match its hash")
        return value

    def close(self) -> None:
        """Fold the write-ahead log into the file and release the lock."""
        self._database.close()
        if self._lock is not None:
            self._lock.close()


def open_ledger(folder: Path) -> Ledger:
    """Open a round's ledger for writing; create it if it does not exist.

    Raises:
        UserError: another live process writes it, it is damaged, or the folder can't be written.
    """
    lock = lock_folder(folder)
    return Ledger(folder, open_to_write(folder), lock)


def read_ledger(folder: Path) -> Ledger:
    """Open a round's ledger for reading. Raises `UserError` if it is missing or damaged."""
    return Ledger(folder, open_to_read(folder), None)
