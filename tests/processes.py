"""Processes that this one started, and those that they started, by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def started(name: bytes) -> list[int]:
    """Ids of the living ones whose command line begins with a name, lowest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            pid = int(entry.name)
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if command.startswith(name) and os.getpid() in _ancestors(pid):
                found.append(pid)
    return sorted(found)


def _ancestors(pid: int) -> Iterator[int]:
    """The parent of a process, its parent, and so on; nothing for a process that has gone."""
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return
        yield pid
