"""Starts a command under a method and follows it to its end."""

from __future__ import annotations

import math
import os
import resource
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from conference.sandbox import groups, layout
from conference.sandbox.records import MIB, Limits, Method
from conference.sandbox.room import room_bytes
from conference.sandbox.supervise import Supervisor
from conference.sandbox.syscalls import filter_program
from conference.sandbox.usage import disk_use

# Below the 1,024 that the host's processes may open, which is also the number of handles that they
# and a program together may have in flight (with the 253 of one message).
_OPEN_FILES = 512
# Pending signals and timers, which are scarce for all programs of the host's user together.
_SIGNALS = 256
# Code, stacks and reserves that a process may map beyond its memory limit. This hard limit backs
# the polled one, against a program that takes gigabytes between two checks.
_MAPPED_BEYOND = 1024 * MIB


def start(
    command: Sequence[str],
    workspace: Path,
    limits: Limits,
    *,
    method: Method,
    watch: bool,
    read_only: Sequence[Path] = (),
    env: Mapping[str, str] | None = None,
    libraries: Sequence[str] = (),
) -> Supervisor:
    """Run `command` to its end; the returned supervisor has the results.

    `workspace` and `read_only` must be resolved; with `libraries` the command must be Python with
    a script. Raises `UserError` if it cannot be started.
    """
    given = _rlimits(limits)
    numbers = {getattr(resource, name): value for name, value in given}
    bounds = layout.bounds(method, workspace, read_only, numbers)
    begun = disk_use(str(workspace), 0.0).total
    room = room_bytes(method, workspace, read_only, limits, begun)
    mounts = layout.steps(workspace, read_only, limits, room)
    task = {
        "command": layout.absolute(command, workspace),
        "env": layout.environment(method, workspace, env),
        "workspace": str(workspace),
        "rlimits": given,
        "files": numbers[resource.RLIMIT_NOFILE],
        "filter": filter_program(watch=watch, isolated=method != "process"),
        "watch": watch,
        "libraries": list(libraries),
        "root": mounts if method == "namespaces" else [],
    }
    # The kernel counts a workspace in memory as memory of the processes that write it.
    memory = limits.memory_bytes + (limits.disk_bytes if room else 0)
    words, variables = groups.starter(memory, limits.processes)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            process = subprocess.Popen(
                [*words, *layout.start_command(method, mounts, theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env={"PATH": os.defpath, **variables},
                cwd="/",
                start_new_session=True,
            )
        with process:
            supervisor = Supervisor(process, ours, limits, bounds, bounded=room > 0)
            supervisor.follow(task)
    return supervisor


def _rlimits(limits: Limits) -> list[tuple[str, int]]:
    """Hard limits of each process, which no program can raise."""
    wanted = [
        ("RLIMIT_CORE", 0),
        ("RLIMIT_CPU", math.ceil(limits.cpu_seconds) + 1),
        ("RLIMIT_DATA", limits.memory_bytes + _MAPPED_BEYOND),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_NOFILE", _OPEN_FILES),
        ("RLIMIT_SIGPENDING", _SIGNALS),
    ]
    capped = []
    for name, value in wanted:
        hard = resource.getrlimit(getattr(resource, name))[1]
        capped.append((name, value if hard == resource.RLIM_INFINITY else min(value, hard)))
    return capped
