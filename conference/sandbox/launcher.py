"""The sandbox's first process: sets up, starts the program, waits, reports, and ends everything.

It runs as a script inside the sandbox with only the standard library. Its only argument is the
number of the control socket, through which the supervisor sends the task in `marshal` form. It
answers with short lines: `ready`, `watch` (with the seccomp listener attached), `error NUMBER
TEXT`, `exit CODE MAXRSS_KIB SURVIVORS NAMES`. It ends when the program ends or the supervisor is
gone. As it is process 1 of its pid namespace, the kernel then kills all remaining processes.
"""

# ruff: noqa: PTH103, PTH112, PTH118, PTH120, PTH123, PTH208, PTH211
# Plain paths, because importing pathlib takes a tenth of the start-up time.
from __future__ import annotations

import _socket
import ctypes
import marshal
import os
import resource
import select
import sys
import time

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_SUBREAPER = 4, 38, 24, 36
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 32, 4096, 16384, 1 << 18
_MOUNT_SETATTR = 442  # the same number on every architecture
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_ALL_THREADS, _NEW_LISTENER = 1 | 16, 8  # SECCOMP_FILTER_FLAG_TSYNC with _TSYNC_ESRCH
_WAIT_KILLABLE = 32  # Signals do not interrupt a call that is being judged (since Linux 5.19).
_SIGKILL, _SIGPIPE, _SIGXFSZ = 9, 13, 25  # The module `signal` takes long to load.
# Helpers (a resource tracker, a pool's workers) get time to end by themselves: until none of them
# has done anything at `_LOOKS` checks, or one has started another, but at most `_LONGEST_GRACE`.
_LOOKS, _LOOK_PAUSE, _LONGEST_GRACE = 30, 0.01, 3.0
_KILL_SECONDS = 20.0  # for killed processes to end, which is slow on a busy machine


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    result = _LIBC.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()
    )
    _check(result, f"mount {target}")


def _read_only(target: str) -> None:
    """Make a whole mounted tree read-only, without set-user-id programs and devices."""
    attributes = (ctypes.c_uint64 * 4)(1 | 2, 0, 0, 0)
    path = target.encode()
    size = ctypes.sizeof(attributes)
    result = _LIBC.syscall(_MOUNT_SETATTR, -100, path, 0x8000, ctypes.byref(attributes), size)
    _check(result, f"mount_setattr {target}")


