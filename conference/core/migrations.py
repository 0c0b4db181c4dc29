"""Keeps old ledgers readable: functions that bring their records to this version.

A ledger's version is SQLite's `user_version`; ledgers older than versioning have 0. When a change
to `records.py` makes old records unreadable, append to `MIGRATIONS` a function that turns the JSON
of one task's records from the last version into the new one, and keep a ledger of the last version
in tests/core/ledgers.
"""

from __future__ import annotations

from collections.abc import Callable

Migration = Callable[[bytes], bytes]


def _same(records: bytes) -> bytes:
    return records


# From version 0 to 1, from 1 to 2, …
MIGRATIONS: tuple[Migration, ...] = (_same,)
VERSION = len(MIGRATIONS)


def migrated(records: bytes, version: int) -> bytes:
    """The JSON of a task's records from a ledger of `version`, in this version's format."""
    for step in MIGRATIONS[version:]:
        records = step(records)
    return records
