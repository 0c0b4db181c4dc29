"""A control group that the user's systemd creates for one run, if this process may not.

`systemd-run --user --scope` starts a command in a new scope with its own limits (systemd-run(1),
systemd.resource-control(5)). It needs control groups of version 2 and a user's systemd that has the
memory controller; both are found by trying.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_PROBE = 64 << 20  # bytes: the limit that a trial scope must show
_PROBE_TASKS = 16
_PATIENCE = 10.0  # seconds for systemd to answer
# Variables with the address of the user's systemd.
_ADDRESSES = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


def command(memory_bytes: int, tasks: int) -> list[str]:
    """The prefix that runs a command in a scope with these limits; empty without systemd-run.

    The command replaces systemd-run: process, handles and folder stay the same.
    """
    found = shutil.which("systemd-run")
    if found is None:
        return []
    return [
        found, "--user", "--scope", "--quiet", "--collect",
        f"--property=MemoryMax={memory_bytes}", "--property=MemorySwapMax=0",
        f"--property=TasksMax={tasks}", "--",
    ]  # fmt: skip


def environment() -> dict[str, str]:
    """The caller's variables that systemd-run needs to find the user's systemd."""
    return {name: os.environ[name] for name in _ADDRESSES if name in os.environ}


def folder_of(text: str, root: Path | None = None) -> Path | None:
    """The folder of a process's version 2 group, from its /proc/PID/cgroup; None without one.

    A line is "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u7.scope"; lines
    of version 1 have another number and the names of their controllers.
    """
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            return (root or ROOT) / path.lstrip("/")
    return None


@functools.cache
def works() -> bool:
    """Whether a scope can be created here, with limits on memory and processes."""
    trial = command(_PROBE, _PROBE_TASKS)
    if not trial:
        return False
    try:
        said = subprocess.run(
            [*trial, "cat", "/proc/self/cgroup"], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=_PATIENCE, check=True,
            env={"PATH": os.defpath, **environment()},
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    # The trial's own group ends with it; its parent shows which controllers scopes there get.
    folder = folder_of(said)
    if folder is None or not folder.name.endswith(".scope"):
        return False
    try:
        given = (folder.parent / "cgroup.subtree_control").read_text(encoding="ascii").split()
    except (OSError, UnicodeError):
        return False
    return {"memory", "pids"} <= set(given)
