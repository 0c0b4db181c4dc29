"""The page of a running round: in a real Chromium, while the round runs, is killed and goes on."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchmarks.studies.run import run_study
from benchmarks.studies.study import load_study
from conference.app.cli import cli
from conference.app.watch import watching
from conference.app.watch.rounds import Watcher
from conference.app.watch.study_view import StudyView
from conference.app.watch.view import DOTS, RoundView
from conference.core.ledger import open_ledger
from tests.app.browser import CHROMIUM, looking
from tests.models.scripted import Answer, obedient, schema_of, serve
from tests.venues.tiny import INSTANT, SUBJECTS, table, tiny_venue
from venues.round import run_round

HOSTILE = "<img src=x onerror=alert(1)> on diffusion"
REVIEWS = 8  # of four papers
MODELS = """
[default]
at_once = 1
max_tokens = 500
price_in = 10.0
price_out = 20.0
"""
STUDY = """
title = "Quota"
question = "What does a lower quota change?"
venue = "workshop"
[design]
replicates = 2
[arm.control]
set = { "desk.topic" = false, "review.texts" = false }
reviewer = "instant"
chair = "instant"
[arm.fewer]
set = { "decision.accept_rate" = 0.25, "decision.oral_rate" = 0.0 }
[outcome]
primary = "accepted"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    run_round(tiny_venue(), out=folder, hosts=0, papers=table(6))
    return folder


@pytest.fixture
def address(finished: Path) -> Iterator[str]:
    with watching(finished, 0) as found:
        yield found


