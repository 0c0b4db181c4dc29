"""The hash chain over a ledger's rows, and the file that remembers where the chain ended.

Each row's hash covers the row and the hash before it, so a changed, lost or reordered row is found.
The chain alone cannot show that its last rows are missing. So its end, the tip, is written to
`ledger.tip` after each commit.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from conference.core.errors import UserError
from conference.core.ledger_errors import cannot_read, cannot_write
from conference.core.tasks import TaskKey

TIP = "ledger.tip"
TIP_BYTES = 78  # a number, a hash and the end of the line
GENESIS = hashlib.sha256(b"conference ledger 1").digest()  # the hash before the first row


def next_hash(before: bytes, key: TaskKey, records: bytes, calls: bytes, times: str) -> bytes:
    """The hash of a row that follows one with the hash `before`."""
    head = f"{key.step}\x1f{key.agent}\x1f{key.paper}\x1f{len(records)}\x1f{times}\x1f".encode()
    return hashlib.sha256(b"".join((before, head, records, calls))).digest()


def sealed(name: str, value: bytes) -> bytes:
    """A note's value followed by its hash, as the ledger stores it."""
    return value + _seal(name, value)


def unsealed(name: str, stored: object) -> bytes | None:
    """The value that `sealed` was given; None if the stored bytes were changed since."""
    if not isinstance(stored, bytes):
        return None
    value, seal = stored[:-32], stored[-32:]
    return bytes(value) if seal == _seal(name, value) else None


def _seal(name: str, value: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\x1f" + value).digest()


def tip_path(folder: Path) -> Path:
    """The file in a round's folder that holds the end of the chain."""
    return folder / TIP


def write_tip(folder: Path, number: int, tip: bytes) -> None:
    """Overwrite the chain's end in place. The fixed width makes the small write near atomic."""
    line = f"{number:012d} {tip.hex()}\n".encode()
    try:
        handle = os.open(tip_path(folder), os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(handle, line, 0)
        finally:
            os.close(handle)
    except OSError as error:
        raise cannot_write(folder, error) from error


def read_tip(folder: Path) -> tuple[int, bytes] | None:
    """The number and hash of the last row that was noted; None if there is no note."""
    path = tip_path(folder)
    if not path.exists():
        return None
    try:
        # Without O_NONBLOCK a named pipe in its place would block the process for good.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
            said = os.read(handle, 2 * TIP_BYTES).decode() if regular else "no file"
        finally:
            os.close(handle)
        if not said.strip("\0"):
            return None  # After a crash the disk had the file but not its content.
        number, digest = said.split()
        return int(number), bytes.fromhex(digest)
    except OSError as error:
        raise cannot_read(path, error) from error
    except ValueError as error:
        raise UserError(
            f"{path}: the note of the ledger's end is damaged; put back a copy of the run folder, "
            "or start again with another --out."
        ) from error
