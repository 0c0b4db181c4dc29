"""Judges calls on files: opening, changing and linking."""

# Plain paths: paths of another process, and a hot path.
from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import struct
from collections.abc import Callable

import msgspec

from conference.sandbox.notices import DONE
from conference.sandbox.paths import Call, Reader, below
from conference.sandbox.records import Kind

DEEPEST = 64  # nested folders below the workspace; deeper ones are hard to remove

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_MAKING = os.O_CREAT | (os.O_TMPFILE & ~os.O_DIRECTORY)  # then the program chooses a mode
_SET_ID = 0o6000
_SHARED = "/dev/shm"
_WHITEOUT = 4  # a flag of renameat2: a device replaces the renamed file
_EXCLUSIVE = {"flock": 2, "fcntl": 1}  # LOCK_EX and F_WRLCK
_UNLOCK = {"flock": 8, "fcntl": 2}
_AT_ONCE = 4  # LOCK_NB of flock
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom")
# Accelerators that libraries look for by themselves: an experiment has none.
_NOT_THERE = ("/dev/nvidia", "/dev/dri", "/dev/kfd", "/dev/dxg", "/dev/accel")
# Places where libraries look for files; reading them reveals no secrets.
_HARMLESS = (
    "/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/sys", "/run", "/opt", "/var/cache",
    "/var/run",
)  # fmt: skip
_SECRET_FILES = ("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/sudoers", "/run/secrets")
_KERNEL_SECRETS = ("/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/keys")
_PUBLIC_OF_A_PROCESS = ("stat", "statm", "status", "comm", "cgroup", "")
# Files of the launcher (the only other process in isolation) that programs such as ps read. The
# kernel reveals no secrets in them.
_LISTED = ("cmdline", "ctty", "wchan", "sched", "schedstat", "oom_score")
_LISTERS = ("/usr/bin/ps", "/usr/bin/top", "/usr/bin/pgrep", "/usr/bin/pkill", "/usr/bin/w")
# The cache of fontconfig, which matplotlib calls by itself.
_CACHE = "/var/cache/fontconfig"

