"""The SQLite file of a ledger: made, locked and opened, to write it or only to read it."""

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
# A process that asks whether a round runs holds its lock for a moment: seconds between the tries.
LOCK_TRIES, LOCK_PAUSE = 5, 0.05
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
    """Make a round's folder and hold its lock; closing the file lets go of it.

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
    """The database in a locked folder, made if it is not there.

    Raises:
        UserError: it is lost, damaged or no ledger, or cannot be written.
    """
    path = folder / LEDGER
    if not path.exists() and tip_path(folder).exists():
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
    """The database of a round that this process only looks at.

    Raises:
        UserError: it is missing, cannot be read, or holds nothing yet.
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
            f"{folder}: the round was stopped as it wrote, and nothing may be written here, which "
            "reading it needs; copy the folder and name the copy."
        )
    read_only = not in_use and not os.access(folder, os.W_OK)
    database = _connect_read_only(path) if read_only else _connect(path)
    if not tip_path(folder).exists() and not _has_tables(database):
        database.close()
        raise UserError(f"{path}: the round was stopped before its first task; run it again.")
    return database


def version_of(folder: Path, database: sqlite3.Connection) -> int:
    """The version of the ledger's records; 0 from before there were versions.

    Raises:
        UserError: a newer version of Conference wrote it.
    """
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


def _take(lock: IO[str]) -> None:
    """Hold the lock. The kernel lets go of it when its process dies, however it dies."""
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
        return True  # Damage: opening the ledger says so.


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, check_same_thread=False)
    except sqlite3.Error as error:
        raise cannot_write(path.parent, error) from error


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """A ledger in a folder where nothing can be written, as on a disk mounted read only.

    Without `immutable` SQLite makes files beside the ledger even to read it. A ledger that a run
    is writing, or was writing when it was killed, has these files, and is not opened so.
    """
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
