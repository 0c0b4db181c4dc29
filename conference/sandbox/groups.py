"""A control group for one run, where the kernel gives one.

It holds memory and counts time that no process shows: shared memory, page tables, socket buffers,
children that nobody waited for. Where this process may make no group, the user's systemd may
(`scope.py`): it starts the run in one, which is then only read here.
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
_OWN_TASKS = 8  # above the limit, so that a program over it is seen to be
_OWN_MEMORY = 32 << 20  # for the launcher, and what the kernel keeps for a run of any size
_END_SECONDS = 5.0  # killed processes still have to run once to end
_numbers = itertools.count()


class _Kind(msgspec.Struct, frozen=True):
    """Where a controller of one version lies, and its files."""

    folder: Path
    limit: str = ""
    kills: str = ""
    time: str = ""
    tasks: str = ""  # the most processes and threads


_SCOPE = _Kind(Path(), limit="memory.max", kills="memory.events", time="cpu.stat", tasks="pids.max")


def starter(memory_bytes: int, processes: int) -> tuple[list[str], dict[str, str]]:
    """Words before a run's command, and variables, with which systemd holds it; both empty where
    this process makes the group itself or nobody can."""
    if not _by_systemd():
        return [], {}
    words = scope.command(memory_bytes + _OWN_MEMORY, processes + _OWN_TASKS)
    return words, scope.environment()


class Group:
    """The groups of one run; empty where there are none."""

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
        """Put a process in, and with it all that it will start, or find the group it is in."""
        if _by_systemd():
            folder = scope.folder_of(_read(Path(f"/proc/{process}/cgroup")))
            self._given = [(_SCOPE, folder)] if folder else []
        for _, path in self._made:
            with contextlib.suppress(OSError):
                (path / "cgroup.procs").write_text(str(process))

    def killed(self) -> bool:
        """Whether the kernel killed a process of the run for its memory."""
        said = [_read(path / kind.kills) for kind, path in self._all() if kind.kills]
        lines = [line for text in said for line in text.splitlines()]
        return any(line.startswith("oom_kill ") and not line.endswith(" 0") for line in lines)

    def cpu_seconds(self) -> float:
        """Processor time of all that ever ran in it; 0 where it is not known."""
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
        """Remove the groups, whose processes have ended or are ending."""
        end = time.monotonic() + _END_SECONDS
        for _, path in self._made:
            while not _removed(path) and time.monotonic() < end:
                time.sleep(0.005)


def held() -> tuple[str, ...]:
    """What the kernel holds for a whole run on this machine."""
    kinds = (*_kinds(), *((_SCOPE,) if _by_systemd() else ()))
    memory = ("memory",) if any(kind.limit for kind in kinds) else ()
    time = ("processor time",) if any(kind.time for kind in kinds) else ()
    return (*memory, *time, *(("processes",) if any(kind.tasks for kind in kinds) else ()))


@functools.cache
def _kinds() -> tuple[_Kind, ...]:
    """The controllers in which this process may make groups, found by making one."""
    text = _read(Path("/proc/self/cgroup"))
    return tuple(kind for kind in wanted(text, _ROOT) if _works(kind))


@functools.cache
def _by_systemd() -> bool:
    """Whether systemd holds the runs' memory, as this process has no group that does."""
    return not any(kind.limit for kind in _kinds()) and scope.works()


def wanted(text: str, root: Path) -> list[_Kind]:
    """The places where a process with this /proc/PID/cgroup would make its groups, of version 1
    and 2."""
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
    for left in kind.folder.glob("conference-*"):  # of callers that were killed
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
