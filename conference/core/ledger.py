"""The ledger: one SQLite file that holds everything a round has computed so far.

One process writes it. A row is one finished task with all its records; rows are chained by
SHA-256, so that a changed, lost or reordered row is found when the ledger is opened. Commits are
synchronous (`FULL`) and grouped by the caller. After each commit the chain's tip is noted in
`ledger.tip` beside the file: SQLite drops a damaged tail of its write-ahead log without a word,
and the tip tells.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from conference.core.errors import UserError
from conference.core.migrations import VERSION, migrated
from conference.core.records import AnyRecord, decode
from conference.core.tasks import Done, TaskKey

LEDGER = "ledger.sqlite"
TIP = "ledger.tip"
LOCK = "round.lock"
TIP_BYTES = 78  # a number, a hash and the end of the line
WHOLE = "whole step "
SEEN = "seen by step "
RETRACTED = "retracted"
UNDER_WAY = "under way"
READ_AT_ONCE = 1000  # tasks
LOCK_TRIES, LOCK_PAUSE = 5, 0.05  # who looks whether a round runs holds its lock for a moment
GENESIS = hashlib.sha256(b"conference ledger 1").digest()
SCHEMA = """
create table tasks (
    seq integer primary key,
    step text not null, agent text not null, paper text not null,
    records blob not null, calls blob not null,
    seconds real not null, finished real not null,
    hash blob not null
);
create table meta (name text primary key, value blob not null);
"""


class Row(msgspec.Struct, frozen=True):
    """A task as the ledger keeps it. `calls` is a JSON list of model calls."""

    key: TaskKey
    records: list[AnyRecord]
    seconds: float
    finished: float
    calls: bytes


def _link(before: bytes, key: TaskKey, records: bytes, calls: bytes, times: str) -> bytes:
    head = f"{key.step}\x1f{key.agent}\x1f{key.paper}\x1f{len(records)}\x1f{times}\x1f".encode()
    return hashlib.sha256(b"".join((before, head, records, calls))).digest()


class Ledger:
    """An open ledger. Use `open_ledger` to write one and `read_ledger` to look at one."""

    def __init__(self, folder: Path, database: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.folder = folder
        self._database = database
        self._lock = lock
        self._version = _version_of(folder, database)
        self._done: dict[TaskKey, int] = {}  # each task's row; its records stay in the file
        self._paid: dict[TaskKey, bytes] | None = None
        self._tip = GENESIS
        self._verify()

    def _verify(self) -> None:
        """Walk the chain from the first row to the last, and compare its end with the tip."""
        noted = _read_tip(self.folder)
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
                self._tip = _link(self._tip, key, records, calls, f"{sec!r} {end!r}")
                if seq != number or self._tip != link:
                    raise self._damage(f"row {number} ({key}) does not match its hash")
                if key in self._done:
                    raise self._damage(f"row {number} ({key}) stands in it twice")
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
        return UserError(
            f"{self.folder / LEDGER}: the ledger is damaged: {what}; put back a copy of the run "
            "folder, or start again with another --out."
        )

    def __contains__(self, key: object) -> bool:
        return key in self._done

    def __len__(self) -> int:
        return len(self._done)

    def records(self, key: TaskKey) -> list[AnyRecord]:
        """The records of a finished task. Raises `KeyError` when it is not finished."""
        return self._decoded(self._bytes(key))

    def records_of(self, keys: Sequence[TaskKey]) -> Iterator[AnyRecord]:
        """The records of finished tasks, in their order."""
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
        """A task's records as they were handed in, whose hash was right when it was opened."""
        number = self._done[key]
        try:
            row = self._database.execute("select records from tasks where seq = ?", (number,))
            return bytes(row.fetchone()[0])
        except (sqlite3.Error, TypeError) as error:
            raise self._damage(str(error)) from error

    def _decoded(self, records: bytes) -> list[AnyRecord]:
        """Records whose hash is right, so that only another version can have made strange ones."""
        try:
            return decode(migrated(records, self._version))
        except msgspec.MsgspecError as error:
            raise other_version(self.folder) from error

    def append(self, finished: Sequence[Done]) -> None:
        """Write finished tasks in one transaction: all of them, or none.

        Raises:
            ValueError: a task would be there twice. An index of the table would see to that too,
                but would take a sixth of the time of a review.
        """
        keys = {done.key for done in finished}
        if len(keys) < len(finished) or any(key in self._done for key in keys):
            raise ValueError("a task would be written to the ledger twice")
        rows, tip, number = [], self._tip, len(self._done)
        for done in finished:
            records, calls, end = done.records, done.calls, time.time()
            tip = _link(tip, done.key, records, calls, f"{done.seconds!r} {end!r}")
            number += 1
            key = done.key
            rows.append(
                (number, key.step, key.agent, key.paper, records, calls, done.seconds, end, tip)
            )
        try:
            with self._database:
                self._database.executemany("insert into tasks values (?,?,?,?,?,?,?,?,?)", rows)
        except sqlite3.Error as error:
            raise _cannot_write(self.folder, error) from error
        self._tip = tip
        self._done.update((TaskKey(row[1], row[2], row[3]), row[0]) for row in rows)
        _write_tip(self.folder, number, tip)

    def retract(self, keys: Iterable[TaskKey]) -> None:
        """Take failed tasks out again, so that they are tried once more; the chain is renewed.

        Their model calls were paid for, and stay in a note for those who count (`retracted`).
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
            tip = _link(tip, key, records, row.calls, f"{row.seconds!r} {row.finished!r}")
            times = (row.seconds, row.finished)
            rows.append((number, key.step, key.agent, key.paper, records, row.calls, *times, tip))
        noted = msgspec.json.encode([(key, msgspec.Raw(calls)) for key, calls in paid])
        try:
            with self._database:
                self._database.execute("delete from tasks")
                for notes in (WHOLE, SEEN):
                    self._database.execute("delete from meta where name like ?", (f"{notes}%",))
                self._insert_note(RETRACTED, noted)
                _tip_file(self.folder).unlink(missing_ok=True)
                self._database.executemany("insert into tasks values (?,?,?,?,?,?,?,?,?)", rows)
        except (sqlite3.Error, OSError) as error:
            raise _cannot_write(self.folder, error) from error
        self._tip = tip
        self._done = {row.key: number for number, row in enumerate(kept, 1)}
        _write_tip(self.folder, len(kept), tip)

    def rows(self) -> Iterator[Row]:
        """Every finished task in the order of writing.

        Raises:
            UserError: another version of Conference made the ledger, with other records.
        """
        query = (
            "select step, agent, paper, records, calls, seconds, finished from tasks order by seq"
        )
        for step, agent, paper, records, calls, seconds, finished in self._database.execute(query):
            yield Row(TaskKey(step, agent, paper), self._decoded(records), seconds, finished, calls)

    def calls(self) -> Iterator[bytes]:
        """The model calls of every finished task that made any, as JSON."""
        for (calls,) in self._database.execute("select calls from tasks where calls != x'5b5d'"):
            yield calls

    def retracted(self) -> Iterator[tuple[TaskKey, bytes]]:
        """The model calls, as JSON, of tasks that were taken out again, each time anew.

        They count as spent, but are apart from `calls`: their answers are no part of the round.
        """
        noted = self.noted(RETRACTED) or b"[]"
        for key, calls in msgspec.json.decode(noted, type=list[tuple[TaskKey, msgspec.Raw]]):
            yield key, bytes(calls)

    def content(self) -> dict[str, bytes]:
        """What the round computed, timings and order aside: task key to canonical records."""
        rows = self._database.execute("select step, agent, paper, records from tasks")
        found = {str(TaskKey(*row[:3])): bytes(row[3]) for row in rows}
        return {str(key): found[str(key)] for key in sorted(self._done)}

    def note(self, name: str, value: bytes) -> None:
        """Keep a named fact about the whole round, such as its plan."""
        self._note_all({name: value})

    def _note_all(self, notes: Mapping[str, bytes]) -> None:
        """Keep some facts in one transaction."""
        try:
            with self._database:
                for name, value in notes.items():
                    self._insert_note(name, value)
        except sqlite3.Error as error:
            raise _cannot_write(self.folder, error) from error

    def _insert_note(self, name: str, value: bytes) -> None:
        self._database.execute(
            "insert or replace into meta values (?, ?)", (name, value + _seal(name, value))
        )

    def note_whole(self, step: str, keys: Sequence[TaskKey], seen: Sequence[bytes] = ()) -> None:
        """Note that all tasks of a step are here, their order, and digests of what they saw."""
        rows = [(key.agent, key.paper) for key in keys]
        self._note_all({SEEN + step: b"".join(seen), WHOLE + step: msgspec.json.encode(rows)})

    def seen(self, step: str) -> dict[TaskKey, bytes]:
        """Digests of what the tasks of a whole step saw; empty where none were noted."""
        keys, noted = self.whole(step), self.noted(SEEN + step)
        if not keys or not noted:
            return {}
        size = len(noted) // len(keys)
        return {key: noted[at * size : (at + 1) * size] for at, key in enumerate(keys)}

    def done(self, key: TaskKey) -> Done:
        """A finished task as it was handed in. Raises `KeyError` when it is not finished."""
        if self._paid is None:
            rows = self._database.execute(
                "select step, agent, paper, calls from tasks where calls != x'5b5d'"
            )
            self._paid = {TaskKey(step, agent, paper): calls for step, agent, paper, calls in rows}
        return Done(key, self._bytes(key), 0.0, self._paid.get(key, b"[]"))

    def whole(self, step: str) -> list[TaskKey] | None:
        """The tasks of a step that was noted as whole, in order; None for other steps."""
        noted = self.noted(WHOLE + step)
        if noted is None:
            return None
        rows = msgspec.json.decode(noted, type=list[tuple[str, str]])
        return [TaskKey(step, agent, paper) for agent, paper in rows]

    def noted(self, name: str) -> bytes | None:
        """The fact kept under `name`, or None. Raises `UserError` when it was changed."""
        row = self._database.execute("select value from meta where name = ?", (name,)).fetchone()
        if row is None:
            return None
        value = unsealed(name, row[0])
        if value is None:
            raise self._damage(f"the note '{name}' does not match its hash")
        return value

    def close(self) -> None:
        """Fold the write-ahead log into the file and let the next run in."""
        self._database.close()
        if self._lock is not None:
            self._lock.close()


def open_ledger(folder: Path) -> Ledger:
    """Open a round's ledger for writing, made if it is not there.

    Raises:
        UserError: another live process writes it, it is damaged, or the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        _take(lock)
    except OSError as error:
        lock.close()
        raise UserError(
            f"{folder}: another run is writing this round; wait for it to end, "
            "or give this one another --out."
        ) from error
    path = folder / LEDGER
    fresh = not path.exists()
    if fresh and _tip_file(folder).exists():
        raise UserError(
            f"{path}: the ledger is missing but {TIP} says there was one; put back a copy of the "
            "run folder, or start again with another --out."
        )
    database = _connect(path)
    try:
        names = {name for (name,) in database.execute("select name from sqlite_master")}
        if names and "meta" not in names:
            database.close()
            raise UserError(
                f"{path}: this database is no ledger of a round; nothing in it was changed: move "
                "it away, or choose another --out."
            )
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        if not names:
            database.executescript(f"begin;{SCHEMA}pragma user_version = {VERSION};commit;")
    except sqlite3.OperationalError as error:
        database.close()
        raise _cannot_write(folder, error) from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise UserError(
            f"{path}: the ledger is damaged: {error}; put back a copy of the run folder, or start "
            "again with another --out."
        ) from error
    return Ledger(folder, database, lock)


