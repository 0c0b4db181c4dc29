"""Honest programs run unhindered; runs are private, concurrent, and end with their caller."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conference.core.errors import UserError
from conference.sandbox import METHODS, Limits, Method, protections, run

WORKING = [method for method in METHODS if method in protections().available]
LIMITS = Limits(wall_seconds=60)
CHECKOUT = Path(__file__).parents[2]

EXPERIMENT = """
import json, multiprocessing, os, subprocess, sys, tempfile, threading
import numpy, torch
torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
model(torch.randn(8, 4)).square().mean().backward()
with multiprocessing.Pool(2) as pool:
    squares = pool.map(abs, [-1, -2])
with tempfile.NamedTemporaryFile() as file:
    file.write(b"x")
said = subprocess.run([sys.executable, "-c", "print(42)"], capture_output=True, text=True).stdout
thread = threading.Thread(target=lambda: None)
thread.start(); thread.join()
os.makedirs("figures/deep", exist_ok=True)
os.symlink("results.json", "latest.json")
os.replace(__file__, __file__)
open("/dev/null", "w").close()
json.dump({"squares": squares, "said": said, "given": open(sys.argv[1]).read(),
           "cores": len(os.sched_getaffinity(0))}, open("results.json", "w"))
print("fine")
"""


@pytest.fixture
def workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def program(workspace: Path, text: str) -> list[str]:
    (workspace / "experiment.py").write_text(text)
    return [sys.executable, "experiment.py"]


@pytest.mark.parametrize("method", WORKING)
def test_an_honest_experiment_runs_without_incident(
    method: Method, workspace: Path, tmp_path: Path
) -> None:
    given = tmp_path / "data.txt"
    given.write_text("data")
    command = [*program(workspace, EXPERIMENT), str(given)]
    outcome = run(command, workspace, LIMITS, read_only=[given], method=method, unsafe=True)
    assert outcome.incidents == ()
    assert (outcome.exit_code, outcome.stdout) == (0, "fine\n"), outcome.stderr
    assert '"given": "data"' in (workspace / "results.json").read_text()
    assert outcome.peak_memory_bytes > 50 << 20


UNASKED = """
import fcntl, os, sqlite3, subprocess, sys
for command in (["ps", "aux"], ["fc-list"], ["sh", "-c", "ls | sort > names"]):
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
given = open(sys.argv[1])
fcntl.flock(given, fcntl.LOCK_SH)
fcntl.lockf(given, fcntl.LOCK_SH)
print([line for line in open("/proc/locks") if f" {os.getpid()} " in line])
fcntl.flock(given, fcntl.LOCK_UN)
data = sqlite3.connect("own.sqlite")
data.execute("create table numbers (value)")
data.commit()
with open("own.lock", "w") as own:
    fcntl.flock(own, fcntl.LOCK_EX)
    fcntl.lockf(own, fcntl.LOCK_EX)
open("//dev//null", "w").close()
os.listdir("//etc")
os.setuid(os.getuid())
os.setresgid(-1, os.getgid(), -1)
"""


@pytest.mark.parametrize("method", [method for method in WORKING if method != "process"])
def test_what_libraries_and_tools_do_unasked_is_no_incident(
    method: Method, workspace: Path, tmp_path: Path
) -> None:
    given = tmp_path / "data.txt"
    given.write_text("data")
    command = [*program(workspace, UNASKED), str(given)]
    outcome = run(command, workspace, LIMITS, read_only=[given], method=method)
    assert outcome.incidents == ()
    # A lock to read is taken for granted: on the host's file there is none.
    assert (outcome.exit_code, outcome.stdout) == (0, "[]\n"), outcome.stderr


@pytest.mark.parametrize("method", [method for method in WORKING if method != "process"])
def test_a_service_of_the_host_in_a_folder_that_is_private_is_an_attempt(
    method: Method, workspace: Path
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as host:
        host.bind(f"{folder}/X0")
        host.listen()
        text = f"import socket; socket.socket(socket.AF_UNIX).connect({folder + '/X0'!r})"
        outcome = run(program(workspace, text), workspace, LIMITS, method=method)
    assert [incident.kind for incident in outcome.incidents] == ["network"]


@pytest.mark.parametrize("method", WORKING)
def test_exit_codes_and_last_words_are_told(method: Method, workspace: Path) -> None:
    text = "import sys; print('a' * 200_000 + 'end'); sys.exit('sorry')"
    outcome = run(program(workspace, text), workspace, LIMITS, method=method, unsafe=True)
    assert outcome.exit_code == 1
    assert outcome.stdout.endswith("aend\n")
    assert len(outcome.stdout) == 64 << 10
    assert outcome.stderr == "sorry\n"
    text = "import os; os.kill(os.getpid(), 11)"
    outcome = run(program(workspace, text), workspace, LIMITS, method=method, unsafe=True)
    assert outcome.exit_code == -signal.SIGSEGV


@pytest.mark.parametrize("method", WORKING)
def test_the_environment_is_clean(
    method: Method, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    text = "import os; print(sorted(os.environ))"
    command = program(workspace, text)
    outcome = run(command, workspace, LIMITS, env={"SEED": "3"}, method=method, unsafe=True)
    assert "'SEED'" in outcome.stdout
    assert "KEY" not in outcome.stdout


@pytest.mark.parametrize("method", [method for method in WORKING if method != "process"])
def test_nothing_of_the_host_is_seen(method: Method, workspace: Path) -> None:
    text = """
