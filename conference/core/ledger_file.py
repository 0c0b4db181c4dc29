"""Creates, locks and opens the SQLite file of a ledger, for writing or for reading."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import IO

from conference.core.chain import TIP, tip_path
from conference.core.errors import UserError
from conference.core.ledger_errors import cannot_read, cannot_write, damaged
from conference.core.migrations import VERSION

LEDGER = "ledger.sqlite"
LOCK = "round.lock"
# `being_written` in another process holds the lock for a moment, so taking it is tried again.
LOCK_TRIES, LOCK_PAUSE = 5, 0.05  # the pause in seconds
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


def lock_folder(folder: Path) -> IO[str]:
    """Create a round's folder and take its lock; closing the returned file releases it.

    Raises:
        UserError: another live process holds the lock, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        _take(lock)
    except OSError as error:
        lock.close()
        raise UserError(
            f"{folder}: another run is writing this round; wait for it to end, "
            "or give this one another --out."
        ) from error
    return lock


def open_to_write(folder: Path) -> sqlite3.Connection:
    """The database in a locked folder; created if it does not exist.

    Raises:
        UserError: it is missing, damaged, not a ledger, or cannot be written.
    """
    path = folder / LEDGER
    if not path.exists() and tip_path(folder).exists():
        raise UserError(
            f"{path}: the ledger is missing, but {TIP} says there was one; put back a copy of the "
            "run folder, or start again with another --out."
        )
    database = _connect(path)
    try:
        names = {name for (name,) in database.execute("select name from sqlite_master")}
        if names and "meta" not in names:
            database.close()
            raise UserError(
                f"{path}: this database is not the ledger of a round; nothing in it was changed: "
                "move it away, or choose another --out."
            )
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        if not names:
            database.executescript(f"begin;{SCHEMA}pragma user_version = {VERSION};commit;")
    except sqlite3.OperationalError as error:
        database.close()
        raise cannot_write(folder, error) from error
    except sqlite3.DatabaseError as error:
        database.close()
        raise damaged(path, str(error)) from error
    return database


def open_to_read(folder: Path) -> sqlite3.Connection:
    """The database of a round that this process only reads.

    Raises:
        UserError: it is missing, cannot be read, or is empty.
    """
    path = folder / LEDGER
    try:
        if not path.is_file():
            raise UserError(f"{folder}: there is no {LEDGER} here; name the folder of a round.")
        path.open("rb").close()
    except OSError as error:
        raise cannot_read(path, error) from error
    in_use = path.with_name(f"{LEDGER}-wal").exists()
    if in_use and not path.with_name(f"{LEDGER}-shm").exists() and not os.access(folder, os.W_OK):
        raise UserError(
            f"{folder}: the round was stopped while it wrote, so reading it needs a folder that "
            "can be written; copy the folder and name the copy."
        )
    read_only = not in_use and not os.access(folder, os.W_OK)
    database = _connect_read_only(path) if read_only else _connect(path)
    if not tip_path(folder).exists() and not _has_tables(database):
        database.close()
        raise UserError(f"{path}: the round was stopped before its first task; run it again.")
    return database


def version_of(folder: Path, database: sqlite3.Connection) -> int:
    """The version of the ledger's records; 0 for ledgers older than versioning.

    Raises:
        UserError: a newer version of Conference wrote it.
    """
    try:
        version: int = database.execute("pragma user_version").fetchone()[0]
    except sqlite3.Error:
        return VERSION  # The file is damaged: reading the ledger reports it.
    if version > VERSION:
        raise UserError(
            f"{folder / LEDGER}: a newer version of Conference wrote this ledger (version "
            f"{version}; this one reads up to {VERSION}); update Conference."
        )
    return version


def _take(lock: IO[str]) -> None:
    """Take the lock. The kernel releases it when the process dies, however it dies."""
    for _ in range(LOCK_TRIES - 1):
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _has_tables(database: sqlite3.Connection) -> bool:
    try:
        return bool(database.execute("select 1 from sqlite_master limit 1").fetchone())
    except sqlite3.Error:
        return True  # The file is damaged: opening the ledger reports it.


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, check_same_thread=False)
    except sqlite3.Error as error:
        raise cannot_write(path.parent, error) from error


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a ledger in a folder that cannot be written, such as on a read-only disk.

    Without `immutable` SQLite creates files beside the ledger even to read it. If these files
    exist, a run is writing the ledger or was killed while writing: then do not use this.
    """
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