# For each call the arguments (folder descriptor or None, path) of what it would change; a
# descriptor without a path is an open file.
CHANGED: dict[str, tuple[tuple[int | None, int | None], ...]] = {
    "truncate": ((None, 0),), "rename": ((None, 0), (None, 1)), "mkdir": ((None, 0),),
    "rmdir": ((None, 0),), "creat": ((None, 0),), "link": ((None, 0), (None, 1)),
    "unlink": ((None, 0),), "chmod": ((None, 0),), "chown": ((None, 0),), "lchown": ((None, 0),),
    "mknod": ((None, 0),), "mkdirat": ((0, 1),), "mknodat": ((0, 1),), "fchownat": ((0, 1),),
    "unlinkat": ((0, 1),), "renameat": ((0, 1), (2, 3)), "renameat2": ((0, 1), (2, 3)),
    "linkat": ((0, 1), (2, 3)), "fchmodat": ((0, 1),), "fchmodat2": ((0, 1),),
    "utime": ((None, 0),), "utimes": ((None, 0),), "futimesat": ((0, 1),), "utimensat": ((0, 1),),
    "setxattr": ((None, 0),), "lsetxattr": ((None, 0),), "removexattr": ((None, 0),),
    "lremovexattr": ((None, 0),), "setxattrat": ((0, 1),), "removexattrat": ((0, 1),),
    "fchmod": ((0, None),), "fchown": ((0, None),), "fsetxattr": ((0, None),),
    "fremovexattr": ((0, None),), "file_setattr": ((0, 1),),
}  # fmt: skip
_OF_THE_LINK = (
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link",
    "linkat", "lchown", "mknod", "mknodat", "lsetxattr", "lremovexattr",
)  # fmt: skip
_MODE_ARGUMENT = {
    "creat": 1, "mkdir": 1, "chmod": 1, "fchmod": 1, "mknod": 1, "mkdirat": 2, "mknodat": 2,
    "fchmodat": 2, "fchmodat2": 2,
}  # fmt: skip


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program may read and write, and its hard limits by `RLIMIT_*` number."""

    writable: tuple[str, ...]
    readable: tuple[str, ...]
    homes: tuple[str, ...]
    own_code: str
    read_only: tuple[str, ...]
    rlimits: dict[int, int]
    isolated: bool
    user: int = 0  # as the program sees its own
    group: int = 0


class Files:
    """Judges calls on files: returns 0 to allow one, else the error number for the program.

    `refuse` records an incident and returns its error. `writes` counts writes that were allowed.
    """

    def __init__(
        self,
        bounds: Bounds,
        reader: Reader,
        refuse: Callable[[Kind, str, int], int],
        is_ours: Callable[[int], bool],
    ) -> None:
        self._bounds, self._reader = bounds, reader
        self._refuse, self._is_ours = refuse, is_ours
        self.writes = 0
        self._shared: set[str] = set()

    def close(self) -> None:
        """Remove files that the program left in the host's shared memory."""
        for path in self._shared:
            with contextlib.suppress(OSError):
                (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)  # noqa: PTH112

    def open(self, call: Call) -> int:
        first = 1 if call.name == "openat" else 0
        flags = call.arguments[first + 1]
        path = self._reader.path(
            call, 0 if first else None, first, follow=not flags & os.O_NOFOLLOW
        )
        if path is None:
            return 0  # The kernel will report the same error.
        if path.startswith(_NOT_THERE):
            return errno.ENOENT
        if not flags & _WRITING:
            return self._may_read(call.thread, path)
        if flags & _MAKING and call.arguments[first + 2] & _SET_ID:
            return self._refuse("tamper", f"set-user-id file {path}", errno.EPERM)
        return self.may_write(path)

    def _may_read(self, thread: int, path: str) -> int:
        if path.startswith("/proc/"):
            return self._process_file(thread, path)
        if below(path, self._bounds.readable) or path in (*_DEVICES, "/dev"):
            return 0
        if below(path, self._bounds.homes) or below(path, _SECRET_FILES):
            return self._refuse("secret_access", f"open {path}", errno.EACCES)
        if path.startswith("/dev/"):
            return self._refuse("read_outside", f"open {path}", errno.EACCES)
        # Path.exists would raise for a name that is too long.
        if below(path, _HARMLESS) or path == "/proc" or not os.path.exists(path):  # noqa: PTH110
            return 0
        if any(root.startswith(path.rstrip("/") + "/") for root in self._bounds.readable):
            return 0  # a parent of a given folder; inside the sandbox it has nothing else
        return self._refuse("read_outside", f"open {path}", errno.EACCES)

    def _process_file(self, thread: int, path: str) -> int:
        if path in _KERNEL_SECRETS:
            return self._refuse("secret_access", f"open {path}", errno.EACCES)
        process, _, rest = path.removeprefix("/proc/").partition("/")
        if not process.isdigit() or rest in _PUBLIC_OF_A_PROCESS:
            return 0
        foreign = process == "1" if self._bounds.isolated else not self._is_ours(int(process))
        if not foreign or (self._bounds.isolated and rest in _LISTED):
            return 0
        if self._bounds.isolated and self._reader.program(thread) in _LISTERS:
            return errno.EACCES
        return self._refuse("secret_access", f"open {path}", errno.EACCES)

    def may_write(self, path: str) -> int:
        new = _newly_compiled(path)  # Python storing compiled code is not an attack.
        if below(path, (self._bounds.own_code,)):  # checked first: it may be below /tmp
            return errno.EROFS if new else self._refuse("tamper", f"write {path}", errno.EACCES)
        given = below(path, self._bounds.read_only)
        if below(path, self._bounds.writable) and not given:
            self.writes += 1
            if not self._bounds.isolated and below(path, (_SHARED,)) and not os.path.lexists(path):
                self._shared.add(path)
            return 0
        if path in _DEVICES:
            return 0
        if path.startswith("/proc/"):
            process, _, rest = path.removeprefix("/proc/").partition("/")
            own = process in ("self", "thread-self") and rest.endswith("comm")
            return 0 if own else self._refuse("tamper", f"write {path}", errno.EACCES)
        if (new and below(path, self._bounds.readable)) or f"{_CACHE}/".startswith(f"{path}/"):
            return errno.EROFS
        if below(path, (_CACHE,)):
            return errno.EROFS
        return self._refuse("write_outside", f"write {path}", errno.EACCES)

    def change(self, call: Call) -> int:
        if call.name == "truncate" and self.size(call):
            return errno.EFBIG
        if call.name == "renameat2" and call.arguments[4] & _WHITEOUT:
            return self._refuse("tamper", "renameat2 that leaves a device", errno.EPERM)
        if call.name in _MODE_ARGUMENT:
            error = self._mode(call)
            if error:
                return error
        follow = call.name not in _OF_THE_LINK
        for folder, argument in CHANGED[call.name]:
            path = self._reader.path(call, folder, argument, follow)
            error = 0 if path is None else self._may_change(call, path)
            if error:
                return error
        return 0

    def _may_change(self, call: Call, path: str) -> int:
        workspace = self._bounds.writable[0]
        deep = path.count("/") - workspace.count("/") > DEEPEST
        if deep and call.name.startswith("mkdir") and below(path, (workspace,)):
            return self._refuse("disk_limit", f"over {DEEPEST} folders deep", errno.ENAMETOOLONG)
        return self.may_write(path)

    def _mode(self, call: Call) -> int:
        mode = call.arguments[_MODE_ARGUMENT[call.name]]
        if mode & _SET_ID and call.name not in ("mkdir", "mkdirat"):
            return self._refuse("tamper", f"{call.name} with a set-user-id mode", errno.EPERM)
        if call.name.startswith("mknod") and mode & 0o170000 in (0o020000, 0o060000):
            return self._refuse("tamper", "mknod of a device", errno.EPERM)
        return 0

    def lock(self, call: Call) -> int:
        """Judge `flock` and locks by `fcntl`: a lock on a file of the host would block others.

        Nobody inside can change such a file, so a read lock is reported as taken without taking it.
        """
        if call.name == "flock":
            wanted = call.arguments[1] & ~_AT_ONCE
        else:
            told = self._reader.memory(call.thread, call.arguments[2], 2)
            if len(told) < 2:
                return 0
            (wanted,) = struct.unpack("=h", told)
        path = self._reader.path(call, 0, None)
        if path is None or wanted == _UNLOCK[call.name]:
            return 0
        given = below(path, self._bounds.read_only)
        if below(path, self._bounds.writable) and not given:
            return 0
        if wanted != _EXCLUSIVE[call.name]:
            return DONE
        return self._refuse("tamper", f"lock {path}", errno.EPERM)

    def size(self, call: Call) -> int:
        """Judge `truncate`, `ftruncate` and `fallocate` by the resulting size."""
        if call.name == "fallocate":
            size = call.arguments[2] + call.arguments[3]
        else:
            size = call.arguments[1]
        if size > self._bounds.rlimits[resource.RLIMIT_FSIZE]:
            return self._refuse("file_limit", f"a file of {size} bytes", errno.EFBIG)
        return 0

    def symlink(self, call: Call) -> int:
        at = call.name == "symlinkat"
        link = self._reader.path(call, 1 if at else None, 2 if at else 1, follow=False)
        data = self._reader.text(call.thread, call.arguments[0])
        if link is None or not data:
            return 0
        said = os.path.join(os.path.dirname(link), os.fsdecode(data))  # noqa: PTH118, PTH120
        # What counts is where links on the way lead, not the number of ".." in the text.
        target = self._reader.resolved(call.thread, said)
        if target is None or not below(target, self._bounds.writable):
            where = target or os.fsdecode(data)
            return self._refuse("symlink_escape", f"{link} to {where}", errno.EACCES)
        return self.may_write(link)


def _newly_compiled(path: str) -> bool:
    """Whether Python might create this file when it compiles; existing ones it only replaces."""
    _, found, inside = path.partition("/__pycache__")
    return bool(found) and (not inside or not os.path.lexists(path))
