"""Reads what a watched program's arguments refer to: memory, and where paths really lead."""

# ruff: noqa: PTH115, PTH118, PTH120
# Plain paths: paths of another process, and a hot path.
from __future__ import annotations

import errno
import os
from collections.abc import Callable

import msgspec

_AT_FDCWD = -100
_LINKS = 40  # as many as the kernel follows
_PARTS = 1000  # of a path with its links; more would block the supervisor for too long
_OPEN_MEMORIES = 64
_HIDDEN = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)
_HANDLES = {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}  # of /dev


class Blind(Exception):
    """A program hides what it refers to, so that its call cannot be judged."""


class Call(msgspec.Struct, frozen=True):
    """A watched call: the caller's thread id, the call's name and its six arguments."""

    thread: int
    name: str
    arguments: tuple[int, ...]


class Reader:
    """Reads what the threads of one run refer to.

    `steered` are the folders in which the program may create links. `own` maps a thread and a
    process id inside the sandbox to the id outside, None for a process that is not the run's own.
    """

    def __init__(self, steered: tuple[str, ...], own: Callable[[int, int], int | None]) -> None:
        self._steered = steered
        self._own = own
        self._memories: dict[int, int] = {}

    def close(self) -> None:
        for memory in self._memories.values():
            os.close(memory)
        self._memories.clear()

    def memory(self, thread: int, address: int, size: int) -> bytes:
        """Up to `size` bytes at an address of the program; empty if nothing can be read.

        Raises `Blind` if the program hides memory that the kernel could read.
        """
        for _ in range(2):
            try:
                if thread not in self._memories:
                    if len(self._memories) >= _OPEN_MEMORIES:
                        self.close()
                    self._memories[thread] = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
                data = os.pread(self._memories[thread], size, address)
            except PermissionError:
                raise Blind("it hides its memory") from None
            except (OSError, OverflowError):
                data = b""
            if data:
                return data
            # The thread may have become another program, or its id may belong to another thread.
            stale = self._memories.pop(thread, None)
            if stale is None:
                break
            os.close(stale)
        return b""

    def text(self, thread: int, address: int) -> bytes:
        """The bytes up to the next zero byte; empty if nothing can be read."""
        data = self.memory(thread, address, 512)
        if data and b"\0" not in data:
            data = self.memory(thread, address, 4096)
        return data.partition(b"\0")[0]

    def program(self, thread: int) -> str:
        """The file that the thread's process runs; empty if unknown."""
        return _target(f"/proc/{thread}/exe") or ""

    def path(
        self, call: Call, folder: int | None, argument: int | None, follow: bool = True
    ) -> str | None:
        """Where the path in these arguments leads; without `argument`, the open file in `folder`.

        None if there is no such path, which the kernel will also find, and for things without a
        name, such as pipes. Links are followed as by the kernel, the last one only with `follow`.
        Raises `Blind` if the program hides it.
        """
        address = call.arguments[argument] if argument is not None else 0
        name = os.fsdecode(self.text(call.thread, address)) if address else ""
        if name.startswith("/"):
            return self.resolved(call.thread, name, follow)
        at = signed(call.arguments[folder]) if folder is not None else _AT_FDCWD
        # An empty name means the open file itself in some calls (AT_EMPTY_PATH).
        if not name and (folder is None or (address and call.name == "openat")):
            return None
        link = "cwd" if at == _AT_FDCWD else f"fd/{at}"
        try:
            base = os.readlink(f"/proc/{call.thread}/{link}")
        except OSError as error:
            if error.errno in _HIDDEN:
                raise Blind(f"it hides its {link}") from None
            return None
        if not base.startswith("/"):
            return None
        return self.resolved(call.thread, f"{base}/{name}" if name else base, follow)

    def resolved(self, thread: int, path: str, follow: bool = True) -> str | None:
        """An absolute path as the kernel would resolve it for a thread; None for unnamed things.

        Where the program cannot create links, a path without ".." leads where it says.
        """
        special = path.lstrip("/").startswith(("proc/", "dev/"))
        if not special and "/.." not in path and not below(path, self._steered):
            return _plain(path) if "/." in path or "//" in path else path
        return self._walk(thread, path, follow)

    def _walk(self, thread: int, path: str, follow: bool) -> str | None:
        here = next(
            (one for one in self._steered if below(path, (one,)) and "/.." not in path), "/"
        )
        parts, links, walked = path.removeprefix(here).split("/")[::-1], 0, 0
        while parts:
            walked += 1
            if walked > _PARTS:
                raise Blind(f"a path of over {_PARTS} parts")
            part = parts.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = os.path.dirname(here)
                continue
            ahead = os.path.join(here, part)
            leads = self._link(thread, ahead) if parts or follow else None
            if leads is None:
                here = ahead
                continue
            links += 1
            if links > _LINKS:
                return None
            if leads.startswith("/"):
                here = "/"
            elif ":[" in leads:
                return None  # a pipe, a socket, memory
            parts += leads.split("/")[::-1]
        return here

    def _link(self, thread: int, path: str) -> str | None:
        """Where a link leads as the thread sees it; None if it is not a link."""
        if below(path, self._steered):  # through the thread's root: some folders are private
            return _target(f"/proc/{thread}/root{path}", hidden=(errno.EACCES, errno.EPERM))
        if path.startswith("/dev/"):
            handle = _HANDLES.get(path.removeprefix("/dev/"))
            return f"/proc/self/{handle}" if handle else None
        if not path.startswith("/proc/"):
            return None
        process, _, rest = path.removeprefix("/proc/").partition("/")
        if process not in ("self", "thread-self"):
            if not process.isdigit() or not rest:
                return None
            found = self._own(thread, int(process))
            if found is None:
                return None
            thread = found
        if rest.startswith("task/"):
            rest = rest.removeprefix("task/").partition("/")[2]
        if rest in ("cwd", "root", "exe") or rest.startswith(("fd/", "map_files/")):
            leads = _target(f"/proc/{thread}/{rest}")
            return "/" if rest == "root" and leads is not None else leads
        return None


def below(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a path is one of the roots or below one."""
    return any(path == root or path.startswith(root + "/") for root in roots)


def _plain(path: str) -> str:
    """The normalized path, with one slash at the beginning: `normpath` keeps two there."""
    return os.path.normpath(path).replace("//", "/", 1)


def _target(link: str, hidden: tuple[int, ...] = ()) -> str | None:
    try:
        return os.readlink(link)
    except OSError as error:
        if error.errno in hidden:
            raise Blind("it hides where its paths lead") from None
        return None  # not a link, or nothing there


def signed(value: int) -> int:
    """The C int that a 64-bit register holds."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value
