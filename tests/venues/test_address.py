"""A round on a Ray cluster that was there before, and one beside a cluster it was not told of.

Each round runs in a process of its own, as Ray settles on a cluster when it is first imported.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conference.core.cluster import connect
from conference.core.errors import UserError
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round

pytestmark = pytest.mark.timeout(300)
HEAD = """
import ray
ray.init("local", num_cpus=3, include_dashboard=False, log_to_driver=False)
print(ray.get_runtime_context().gcs_address, flush=True)
input()
"""
ROUND = """
import sys
from conference.core.records import Review
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round
result = run_round(
    tiny_venue(), out=sys.argv[1], papers=table(6), hosts=1, address=sys.argv[2] or None
)
import ray
print(ray.get_runtime_context().gcs_address, len(result.round.all(Review)))
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of a cluster that another process started, with Ray's own ways of asking."""
    pipe, clean = subprocess.PIPE, {k: v for k, v in os.environ.items() if k != "RAY_AUTH_MODE"}
    command = [sys.executable, "-c", HEAD]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=clean) as head:
        assert head.stdin is not None
        assert head.stdout is not None
        yield head.stdout.readline().strip()
        head.stdin.write("\n")
        head.stdin.close()


def play(folder: Path, address: str, **environment: str) -> tuple[str, int]:
    """Where the round was performed, and how many reviews it has."""
    command = [sys.executable, "-c", ROUND, str(folder), address]
    clean = {k: v for k, v in os.environ.items() if k != "RAY_AUTH_MODE"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=clean | environment
    )
    assert done.returncode == 0, done.stderr
    where, reviews = done.stdout.split()
    return where, int(reviews)


def test_a_round_joins_the_cluster_at_the_address(elsewhere: str, tmp_path: Path) -> None:
    where, reviews = play(tmp_path, elsewhere)
    assert where == elsewhere
    assert reviews > 0


def test_without_an_address_a_round_starts_its_own_cluster(elsewhere: str, tmp_path: Path) -> None:
    where, reviews = play(tmp_path, "", RAY_ADDRESS=elsewhere)
    assert where != elsewhere
    assert reviews > 0


def test_an_address_where_nothing_answers_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)  # as in a process of its own
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listened to
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match="no Ray cluster answers there"):
            run_round(tiny_venue(), out=tmp_path, papers=table(6), hosts=1, address=address)


def test_a_cluster_is_started_where_joining_another_failed(elsewhere: str, tmp_path: Path) -> None:
    """Also by a program that has Ray at hand from before, and with the user's token there."""
    there = tmp_path / "there"
    program = f"""
import ray
from conference.core.cluster import connect
from conference.core.errors import UserError
try:
    connect("127.0.0.1:1", 1)
except UserError:
    connect(None, 2)
    open({str(there)!r}, "w").write(ray.get_runtime_context().gcs_address)
"""
    clean = {k: v for k, v in os.environ.items() if k != "RAY_AUTH_MODE"}
    subprocess.run([sys.executable, "-c", program], check=True, env=clean)
    assert there.read_text() not in ("", elsewhere)


def test_a_cluster_that_was_not_up_in_time_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ray

    starts: list[object] = []

    def init(*_: object, **settings: object) -> None:
        starts.append(settings["num_cpus"])
        if len(starts) < 3:
            raise Exception("The current node timed out during startup.\nMore.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)  # other tests' cluster lives on
    monkeypatch.setattr(ray, "init", init)
    connect(None, 2)
    assert len(starts) == 3

    def never(*_: object, **settings: object) -> None:
        raise Exception("The current node timed out during startup.\nMore.")

    monkeypatch.setattr(ray, "init", never)
    with pytest.raises(UserError, match=r"^Ray could not be started.*timed out.*--hosts 0\.$"):
        connect(None, 2)
