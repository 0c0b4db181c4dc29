"""What a watched system call means: let it go on, or refuse it and record an incident.

Detection rests on the call's number and arguments as the kernel saw them, and on the path or
address read from the program's memory. A program could change that memory after we looked; where
there are namespaces that gains nothing, as mounts decide what is really there and the watch only
tells. Without namespaces (the `process` method, for trusted code) the watch is all there is.
"""

# ruff: noqa: PTH115
# Plain paths: paths of another process, and a hot path.
from __future__ import annotations

import errno
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec

from conference.sandbox.records import Kind
from conference.sandbox.syscalls import AROUND, HIDDEN_MEMORY, table

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_SET_ID = 0o6000
_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* flags of clone(2)
_AT_FDCWD = -100
_UNIX, _NETLINK = 1, 16
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom")
# What libraries look for without harm: it may be absent, and reading it tells nothing secret.
_HARMLESS = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc",
    "/sys",
    "/run",
    "/opt",
    "/var/cache",
    "/var/run",
)
_SECRET_FILES = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/sudoers", "/run/secrets")
_KERNEL_SECRETS = ("/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/keys")
_PUBLIC_OF_A_PROCESS = ("stat", "statm", "status", "comm", "cgroup", "")
_NAME_SERVICE = ("/var/run/nscd/socket", "/run/nscd/socket")

# Which arguments are (folder descriptor or None, path) of the things that a call would change.
_CHANGED: dict[str, tuple[tuple[int | None, int], ...]] = {
    "truncate": ((None, 0),), "rename": ((None, 0), (None, 1)), "mkdir": ((None, 0),),
    "rmdir": ((None, 0),), "creat": ((None, 0),), "link": ((None, 0), (None, 1)),
    "unlink": ((None, 0),), "chmod": ((None, 0),), "chown": ((None, 0),), "lchown": ((None, 0),),
    "mknod": ((None, 0),), "mkdirat": ((0, 1),), "mknodat": ((0, 1),), "fchownat": ((0, 1),),
    "unlinkat": ((0, 1),), "renameat": ((0, 1), (2, 3)), "renameat2": ((0, 1), (2, 3)),
    "linkat": ((0, 1), (2, 3)), "fchmodat": ((0, 1),), "fchmodat2": ((0, 1),),
}  # fmt: skip
_MODE_ARGUMENT = {
    "creat": 1, "mkdir": 1, "chmod": 1, "fchmod": 1, "mknod": 1, "mkdirat": 2, "mknodat": 2,
    "fchmodat": 2, "fchmodat2": 2,
}  # fmt: skip


