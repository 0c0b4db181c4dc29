"""A control group for one run, if the kernel allows one.

It limits memory and counts time that no single process shows: shared memory, page tables, socket
buffers, children that nobody waited for. If this process may not create a group, the user's systemd
may (`scope.py`): it starts the run in one, which is then only read here.
"""

# ruff: noqa: PTH123
# Plain paths: a hot path.
from __future__ import annotations

import contextlib
import functools
import itertools
import os
import time
from pathlib import Path

import msgspec

from conference.sandbox import scope

_ROOT = scope.ROOT
_OWN_TASKS = 8  # above the limit, so that the supervisor sees a program that exceeds it
_OWN_MEMORY = 32 << 20  # for the launcher and the kernel's bookkeeping
_END_SECONDS = 5.0  # for killed processes to end
_numbers = itertools.count()


class _Kind(msgspec.Struct, frozen=True):
    """A controller's folder and files, in one version of control groups."""

    folder: Path
    limit: str = ""
    kills: str = ""
    time: str = ""
    tasks: str = ""  # the most processes and threads


_SCOPE = _Kind(Path(), limit="memory.max", kills="memory.events", time="cpu.stat", tasks="pids.max")


def starter(memory_bytes: int, processes: int) -> tuple[list[str], dict[str, str]]:
    """A command prefix and variables with which systemd starts a run in a group; both empty if
    this process creates the group itself, or if there can be none."""
    if not _by_systemd():
        return [], {}
    words = scope.command(memory_bytes + _OWN_MEMORY, processes + _OWN_TASKS)
    return words, scope.environment()


class Group:
    """The control groups of one run, if any."""

    def __init__(self, memory_bytes: int, processes: int) -> None:
        self._made: list[tuple[_Kind, Path]] = []
        self._given: list[tuple[_Kind, Path]] = []  # by systemd, which also removes it
        name = f"conference-{os.getpid()}-{next(_numbers)}"
        for kind in _kinds():
            path = kind.folder / name
            with contextlib.suppress(OSError):
                path.mkdir()
                self._made.append((kind, path))
                if kind.limit:
                    (path / kind.limit).write_text(str(memory_bytes + _OWN_MEMORY))
                if kind.tasks:
                    (path / kind.tasks).write_text(str(processes + _OWN_TASKS))

    def add(self, process: int) -> None:
        """Add a process, and so all that it starts; with systemd, find the group it is in."""
        if _by_systemd():
            folder = scope.folder_of(_read(Path(f"/proc/{process}/cgroup")))
            self._given = [(_SCOPE, folder)] if folder else []
        for _, path in self._made:
            with contextlib.suppress(OSError):
                (path / "cgroup.procs").write_text(str(process))

    def killed(self) -> bool:
        """Whether the kernel killed a process of the run for exceeding its memory limit."""
        said = [_read(path / kind.kills) for kind, path in self._all() if kind.kills]
        lines = [line for text in said for line in text.splitlines()]
        return any(line.startswith("oom_kill ") and not line.endswith(" 0") for line in lines)

    def cpu_seconds(self) -> float:
        """Processor time of everything that ever ran in the group; 0 if it is unknown."""
        for kind, path in self._all():
            if kind.time:
                words = _read(path / kind.time).split()
                if len(words) == 1:  # version 1, in nanoseconds
                    return int(words[0]) / 1e9
                if words[:1] == ["usage_usec"]:
                    return int(words[1]) / 1e6
        return 0.0

    def _all(self) -> list[tuple[_Kind, Path]]:
        return [*self._made, *self._given]

    def close(self) -> None:
        """Remove the groups, whose processes have ended or are about to."""
        end = time.monotonic() + _END_SECONDS
        for _, path in self._made:
            while not _removed(path) and time.monotonic() < end:
                time.sleep(0.005)


def held() -> tuple[str, ...]:
    """The limits of a whole run that the kernel enforces on this machine."""
    kinds = (*_kinds(), *((_SCOPE,) if _by_systemd() else ()))
    memory = ("memory",) if any(kind.limit for kind in kinds) else ()
    time = ("processor time",) if any(kind.time for kind in kinds) else ()
    return (*memory, *time, *(("processes",) if any(kind.tasks for kind in kinds) else ()))


@functools.cache
def _kinds() -> tuple[_Kind, ...]:
    """The controllers in which this process may create groups, found by trying."""
    text = _read(Path("/proc/self/cgroup"))
    return tuple(kind for kind in wanted(text, _ROOT) if _works(kind))


@functools.cache
def _by_systemd() -> bool:
    """Whether systemd limits the runs' memory, because this process cannot."""
    return not any(kind.limit for kind in _kinds()) and scope.works()


def wanted(text: str, root: Path) -> list[_Kind]:
    """Where a process with this /proc/PID/cgroup would create its groups, in versions 1 and 2."""
    own = {names: path for _, names, path in (line.split(":", 2) for line in text.splitlines())}
    return [
        _Kind(_of(own, "memory", root), limit="memory.limit_in_bytes", kills="memory.oom_control"),
        _Kind(_of(own, "cpuacct", root), time="cpuacct.usage"),
        _Kind(_of(own, "pids", root), tasks="pids.max"),
        msgspec.structs.replace(_SCOPE, folder=_of(own, "", root)),
    ]


def _of(own: dict[str, str], controller: str, root: Path) -> Path:
    names = next((names for names in own if controller in names.split(",")), controller)
    path = own.get(names, "/").lstrip("/")
    return (root / names if controller else root) / path


def _works(kind: _Kind) -> bool:
    for left in kind.folder.glob("conference-*"):  # left by processes that were killed
        if not Path("/proc", left.name.split("-")[1]).exists():
            _removed(left)
    probe = kind.folder / f"conference-{os.getpid()}-try-{next(_numbers)}"
    try:
        probe.mkdir()
    except OSError:
        return False
    try:
        return all((probe / name).exists() for name in (kind.limit, kind.time, kind.tasks) if name)
    finally:
        _removed(probe)


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError:
        return not group.exists()
    return True


def _read(path: Path) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
