"""Finds out which protections work on this machine, by trying them."""

from __future__ import annotations

import functools

from conference.core.errors import UserError
from conference.core.scratch import scratch
from conference.sandbox import groups
from conference.sandbox.records import METHODS, Limits, Method, Protections
from conference.sandbox.start import start
from conference.sandbox.syscalls import filter_program

_ON: dict[Method, tuple[str, ...]] = {
    "bubblewrap": (
        "bubblewrap: own user, process, mount, network, IPC and host-name namespaces",
        "files: only the workspace is writable; home folders are not there; /tmp is private",
        "network: none",
        "processes: all die with the run, whatever they do",
    ),
    "namespaces": (
        "user namespaces (unshare): own process, mount, network, IPC and host-name namespaces",
        "files: only the workspace is writable; home folders are not there; /tmp is private",
        "network: none",
        "processes: all die with the run, whatever they do",
    ),
    "process": ("processes: descendants are adopted and killed at the end, as far as seen",),
}
_ALWAYS = (
    "environment: clean, nothing of the caller's",
    "limits sampled from outside: wall time, processor time, memory, processes, disk, output",
    "limits held by the kernel for each process: processor time, data, file size, open files",
)
_WHOLE_RUN = ("memory", "processor time", "processes")
_WATCH = "watch (seccomp): attempts at files, network, processes and limits are seen and recorded"
_ROOM = (
    "disk: the workspace is a file system of bounded size, where a quarter of free memory holds it"
)
_WATCH_ALONE = "files and network: refused by the watch alone, which a racing program may deceive"


@functools.cache
def available() -> dict[Method, bool]:
    """The methods that work here, strongest first, each with whether its watch works."""
    found: dict[Method, bool] = {}
    for method in METHODS:
        for watch in (True, False):
            if _works(method, watch):
                found[method] = watch
                break
    return found


def protections(method: Method | None = None) -> Protections:
    """The strongest method that works here (or `method`), and which protections it has.

    Raises `UserError` if `method` does not work here.
    """
    found = available()
    chosen = method or next(iter(found), "process")
    if chosen not in found:
        raise UserError(
            f"sandbox: the method {chosen!r} does not work on this machine; leave it out"
        )
    watch = found[chosen]
    on = [*_ON[chosen], *_ALWAYS]
    kernel = groups.held()
    if kernel:
        on.append(
            f"the whole run's limits, held by the kernel's control group: {', '.join(kernel)}"
        )
    off = []
    sampled = tuple(name for name in _WHOLE_RUN if name not in kernel)
    if sampled:
        off.append(f"control group: the run's {', '.join(sampled)} in all are only sampled")
    if chosen == "bubblewrap":
        kernel = (*kernel, "disk")
        on.append(_ROOM)
    else:
        sampled = (*sampled, "disk")
        off.append("disk: the workspace's size is only sampled")
    if watch:
        on.append(_WATCH)
    else:
        off.append("watch (seccomp): attempts show only in what a program prints")
    if chosen == "process":
        (on if watch else off).append(_WATCH_ALONE if watch else "files and network: open")
        off.append("namespaces: this method isolates nothing; for trusted code only")
    return Protections(
        method=chosen, available=tuple(found), watch=watch, on=tuple(on), off=tuple(off),
        held=kernel, sampled=sampled,
    )  # fmt: skip


def _works(method: Method, watch: bool) -> bool:
    if watch and not filter_program(watch=True):
        return False
    limits = Limits(wall_seconds=20, cpu_seconds=20)
    with scratch("trial") as folder:
        try:
            ended = start(
                ["/bin/sh", "-c", "exit 7"], folder.resolve(), limits, method=method,
                watch=watch,
            )  # fmt: skip
        except (UserError, OSError):
            return False
    return ended.exit_code == 7