import os
print(sorted(entry for entry in os.listdir("/proc") if entry.isdigit()))
print(sorted(os.listdir("/tmp")), os.path.exists(CANARY))
print([line.split(":")[0].strip() for line in open("/proc/net/dev")][2:])
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
"""
    with tempfile.NamedTemporaryFile(dir="/tmp") as canary:
        text = text.replace("CANARY", repr(canary.name))
        outcome = run(program(workspace, text), workspace, LIMITS, method=method)
    processes, folders, interfaces, capabilities = outcome.stdout.splitlines()
    assert processes == "['1', '2']"
    assert folders.endswith(" False") and Path(canary.name).name not in folders
    assert interfaces == "['lo']"
    assert int(capabilities, 16) == 0


@pytest.mark.parametrize("method", WORKING)
def test_what_is_left_behind_can_be_read_and_removed_by_its_owner(
    method: Method, workspace: Path
) -> None:
    """A user without root's rights must be able to: a closed folder is no end of a round."""
    text = """
import os
os.makedirs("figures/deep")
for path in ("results.json", "figures/deep/a.svg"):
    open(path, "w").close()
    os.chmod(path, 0)
for path in ("figures/deep", "figures", "."):
    os.chmod(path, 0)
"""
    outcome = run(program(workspace, text), workspace, LIMITS, method=method, unsafe=True)
    assert outcome.exit_code == 0 or "disk_limit" in str(outcome.incidents), outcome
    for path in [workspace, *workspace.rglob("*")]:
        assert path.stat().st_mode & 0o700 >= (0o700 if path.is_dir() else 0o400), path
        assert not path.stat().st_mode & 0o6000, path
    assert (workspace / "figures/deep/a.svg").exists()


@pytest.mark.parametrize("method", WORKING)
def test_signals_that_wait_are_few_enough_for_others(method: Method, workspace: Path) -> None:
    """The host's user has about 100,000 for all programs together."""
    text = """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
libc, timer = ctypes.CDLL(None), ctypes.c_void_p()
print(sum(libc.timer_create(1, None, ctypes.byref(timer)) == 0 for _ in range(2000)))
"""
    outcome = run(program(workspace, text), workspace, LIMITS, method=method, unsafe=True)
    assert int(outcome.stdout) < 500


def test_runs_at_once_do_not_disturb_each_other(workspace: Path) -> None:
    def one(number: int) -> tuple[int, str, int]:
        folder = workspace / str(number)
        folder.mkdir()
        command = program(folder, f"import time; time.sleep(0.2); print({number})")
        outcome = run(command, folder, LIMITS, method=WORKING[number % len(WORKING)], unsafe=True)
        return outcome.exit_code, outcome.stdout, len(outcome.incidents)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(one, range(24))) == [(0, f"{number}\n", 0) for number in range(24)]


FULL = """
import os, subprocess, sys
from pathlib import Path
from conference.sandbox import Limits, run
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M", "small", sys.argv[1]], check=True)
(Path(sys.argv[1]) / "work").mkdir()
opened = sorted(os.listdir("/proc/self/fd"))
try:
    command = [sys.executable, "-c", "open('large', 'wb').write(os.urandom(3 << 20))"]
    command[2] = "import os; " + command[2]
    print(run(command, Path(sys.argv[1]) / "work", Limits(), method="bubblewrap"))
except OSError as error:
    print(error.strerror, sorted(os.listdir("/proc/self/fd")) == opened)
"""


@pytest.mark.skipif("bubblewrap" not in WORKING, reason="bubblewrap does not work here")
def test_a_disk_of_the_host_that_is_full_is_not_put_on_the_program(workspace: Path) -> None:
    """It ends the round in one sentence, to go on with when there is room again."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    command = [*alone, sys.executable, "-c", FULL, str(workspace)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stdout == "No space left on device True\n", done


HELPER = """
import os, time
told, tell = os.pipe()
if os.fork() == 0:
    os.close(tell)
    os.read(told, 1)  # until its maker has ended
    end = time.process_time() + 0.6
    while time.process_time() < end:
        pass
    os._exit(0)
