"""The sandbox's records: limits, incidents, outcomes, protections."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from conference.core.clean import clean
from conference.core.errors import UserError

Kind = Literal[
    "wall_limit",  # ran longer than allowed
    "cpu_limit",  # used more processor time than allowed
    "memory_limit",  # held or asked for more memory than allowed
    "process_limit",  # wanted more processes and threads than allowed
    "disk_limit",  # filled its workspace beyond the quota, by bytes or number of files
    "file_limit",  # wrote a file larger than allowed
    "output_limit",  # flooded stdout or stderr
    "network",  # asked for a network socket, or for a unix socket outside its workspace
    "write_outside",  # tried to change something outside its workspace
    "read_outside",  # tried to open a file outside what it was given
    "secret_access",  # tried to read home folders, or another process's environment or memory
    "survivor_killed",  # left processes behind: a daemon or a relaunch of itself
    "tamper",  # attacked its limits, its launcher, other processes, mounts or the kernel
    "symlink_escape",  # made a symbolic link that leads out of its workspace
    "bad_result",  # its result file is missing, irregular, too large or not clean JSON
]
KINDS: tuple[str, ...] = get_args(Kind)

Method = Literal["bubblewrap", "namespaces", "process"]
METHODS: tuple[Method, ...] = get_args(Method)

MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes of a run may use together; the defaults suit a small CPU experiment.

    `processes` counts processes and threads; `file_bytes` limits each file and the printed output;
    `disk_bytes` limits the growth of the workspace, each file counted as at least 4 KiB.
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
    """Something that a program tried and the sandbox stopped, or a limit that it reached."""

    kind: Kind
    detail: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended.

    `exit_code` is negative (minus the signal) for a killed program. `stdout` and `stderr` are the
    last 64 KiB of each. `seconds` is the program's wall time. `peak_memory_bytes` is the largest
    resident memory of all its processes together, as far as polling saw it. `incidents` holds the
    first few of each kind. `protections` describe those that were on.
    """

    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    peak_memory_bytes: int
    incidents: tuple[Incident, ...]
    protections: tuple[str, ...]


class Protections(msgspec.Struct, frozen=True, kw_only=True):
    """This machine's protections: the strongest method, and descriptions of what is on and off.

    `held` are the limits of a whole run that the kernel enforces, `sampled` those that are only
    checked from time to time, so that a fast program can exceed them for a moment.
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
    """A run could not start because the machine temporarily lacks something."""


class BadResult(Exception):
    """A result file that must not be trusted; `incident` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(clean(detail))
        self.incident = Incident("bad_result", str(self))
