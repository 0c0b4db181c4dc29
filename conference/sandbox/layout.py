"""What a program sees: its mounts and its environment, and the commands that start it with them."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from conference.core.errors import UserError
from conference.sandbox import launcher
from conference.sandbox.files import Bounds
from conference.sandbox.records import MIB, Limits, Method

# Importing the launcher here stores its compiled form, which speeds up every launch.
OWN_CODE = Path(launcher.__file__).resolve().parent
# action ("ro", "rw", "room", "tmpfs", "link", "proc", "dev"), path, its source or target, bytes
Step = tuple[str, str, str, int]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives",
    "/etc/localtime", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/fonts",
    "/etc/mime.types", "/sys/devices/system",
)  # fmt: skip
_PATH = "/usr/local/bin:/usr/bin:/bin"


@functools.cache
def python_folders() -> tuple[str, ...]:
    """Folders that the running interpreter, its libraries and its packages need."""
    wanted = [sys.prefix, sys.base_prefix, str(Path(sys.base_prefix).resolve())]
    wanted.append(str(Path(sys.executable).resolve().parent.parent))
    wanted += [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    kept: list[str] = []
    for path in sorted(set(wanted), key=len):
        inside = any(_inside(path, other) for other in (*_SYSTEM, *kept))
        if path != "/" and not inside and Path(path).is_dir():
            kept.append(path)
    return tuple(kept)


def steps(workspace: Path, read_only: Sequence[Path], limits: Limits, room: int = 0) -> list[Step]:
    """The mounts of a run in order; of the shared folders only `workspace` is writable.

    With `room` the workspace is a file system in memory of that many bytes (`room.py`).
    """
    scratch = max(limits.disk_bytes // 2, MIB)
    shared = max(limits.memory_bytes // 4, MIB)
    made: list[Step] = []
    for path in _SYSTEM:
        if Path(path).is_symlink():
            made.append(("link", path, str(Path(path).readlink()), 0))
        elif Path(path).exists():
            made.append(_read_only(path))
    made += [_read_only(path) for path in _SETTINGS if Path(path).exists()]
    made += [("proc", "/proc", "", 0), ("dev", "/dev", "", shared), ("tmpfs", "/tmp", "", scratch)]
    made += [_read_only(path) for path in (*python_folders(), str(OWN_CODE))]
    within = [path for path in read_only if _inside(str(path), str(workspace))]
    made += [_read_only(str(path)) for path in read_only if path not in within]
    made.append(("room" if room else "rw", str(workspace), str(workspace), room))
    made += [_read_only(str(path)) for path in within]
    return made


def _read_only(path: str) -> Step:
    return ("ro", path, str(Path(path).resolve()), 0)


def bounds(
    method: Method, workspace: Path, read_only: Sequence[Path], rlimits: Mapping[int, int]
) -> Bounds:
    """The places where the watch allows a program to read and write."""
    isolated = method != "process"
    private = ("/tmp", "/dev/shm") if isolated else ("/dev/shm",)
    homes = {"/root", "/home", pwd.getpwuid(os.getuid()).pw_dir, os.environ.get("HOME", "/root")}
    given = (*python_folders(), str(OWN_CODE), *map(str, read_only))
    return Bounds(
        writable=(str(workspace), *private),
        readable=(str(workspace), *private, "/usr", *given),
        homes=tuple(sorted(homes - {"/", ""})),
        own_code=str(OWN_CODE),
        read_only=tuple(str(path) for path in read_only),
        rlimits=dict(rlimits),
        isolated=isolated,
        user=0 if method == "namespaces" else os.getuid(),  # which maps the caller to root
        group=0 if method == "namespaces" else os.getgid(),
    )


def environment(method: Method, workspace: Path, extra: Mapping[str, str] | None) -> dict[str, str]:
    """A clean environment, with nothing from the caller's except `extra`."""
    home = str(workspace) if method == "process" else "/tmp"
    clean = {
        "PATH": f"{Path(sys.executable).parent}:{_PATH}",
        "HOME": home,
        "TMPDIR": home,
        "USER": "experiment",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        # One thread per library: runs do not compete for cores and repeat to the last bit.
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return clean | dict(extra or {})


def absolute(command: Sequence[str], workspace: Path) -> list[str]:
    """The command with its program as an absolute path; raises `UserError` if there is none."""
    if not command:
        raise UserError("sandbox: the command is empty; give the program and its arguments")
    program = command[0]
    if "/" in program:
        path = str(workspace / program)
        if Path(path).exists():
            return [path, *command[1:]]
    found = shutil.which(program, path=f"{Path(sys.executable).parent}:{_PATH}")
    if found is None:
        raise UserError(
            f"sandbox: the program {program!r} is not there; name one that is installed"
        )
    return [found, *command[1:]]


def start_command(method: Method, mounts: Sequence[Step], control: int) -> list[str]:
    """The command line that starts the launcher under a method."""
    start = f"import sys; sys.path[:0] = [{str(OWN_CODE)!r}]; import launcher; launcher.main()"
    python = str(Path(sys.executable).resolve())
    first = [python, "-I", "-S", "-B", "-c", start, str(control)]
    if method == "bubblewrap":
        return [*_bubblewrap(mounts), *first]
    if method == "namespaces":
        return [
            tool("unshare"), "--user", "--map-root-user", "--mount", "--pid", "--fork",
            "--kill-child=KILL", "--net", "--ipc", "--uts", "--", *first,
        ]  # fmt: skip
    return first


def tool(name: str) -> str:
    """The path of a system tool; raises `UserError` if it is missing."""
    found = shutil.which(name, path=f"{_PATH}:/usr/sbin:/sbin")
    if found is None:
        raise UserError(f"sandbox: the tool {name!r} is missing; install it")
    return found


def _bubblewrap(mounts: Sequence[Step]) -> list[str]:
    made = [
        tool("bwrap"), "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc",
        "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent",
        "--as-pid-1", "--cap-drop", "ALL",
    ]  # fmt: skip
    for action, path, target, size in mounts:
        if action == "ro":
            made += ["--ro-bind", target, path]
        elif action == "rw":
            made += ["--bind", target, path]
        elif action == "link":
            made += ["--symlink", target, path]
        elif action == "proc":
            made += ["--proc", path, "--remount-ro", path]
        elif action == "tmpfs":
            made += ["--perms", "1777", "--size", str(size), "--tmpfs", path]
        elif action == "room":
            made += ["--perms", "0700", "--size", str(size), "--tmpfs", path]
        elif action == "dev":
            made += ["--dev", path, "--perms", "1777", "--size", str(size)]
            made += ["--tmpfs", f"{path}/shm", "--remount-ro", path]
    return [*made, "--remount-ro", "/", "--chdir", "/", "--"]


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
