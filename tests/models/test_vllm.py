"""A whole round on the real vLLM engine: all roles, real experiments, and a killed engine."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import msgspec
import pytest

from conference.core.ledger import read_ledger
from conference.core.records import Decision, Experiment, Failure, MetaReview, Review, Submission
from conference.models.costs import spent_in
from conference.models.records import ModelRules
from tests.processes import started
from tests.scientists.studies import light_template
from venues.round import prepare, run_round
from venues.venue import Venue

pytestmark = pytest.mark.timeout(1200)
RULES = ModelRules(max_tokens=1500, longest_text=48, attempts=5)


def small_venue(spec: str, template: Path) -> Venue:
    rules = prepare(
        "workshop", scientists=2, reviewers=3, chairs=2,
        minds=dict.fromkeys(("scientist", "reviewer", "chair"), spec),
    )  # fmt: skip
    replace = msgspec.structs.replace
    return replace(
        rules,
        models={"default": RULES},
        call=replace(rules.call, templates=(str(template),), seeds=2),
        desk=replace(rules.desk, topic=False),
        assignment=replace(rules.assignment, reviews_per_paper=2),
        calibration=replace(rules.calibration, papers=2),
        discussion=replace(rules.discussion, turns=1, gap=1),
    )


def test_a_round_with_all_roles_survives_the_death_of_its_engine(
    engine: str, tmp_path: Path
) -> None:
    killed: list[int] = []
    venue, out = small_venue(engine, light_template(tmp_path)), tmp_path / "round"

    def progress(step: str, done: int, tasks: int) -> None:
        # Kill the engine once, as soon as reviews are being written.
        if step == "review" and done < tasks and not killed:
            killed.extend(started(b"ray::Engine")[:1])
            threading.Timer(0.3, os.kill, (killed[0], signal.SIGKILL)).start()

    result = run_round(venue, out=out, hosts=1, progress=progress, say=lines.append)
    round_ = result.round
    assert killed and lines
    assert not round_.all(Failure)
    papers = round_.all(Submission)
    assert len(papers) == 2
    for paper in papers:
        assert (out / "papers" / paper.pdf).read_bytes().startswith(b"%PDF")
        assert round_.of(Experiment, paper.paper)[0].runs == 4
    form = round_.venue.form
    assert len(round_.all(Review)) == 4
    for review in round_.all(Review):
        assert review.mind == engine
        assert all(review.scores[field.name] in field.values for field in form.scores)
        assert all(review.texts[field.name].strip() for field in form.texts)
    assert len(round_.all(MetaReview)) == len(round_.all(Decision)) == 2
    ledger = read_ledger(out)
    by_step = spent_in((row.key.step, row.calls) for row in ledger.rows())
    ledger.close()
    assert {"submit", "bid", "review", "rebut", "meta_review", "decide"} <= set(by_step)
    assert all(spent.tokens_in and spent.tokens_out for spent in by_step.values())
    assert by_step["review"].tokens_cached > 0
    again = run_round(venue, out=out, hosts=1)
    assert again.performed == 0


lines: list[str] = []