"""


@pytest.mark.parametrize("method", WORKING)
def test_a_helper_that_is_about_to_end_gets_the_time_for_it(
    method: Method, workspace: Path
) -> None:
    """As a resource tracker does, which on a crowded machine takes long for the little it does."""
    outcome = run(program(workspace, HELPER), workspace, LIMITS, method=method, unsafe=True)
    assert (outcome.exit_code, outcome.incidents) == (0, ())


SIGNALLED = """
import os, signal
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
child = os.fork()
if child == 0:
    while True:
        signal.pause()
for _ in range(1000):
    os.kill(child, signal.SIGWINCH)
signal.setitimer(signal.ITIMER_REAL, 0)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""


@pytest.mark.parametrize("method", [method for method in WORKING if method != "process"])
def test_a_signal_to_a_process_of_its_own_is_not_interrupted(
    method: Method, workspace: Path
) -> None:
    outcome = run(program(workspace, SIGNALLED), workspace, LIMITS, method=method)
    assert (outcome.exit_code, outcome.incidents) == (0, ()), outcome.stderr


HOLDING = (Path(__file__).parent / "hostile/handles_in_flight.py").read_text()


@pytest.mark.parametrize("method", [method for method in WORKING if method != "process"])
def test_a_program_that_takes_all_handles_keeps_no_other_from_starting(
    method: Method, workspace: Path
) -> None:
    first, second = workspace / "first", workspace / "second"
    first.mkdir()
    second.mkdir()
    held = program(first, HOLDING)
    (first / "hold").touch()
    with ThreadPoolExecutor() as pool:
        # With a read-only part its workspace is the host's, so that the two can talk through it.
        talk = [first / "hold"]
        holding = pool.submit(run, held, first, LIMITS, read_only=talk, method=method, unsafe=True)
        while not (first / "full").exists():
            assert not holding.done(), holding.result()
            time.sleep(0.02)
        outcome = run(program(second, "print(1)"), second, LIMITS, method=method, unsafe=True)
        assert not holding.done(), "it started while all were held"
        (first / "let go").touch()
    assert outcome.stdout == "1\n"
    assert "tamper" in [incident.kind for incident in holding.result().incidents]


CALLER = """
import sys
import tempfile
from pathlib import Path
from conference.sandbox import run
run([sys.executable, "experiment.py", sys.argv[2]], Path(sys.argv[1]), method=sys.argv[3],
    unsafe=True)
"""
BACKGROUND = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        os.fork()
        break
time.sleep(100)
"""


def carrying(token: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if token.encode() in words:
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("method", WORKING)
def test_nothing_outlives_a_killed_caller(method: Method, workspace: Path) -> None:
    program(workspace, BACKGROUND)
    token = f"token-{method}-{workspace.name}"
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(workspace), token, method], cwd=CHECKOUT
    )
    try:
        while len(carrying(token)) < 4:  # the caller, the program and its descendants
            assert caller.poll() is None
            time.sleep(0.02)
    finally:
        caller.kill()
        caller.wait()
    deadline = time.monotonic() + 20
    while carrying(token) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert carrying(token) == []


def test_without_isolation_nothing_runs_unless_the_user_says_so(workspace: Path) -> None:
    command = program(workspace, "open('ran', 'w')")
    with pytest.raises(UserError, match="--unsafe"):
        run(command, workspace, LIMITS, method="process")
    assert not (workspace / "ran").exists()
    assert run(command, workspace, LIMITS, method="process", unsafe=True).exit_code == 0
    assert (workspace / "ran").exists()


def test_what_cannot_be_run_is_told_in_a_sentence(workspace: Path) -> None:
    with pytest.raises(UserError, match="not a folder"):
        run(["true"], workspace / "nothing", LIMITS, unsafe=True)
    with pytest.raises(UserError, match="no-such-program"):
        run(["no-such-program"], workspace, LIMITS, unsafe=True)
    with pytest.raises(UserError, match="could not be started"):
        (workspace / "plain.txt").write_text("not a program")
        run(["./plain.txt"], workspace, LIMITS, unsafe=True)
    with pytest.raises(UserError, match="holds this program"):
        run(["true"], CHECKOUT, LIMITS, unsafe=True)
    with pytest.raises(UserError, match="read-only path"):
        run(["true"], workspace, LIMITS, read_only=[workspace / "nothing"], unsafe=True)
    with pytest.raises(ValueError, match="wall_seconds"):
        Limits(wall_seconds=0)


@pytest.mark.parametrize("method", WORKING)
def test_protections_are_told_in_lines(method: Method) -> None:
    given = protections(method)
    assert given.method == method
    assert given.isolated == (method != "process")
    assert all("\n" not in line and len(line) < 110 for line in (*given.on, *given.off))
    assert any(line.startswith("network") for line in given.on) == given.isolated