def asked(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    place = address.removeprefix("http://").strip("/")
    connection = http.client.HTTPConnection(place, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    streams = path.startswith("/events") and answer.status == 200
    data = answer.fp.readline() if streams else answer.read()
    connection.close()
    return answer.status, answer.headers, data


def view_of(folder: Path, name: str = "") -> Any:
    return Watcher(folder).look(name)[1]


def test_a_finished_round_is_told_from_its_ledger(finished: Path) -> None:
    view = view_of(finished)
    assert isinstance(view, RoundView) and view.state == "finished"
    assert {phase.state for phase in view.phases} == {"done"}
    assert {lane.name for lane in view.lanes} <= {"accepted", "rejected", "desk-rejected"}
    assert (
        sum(lane.papers for lane in view.lanes) == 6 == sum(len(lane.dots) for lane in view.lanes)
    )
    assert view.counts["accepted"] + view.counts["rejected"] == len(view.decisions)
    assert view.reviews and view.mean is not None and view.words[0].at <= view.last


def test_a_stopped_round_tells_where_it_stopped(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(step: str, done: int, tasks: int) -> None:
        if step == "review":
            raise Killed

    with pytest.raises(Killed):
        run_round(tiny_venue(), out=tmp_path, hosts=0, papers=table(4), progress=kill)
    view = view_of(tmp_path)
    now = next(phase for phase in view.phases if phase.state == "now")
    assert view.state == "stopped" and now.name == "review" and now.done == 0 == view.reviews
    assert now.left is None and view.busy is None
    assert view.phases[-1].state == "next"
    (lane,) = view.lanes
    assert lane.name == "assigned" and {dot[2] for dot in lane.dots} == {"0 of 3 reviews"}
    ledger = open_ledger(tmp_path)
    assert view_of(tmp_path).state == "running"
    ledger.close()


def test_of_many_papers_only_numbers_are_sent(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        run_round(tiny_venue(500), out=tmp_path, hosts=0, papers=table(DOTS + 1), progress=_stop)
    view = view_of(tmp_path)
    assert sum(lane.papers for lane in view.lanes) == DOTS + 1
    assert not any(lane.dots for lane in view.lanes)


def _stop(step: str, done: int, tasks: int) -> None:
    if step == "desk_check":
        raise RuntimeError


def test_a_study_shows_its_arms_side_by_side_and_each_round(tmp_path: Path) -> None:
    (tmp_path / "quota.toml").write_text(STUDY)
    asked_of = load_study(tmp_path / "quota.toml")
    run_study(asked_of, out=tmp_path, papers=_papers(tmp_path / "p.jsonl"), workers=0)
    view = view_of(tmp_path)
    assert isinstance(view, StudyView) and view.state == "finished" and view.study
    assert [group.name for group in view.groups] == [*asked_of.all_arms()]
    replicates = asked_of.design.replicates
    for group in view.groups:
        assert len(group.rounds) == replicates == group.wanted
        assert {cell.state for cell in group.rounds} == {"finished"}
        assert group.reviews and group.decided and group.mean is not None
    one = view_of(tmp_path, "control/000")
    assert isinstance(one, RoundView) and one.name == "control/000" and one.state == "finished"
    assert isinstance(view_of(tmp_path, "../../etc"), StudyView)


def _papers(path: Path) -> Path:
    rows = [
        {"id": f"p{n}", "title": HOSTILE if not n else f"Study {n} of {SUBJECTS[n]}",
         "abstract": f"We study {SUBJECTS[n]} by gradient number {n} and find {n * 37}. "
         + " ".join(f"term{n}x{at}" for at in range(30))}
        for n in range(4)
    ]  # fmt: skip
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_the_page_is_for_this_machine_alone_and_takes_nothing(address: str) -> None:
    for path in ("/", "/watch.js", "/watch.css", "/site.css", "/events"):
        status, headers, _ = asked(address, path)
        assert status == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        assert asked(address, path, Host="rebound.example")[0] == 403
        assert asked(address, path, "POST")[0] == 405
    assert asked(address, "/", Host="localhost:9")[0] == 200  # as through an SSH tunnel
    assert asked(address, "/ledger.sqlite")[0] == asked(address, "/../ledger.sqlite")[0] == 404
    port = int(address.strip("/").rpartition(":")[2])
    for _, _, _, _, (host, *_) in socket.getaddrinfo(socket.gethostname(), port):
        if not str(host).startswith("127.") and ":" not in str(host):
            with pytest.raises(OSError):
                socket.create_connection((str(host), port), timeout=2)


def invoke(*words: str) -> Result:
    from conference.core.errors import UserError

    result = CliRunner().invoke(cli, list(words))
    assert isinstance(result.exception, UserError) and "\n" not in str(result.exception)
    return result


def test_a_taken_port_and_a_folder_without_a_round_are_one_sentence(
    finished: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = invoke("watch", str(finished), "--port", port)
        assert str(result.exception).startswith(f"--port {port}: ")
    assert "no round or study here" in str(invoke("watch", str(tmp_path)).exception)


# --- in a browser, with a round that asks a model behind a gate -----------------------------


class Gate:
    """A script that fills only as many review forms as it was told to let through."""

    def __init__(self) -> None:
        self._permits = threading.Semaphore(0)

    def let(self, answers: int) -> None:
        self._permits.release(answers)

    def __call__(self, request: dict[str, Any]) -> Answer:
        if "weaknesses" in schema_of(request)["properties"]:
            self._permits.acquire()
        return obedient(request)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple[list[str], Gate]]:
    """The command of a small round whose reviewers are behind a gate."""
    gate = Gate()
    (tmp_path / "models.toml").write_text(MODELS)
    with serve(gate) as server:
        yield [
            sys.executable, "-m", "conference", "run", "workshop", "--hosts", "0",
            "--papers", str(_papers(tmp_path / "p.jsonl")), "--out", str(tmp_path / "run"),
            "--models", str(tmp_path / "models.toml"), "--max-tokens", "1000000",
            "--reviewer", server.spec, "--chair", INSTANT["chair"],
            "--set", "assignment.reviews_per_paper=2", "--set", "review.absent_rate=0.0",
            "--set", "desk.topic=false", "--set", "phases=" + json.dumps(
                ["call", "submit", "desk_check", "bid", "assign", "review", "meta_review", "decide"]
            ), "--set", "decision.score=mean_rating",
        ], gate  # fmt: skip
        gate.let(10_000)


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
def test_a_round_is_watched_as_it_runs_is_killed_and_goes_on(
    command: tuple[list[str], Gate], tmp_path: Path
) -> None:
    words, gate = command
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    with watching(tmp_path / "run", 0) as address, looking() as look:
        page = look.page
        page.goto(address)
        expect = _Expect(page)
        expect.text("#state", "running")
        gate.let(1 + 5)  # the preflight, and five reviews
        expect.text("#phases .now .count", f"5 of {REVIEWS}")
        expect.text("#phases .now small", "left")
        expect.text("#tiles", "of 1.00 M allowed")
        expect.text("#models", "openai:scripted")
        assert page.inner_text("#state") == "running"
        assert HOSTILE in page.inner_text("#words") + str(
            page.eval_on_selector_all(".dot", "dots => dots.map(dot => dot.title)")
        )
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        expect.text("#state", "stopped")
        expect.text("#said", f"Stopped in Review: 5 of {REVIEWS}")
        again = subprocess.Popen([*words, "--watch"], stdout=subprocess.PIPE, text=True)
        expect.text("#state", "running")
        gate.let(10_000)
        assert "Watch: http://127.0.0.1:" in again.communicate(timeout=120)[0]
        assert again.returncode == 0
        expect.text("#state", "finished")
        expect.text("#said", "All phases are done")
        assert page.inner_text("#decisions .paper").strip()
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert not look.errors
        assert all(url.startswith((address, "data:")) for url in look.asked)


class _Expect:
    """Waits until the page says something."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def text(self, selector: str, text: str) -> None:
        self._page.wait_for_function(
            "([selector, text]) => document.querySelector(selector)?.innerText.includes(text)",
            arg=[selector, text], timeout=120_000,
        )  # fmt: skip
