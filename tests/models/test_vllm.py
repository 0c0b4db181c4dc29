"""A whole round on the real vLLM engine: all roles, real experiments, and a killed engine."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conference.core.cluster import connect
from conference.core.ledger import read_ledger
from conference.core.records import Decision, Experiment, Failure, MetaReview, Review, Submission
from conference.models.costs import spent_in
from conference.models.records import ModelRules
from tests.models.checkpoint import make_checkpoint
from venues.round import prepare, run_round
from venues.venue import Venue

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        importlib.util.find_spec("vllm") is None, reason="vLLM is not installed on this machine"
    ),
]
RULES = ModelRules(max_tokens=1500, longest_text=48, attempts=5)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import ray

    folder = make_checkpoint(tmp_path_factory.mktemp("model") / "tiny")
    connect(None, 4)
    yield f"vllm:{folder}"
    ray.shutdown()


def small_venue(spec: str) -> Venue:
    rules = prepare(
        "workshop", scientists=2, reviewers=3, chairs=2,
        minds=dict.fromkeys(("scientist", "reviewer", "chair"), spec),
    )  # fmt: skip
    replace = msgspec.structs.replace
    return replace(
        rules,
        models={"default": RULES},
        call=replace(rules.call, templates=("learning_rate",), seeds=2),
        desk=replace(rules.desk, topic=False),
        assignment=replace(rules.assignment, reviews_per_paper=2),
        calibration=replace(rules.calibration, papers=2),
        discussion=replace(rules.discussion, turns=1, gap=1),
    )


def test_a_round_with_all_roles_survives_the_death_of_its_engine(spec: str, tmp_path: Path) -> None:
    killed: list[int] = []

    def progress(step: str, done: int, tasks: int) -> None:
        # Kill the engine once, as soon as reviews are being written.
        if step == "review" and done < tasks and not killed:
            killed.extend(_engine_pids()[:1])
            threading.Timer(0.3, os.kill, (killed[0], signal.SIGKILL)).start()

    result = run_round(
        small_venue(spec), out=tmp_path, hosts=1, progress=progress, say=lines.append
    )
    round_ = result.round
    assert killed and lines
    assert not round_.all(Failure)
    papers = round_.all(Submission)
    assert len(papers) == 2
    for paper in papers:
        assert (tmp_path / "papers" / paper.pdf).read_bytes().startswith(b"%PDF")
        assert round_.of(Experiment, paper.paper)[0].runs == 4
    form = round_.venue.form
    assert len(round_.all(Review)) == 4
    for review in round_.all(Review):
        assert review.mind == spec
        assert all(review.scores[field.name] in field.values for field in form.scores)
        assert all(review.texts[field.name].strip() for field in form.texts)
    assert len(round_.all(MetaReview)) == len(round_.all(Decision)) == 2
    ledger = read_ledger(tmp_path)
    by_step = spent_in((row.key.step, row.calls) for row in ledger.rows())
    ledger.close()
    assert {"submit", "bid", "review", "rebut", "meta_review", "decide"} <= set(by_step)
    assert all(spent.tokens_in and spent.tokens_out for spent in by_step.values())
    assert by_step["review"].tokens_cached > 0
    again = run_round(small_venue(spec), out=tmp_path, hosts=1)
    assert again.performed == 0


lines: list[str] = []


def _engine_pids() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "cmdline").read_bytes().split(b"\0")[0]
            except OSError:
                continue
            if name.startswith(b"ray::Engine"):
                found.append(int(entry.name))
    return found
