"""Measures what a run uses: processes, memory and time from /proc, bytes of its workspace."""

# ruff: noqa: PTH101, PTH116, PTH123, PTH208
# Plain paths for speed: this runs up to 50 times a second.
from __future__ import annotations

import contextlib
import os

import msgspec

from conference.sandbox.files import DEEPEST

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LONGEST_PATH = 3500  # bytes below the kernel's 4,096, so that a file's name still fits
_LEAST = 4096  # least bytes that a file or folder counts as, so that empty ones fill the quota too


class Usage(msgspec.Struct, frozen=True):
    """Usage of processes below a root: ids, number of processes and threads, resident bytes,
    processor seconds.

    Pages of files (libraries) count once, for the process with the most. Pages that a fork still
    shares count for each process, so `precise_memory` is asked before anything is stopped for it.
    `most_bytes` is the sum as if nothing were shared.
    """

    processes: tuple[int, ...]
    tasks: int
    memory_bytes: int
    cpu_seconds: float
    most_bytes: int = 0


def descendants(root: int) -> list[int]:
    """Ids of all processes below `root` (without itself), from the kernel's lists of children."""
    found: list[int] = []
    pending = [root]
    while pending:
        process = pending.pop()
        for thread in _names(f"/proc/{process}/task"):
            text = _text(f"/proc/{process}/task/{thread}/children")
            children = [int(word) for word in text.split()]
            found += children
            pending += children
    return found


def measure(root: int) -> Usage:
    """Usage of the processes below `root`; processor time includes what `root` has reaped."""
    processes = descendants(root)
    tasks, private, shared, resident, ticks = 0, 0, 0, 0, 0
    for process in [root, *processes]:
        fields = _text(f"/proc/{process}/stat").rpartition(")")[2].split()
        if len(fields) < 22:
            continue  # It ended meanwhile.
        if process == root:
            ticks += int(fields[13]) + int(fields[14])
            continue
        ticks += sum(int(field) for field in fields[11:15])
        tasks += int(fields[17])
        pages = _text(f"/proc/{process}/statm").split()
        if len(pages) > 2:
            resident += int(pages[1])
            private += int(pages[1]) - int(pages[2])
            shared = max(shared, int(pages[2]))
    memory = (private + shared) * _PAGE
    return Usage(tuple(processes), tasks, memory, ticks / _TICKS, resident * _PAGE)


def precise_memory(processes: tuple[int, ...]) -> int:
    """Resident bytes, with each shared page divided among the processes that share it (Pss)."""
    total = 0
    for process in processes:
        for line in _text(f"/proc/{process}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


class Disk(msgspec.Struct, frozen=True):
    """Bytes of a folder on disk, and the largest size of a file changed since a given time.

    Folders in `too_deep` are nested beyond `DEEPEST`, or their paths are too long to read; `closed`
    is a folder that cannot be read.
    """

    total: int
    largest_new: int
    too_deep: tuple[str, ...] = ()
    closed: str = ""


def disk_use(folder: str, since: float) -> Disk:
    """The disk use of a folder, each entry counted as at least 4 KiB; links are not followed.

    `since` is a Unix time.
    """
    total, largest = 0, 0
    too_deep: list[str] = []
    closed = ""
    pending, deepest = [folder], folder.count("/") + DEEPEST
    while pending:
        path = pending.pop()
        if path.count("/") > deepest or len(path) > _LONGEST_PATH:
            too_deep.append(path)
            continue
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    total += max(status.st_blocks * 512, _LEAST)
                    if status.st_ctime >= since and entry.is_file(follow_symlinks=False):
                        largest = max(largest, status.st_size)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except PermissionError:
            closed = path
        except OSError:
            continue  # removed meanwhile
    return Disk(total, largest, tuple(too_deep), closed)


def deleted_bytes(processes: tuple[int, ...], device: int) -> int:
    """Bytes of files on `device` that are deleted but still held open, which no folder shows."""
    sizes: dict[int, int] = {}
    for process in processes:
        for name in _names(f"/proc/{process}/fd"):
            try:
                status = os.stat(f"/proc/{process}/fd/{name}")
            except OSError:
                continue  # closed meanwhile
            if status.st_nlink == 0 and status.st_dev == device:
                sizes[status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def full_folder(process: int) -> str:
    """The private folder in memory that a process has filled, "" for none, by the kernel's count.

    Each entry and each kilobyte of attributes counts as 4 KiB.
    """
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError):  # The process is not readable or has ended.
            status = os.statvfs(f"/proc/{process}/root{folder}")
            entries = (status.f_files - status.f_ffree) * _LEAST
            if not status.f_bavail or entries > status.f_blocks * status.f_frsize:
                return folder
    return ""


def open_up(folder: str) -> None:
    """Make files that a program left behind readable and removable for their owner, and remove
    set-user-id bits.

    The whole program must have ended, because paths are not checked for links.
    """
    pending = [folder]
    while pending:
        path = pending.pop()
        with contextlib.suppress(OSError):
            _set_mode(path, os.stat(path).st_mode, 0o700)
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        _set_mode(entry.path, entry.stat(follow_symlinks=False).st_mode, 0o400)


def _set_mode(path: str, mode: int, least: int) -> None:
    wanted = (mode & 0o1777) | least
    if wanted != mode & 0o7777:
        os.chmod(path, wanted)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # the process ended meanwhile


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
