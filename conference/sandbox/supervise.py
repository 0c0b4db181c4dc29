"""Supervises one run from outside: answers its watched calls, enforces its limits, ends it.

It is one loop in the calling thread, which the program cannot block: pipes are read without
blocking, and things that a program could stall (user faults, foreign file systems) are absent.
"""

from __future__ import annotations

import contextlib
import errno
import marshal
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.sandbox.files import DEEPEST, Bounds
from conference.sandbox.groups import Group
from conference.sandbox.notices import receive, reply, take_turns
from conference.sandbox.paths import Call
from conference.sandbox.records import Incident, Kind, Limits, NotStarted
from conference.sandbox.room import Room
from conference.sandbox.tail import Tail
from conference.sandbox.usage import (
    Usage,
    deleted_bytes,
    descendants,
    disk_use,
    full_folder,
    measure,
    precise_memory,
)
from conference.sandbox.watch import Judge

# Errors of a temporary lack of memory, processes, handles or room.
_SCARCE = {
    str(getattr(errno, name))
    for name in ("EAGAIN", "ENOMEM", "ENOSPC", "EMFILE", "ENFILE", "EUSERS", "ETOOMANYREFS")
}
_SAME_KIND = 3  # incidents kept of each kind
_START_SECONDS = 30.0
_END_SECONDS = 25.0  # for everything to end after a kill; longer than the launcher tries
# The next check comes before a program of this speed (bytes per second) could reach its limit, but
# not before 100 times the last check's duration: measuring takes about 1 % of a core at most.
_MEMORY_SPEED, _DISK_SPEED = 8 << 30, 2 << 30
_PAUSE, _SHORTEST, _LONGEST = 100.0, 0.02, 0.25


