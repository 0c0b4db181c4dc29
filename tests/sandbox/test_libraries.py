"""Libraries are loaded before the watch begins; everything of the script itself is watched."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conference.sandbox import METHODS, Limits, Method, Outcome, protections, run

WATCHED = [m for m in METHODS if m in protections().available and protections(m).watch]
LIMITS = Limits(wall_seconds=60)
pytestmark = pytest.mark.parametrize("method", WATCHED)

SCRIPT = """
import multiprocessing, os, pickle, sys
from numpy import pi

class Thing:
    pass

def double(number):
    return 2 * number

if __name__ == "__main__":
    assert isinstance(pickle.loads(pickle.dumps(Thing())), Thing)
    for kind in ("fork", "spawn"):
        with multiprocessing.get_context(kind).Pool(1) as pool:
            assert pool.map(double, [4]) == [8]
    print(sys.argv, __file__, os.path.realpath(sys.path[0]) == os.getcwd())
    print(sorted(set(os.listdir("/proc/self/fd"))), "launcher" in sys.modules)
    if len(sys.argv) > 2:
        raise ValueError("the end")
    sys.exit(5)
"""
ATTEMPTS = """
import os, socket
open("mark", "w").close()
for attempt in (socket.socket, lambda: open(os.path.expanduser("~root/key")), os.forkpty):
    try:
        attempt()
    except OSError as error:
        print(type(error).__name__)
"""
# What a library leaves running must come under the watch with everything else.
THREAD = """
import socket, threading, time
asked, answered = threading.Event(), threading.Event()
def wait():
    asked.wait()
    try:
        socket.socket()
    except OSError:
        pass
    answered.set()
threading.Thread(target=wait, daemon=True).start()
"""


@pytest.fixture
def workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def started(
    text: str, workspace: Path, method: Method, libraries: tuple[str, ...], *arguments: str
) -> Outcome:
    (workspace / "experiment.py").write_text(text)
    command = [sys.executable, "experiment.py", *arguments]
    return run(command, workspace, LIMITS, method=method, unsafe=True, libraries=libraries)


def test_a_script_cannot_tell_but_for_the_time(method: Method, workspace: Path) -> None:
    outcomes = [
        started(SCRIPT, workspace, method, libraries, "a b")
        for libraries in ((), ("numpy", "no_such_library"))
    ]
    assert [outcome.exit_code for outcome in outcomes] == [5, 5], outcomes
    assert outcomes[0].stdout == outcomes[1].stdout != ""
    assert [outcome.incidents for outcome in outcomes] == [(), ()]
    failed = started(SCRIPT, workspace, method, ("numpy",), "a", "b")
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1] == "ValueError: the end"


def test_the_first_line_is_watched(method: Method, workspace: Path) -> None:
    outcome = started(ATTEMPTS, workspace, method, ("numpy",))
    assert (workspace / "mark").exists()
    assert {incident.kind for incident in outcome.incidents} >= {"network", "secret_access"}
    broken = started("open('~root' '/key'", workspace, method, ("numpy",))
    assert broken.stderr.splitlines()[-1].startswith("SyntaxError")


def test_nothing_of_the_workspace_is_loaded_before(method: Method, workspace: Path) -> None:
    for name in ("numpy.py", "sitecustomize.py", "usercustomize.py", "launcher.py"):
        (workspace / name).write_text("open('/ro' 'ot/key')")
    outcome = started("print('fine')", workspace, method, ("numpy",))
    assert (outcome.stdout, outcome.incidents) == ("fine\n", ())


def test_threads_of_a_library_are_watched_too(
    method: Method, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "threaded.py").write_text(THREAD)
    (workspace / "experiment.py").write_text(
        "import threaded; threaded.asked.set(); assert threaded.answered.wait(20)"
    )
    outcome = run(
        [sys.executable, "experiment.py"], workspace, LIMITS, method=method, unsafe=True,
        libraries=["threaded"], read_only=[tmp_path], env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome
    assert [incident.kind for incident in outcome.incidents] == ["network"]
