"""Runs held by the user's systemd, with a stand-in for systemd-run and a made-up tree of groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conference.sandbox import Limits, groups, protections, run, scope

# Notes how it was called, and takes the command's place as systemd-run does.
STAND_IN = """#!/bin/sh
echo "$@" >> {log}
while [ "$1" != -- ]; do shift; done
shift
[ "$2" = /proc/self/cgroup ] && echo 0::{group} || exec "$@"
"""
OWN = "5:pids:/\n4:memory:/ours\n2:cpu,cpuacct:/deep/er\n0::/user.slice/a.scope\n"


def forget() -> None:
    for found in (scope.works, groups._kinds, groups._by_systemd):
        found.cache_clear()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine whose groups only systemd may make; the folder with its tree, and the calls."""
    tree = tmp_path / "tree"
    (tree / "app.slice").mkdir(parents=True)
    (tree / "app.slice" / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "systemd-run"
    stand_in.write_text(STAND_IN.format(log=tmp_path / "calls", group="/app.slice/run-u7.scope"))
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:/usr/bin:/bin")
    monkeypatch.setattr(scope, "ROOT", tree)
    monkeypatch.setattr(groups, "_works", lambda kind: False)
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


def test_a_run_is_started_in_a_scope_with_its_limits(systemd: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    workspace.mkdir()
    assert set(groups.held()) == {"memory", "processor time", "processes"}
    limits = Limits(memory_bytes=100 << 20, processes=20)
    outcome = run(["/bin/sh", "-c", "echo fine; exit 3"], workspace, limits, unsafe=True)
    assert (outcome.exit_code, outcome.stdout, outcome.incidents) == (3, "fine\n", ())
    words = (systemd / "calls").read_text().splitlines()[-1].split(" -- ")[0].split()
    assert words[:2] == ["--user", "--scope"]
    given = dict(word.removeprefix("--property=").split("=") for word in words if "=" in word)
    assert int(given["MemoryMax"]) >= 100 << 20 and given["MemorySwapMax"] == "0"
    assert 20 < int(given["TasksMax"]) < 40


@pytest.mark.parametrize(
    ("kills", "microseconds", "command", "kind"),
    [(1, 0, "exit 0", "memory_limit"), (0, 7_000_000, "sleep 20", "cpu_limit")],
)
def test_what_the_scope_counts_is_told(
    systemd: Path, tmp_path: Path, kills: int, microseconds: int, command: str, kind: str
) -> None:
    """The launcher's real group is at the same place in the made-up tree, with these counts."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    own = scope.folder_of(Path("/proc/self/cgroup").read_text())
    assert own is not None
    own.mkdir(parents=True, exist_ok=True)
    (own / "memory.events").write_text(f"low 0\noom {kills}\noom_kill {kills}\n")
    (own / "cpu.stat").write_text(f"usage_usec {microseconds}\nuser_usec 1\n")
    outcome = run(["/bin/sh", "-c", command], workspace, Limits(cpu_seconds=5.0), unsafe=True)
    assert [incident.kind for incident in outcome.incidents] == [kind]


def test_without_the_memory_controller_a_scope_is_of_no_use(systemd: Path) -> None:
    (systemd / "tree" / "app.slice" / "cgroup.subtree_control").write_text("pids\n")
    assert groups.held() == ()
    assert groups.starter(1 << 20, 5) == ([], {})


@pytest.mark.parametrize(
    "script", ["exit 1", "echo 0::/", "echo nothing", "sleep 0; printf '\\377'"]
)
def test_a_systemd_that_does_not_answer_is_not_used(systemd: Path, script: str) -> None:
    (systemd / "bin" / "systemd-run").write_text(f"#!/bin/sh\n{script}\n")
    assert groups.held() == ()
    given = protections()
    assert "memory" in given.sampled and "memory" not in given.held


def test_groups_lie_where_the_kernel_says() -> None:
    root = Path("/sys/fs/cgroup")
    memory, time, tasks, unified = (kind.folder for kind in groups.wanted(OWN, root))
    assert memory == root / "memory/ours"
    assert time == root / "cpu,cpuacct/deep/er"
    assert tasks == root / "pids"
    assert unified == root / "user.slice/a.scope"
    assert scope.folder_of(OWN, root) == unified
    assert scope.folder_of("4:memory:/ours\n", root) is None


def test_the_sentence_names_each_limit_once() -> None:
    given = protections()
    assert sorted((*given.held, *given.sampled)) == [
        "disk",
        "memory",
        "processes",
        "processor time",
    ]
    assert all(name in given.sentence() for name in (*given.held, *given.sampled, given.method))
