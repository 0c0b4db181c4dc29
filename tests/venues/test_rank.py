"""Authors' rankings of their own papers, and scores that follow them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.core.records import Decision, HumanOutcome, SelfRanking
from tests.venues.tiny import table
from venues.papers import PaperSource
from venues.phases.rank import isotonic
from venues.round import prepare, run_round

PHASES = [
    "call", "submit", "desk_check", "rank", "bid", "assign", "review", "meta_review", "decide",
]  # fmt: skip
RULES = {
    "phases": PHASES, "panel.informed": True, "decision.score": "isotonic", "review.texts": False,
    "desk.duplicates": False, "desk.topic": False,
}  # fmt: skip


def rated(papers: int) -> PaperSource:
    """Papers that humans rated, the later the better."""
    rows = tuple(
        msgspec.structs.replace(
            row, human=HumanOutcome(paper=row.paper, ratings=(3.0,) * 4 if at < 12 else (8.0,) * 4)
        )
        for at, row in enumerate(table(papers).table)
    )
    return PaperSource("table", "made", "rated", table=rows)


def test_knowing_authors_rank_by_quality_and_decisions_follow_them(tmp_path: Path) -> None:
    venue = prepare("iclr2022", reviewers=30, settings=RULES | {"phase.rank.noise": 0.0})
    played = run_round(venue, out=tmp_path, papers=rated(24), hosts=0).round
    scores = {row.paper: row.score for row in played.all(Decision)}
    rows = played.all(SelfRanking)
    assert sorted(name for row in rows for name in row.papers) == sorted(scores)
    for row in rows:
        assert len(row.papers) == 3
        good = [int(name[1:]) >= 12 for name in row.papers]
        assert good == sorted(good, reverse=True), "the better half stands first"
        ranked = [scores[name] for name in row.papers]
        assert ranked == sorted(ranked, reverse=True)
    means = {name: float(np.mean(played.ratings(name))) for name in scores}
    assert means != scores and sum(means.values()) == pytest.approx(sum(scores.values()))


@given(st.lists(st.floats(1, 10), min_size=2, max_size=8))
def test_isotonic_scores_are_the_nearest_that_follow_the_ranking(given_: list[float]) -> None:
    names = tuple(f"p{at}" for at in range(len(given_)))
    scores = dict(zip(names, given_, strict=True))
    moved = isotonic(scores, [SelfRanking(author="a", papers=names)])
    values = [moved[name] for name in names]
    assert all(a >= b - 1e-9 for a, b in pairwise(values))
    assert sum(values) == pytest.approx(sum(given_))
    own = sum((moved[name] - scores[name]) ** 2 for name in names)
    flat = sum((np.mean(given_) - value) ** 2 for value in given_)  # a constant follows too
    assert own <= flat + 1e-9
    assert isotonic(scores, []) == scores


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"panel.informed": False}, "set panel.informed = true"),
        ({"phases": [name for name in PHASES if name != "rank"]}, "no phase 'rank'"),
        ({"phase.rank.nois": 1.0}, "nois"),
        ({"phase.rank.papers": 1}, "phase.rank.papers"),
    ],
)
def test_rules_that_cannot_hold_are_one_sentence(rules: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        prepare("iclr2022", settings=RULES | rules)