def _place(source: str, target: str) -> None:
    """Create the folder or file on which `source` will be mounted."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.lexists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))


def _devices(new: str, shared_bytes: int) -> None:
    os.makedirs(new + "/dev/shm")
    for name in ("null", "zero", "full", "random", "urandom"):
        _place("/old/dev/" + name, f"{new}/dev/{name}")
        _mount("/old/dev/" + name, f"{new}/dev/{name}", "", _MS_BIND)
    for name, link in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + link, f"{new}/dev/{name}")
    flags = _MS_NOSUID | _MS_NODEV
    _mount("tmpfs", new + "/dev/shm", "tmpfs", flags, f"size={shared_bytes},mode=1777")


def _mount_step(new: str, step: tuple[str, str, str, int]) -> None:
    action, path, target, size = step
    if action == "tmpfs":
        os.makedirs(new + path, exist_ok=True)
        flags = _MS_NOSUID | _MS_NODEV
        _mount("tmpfs", new + path, "tmpfs", flags, f"size={size},mode=1777")
    elif action in ("ro", "rw"):
        _place("/old" + target, new + path)
        _mount("/old" + target, new + path, "", _MS_BIND | _MS_REC)
        if action == "ro":
            _read_only(new + path)
    elif action == "link":
        os.makedirs(os.path.dirname(new + path), exist_ok=True)
        os.symlink(target, new + path)
    elif action == "proc":
        os.makedirs(new + "/proc", exist_ok=True)
        # Read-only, because root's user id could otherwise change the kernel's settings.
        _mount("proc", new + "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY)
    elif action == "dev":
        _devices(new, size)


def _build_root(steps: list[tuple[str, str, str, int]]) -> None:
    """Give this mount namespace a root that has only the steps' mounts."""
    pivot_root = _PIVOT_ROOT[os.uname().machine]
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", "/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755")
    os.makedirs("/tmp/new")
    os.makedirs("/tmp/old")
    _check(_LIBC.syscall(pivot_root, b"/tmp", b"/tmp/old"), "pivot_root")
    os.chdir("/")
    _mount("tmpfs", "/new", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755")
    for step in steps:
        _mount_step("/new", step)
    _mount("none", "/new", "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    _check(_LIBC.umount2(b"/old", 2), "umount")
    os.chdir("/new")
    _check(_LIBC.syscall(pivot_root, b".", b"."), "pivot_root")
    _check(_LIBC.umount2(b".", 2), "umount")
    os.chdir("/")


def _drop_capabilities() -> None:
    for capability in range(64):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_LIBC.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def take_filter(control: _socket.socket, program: bytes, watch: bool, files: int) -> None:
    """Load the seccomp filter for all threads, send its listener if watched, limit open files.

    The kernel allows a user as many file handles in flight as the sender may open files. A program
    may open fewer than this process, so that its handles in flight cannot block another start.
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if program:
        _load_filter(control, program, watch)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _load_filter(control: _socket.socket, program: bytes, watch: bool) -> None:
    buffer = ctypes.create_string_buffer(program, len(program))
    record = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    number, listener = _SECCOMP[os.uname().machine], -1
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER) if watch else (0,):
        if listener < 0:
            told = ctypes.byref(record)
            listener = _LIBC.syscall(number, 1, _ALL_THREADS | flags, told)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp: " + os.strerror(ctypes.get_errno()))
    if watch:
        attached = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.to_bytes(4, sys.byteorder))
        control.sendmsg([b"watch"], [attached])
        os.close(listener)


def _become_program(control: _socket.socket, task: dict) -> None:  # type: ignore[type-arg]
    """Apply the limits and the filter, and become the program; never returns.

    A program with libraries applies the filter itself once they are loaded (`prelude`).
    """
    os.setsid()
    # The supervisor must be able to read this process; nobody else is there yet.
    _LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    for name, value in task["rlimits"]:
        if name != "RLIMIT_NOFILE":  # set after the listener is sent, see `take_filter`
            resource.setrlimit(getattr(resource, name), (value, value))
    for number in (_SIGPIPE, _SIGXFSZ):  # Python ignores both; restore the defaults.
        _LIBC.signal(number, None)
    _check(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _drop_capabilities()  # Without namespaces this process may run as root.
    command = task["command"]
    if task["libraries"]:
        names = ("libraries", "workspace", "filter", "watch", "files")
        told = {name: task[name] for name in names}
        os.set_inheritable(control.fileno(), True)
        prelude = os.path.join(os.path.dirname(__file__), "prelude.py")
        words = [prelude, str(control.fileno()), marshal.dumps(told).hex()]
        command = [command[0], *words, *command[1:]]
    else:
        os.chdir(task["workspace"])
        take_filter(control, task["filter"], task["watch"], task["files"])
    os.execve(command[0], command, task["env"])


def _children() -> dict[int, tuple[int, str, str]]:
    """Process id to (parent, activity, name) of all processes in /proc.

    The activity changes when the process runs, begins with R or D if it can run, and is empty if
    it is dead.
    """
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                head, _, tail = file.read().rpartition(")")
        except OSError:
            continue  # It ended meanwhile.
        fields = tail.split()
        # A process whose first thread has ended looks dead although other threads live on.
        lives = fields[0] not in "ZX" or int(fields[17]) > 1
        # Its state, page faults, and time in user and kernel mode.
        did = " ".join(fields[at] for at in (0, 7, 11, 12)) if lives else ""
        found[int(entry)] = (int(fields[1]), did, head.partition("(")[2])
    return found


def _descendants() -> dict[int, tuple[str, str]]:
    """Live processes below this one: id to (activity, name)."""
    processes = _children()
    mine, grew = {os.getpid()}, True
    while grew:
        new = {pid for pid, (parent, _, _) in processes.items() if parent in mine} - mine
        mine |= new
        grew = bool(new)
    mine.discard(os.getpid())
    return {pid: processes[pid][1:] for pid in sorted(mine) if processes[pid][1]}


def _reap() -> dict[int, int]:
    """Collect ended children; process id to exit code."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def _kill_all() -> None:
    """Kill every descendant. If this is process 1, the kernel does the same at its exit."""
    end = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < end:
        left = _descendants()
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, _SIGKILL)
            except ProcessLookupError:
                continue
        _reap()
        time.sleep(0.005)


def _wait(control: _socket.socket, program: int) -> int | None:
    """Wait for the program. Its exit code, or None if the supervisor is gone or says stop."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(os.pidfd_open(program), select.POLLIN)
    while True:
        ready = dict(poll.poll(200))
        if control.fileno() in ready:
            return None  # checked first: a stopped program's helpers get no grace
        ended = _reap()
        if program in ended:
            return ended[program]


def _survivors() -> list[str]:
    """Names of processes that outlive the program and a short grace period."""
    end, looks, quiet = time.monotonic() + _LONGEST_GRACE, 0, 0
    first = before = _descendants()
    while True:
        _reap()
        left = _descendants()
        moved = left != before or any(did[0] in "RD" for did, _ in left.values())
        before, looks, quiet = left, looks + 1, 0 if moved else quiet + 1
        enough = quiet >= _LOOKS or (looks >= _LOOKS and left.keys() - first.keys())
        if not left or enough or time.monotonic() > end:
            return [name for _, name in left.values()]
        time.sleep(_LOOK_PAUSE)


def _run(control: _socket.socket, task: dict) -> None:  # type: ignore[type-arg]
    if task["root"]:
        _build_root(task["root"])
        _drop_capabilities()
    _LIBC.prctl(_PR_SUBREAPER, 1, 0, 0, 0)
    # So that nobody inside can trace this process, write its memory or read its environment.
    _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    program = os.fork()
    if program == 0:
        try:
            _become_program(control, task)
        except BaseException as error:  # noqa: BLE001 (told to the supervisor)
            control.send(f"error {getattr(error, 'errno', 0)} {error}".encode())
        os._exit(127)
    null = os.open("/dev/null", os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    code = _wait(control, program)
    if code is not None:
        left = _survivors()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        names = ",".join(left)[:200].encode("ascii", "replace").decode()
        try:
            control.send(f"exit {code} {usage.ru_maxrss} {len(left)} {names}".encode())
        except OSError:
            code = None  # the supervisor is gone: nobody to tell
    _kill_all()


def main() -> None:
    control = _socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(True)
    os.set_inheritable(control.fileno(), False)
    try:
        control.send(b"ready")
        _run(control, marshal.loads(control.recv(1 << 18)))
    except BaseException as error:  # noqa: BLE001 (told to the supervisor)
        control.send(f"error {getattr(error, 'errno', 0)} {error}".encode())
        os._exit(127)
    os._exit(0)


if __name__ == "__main__":
    main()
