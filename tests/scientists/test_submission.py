"""A paper that cannot be typeset is a failed task, with what happened on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.core.files import EXPERIMENTS, PAPERS
from conference.core.records import Incident, Submission
from conference.core.tasks import TaskFailed
from scientists.experiments import Outcome
from scientists.submission import camera_ready, hand_in
from tests.scientists.studies import AUTHOR, PICTURE, context_for, one, written

CAUGHT = Incident(kind="network", agent=AUTHOR.id, paper="paper-001", detail="a socket")


@pytest.mark.parametrize(
    "svg",
    [
        PICTURE.replace(b'width="360pt"', b'width="0"'),
        b'<?xml version="1.0" encoding="latin-1"?>' + PICTURE.replace(b"loss", b"p\xe9rdida"),
    ],
    ids=["no width", "Latin-1"],
)
def test_a_figure_that_typst_refuses_ends_the_task(svg: bytes, tmp_path: Path) -> None:
    for name in (PAPERS, EXPERIMENTS):
        (tmp_path / name).mkdir()
    study, context = written(-0.2), context_for(tmp_path, "paper-001")
    results = [dict(result) for result in study.results]
    good = Outcome(results, [(name, text, PICTURE) for name, text in study.captions], [CAUGHT])
    paper = one(hand_in(AUTHOR, "paper-001", study, good, context, 1), Submission)
    bad = Outcome(results, [(name, text, svg) for name, text in study.captions], [CAUGHT])
    with pytest.raises(TaskFailed, match="Typst does not typeset") as caught:
        hand_in(AUTHOR, "paper-001", study, bad, context, 1)
    assert caught.value.records == (CAUGHT,)
    with pytest.raises(TaskFailed) as caught:
        camera_ready(paper, study, bad, context)
    assert caught.value.records == (CAUGHT,)
