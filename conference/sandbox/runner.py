"""Run untrusted code: choose the method, prepare the workspace, run, tell what happened."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conference.core.errors import UserError
from conference.sandbox.layout import OWN_CODE, tool
from conference.sandbox.links import all_links, escaping_links
from conference.sandbox.protections import protections
from conference.sandbox.records import Incident, Kind, Limits, Method, NotStarted, Outcome
from conference.sandbox.start import start
from conference.sandbox.supervise import Supervisor
from conference.sandbox.usage import disk_use, open_up

_PAUSES = (0.5, 2.0, 5.0)  # seconds before another start is tried
# What a failed program's last words tell of limits that the kernel held silently.
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("tamper", r"\[Errno 109\]|Too many references"),  # handles in flight
    ("memory_limit", r"MemoryError|can't allocate memory|std::bad_alloc|Cannot allocate memory"),
    ("file_limit", r"\[Errno 27\]|File too large"),
    ("disk_limit", r"\[Errno 28\]|No space left on device"),
    ("process_limit", r"can't start new thread|Resource temporarily unavailable"),
)
# Consulted only where the watch, which sees the attempts themselves, is off.
_UNWATCHED_WORDS: tuple[tuple[Kind, str], ...] = (
    ("network", r"Network is unreachable|Name or service not known|name resolution"),
    ("write_outside", r"Read-only file system"),
)
_SIGNALS: dict[int, tuple[Kind, str]] = {
    -signal.SIGXCPU: ("cpu_limit", "killed by the kernel for its processor time"),
    -signal.SIGXFSZ: ("file_limit", "killed by the kernel for a file's size"),
    -signal.SIGBUS: ("disk_limit", "killed by the kernel: no room for a file that is mapped"),
    -signal.SIGSYS: ("tamper", "killed by the kernel for a forbidden system call"),
}


def run(
    command: Sequence[str],
    workspace: Path,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    *,
    read_only: Sequence[Path] = (),
    env: Mapping[str, str] | None = None,
    libraries: Sequence[str] = (),
    unsafe: bool = False,
    method: Method | None = None,
) -> Outcome:
    """Run `command` in `workspace`, which alone it can change, and see it and all its own end.

    It sees the system's programs, this interpreter with its packages, `read_only` and the
    workspace, all at their usual paths; no home folder, no network, no other process, and an
    environment with `env` and nothing of the caller's. Its stdin is empty. Safe to call from many
    threads and processes at once, each with a workspace of its own; nothing outlives the caller.

    Where `command` is this interpreter with a script, the installed modules in `libraries` are
    loaded before the watch begins, which spares thousands of looks at the files that they open.
    They are trusted, so name none that untrusted code chose; the script is watched from its first
    line on. Without that, or where there is no watch, they change nothing.

    Attempts are recorded as the kernel saw them (system calls with their paths); limits from
    process tables, the workspace's size, exit signals, and for allocations and writes that the
    kernel refused, what the program printed as it failed. A link left behind that leads out of
    the workspace is removed. Which kinds there are: `conference.sandbox.Kind`.

    Raises `UserError` when the workspace, the program or the protections are missing: without
    namespaces code runs only with `unsafe`, and then unprotected but for limits and watch. Raises
    `NotStarted` where it did not start in several tries, as the machine lacks something just now.
    """
    given = protections(method)
    if not given.isolated and not unsafe:
        raise UserError(
            "sandbox: this run would not be isolated; install bubblewrap or allow user namespaces, "
            "or accept the danger with --unsafe"
        )
    workspace, read_only = _resolved(workspace, read_only)
    links = escaping_links(workspace)
    marks = _marks((OWN_CODE, *read_only)) if not given.isolated else {}
    ended = _started(
        command, workspace, limits, method=given.method, watch=given.watch, read_only=read_only,
        env=env, libraries=libraries if given.watch and _is_script(command) else (),
    )  # fmt: skip
    _conclude(ended, given.watch)
    open_up(str(workspace))
    _remove_deep(workspace)
    _remove_links(ended, workspace, links)
    if marks and marks != _marks((OWN_CODE, *read_only)):
        ended.record("tamper", "the launcher or a read-only file was changed")
    assert ended.exit_code is not None
    return Outcome(
        exit_code=ended.exit_code,
        stdout=ended.text(0),
        stderr=ended.text(1),
        seconds=ended.seconds,
        peak_memory_bytes=ended.peak_memory,
        incidents=(*ended.incidents, *_more(ended)),
        protections=given.on,
    )


def _started(*what: Any, **how: Any) -> Supervisor:
    """`start`, tried again where another's program holds what this one needs."""
    for pause in _PAUSES:
        try:
            return start(*what, **how)
        except NotStarted:
            time.sleep(pause)
    return start(*what, **how)


def _is_script(command: Sequence[str]) -> bool:
    return len(command) > 1 and command[0] == sys.executable and command[1].endswith(".py")


def _resolved(workspace: Path, read_only: Sequence[Path]) -> tuple[Path, list[Path]]:
    folder = workspace.resolve()
    if not folder.is_dir():
        raise UserError(f"sandbox: the workspace {workspace} is not a folder; make it first")
    if folder == Path("/") or folder in OWN_CODE.parents:
        raise UserError(f"sandbox: the workspace {workspace} holds this program; choose another")
    for path in read_only:
        if not path.exists():
            raise UserError(f"sandbox: the read-only path {path} is not there; leave it out")
    return folder, [path.resolve() for path in read_only]


def _conclude(ended: Supervisor, watch: bool) -> None:
    """Add what exit signals and last words tell, for kinds that were not seen already."""
    seen = {incident.kind for incident in ended.incidents}
    code = ended.exit_code or 0
    if code in _SIGNALS and _SIGNALS[code][0] not in seen:
        ended.record(*_SIGNALS[code])
        seen.add(_SIGNALS[code][0])
    if code == 0:
        return
    said = ended.text(1)
    for kind, words in _WORDS if watch else (*_WORDS, *_UNWATCHED_WORDS):
        # Not the whole line at once: that takes hours on a long one.
        found = re.search(words, said)
        if found and kind not in seen:
            start = said.rfind("\n", 0, found.start()) + 1
            line = said[max(start, found.start() - 100) :].split("\n", 1)[0]
            ended.record(kind, line.strip())


def _remove_deep(workspace: Path) -> None:
    """Remove what is nested so deep that whoever removes the workspace would fail at it."""
    found = disk_use(str(workspace), 0.0).too_deep
    if found:
        subprocess.run([tool("rm"), "-rf", "--", *found], check=False)


def _remove_links(ended: Supervisor, workspace: Path, before: Mapping[Path, str]) -> None:
    """Remove links that lead out. Without one of them others may lead elsewhere: the second time
    all links of the program go."""
    for links in (escaping_links, all_links):
        new = {link: said for link, said in links(workspace).items() if before.get(link) != said}
        for link, said in new.items():
            ended.record("symlink_escape", f"{link.name} to {said}")
            link.unlink()
        if not escaping_links(workspace).keys() - before.keys():
            return


def _marks(roots: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """Size and change time of every file below the roots; the kernel alone sets change times."""
    made = {}
    for root in roots:
        for path in [root, *root.rglob("*")]:
            if "__pycache__" not in path.parts and path.is_file():
                status = path.lstat()
                made[str(path)] = (status.st_size, status.st_ctime_ns)
    return made


def _more(ended: Supervisor) -> list[Incident]:
    return [Incident(kind, f"and {count} more") for kind, count in ended.dropped.items()]