def read_ledger(folder: Path) -> Ledger:
    """Open a round's ledger to look at it. Raises `UserError` when it is missing or damaged."""
    path = folder / LEDGER
    try:
        if not path.is_file():
            raise UserError(f"{folder}: there is no {LEDGER} here; name the folder of a round.")
        path.open("rb").close()
    except OSError as error:
        raise _cannot_read(path, error) from error
    in_use = path.with_name(f"{LEDGER}-wal").exists()
    if in_use and not path.with_name(f"{LEDGER}-shm").exists() and not os.access(folder, os.W_OK):
        raise UserError(
            f"{folder}: the round was stopped as it wrote, and nothing may be written here, which "
            "reading it needs; copy the folder and name the copy."
        )
    database = _connect(path) if in_use or os.access(folder, os.W_OK) else _look_at(path)
    if not _tip_file(folder).exists() and not _has_tables(database):
        database.close()
        raise UserError(f"{path}: the round was stopped before its first task; run it again.")
    return Ledger(folder, database, None)


def other_version(folder: Path) -> UserError:
    """What to say of a sound ledger that holds what this version does not know."""
    return UserError(
        f"{folder}: this round was made by another version of Conference, which this one cannot "
        "read; use that version, or start again with another --out."
    )


def _version_of(folder: Path, database: sqlite3.Connection) -> int:
    """The version that wrote the ledger; 0 from before there were versions."""
    try:
        version: int = database.execute("pragma user_version").fetchone()[0]
    except sqlite3.Error:
        return VERSION  # Damage: reading the ledger says so.
    if version > VERSION:
        raise UserError(
            f"{folder / LEDGER}: a newer version of Conference wrote this ledger (version "
            f"{version}; this one reads up to {VERSION}); update Conference."
        )
    return version