class Call(msgspec.Struct, frozen=True):
    """A watched call: the caller's thread id, the call's name and its six arguments."""

    thread: int
    name: str
    arguments: tuple[int, ...]


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program may read and write, and the hard limits it was given (`RLIMIT_*` number)."""

    writable: tuple[str, ...]
    readable: tuple[str, ...]
    homes: tuple[str, ...]
    own_code: str
    read_only: tuple[str, ...]
    rlimits: dict[int, int]
    isolated: bool


class Judge:
    """Judges calls for one run; `may_fork` and `is_ours` ask the supervisor's view of the tree."""

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
        self._memories: dict[int, int] = {}
        self._names = table()
        self.writes = 0

    def name(self, number: int) -> str:
        return self._names.get(number, f"call {number}")

    def close(self) -> None:
        for memory in self._memories.values():
            os.close(memory)
        self._memories.clear()

    def answer(self, call: Call) -> int:
        """0 to let the call go on, else the error number that the program gets."""
        name = call.name
        if name in ("openat", "open"):
            return self._open(call)
        if name in ("clone", "fork", "vfork"):
            return self._fork(call)
        if name in _CHANGED:
            return self._change(call)
        if name in ("symlink", "symlinkat"):
            return self._symlink(call)
        if name == "socket":
            return self._socket(call)
        if name == "connect":
            return self._connect(call)
        if name in ("kill", "tkill", "tgkill", "rt_sigqueueinfo"):
            return self._signal(call)
        if name in ("prlimit64", "setrlimit"):
            return self._limit(call)
        if name == "fchmod":
            return self._mode(call)
        if name in ("ftruncate", "fallocate"):
            return self._size(call)
        if name == "pidfd_send_signal" and self._bounds.isolated:
            return 0
        if name in HIDDEN_MEMORY:
            return self._refuse("memory_limit", f"{name}: memory of no process", errno.ENOSYS)
        return self._refuse("tamper", name, errno.ENOSYS if name in AROUND else errno.EPERM)

    def _refuse(self, kind: Kind, detail: str, error: int = errno.EACCES) -> int:
        self._record(kind, detail)
        return error

    # --- reading the program's memory ---------------------------------------------------------

    def _read(self, thread: int, address: int, size: int) -> bytes:
        """Up to `size` bytes at an address of the program; empty where nothing can be read."""
        for _ in range(2):
            try:
                if thread not in self._memories:
                    if len(self._memories) >= 64:
                        self.close()
                    self._memories[thread] = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
                data = os.pread(self._memories[thread], size, address)
            except (OSError, OverflowError):
                data = b""
            if data:
                return data
            # The thread may have become another program, or its number another thread.
            stale = self._memories.pop(thread, None)
            if stale is None:
                break
            os.close(stale)
        return b""

    def _path(self, call: Call, folder: int | None, argument: int) -> str | None:
        """The absolute path that arguments name, made plain; None where it cannot be read."""
        data = self._read(call.thread, call.arguments[argument], 512)
        if data and b"\0" not in data:
            data = self._read(call.thread, call.arguments[argument], 4096)
        if not data:
            return None
        path = os.fsdecode(data.partition(b"\0")[0])
        if not path.startswith("/"):
            link = "cwd"
            if folder is not None and _signed(call.arguments[folder]) != _AT_FDCWD:
                link = f"fd/{_signed(call.arguments[folder])}"
            try:
                path = f"{os.readlink(f'/proc/{call.thread}/{link}')}/{path}"
            except OSError:
                return None
        if "/." in path or "//" in path:
            path = os.path.normpath(path)
        for root in ("/proc/self/root", "/proc/1/root", "/proc/thread-self/root"):
            path = path.removeprefix(root) or "/"
        return path

    # --- files --------------------------------------------------------------------------------

    def _open(self, call: Call) -> int:
        first = 1 if call.name == "openat" else 0
        path = self._path(call, 0 if first else None, first)
        if path is None:
            return 0  # the kernel will find the same fault
        flags = call.arguments[first + 1]
        if not flags & _WRITING:
            return self._may_read(path)
        if flags & os.O_CREAT and call.arguments[first + 2] & _SET_ID:
            return self._refuse("tamper", f"set-user-id file {path}", errno.EPERM)
        return self._may_write(path)

    def _may_read(self, path: str) -> int:
        if path.startswith("/proc/"):
            return self._process_file(path)
        if _below(path, self._bounds.readable):
            return 0
        if _below(path, self._bounds.homes):
            return self._refuse("secret_access", f"open {path}")
        if _below(path, _SECRET_FILES):
            return self._refuse("secret_access", f"open {path}")
        if _below(path, _HARMLESS) or path == "/proc" or not Path(path).exists():
            return 0
        if any(root.startswith(path.rstrip("/") + "/") for root in self._bounds.readable):
            return 0  # a folder above a given one: there nothing else is in it
        return self._refuse("read_outside", f"open {path}")

    def _process_file(self, path: str) -> int:
        if path in _KERNEL_SECRETS:
            return self._refuse("secret_access", f"open {path}")
        process, _, rest = path.removeprefix("/proc/").partition("/")
        if not process.isdigit() or rest in _PUBLIC_OF_A_PROCESS:
            return 0
        foreign = process == "1" if self._bounds.isolated else not self._is_ours(int(process))
        return self._refuse("secret_access", f"open {path}") if foreign else 0

    def _may_write(self, path: str) -> int:
        compiled = "__pycache__" in path
        if _below(path, (self._bounds.own_code,)) and not compiled:
            return self._refuse("tamper", f"write {path}")
        given = _below(path, self._bounds.read_only)
        if _below(path, self._bounds.writable) and not given:
            self.writes += 1
            return 0
        if path in _DEVICES:
            return 0
        if path.startswith("/proc/"):
            process, _, rest = path.removeprefix("/proc/").partition("/")
            own = process in ("self", "thread-self") and rest.endswith("comm")
            return 0 if own else self._refuse("tamper", f"write {path}")
        if compiled and _below(path, self._bounds.readable):
            return errno.EROFS  # Python storing what it compiled: no attempt at anything
        return self._refuse("write_outside", f"write {path}")

    def _mode(self, call: Call) -> int:
        mode = call.arguments[_MODE_ARGUMENT[call.name]]
        if mode & _SET_ID and call.name not in ("mkdir", "mkdirat"):
            return self._refuse("tamper", f"{call.name} with a set-user-id mode", errno.EPERM)
        if call.name.startswith("mknod") and mode & 0o170000 in (0o020000, 0o060000):
            return self._refuse("tamper", "mknod of a device", errno.EPERM)
        return 0

    def _size(self, call: Call) -> int:
        if call.name == "fallocate":
            size = call.arguments[2] + call.arguments[3]
        else:
            size = call.arguments[1]
        if size > self._bounds.rlimits[resource.RLIMIT_FSIZE]:
            return self._refuse("file_limit", f"a file of {size} bytes", errno.EFBIG)
        return 0

    def _change(self, call: Call) -> int:
        if call.name == "truncate" and self._size(call):
            return errno.EFBIG
        if call.name in _MODE_ARGUMENT:
            error = self._mode(call)
            if error:
                return error
        for folder, argument in _CHANGED[call.name]:
            path = self._path(call, folder, argument)
            error = self._may_write(path) if path is not None else 0
            if error:
                return error
        return 0

    def _symlink(self, call: Call) -> int:
        at = call.name == "symlinkat"
        link = self._path(call, 1 if at else None, 2 if at else 1)
        data = self._read(call.thread, call.arguments[0], 4096).partition(b"\0")[0]
        if link is None or not data:
            return 0
        target = os.path.normpath(Path(link).parent / os.fsdecode(data))
        if not _below(target, self._bounds.writable):
            return self._refuse("symlink_escape", f"{link} to {target}")
        return self._may_write(link)

    # --- network, processes, limits -----------------------------------------------------------

    def _socket(self, call: Call) -> int:
        family = _signed(call.arguments[0])
        if family == _UNIX:
            return 0
        if family == _NETLINK:
            return errno.EAFNOSUPPORT  # listing the interfaces: libraries do it unasked
        return self._refuse("network", f"socket of family {family}")

    def _connect(self, call: Call) -> int:
        data = self._read(call.thread, call.arguments[1], 110)
        if len(data) < 3:
            return 0
        (family,) = struct.unpack_from("=H", data)
        path = os.fsdecode(data[2:].partition(b"\0")[0])
        if family != _UNIX:
            return self._refuse("network", f"connect, family {family}")
        if not path or not path.startswith("/") or _below(path, self._bounds.writable):
            return 0  # in its own network namespace, or in its own folders
        if path in _NAME_SERVICE:
            return errno.ENOENT
        return self._refuse("network", f"connect to {path}")

    def _fork(self, call: Call) -> int:
        if call.name == "clone" and call.arguments[0] & _NEW_NAMESPACES:
            return self._refuse("tamper", "clone into new namespaces", errno.EPERM)
        return 0 if self._may_fork() else errno.EAGAIN

    def _signal(self, call: Call) -> int:
        target = _signed(call.arguments[0])
        signal_number = _signed(call.arguments[2 if call.name == "tgkill" else 1])
        if signal_number == 0 or target == 0:
            return 0
        if self._bounds.isolated:
            foreign = target in (1, -1)
        else:
            foreign = target == -1 or not self._is_ours(abs(target))
        if foreign:
            return self._refuse("tamper", f"signal {signal_number} to {target}", errno.EPERM)
        return 0

    def _limit(self, call: Call) -> int:
        shift = 1 if call.name == "prlimit64" else 0
        resource_number, address = call.arguments[shift], call.arguments[shift + 1]
        if address == 0:
            return 0
        data = self._read(call.thread, address, 16)
        ours = self._bounds.rlimits.get(resource_number)
        if len(data) < 16 or ours is None:
            return 0
        if max(struct.unpack("=QQ", data)) > ours:
            return self._refuse("tamper", f"raise limit {resource_number}", errno.EPERM)
        return 0


def _signed(value: int) -> int:
    """The C int that a 64-bit register holds."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def _below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)
