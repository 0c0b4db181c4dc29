"""Judges watched system calls: allows them, or refuses them and records an incident.

It uses the call's number and arguments as the kernel saw them, and the path or address read from
the program's memory. A program could change that memory afterwards. With namespaces this gains
nothing, because the mounts decide what is reachable and the watch only reports. Without namespaces
(the `process` method, for trusted code) the watch is the only protection.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path

from conference.sandbox.files import CHANGED, Bounds, Files
from conference.sandbox.paths import Blind, Call, Reader, below, signed
from conference.sandbox.records import Kind
from conference.sandbox.syscalls import AROUND, BY_ARGUMENT, HIDDEN_MEMORY, SCARCE, table

_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* flags of clone(2)
_UNIX, _NETLINK = 1, 16
_DATAGRAMS = 2
_NAME_SERVICE = ("/var/run/nscd/socket", "/run/nscd/socket")
_LONGEST_ADDRESS = 110
# Arguments (target, signal); the target is a process, or with `pidfd_` a handle of one.
_SIGNALS = {
    "kill": (0, 1), "tkill": (0, 1), "tgkill": (0, 2), "rt_sigqueueinfo": (0, 1),
    "rt_tgsigqueueinfo": (0, 2), "pidfd_send_signal": (0, 1),
}  # fmt: skip
_IOPRIO_PROCESS = 1
_OF_A_PROCESS = ("sched_setaffinity", "sched_setparam", "migrate_pages", "move_pages")
# The number of ids that each call takes.
_USERS = {"setuid": 1, "setfsuid": 1, "setreuid": 2, "setresuid": 3}
_GROUPS = {"setgid": 1, "setfsgid": 1, "setregid": 2, "setresgid": 3}
_LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW of fcntl
_PATIENT = (0, 3, 5)  # scheduling policies without priority over others: other, batch, idle


class Judge:
    """Judges the watched calls of one run; `may_fork` and `is_ours` ask the supervisor."""

    def __init__(
        self,
        bounds: Bounds,
        record: Callable[[Kind, str], None],
        may_fork: Callable[[], bool],
        is_ours: Callable[[int], bool],
    ) -> None:
        self._bounds = bounds
        self._record = record
        self._may_fork = may_fork
        self._is_ours = is_ours
        self._reader = Reader(bounds.writable, self._own)
        self._files = Files(bounds, self._reader, self._refuse, is_ours)
        self._names = table()
        self._answers = self._answerers()

    @property
    def writes(self) -> int:
        """How many writes were allowed so far."""
        return self._files.writes

    def name(self, number: int) -> str:
        return self._names.get(number, f"call {number}")

    def close(self) -> None:
        """Release everything; the whole program must have ended."""
        self._reader.close()
        self._files.close()

    def answer(self, call: Call) -> int:
        """0 to allow the call, else the error number for the program, or `DONE`.

        A call that cannot be judged is refused, so that no program can end the round.
        """
        try:
            return self._judged(call)
        except (Blind, OSError, ValueError, OverflowError) as error:
            return self._refuse("tamper", f"{call.name}: {error}", errno.EPERM)

    def _judged(self, call: Call) -> int:
        known = self._answers.get(call.name)
        return known(call) if known is not None else self._refused(call)

    def _refused(self, call: Call) -> int:
        if call.name in HIDDEN_MEMORY:
            return self._refuse("memory_limit", f"{call.name}: held by no process", errno.ENOSYS)
        error = errno.ENOSYS if call.name in (*AROUND, *SCARCE) else errno.EPERM
        argument, _ = BY_ARGUMENT.get(call.name, (None, ()))
        how = "" if argument is None else f" {call.arguments[argument]:#x}"
        return self._refuse("tamper", f"{call.name}{how}", error)

    def _answerers(self) -> dict[str, Callable[[Call], int]]:
        files = self._files
        return {
            **dict.fromkeys(("open", "openat"), files.open),
            **dict.fromkeys(CHANGED, files.change),
            **dict.fromkeys(("symlink", "symlinkat"), files.symlink),
            **dict.fromkeys(("ftruncate", "fallocate"), files.size),
            **dict.fromkeys(("clone", "fork", "vfork"), self._fork),
            **dict.fromkeys(_SIGNALS, self._signal),
            **dict.fromkeys(("prlimit64", "setrlimit"), self._limit),
            "socket": self._socket,
            "connect": self._address,
            "bind": self._address,
            "setpriority": self._priority,
            "sched_setscheduler": self._schedule,
            "ioprio_set": self._priority_of_disks,
            **dict.fromkeys(_OF_A_PROCESS, self._of_a_process),
            "socketpair": self._pair,
            **dict.fromkeys((*_USERS, *_GROUPS), self._become),
            "flock": files.lock,
            "fcntl": self._control,
        }

    def _refuse(self, kind: Kind, detail: str, error: int = errno.EACCES) -> int:
        self._record(kind, detail)
        return error

    def _own(self, thread: int, process: int) -> int | None:
        """The outer id of a process of the run, given its id inside; None for others."""
        if self._bounds.isolated:
            return thread if process != 1 else None  # Any thread will do: all have the same root.
        return process if self._is_ours(process) else None

    # --- network ------------------------------------------------------------------------------

    def _socket(self, call: Call) -> int:
        family, kind = signed(call.arguments[0]), signed(call.arguments[1]) & 0xF
        if family == _UNIX:
            # A datagram needs no connection that could be judged; pairs use another call.
            return self._refuse("network", "socket of datagrams") if kind == _DATAGRAMS else 0
        if family == _NETLINK:
            return errno.EAFNOSUPPORT  # Libraries list network interfaces by themselves.
        return self._refuse("network", f"socket of family {family}")

    def _pair(self, call: Call) -> int:
        """Refuse a pair of datagram sockets, which without namespaces can write to the host's."""
        if self._bounds.isolated:
            return 0
        return self._refuse("network", "a pair of sockets of datagrams")

    def _address(self, call: Call) -> int:
        """Judge `connect` and `bind` by their address."""
        size = min(call.arguments[2], _LONGEST_ADDRESS)
        data = self._reader.memory(call.thread, call.arguments[1], size)
        if len(data) < (2 if call.name == "bind" else 3):
            return 0
        (family,) = struct.unpack_from("=H", data)
        name = os.fsdecode(data[2:].partition(b"\0")[0])
        if family != _UNIX:
            return self._refuse("network", f"{call.name}, family {family}")
        if not name:
            return self._refuse("network", f"{call.name} to an abstract name")
        if not name.startswith("/"):
            try:
                name = f"{os.readlink(f'/proc/{call.thread}/cwd')}/{name}"  # noqa: PTH115
            except OSError:
                return 0
        path = self._reader.resolved(call.thread, name)
        if path is None or path in _NAME_SERVICE:
            return errno.ENOENT
        if call.name == "bind":
            return self._files.may_write(path)
        if below(path, self._bounds.writable) and not self._is_the_hosts(call.thread, path):
            return 0
        return self._refuse("network", f"connect to {path}")

    def _is_the_hosts(self, thread: int, path: str) -> bool:
        """Whether a path exists only in the host's folder of that name, not in the private one."""
        inside = Path(f"/proc/{thread}/root{path}")
        return self._bounds.isolated and Path(path).exists() and not inside.exists()

    # --- processes and limits -----------------------------------------------------------------

    def _fork(self, call: Call) -> int:
        if call.name == "clone" and call.arguments[0] & _NEW_NAMESPACES:
            return self._refuse("tamper", "clone into new namespaces", errno.EPERM)
        return 0 if self._may_fork() else errno.EAGAIN

    def _foreign(self, process: int) -> bool:
        """Whether a process (its id inside; negative for a group) does not belong to the run."""
        if self._bounds.isolated:
            return process in (1, -1)
        return process == -1 or not self._is_ours(abs(process))

    def _signal(self, call: Call) -> int:
        target, number = (signed(call.arguments[at]) for at in _SIGNALS[call.name])
        if number == 0 or (target == 0 and call.name != "pidfd_send_signal"):
            return 0
        if call.name == "pidfd_send_signal":
            process = _process_of(call.thread, target)
            foreign = process > 0 and not self._is_ours(process)
        else:
            foreign = self._foreign(target)
        if foreign:
            return self._refuse("tamper", f"signal {number} to {target}", errno.EPERM)
        return 0

    def _limit(self, call: Call) -> int:
        shift = 1 if call.name == "prlimit64" else 0
        number, address = call.arguments[shift], call.arguments[shift + 1]
        if address == 0:
            return 0
        process = signed(call.arguments[0]) if shift else 0
        if process and self._foreign(process):
            return self._refuse("tamper", f"limit {number} of process {process}", errno.EPERM)
        data = self._reader.memory(call.thread, address, 16)
        ours = self._bounds.rlimits.get(number)
        if len(data) < 16 or ours is None:
            return 0
        if max(struct.unpack("=QQ", data)) > ours:
            return self._refuse("tamper", f"raise limit {number}", errno.EPERM)
        return 0

    def _become(self, call: Call) -> int:
        """Judge calls that set a process's user or group by the ids that they ask for."""
        own = self._bounds.user if call.name in _USERS else self._bounds.group
        count = _USERS.get(call.name) or _GROUPS[call.name]
        wanted = {signed(argument) for argument in call.arguments[:count]} - {-1, own}
        if not wanted:
            return 0
        return self._refuse("tamper", f"{call.name} {min(wanted)}", errno.EPERM)

    def _control(self, call: Call) -> int:
        return self._files.lock(call) if call.arguments[1] in _LOCKS else self._refused(call)

    def _priority(self, call: Call) -> int:
        which, who, value = (signed(argument) for argument in call.arguments[:3])
        if which == 0 and value >= 0 and (who == 0 or not self._foreign(who)):
            return 0
        return self._refuse("tamper", f"priority {value}", errno.EPERM)

    def _priority_of_disks(self, call: Call) -> int:
        which, who = (signed(argument) for argument in call.arguments[:2])
        if which == _IOPRIO_PROCESS and (who == 0 or not self._foreign(who)):
            return 0
        return self._refuse("tamper", f"priority of disks, {which} {who}", errno.EPERM)

    def _of_a_process(self, call: Call) -> int:
        process = signed(call.arguments[0])
        if process == 0 or not self._foreign(process):
            return 0
        return self._refuse("tamper", f"{call.name} of {process}", errno.EPERM)

    def _schedule(self, call: Call) -> int:
        policy = call.arguments[1] & 0xFFFF
        return 0 if policy in _PATIENT else self._refuse("tamper", f"policy {policy}", errno.EPERM)


def _process_of(thread: int, handle: int) -> int:
    """The process (its outer id) of a process handle; 0 if it has ended."""
    try:
        with open(f"/proc/{thread}/fdinfo/{handle}", encoding="ascii") as file:  # noqa: PTH123
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        return max(int(lines.get("Pid", "0")), 0)
    except (OSError, ValueError):
        return 0
