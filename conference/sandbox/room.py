"""A workspace of limited size: a file system in memory among the sandbox's mounts.

The kernel then counts everything that a program writes, even deleted files that are still mapped or
in flight, and folders that nobody may read. The files are copied in before the program starts and
back when it has ended; our handle keeps the file system alive after the sandbox has ended.
"""

# ruff: noqa: PTH123
from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from conference.sandbox.records import MIB, Limits, Method
from conference.sandbox.usage import open_up

_SHARE = 4  # A workspace may take this fraction (1/4) of the free memory.
_ENTRY = 1024  # bytes of memory that each entry takes; a kilobyte of attributes counts as one
SPARE = MIB  # above the limit, so that the supervisor sees a program that exceeds it
_COPY = ("cp", "-a", "--sparse=always", "--no-preserve=ownership", "-T", "--")


def room_bytes(
    method: Method, workspace: Path, read_only: Sequence[Path], limits: Limits, begun: int
) -> int:
    """The size of the workspace's file system in memory; 0 if it gets none and is only sampled.

    `begun` are the bytes that the workspace takes before the run.
    """
    size = begun + limits.disk_bytes + SPARE
    if method != "bubblewrap" or any(path.is_relative_to(workspace) for path in read_only):
        return 0
    return size if size <= _free_memory() // _SHARE else 0


def _free_memory() -> int:
    with contextlib.suppress(OSError), open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


class Room:
    """The workspace of a running sandbox, seen from outside."""

    def __init__(self, launcher: int, workspace: Path) -> None:
        self._workspace = workspace
        self._handle = os.open(f"/proc/{launcher}/root{workspace}", os.O_RDONLY | os.O_DIRECTORY)
        self.path = f"/proc/self/fd/{self._handle}"
        shutil.copytree(workspace, self.path, symlinks=True, dirs_exist_ok=True)
        self._begun = self._used()

    def _used(self) -> int:
        status = os.fstatvfs(self._handle)
        entries = status.f_files - status.f_ffree
        return (status.f_blocks - status.f_bfree) * status.f_frsize + entries * _ENTRY

    def growth(self) -> int:
        """Bytes that the workspace has grown by, as counted by the kernel."""
        return self._used() - self._begun

    def bring_back(self) -> str:
        """Replace the host's files by the workspace's; return what failed, "" for nothing.

        The whole program must have ended. Raises `OSError` if the host's disk is full.
        """
        open_up(self.path)
        with tempfile.TemporaryDirectory(dir=self._workspace.parent) as folder:
            done = subprocess.run(
                [*_COPY, f"{self.path}/.", f"{folder}/back"], check=False, capture_output=True,
                text=True, errors="replace", pass_fds=(self._handle,),
            )  # fmt: skip
            if done.returncode and shutil.disk_usage(folder).free < SPARE:
                reason = os.strerror(errno.ENOSPC)
                raise OSError(errno.ENOSPC, reason, str(self._workspace))
            back = Path(folder, "back")
            if back.is_dir():
                for old in self._workspace.iterdir():
                    if old.is_dir() and not old.is_symlink():
                        shutil.rmtree(old)
                    else:
                        old.unlink()
                for new in back.iterdir():
                    new.rename(self._workspace / new.name)
        return done.stderr.strip()

    def close(self) -> None:
        os.close(self._handle)
