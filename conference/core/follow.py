"""Follows a round's ledger while another process writes it, reading only what is new.

Each look opens the ledger and closes it at once, so that the writer can fold its log into the
file when it ends. The chain is not verified here; `read_ledger` does that.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from conference.core.chain import unsealed
from conference.core.ledger import COMPLETE, RETRACTED, UNDER_WAY, LedgerRow
from conference.core.ledger_file import LEDGER, LOCK
from conference.core.migrations import migrated
from conference.core.records import decode
from conference.core.tasks import TaskKey

MOST = 4000  # rows of one look, so that a large round shows soon and then fills up
WAIT = 2.0  # seconds to wait while the writer locks the file, as when it creates it
ASKED = ("plan", "preflight", RETRACTED, UNDER_WAY)
ROWS = "select seq, step, agent, paper, records, calls, seconds, finished, hash from tasks"


class News(msgspec.Struct, frozen=True):
    """What is new in a ledger. `again`: it was rewritten, so all earlier rows are void.

    `complete` are the steps whose tasks are all finished; `more`: there are further rows.
    """

    again: bool
    rows: list[LedgerRow]
    notes: Mapping[str, bytes]
    complete: frozenset[str]
    more: bool


class Follower:
    """Reads a round's ledger step by step and remembers how far it got."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: tuple[int, ...] = ()  # what the files looked like
        self._at: tuple[int, bytes] = (0, b"")  # the last row's number and hash

    def look(self) -> News | None:
        """What is new since the last look; None if nothing is, or if there is no ledger yet.

        Raises:
            sqlite3.Error: the file is damaged, or its writer kept it locked.
            msgspec.MsgspecError: another version of Conference made its records.
        """
        looks = _looks(self.folder)
        if looks == self._seen or not (self.folder / LEDGER).is_file():
            return None
        database = _open(self.folder / LEDGER)
        try:
            news = self._read(database)
        finally:
            database.close()
        if news is not None and not news.more:
            self._seen = looks
        return news

    def _read(self, database: sqlite3.Connection) -> News | None:
        if not database.execute("select 1 from sqlite_master where name = 'meta'").fetchone():
            return None
        database.execute("begin")  # All queries below see the same snapshot.
        number, link = self._at
        last = database.execute("select hash from tasks where seq = ?", (number,)).fetchone()
        again = number > 0 and (last is None or last[0] != link)
        number = 0 if again else number
        version = database.execute("pragma user_version").fetchone()[0]
        found = database.execute(f"{ROWS} where seq > ? order by seq limit {MOST}", (number,))
        rows = []
        for seq, step, agent, paper, records, calls, seconds, finished, link in found:
            times = isinstance(seconds, float) and isinstance(finished, float)
            if not (times and isinstance(records, bytes) and isinstance(calls, bytes)):
                raise sqlite3.DataError(f"row {seq} is damaged")
            kept = decode(migrated(records, version))
            rows.append(LedgerRow(TaskKey(step, agent, paper), kept, seconds, finished, calls))
            self._at = seq, link
        if again and not rows:
            self._at = 0, b""
        names = database.execute("select name from meta where name like ?", (f"{COMPLETE}%",))
        complete = frozenset(name.removeprefix(COMPLETE) for (name,) in names)
        return News(again, rows, _notes(database), complete, len(rows) == MOST)


def _notes(database: sqlite3.Connection) -> dict[str, bytes]:
    marks = ",".join("?" * len(ASKED))
    rows = database.execute(f"select name, value from meta where name in ({marks})", ASKED)
    return {name: value for name, stored in rows if (value := unsealed(name, stored)) is not None}


def _open(path: Path) -> sqlite3.Connection:
    """Open the database read-only. Without a write-ahead log no process has it open: `immutable`
    then keeps SQLite from making files beside it."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(f"{LEDGER}-wal").exists():
        uri += "&immutable=1"
    return sqlite3.connect(uri, uri=True, timeout=WAIT)


def _looks(folder: Path) -> tuple[int, ...]:
    """Inodes, times and sizes of the ledger's files; they change whenever the ledger does."""
    found: list[int] = []
    for name in (LEDGER, f"{LEDGER}-wal"):
        try:
            stat = (folder / name).stat()
            found += [stat.st_ino, stat.st_mtime_ns, stat.st_size]
        except FileNotFoundError:
            found += [0, 0, 0]
    return tuple(found)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def being_written(folder: Path) -> bool:
    """Whether a live process is writing the round: it holds the lock, which dies with it."""
    try:
        # Without O_NONBLOCK a named pipe in its place would block the process for good.
        with open(folder / LOCK, opener=_at_once) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
