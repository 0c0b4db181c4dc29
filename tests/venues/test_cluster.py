"""A cluster of two Ray nodes on this machine: one is killed in the middle, and nothing is lost.

The nodes live in a process of their own, and so does each run, as Ray settles on a cluster when it
is first imported. A run stops at a point that it names, and goes on once the node is dead.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.studies.outcome_table import read_outcomes
from benchmarks.studies.run import round_folder, run_study
from benchmarks.studies.study import load_study
from conference.core.ledger import read_ledger
from tests.processes import started
from tests.venues.test_hosts import venue
from tests.venues.tiny import table
from venues.round import run_round

pytestmark = pytest.mark.timeout(400)
PAPERS = 24
# Reads "add" and "kill", and answers when the second node is there or dead.
NODES = """
from ray.cluster_utils import Cluster
# A dead node refuses its health checks at once; one on a crowded machine is slow to answer.
quick = {"health_check_period_ms": 300, "health_check_timeout_ms": 20000,
         "health_check_failure_threshold": 3}
cluster = Cluster(initialize_head=True, head_node_args={
    "num_cpus": 1, "include_dashboard": False,
    "_system_config": quick})
print(cluster.address, flush=True)
second = None
while True:
    try:
        word = input()
    except EOFError:
        break
    if word == "add":
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
    elif word == "kill":
        cluster.remove_node(second, allow_graceful=False)
    print(word, flush=True)
cluster.shutdown()
"""
RUN = """
import sys
from pathlib import Path
from benchmarks.studies.outcome_table import read_outcomes
from benchmarks.studies.run import round_folder, run_study
from benchmarks.studies.study import load_study
from tests.venues.test_cluster import PAPERS
from tests.venues.test_hosts import venue
from tests.venues.tiny import table
from venues.round import run_round
kind, out, papers, address = sys.argv[1:]
stopped = []
def progress(step, done, total):
    # In the middle of the reviews, or with one replicate done and others under way.
    if not stopped and step in ("review", "replicates") and 0 < done < total:
        stopped.append(step)
        print("middle", flush=True)
        input()
if kind == "round":
    run_round(venue(), out=out, papers=table(PAPERS), hosts=4, address=address, progress=progress)
else:
    run_study(load_study(Path(papers).with_name("quota.toml")), out=out, papers=papers,
              address=address, progress=progress)
assert stopped
"""
STUDY = """
title = "Quota"
question = "What does a lower quota change?"
venue = "workshop"
[design]
replicates = 4
[arm.control.set]
"population.reviewers" = 20
"desk.duplicates" = false
"desk.topic" = false
"review.texts" = false
[arm.fewer]
set = { "decision.accept_rate" = 0.25, "decision.oral_rate" = 0.0 }
[outcome]
primary = "accepted"
also = ["rating"]
"""


class Nodes:
    """The cluster's process, and its address."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.address = self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self._line() == word


def _started(script: str, *words: str) -> subprocess.Popen[str]:
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "one-for-all-nodes"}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script, *words]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=os.environ | token)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with _started(NODES) as process:
        yield Nodes(process)
        process.communicate("", timeout=60)


def _run_and_kill_a_node(nodes: Nodes, kind: str, out: Path, papers: Path, name: bytes) -> None:
    """Run to the middle, kill the second node and the processes of this name on it, and go on."""
    nodes.do("add")
    with _started(RUN, kind, str(out), str(papers), nodes.address) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "middle\n"
        working = _soon(lambda: found if len(found := set(started(name))) > 1 else set())
        nodes.do("kill")
        lost = _soon(lambda: working - set(started(name)))
        run.communicate("\n", timeout=300)
    assert run.returncode == 0
    assert lost


def _soon(look: Callable[[], set[int]]) -> set[int]:
    """What is found once there is something, or nothing after a long while."""
    for _ in range(1200):
        if found := look():
            return found
        time.sleep(0.05)
    return set()


def _content(folder: Path) -> dict[str, bytes]:
    ledger = read_ledger(folder)
    found = ledger.content()
    ledger.close()
    return found


def test_a_round_outlives_a_node(nodes: Nodes, tmp_path: Path) -> None:
    _run_and_kill_a_node(nodes, "round", tmp_path / "cluster", tmp_path, b"ray::Host")
    run_round(venue(), out=tmp_path / "here", papers=table(PAPERS), hosts=0)
    assert _content(tmp_path / "cluster") == _content(tmp_path / "here")


def test_a_study_outlives_a_node(nodes: Nodes, tmp_path: Path) -> None:
    papers = tmp_path / "papers.parquet"
    rows = [{"paper_id": row.paper, "title": row.title, "abstract": row.abstract}
            for row in table(PAPERS).table]  # fmt: skip
    pd.DataFrame(rows).to_parquet(papers)
    (tmp_path / "quota.toml").write_text(STUDY)
    _run_and_kill_a_node(nodes, "study", tmp_path / "cluster", papers, b"ray::_replicate_of")
    study = load_study(tmp_path / "quota.toml")
    outcomes, _ = run_study(study, out=tmp_path / "here", papers=papers, workers=0)
    pd.testing.assert_frame_equal(outcomes, read_outcomes(tmp_path / "cluster"))
    for arm in study.all_arms():
        for replicate in range(study.design.replicates):
            there, here = (
                round_folder(tmp_path / name, arm, replicate) for name in ("cluster", "here")
            )
            assert _content(there) == _content(here)
