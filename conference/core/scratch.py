"""Temporary folders that do not pile up: each process removes those of earlier killed ones."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "conference-scratch-"  # a name that no user would choose
YOUNG = 60.0  # seconds that a process may take to lock the folder it made


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """A temporary folder named `kind`, removed at the end.

    This process locks its parent folder; the kernel drops the lock however the process dies.
    """
    _remove_left(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # Without file locks no process removes another's folders.
                fcntl.flock(handle, fcntl.LOCK_EX)
            folder = Path(name, kind)
            folder.mkdir()
            yield folder
        finally:
            os.close(handle)


@functools.cache
def _remove_left(place: str) -> None:
    """Remove the folders that killed processes of this user left; once per process."""
    for folder in Path(place).glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            old = time.time() - status.st_mtime > YOUNG
            if status.st_uid == os.getuid() and old and not folder.is_symlink():
                _remove_unlocked(folder)


def _remove_unlocked(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