def _has_tables(database: sqlite3.Connection) -> bool:
    try:
        return bool(database.execute("select 1 from sqlite_master limit 1").fetchone())
    except sqlite3.Error:
        return True  # Damage: opening the ledger says so.


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, check_same_thread=False)
    except sqlite3.Error as error:
        raise _cannot_write(path.parent, error) from error


def _look_at(path: Path) -> sqlite3.Connection:
    """A ledger where nothing can be written, as on a disk mounted to be read only.

    SQLite else makes files beside it, even to read. One that a run is writing, or was when it was
    killed, has them, and is not opened so.
    """
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )


def _cannot_write(folder: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(
        f"{folder}: the round cannot be written here ({reason}); nothing that was finished is "
        "lost: free the disk or choose another --out, and run the same command again."
    )


def _cannot_read(path: Path, error: OSError) -> UserError:
    return UserError(
        f"{path}: cannot be read ({error.strerror}); get the right to read it, or copy the folder "
        "as somebody who has it."
    )


def _take(lock: IO[str]) -> None:
    """Hold the lock. The kernel lets go of it when its process dies, however it dies."""
    for _ in range(LOCK_TRIES - 1):
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def unsealed(name: str, stored: object) -> bytes | None:
    """A note's value as `meta` stores it; None where it was changed."""
    if not isinstance(stored, bytes):
        return None
    value, seal = stored[:-32], stored[-32:]
    return bytes(value) if seal == _seal(name, value) else None


def _seal(name: str, value: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\x1f" + value).digest()


def _tip_file(folder: Path) -> Path:
    return folder / TIP


def _write_tip(folder: Path, number: int, tip: bytes) -> None:
    """Note the chain's end in place. A fixed width makes the small write as good as atomic."""
    line = f"{number:012d} {tip.hex()}\n".encode()
    try:
        handle = os.open(_tip_file(folder), os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(handle, line, 0)
        finally:
            os.close(handle)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _read_tip(folder: Path) -> tuple[int, bytes] | None:
    path = _tip_file(folder)
    if not path.exists():
        return None
    try:
        # Without O_NONBLOCK a named pipe in its place would hold us for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
            said = os.read(handle, 2 * TIP_BYTES).decode() if regular else "no file"
        finally:
            os.close(handle)
        if not said.strip("\0"):
            return None  # The disk kept the file, and not its first note.
        number, digest = said.split()
        return int(number), bytes.fromhex(digest)
    except OSError as error:
        raise _cannot_read(path, error) from error
    except ValueError as error:
        raise UserError(
            f"{path}: the note of the ledger's end is damaged; put back a copy of the run folder, "
            "or start again with another --out."
        ) from error
