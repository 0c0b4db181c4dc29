"""Runs untrusted code: chooses the method, prepares the workspace, runs, reports what happened."""

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
# Signs, in a failed program's last output, of limits that the kernel enforced silently.
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("tamper", r"\[Errno 109\]|Too many references"),  # handles in flight
    ("memory_limit", r"MemoryError|can't allocate memory|std::bad_alloc|Cannot allocate memory"),
    ("file_limit", r"\[Errno 27\]|File too large"),
    ("disk_limit", r"\[Errno 28\]|No space left on device"),
    ("process_limit", r"can't start new thread|Resource temporarily unavailable"),
)
# Used only if the watch, which sees the attempts themselves, is off.
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
    """Run `command` in `workspace`, the only folder it can change, until all its processes end.

    The program sees the system's programs, this interpreter with its packages, `read_only` and the
    workspace, all at their usual paths. It sees no home folder, no network and no other process,
    and its environment has `env` but nothing of the caller's. Its stdin is empty. Many threads and
    processes may call this at once, each with its own workspace; nothing outlives the caller.

    If `command` is this interpreter with a script, the installed modules in `libraries` are loaded
    before the watch begins, which saves checking the thousands of files that they open. They are
    trusted, so name none that untrusted code chose; the whole script is watched. In other cases,
    and without a watch, `libraries` has no effect.

    Attempts are recorded as the kernel saw them (system calls with their paths). Limits are
    recorded from process tables, the workspace's size and exit signals, and, for allocations and
    writes that the kernel refused, from the failing program's output. Links left behind that lead
    out of the workspace are removed. `conference.sandbox.Kind` lists the kinds of incidents.

    Raises `UserError` if the workspace, the program or the protections are missing: without
    namespaces code runs only with `unsafe`, and then only limits and watch protect. Raises
    `NotStarted` if several starts failed because the machine temporarily lacks something.
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
    """Call `start`, again after a pause if the machine temporarily lacks something."""
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
    """Add incidents shown by the exit signal and the last output, for kinds not yet recorded."""
    seen = {incident.kind for incident in ended.incidents}
    code = ended.exit_code or 0
    if code in _SIGNALS and _SIGNALS[code][0] not in seen:
        ended.record(*_SIGNALS[code])
        seen.add(_SIGNALS[code][0])
    if code == 0:
        return
    said = ended.text(1)
    for kind, words in _WORDS if watch else (*_WORDS, *_UNWATCHED_WORDS):
        # A pattern for the whole line would take hours on a long one.
        found = re.search(words, said)
        if found and kind not in seen:
            start = said.rfind("\n", 0, found.start()) + 1
            line = said[max(start, found.start() - 100) :].split("\n", 1)[0]
            ended.record(kind, line.strip())


def _remove_deep(workspace: Path) -> None:
    """Remove folders nested so deeply that removing the workspace would fail."""
    found = disk_use(str(workspace), 0.0).too_deep
    if found:
        subprocess.run([tool("rm"), "-rf", "--", *found], check=False)


def _remove_links(ended: Supervisor, workspace: Path, before: Mapping[Path, str]) -> None:
    """Remove links that lead out. As this may redirect other links, all new links are removed if
    some still lead out."""
    for links in (escaping_links, all_links):
        new = {link: said for link, said in links(workspace).items() if before.get(link) != said}
        for link, said in new.items():
            ended.record("symlink_escape", f"{link.name} to {said}")
            link.unlink()
        if not escaping_links(workspace).keys() - before.keys():
            return


def _marks(roots: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """Size and change time of every file below the roots; only the kernel sets change times."""
    made = {}
    for root in roots:
        for path in [root, *root.rglob("*")]:
            if "__pycache__" not in path.parts and path.is_file():
                status = path.lstat()
                made[str(path)] = (status.st_size, status.st_ctime_ns)
    return made


def _more(ended: Supervisor) -> list[Incident]:
    return [Incident(kind, f"and {count} more") for kind, count in ended.dropped.items()]
