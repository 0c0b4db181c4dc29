"""Temporary folders that do not pile up: those of processes that were killed go with the next."""

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

PREFIX = "conference-scratch-"  # of nothing that a user would name so
YOUNG = 60.0  # seconds for whoever made a folder to lock it


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """A folder for a while, named after its `kind`.

    Its maker holds a lock on the folder above it, which the kernel takes back from a process that
    dies in any way.
    """
    _remove_left(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # a disk without locks: nobody then removes anything
                fcntl.flock(handle, fcntl.LOCK_EX)
            folder = Path(name, kind)
            folder.mkdir()
            yield folder
        finally:
            os.close(handle)


@functools.cache
def _remove_left(place: str) -> None:
    """Remove what killed processes of this user have left, once."""
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
