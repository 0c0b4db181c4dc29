"""Old ledgers stay readable: their version, and what makes their records those of this version.

A ledger's version is SQLite's `user_version`; ledgers from before there were versions have 0. When
a change of `records.py` makes old records unreadable, raise `VERSION` and append the function that
turns the JSON of one task's records of the version before into that of the new one. A ledger of
every version is kept in tests/core/ledgers.
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
    """The JSON of a task's records, as a ledger of `version` has it, as this version reads it."""
    for step in MIGRATIONS[version:]:
        records = step(records)
    return records