class Supervisor:
    """One run. `follow` returns when nothing of it is left."""

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, limits: Limits,
        bounds: Bounds, *, bounded: bool = False,
    ) -> None:  # fmt: skip
        self.incidents: list[Incident] = []
        self.peak_memory = 0
        self.exit_code: int | None = None
        self.seconds = 0.0
        self.dropped: dict[Kind, int] = {}
        self._process, self._control, self._limits = process, control, limits
        self._workspace = bounds.writable[0]
        self._isolated = bounds.isolated
        self._judge = Judge(bounds, self.record, self._may_fork, self._is_ours)
        self._poll = select.poll()
        self._tails = {_pipe(process.stdout): Tail(), _pipe(process.stderr): Tail()}
        self._open = set(self._tails) | {control.fileno()}
        self._listener: int | None = None
        self._launcher = 0
        self._handle: int | None = None  # of the launcher: its id may be reused after its end
        self._usage = Usage((), 1, 0, 0.0)
        # The kernel counts a workspace in memory as memory of the processes that write it.
        room = limits.disk_bytes if bounded else 0
        self._group = Group(limits.memory_bytes + room, limits.processes)
        self._bounded = bounded
        self._room: Room | None = None
        self._forks = 0
        self._disk_start = disk_use(self._workspace, 0.0)
        self._device = Path(self._workspace).stat().st_dev
        self._next_usage = self._next_disk = self._last_disk = 0.0
        self._writes_seen = 0
        self._growth = 0
        self._started = self._started_clock = 0.0
        self._stopped: float | None = None

    def record(self, kind: Kind, detail: str) -> None:
        """Keep the first few incidents of each kind and count the rest."""
        if sum(incident.kind == kind for incident in self.incidents) < _SAME_KIND:
            self.incidents.append(Incident(kind, clean(detail[:300])))
        else:
            self.dropped[kind] = self.dropped.get(kind, 0) + 1

    def text(self, which: int) -> str:
        """The last output: 0 for stdout, 1 for stderr."""
        return list(self._tails.values())[which].text()

    def follow(self, task: dict[str, Any]) -> None:
        """Start the launcher's task and return when all of it has ended."""
        for descriptor in self._open:
            os.set_blocking(descriptor, False)
            self._poll.register(descriptor, select.POLLIN)
        try:
            self._await_launcher()
            self._group.add(self._launcher)
            self._open_room()
            self._started, self._started_clock = time.monotonic(), time.time()
            self._control.send(marshal.dumps(task))
            while self._open and not self._given_up():
                self._turn()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            self._look_at_disk()
            if self._stopped is None and self._group.killed():
                most = self._limits.memory_bytes
                self.record("memory_limit", f"killed by the kernel for over {most} bytes")
        finally:
            self._end()

    def _open_room(self) -> None:
        if not self._bounded:
            return
        try:
            self._room = Room(self._launcher, Path(self._workspace))
        except (OSError, shutil.Error) as error:
            raise NotStarted(f"sandbox: its workspace could not be filled: {error}") from error
        self._workspace = self._room.path
        self._disk_start = disk_use(self._workspace, 0.0)

    # --- the loop -----------------------------------------------------------------------------

    def _turn(self) -> None:
        now = time.monotonic()
        due = min(self._next_usage, self._next_disk, self._started + self._limits.wall_seconds)
        pause = 0.1 if self._stopped is not None else max(due - now, 0.0)
        for descriptor, event in self._poll.poll(pause * 1000 + 1):
            if descriptor == self._listener:
                self._answer(event)
            elif descriptor == self._control.fileno():
                self._hear()
            else:
                self._collect(descriptor)
        if self._stopped is None and self.exit_code is None:
            self._hold_limits()

    def _hold_limits(self) -> None:
        now = time.monotonic()
        if now - self._started > self._limits.wall_seconds:
            self._stop("wall_limit", f"ran longer than {self._limits.wall_seconds:g} s")
            return
        if now >= self._next_usage:
            self._look_at_usage()
            left = self._limits.memory_bytes - self._usage.memory_bytes
            self._next_usage = _next(now, left / _MEMORY_SPEED)
        if now >= self._next_disk or self._may_have_grown(now):
            now = time.monotonic()
            self._writes_seen = self._judge.writes
            self._look_at_disk()
            left = self._limits.disk_bytes - self._growth
            self._next_disk = _next(now, left / _DISK_SPEED)
            self._last_disk = time.monotonic()

    def _may_have_grown(self, now: float) -> bool:
        """Whether files were opened for writing, so that the disk should be checked now.

        If the kernel limits the disk there is no hurry, because a check reads the whole workspace.
        """
        if self._room is not None or self._judge.writes == self._writes_seen:
            return False
        return now - self._last_disk > _SHORTEST or self._may_overflow()

    def _may_overflow(self) -> bool:
        """Whether files opened since the last check could take the disk to twice its quota."""
        limits = self._limits
        most = (self._judge.writes - self._writes_seen) * limits.file_bytes
        return most > 2 * limits.disk_bytes - self._growth

    def _look_at_usage(self) -> None:
        self._forks, self._usage = 0, measure(self._launcher)
        usage, limits = self._usage, self._limits
        self.peak_memory = max(self.peak_memory, usage.memory_bytes)
        if usage.most_bytes > limits.memory_bytes:
            exact = precise_memory(usage.processes) or usage.memory_bytes
            self.peak_memory = max(self.peak_memory, exact)
            if exact > limits.memory_bytes:
                self._stop("memory_limit", f"{exact} bytes of {limits.memory_bytes}")
        seconds = max(usage.cpu_seconds, self._group.cpu_seconds())
        if seconds > limits.cpu_seconds:
            self._stop("cpu_limit", f"{seconds:.1f} s of {limits.cpu_seconds:g}")
        if usage.tasks > limits.processes:
            self._stop("process_limit", f"{usage.tasks} of {limits.processes}")

    def _look_at_disk(self) -> None:
        disk = disk_use(self._workspace, self._started_clock)
        growth = disk.total - self._disk_start.total
        if self._room is not None:
            growth = max(growth, self._room.growth())
        else:
            growth += deleted_bytes(self._usage.processes, self._device)
        self._growth = growth
        if growth > self._limits.disk_bytes:
            self._stop("disk_limit", f"{growth} bytes of {self._limits.disk_bytes}")
        first = self._usage.processes[0] if self._isolated and self._usage.processes else 0
        if folder := full_folder(first):
            self._stop("disk_limit", f"{folder} is full")
        if disk.closed and self._room is None:
            self._stop("disk_limit", "a folder that may not be looked into")
        if disk.too_deep:
            self._stop("disk_limit", f"over {DEEPEST} folders deep")
        if disk.largest_new >= self._limits.file_bytes:
            self._stop("file_limit", f"a file of {disk.largest_new} bytes")

    # --- what the launcher, the kernel and the pipes say --------------------------------------

    def _await_launcher(self) -> None:
        """Receive the launcher's process id, which the kernel translates from its namespace."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            for descriptor, _ in self._poll.poll(100):
                if descriptor == self._control.fileno():
                    data, attached, _, _ = self._control.recvmsg(4096, 256)
                    for _, kind, value in attached:
                        if kind == socket.SCM_CREDENTIALS:
                            self._launcher = struct.unpack("=iii", value)[0]
                    if data == b"ready" and self._launcher:
                        self._handle = os.pidfd_open(self._launcher)
                        return
                    end = 0.0
                else:
                    self._collect(descriptor)
        said = self.text(1).strip()[-300:] or "no answer"
        raise NotStarted(f"sandbox: it did not start: {said}")

    def _hear(self) -> None:
        try:
            data, attached, _, _ = self._control.recvmsg(4096, 256)
        except OSError:
            data, attached = b"", []
        for level, kind, value in attached:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._listener = struct.unpack("=i", value[:4])[0]
                os.set_inheritable(self._listener, False)
                take_turns(self._listener)
                self._poll.register(self._listener, select.POLLIN)
        word, _, rest = data.decode("utf-8", "replace").partition(" ")
        if word == "error":
            self._stopped = time.monotonic()
            self._kill()
            number, _, reason = rest.partition(" ")
            fault = NotStarted if number in _SCARCE else UserError
            raise fault(f"sandbox: the program could not be started: {reason}")
        if word == "exit" and self.exit_code is None:
            self._note_exit(rest)
        if not data:
            self._forget(self._control.fileno())

    def _note_exit(self, text: str) -> None:
        code, largest, survivors, names = (text + " ").split(" ", 3)
        self.exit_code = int(code)
        self.seconds = time.monotonic() - self._started
        self.peak_memory = max(self.peak_memory, int(largest) * 1024)
        if int(survivors):
            self.record("survivor_killed", f"{survivors} left behind: {names.strip()}")

    def _answer(self, event: int) -> None:
        """Answer one waiting call."""
        assert self._listener is not None
        if not event & select.POLLIN:
            self._poll.unregister(self._listener)  # No watched process is left.
            return
        asked = receive(self._listener)
        if asked is None:
            return  # The caller was killed meanwhile.
        call = Call(asked.thread, self._judge.name(asked.number), asked.arguments)
        error = errno.EPERM if self._stopped is not None else self._judge.answer(call)
        reply(self._listener, asked.identity, error)

    def _collect(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self._forget(descriptor)
            return
        tail = self._tails[descriptor]
        tail.add(data)
        if tail.total > self._limits.file_bytes and self._stopped is None:
            self._stop("output_limit", f"printed over {self._limits.file_bytes} bytes")

    def _may_fork(self) -> bool:
        if self._usage.tasks + self._forks >= self._limits.processes:
            self._look_at_usage()
            if self._usage.tasks >= self._limits.processes and self._stopped is None:
                self._stop("process_limit", f"wanted more than {self._limits.processes}")
        self._forks += 1
        return self._stopped is None

    def _is_ours(self, process: int) -> bool:
        return process in descendants(self._launcher)

    # --- the end ------------------------------------------------------------------------------

    def _stop(self, kind: Kind, detail: str) -> None:
        """Record the reason and kill everything."""
        if self._stopped is not None:
            return
        self.record(kind, detail)
        self._stopped = time.monotonic()
        self._kill()

    def _kill(self) -> None:
        """Kill process 1 of the namespace; the kernel then kills all others in it.

        Without a namespace the launcher notices the closed socket and kills its descendants (it
        adopts orphans); they are killed from here too.
        """
        if self._isolated:
            if self._handle is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self._process.kill()
            return
        self._control.shutdown(socket.SHUT_WR)
        for process in descendants(self._launcher) if self._launcher else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def _given_up(self) -> bool:
        return self._stopped is not None and time.monotonic() - self._stopped > _END_SECONDS

    def _forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        self._open.discard(descriptor)

    def _end(self) -> None:
        if self._process.poll() is None:
            self._kill()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if not self.seconds and self._started:
            self.seconds = time.monotonic() - self._started
        if self.exit_code is None:
            self.exit_code = -signal.SIGKILL
        try:
            if self._room is not None and (failed := self._room.bring_back()):
                self.record("disk_limit", f"files that could not be brought back: {failed}")
        finally:
            self._close()

    def _close(self) -> None:
        if self._room is not None:
            self._room.close()
        self._judge.close()
        self._group.close()
        for descriptor in (self._listener, self._handle):
            if descriptor is not None:
                os.close(descriptor)


def _pipe(stream: Any) -> int:
    assert stream is not None
    number: int = stream.fileno()
    return number


def _next(started: float, safe: float) -> float:
    """When to check again after a check begun at `started`; the next `safe` seconds are safe."""
    now = time.monotonic()
    return now + min(max(_PAUSE * (now - started), safe, _SHORTEST), _LONGEST)
