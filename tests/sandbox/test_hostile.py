"""Every hostile program is stopped, leaves nothing running, and gets an incident of its kind.

Each file in `hostile/` names in its first line the kinds of which it must get at least one, and
may name limits in its second. A program prints ESCAPED where it got what it wanted.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import conference.sandbox
from conference.core.clean import clean
from conference.sandbox import KINDS, BadResult, Limits, Method, protections, read_result, run
from conference.sandbox.groups import held

PROGRAMS = sorted((Path(__file__).parent / "hostile").glob("*.py"))
MIB = 1 << 20
SMALL = {
    "wall_seconds": 4.0,
    "cpu_seconds": 8.0,
    "memory_bytes": 200 * MIB,
    "processes": 24,
    "file_bytes": 4 * MIB,
    "disk_bytes": 16 * MIB,
}


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder of the host: not in /tmp, of which programs have a private one."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def header(program: Path, word: str) -> str:
    lines = [line for line in program.read_text().splitlines() if line.startswith(f"# {word}: ")]
    return lines[0].partition(": ")[2] if lines else ""


def limits_of(program: Path) -> Limits:
    given = dict(pair.split("=") for pair in header(program, "limits").split())
    return Limits(**{name: type(value)(given.get(name, value)) for name, value in SMALL.items()})


def alive_with(token: str) -> list[str]:
    """Command lines of live processes, or of their threads, that carry the token."""
    found = []
    for thread in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            words = (thread / "cmdline").read_bytes()
        except OSError:
            continue
        if token.encode() in words and int(thread.parts[2]) != os.getpid():
            found.append(words.decode(errors="replace"))
    return found


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    return {
        str(path): (
            path.lstat().st_mode,
            path.lstat().st_uid,
            path.lstat().st_mtime_ns,
            path.read_text() if path.is_file() else "",
        )
        for path in folder.rglob("*")
    }


def check(program: Path, method: Method, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_kernel = (*held(), *(("disk",) if method == "bubblewrap" else ()))
    if (needed := header(program, "needs")) and needed not in by_kernel:
        pytest.skip(f"here no kernel's limit holds {needed}")
    workspace, outside, template = (base / name for name in ("runs/one", "outside", "template"))
    for folder in (workspace, outside, template):
        folder.mkdir(parents=True)
    (outside / "canary").write_text("secret of the host")
    (template / "template.toml").write_text("steps = 100")
    (workspace / "experiment.py").write_text(program.read_text())
    monkeypatch.setenv("HOST_API_KEY", "key-of-the-host")
    service = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(outside)
    service.bind("service")
    service.listen()
    before = snapshot(outside) | snapshot(template)
    token = secrets.token_hex(8)
    own_code = str(Path(conference.sandbox.__file__).parent)
    limits = limits_of(program)
    libraries = ["json", "numpy"] if method == "bubblewrap" else []

    outcome = run(
        [sys.executable, "experiment.py", str(outside), str(template), own_code, token],
        workspace, limits, read_only=[template], method=method, unsafe=True, libraries=libraries,
    )  # fmt: skip

    service.close()
    kinds = {incident.kind for incident in outcome.incidents}
    said = [outcome.stdout, outcome.stderr, *(incident.detail for incident in outcome.incidents)]
    assert all(text == clean(text) for text in said), "what it says can be kept and shown"
    if "bad_result" in header(program, "expect"):
        assert kinds <= {"symlink_escape"}, outcome
        with pytest.raises(BadResult) as caught:
            read_result(Path("results.json"), workspace, 2 * MIB)
        kinds.add(caught.value.incident.kind)
    expected = set(header(program, "expect").split(", "))
    assert expected <= set(KINDS)
    assert kinds & expected, outcome
    assert "ESCAPED" not in outcome.stdout, outcome.stdout
    assert alive_with(token) == []
    assert before == snapshot(outside) | snapshot(template)
    assert not list(Path("/dev/shm").glob(f"{token}*")), "no memory of the host is kept"
    links = [path for path in workspace.rglob("*") if path.is_symlink()]
    assert all(link.resolve().is_relative_to(workspace) for link in links)
    # What two looks at a fast disk may miss is bounded by the file limit and the looks' pause.
    size = sum(path.lstat().st_blocks * 512 for path in workspace.rglob("*"))
    assert size < 4 * limits.disk_bytes
    assert outcome.seconds < limits.wall_seconds + 2
    if outcome.exit_code == 0 and "limit" in str(expected):
        assert kinds & expected


def test_there_are_enough_of_them() -> None:
    assert len(PROGRAMS) >= 100
    wanted = {kind for program in PROGRAMS for kind in header(program, "expect").split(", ")}
    assert wanted == set(KINDS), "every kind of incident has a program that causes it"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("method", ["bubblewrap", "namespaces"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_is_stopped(
    program: Path, method: Method, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method not in protections().available:
        pytest.skip(f"{method} does not work on this machine")
    check(program, method, base, monkeypatch)


# Without namespaces only the watch and the limits stand; these still hold then.
WATCHED = [
    program
    for program in PROGRAMS
    if program.stem
    not in (
        "read_kernel",
        "mapped_without_room",
        "mount",
        "relaunch",
        "handles_in_flight",
    )
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("program", WATCHED, ids=lambda program: program.stem)
def test_is_stopped_even_without_namespaces(
    program: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not protections("process").watch:
        pytest.skip("this machine lets no program watch system calls")
    check(program, "process", base, monkeypatch)
