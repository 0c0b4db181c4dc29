"""The sandbox's records: limits, incidents, outcomes, protections."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from conference.core.clean import clean
from conference.core.errors import UserError

Kind = Literal[
    "wall_limit",  # ran longer than it may
    "cpu_limit",  # used more processor time than it may
    "memory_limit",  # held or asked for more memory than it may
    "process_limit",  # wanted more processes and threads than it may
    "disk_limit",  # filled its workspace beyond the quota, bytes or many files
    "file_limit",  # wrote one file larger than it may
    "output_limit",  # flooded stdout or stderr
    "network",  # asked for a network socket, or for a unix socket outside its workspace
    "write_outside",  # tried to change something outside its workspace
    "read_outside",  # tried to open a file outside what it was given
    "secret_access",  # the same, in a home folder or another process's environment or memory
    "survivor_killed",  # left processes behind: a daemon or a relaunch of itself
    "tamper",  # went for its limits, its launcher, other processes, mounts or the kernel
    "symlink_escape",  # made a symbolic link that leads out of its workspace
    "bad_result",  # its result file is missing, irregular, too large or not clean JSON
]
KINDS: tuple[str, ...] = get_args(Kind)

Method = Literal["bubblewrap", "namespaces", "process"]
METHODS: tuple[Method, ...] = get_args(Method)

MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use, all its processes together; the defaults suit a small CPU experiment.

    Seconds are of real time or of processor time; `processes` counts processes and threads;
    `file_bytes` is the largest size of one file and of what is printed; `disk_bytes` is the
    largest growth of the workspace, each file counted as at least 4 KiB.
    """

    wall_seconds: float = 300.0
    cpu_seconds: float = 600.0
    memory_bytes: int = 4096 * MIB
    processes: int = 64
    file_bytes: int = 64 * MIB
    disk_bytes: int = 256 * MIB

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"Limits.{name} must be above 0, not {getattr(self, name)}")


class Incident(msgspec.Struct, frozen=True):
    """Something that a program tried and the sandbox stopped, or a limit that it ran into."""

    kind: Kind
    detail: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended.

    `exit_code` is negative (minus the signal) for a killed program. `stdout` and `stderr` are the
    last 64 KiB of each. `seconds` is the program's real time. `peak_memory_bytes` is the largest
    resident memory of all its processes together, as far as seen by polling. `incidents` holds
    each kind's first few cases. `protections` are the lines of those that were on.
    """

    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    peak_memory_bytes: int
    incidents: tuple[Incident, ...]
    protections: tuple[str, ...]


class Protections(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine gives: the strongest method, and readable lines of what is on and off.

    `held` are the limits of a whole run that the kernel holds, `sampled` those that are only
    looked at from time to time, which a fast program can pass for a moment.
    """

    method: Method
    available: tuple[Method, ...]
    watch: bool
    on: tuple[str, ...]
    off: tuple[str, ...]
    held: tuple[str, ...] = ()
    sampled: tuple[str, ...] = ()

    def sentence(self) -> str:
        """What a user should know before untrusted code runs."""
        held, sampled = ", ".join(self.held) or "nothing", ", ".join(self.sampled) or "none"
        return (
            f"Experiments run in a sandbox ({self.method}). Limits of a whole run that the kernel "
            f"holds: {held}; limits that are only sampled: {sampled}."
        )

    @property
    def isolated(self) -> bool:
        """Whether untrusted code may be run at all without `unsafe`."""
        return self.method != "process"


class NotStarted(UserError):
    """A run that could not start for want of something that the machine may have again later."""


class BadResult(Exception):
    """A result file that must not be believed; `incident` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(clean(detail))
        self.incident = Incident("bad_result", str(self))
