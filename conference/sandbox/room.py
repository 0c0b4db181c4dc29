"""A workspace of bounded size: a file system in memory that the sandbox's own mounts hold.

The kernel then counts all that a program writes, also what no folder shows: deleted files that
are still mapped or in flight, and folders that nobody may read. Its files are copied in before the
program starts and back when all of it has ended; the handle outlives the sandbox.
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

_SHARE = 4  # of the memory that is free, a workspace may take one part of so many
_ENTRY = 1024  # bytes of memory that an entry takes, and as many of attributes count as one
SPARE = MIB  # above the limit, so that a program over it is seen to be
_COPY = ("cp", "-a", "--sparse=always", "--no-preserve=ownership", "-T", "--")


def room_bytes(
    method: Method, workspace: Path, read_only: Sequence[Path], limits: Limits, begun: int
) -> int:
    """The size of the workspace's own file system; 0 where it has none and is only looked at.

    `begun` is what the workspace takes before the run.
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
        """Bytes that the program's files take, by the kernel's count."""
        return self._used() - self._begun

    def bring_back(self) -> str:
        """Put the workspace's files in the place of the host's; what failed, or nothing.

        All of the program must have ended. Raises `OSError` where the host has no room for them.
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
