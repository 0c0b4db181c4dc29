"""Rings of reviewers: who they are, and what they do for each other's papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.studies.outcomes import outcome_of
from conference.core.errors import UserError
from conference.core.records import Agent, Assignment, Bids, Review, Submission
from tests.venues.tiny import table, tiny_venue
from venues.round import run_round
from venues.settings import with_settings
from venues.state import Round

PAPERS = table(10)


def play(out: Path, **rules: Any) -> Round:
    shared = {"desk.topic": False, "desk.duplicates": False, "assignment.objective": "total"}
    named = {name.replace("__", "."): value for name, value in rules.items()}
    venue = with_settings(tiny_venue(reviewers=14), shared | named)
    return run_round(venue, out=out, hosts=0, papers=PAPERS, seed=2).round


def members(round_: Round) -> list[Agent]:
    return [agent for agent in round_.agents("reviewer") if agent.ring]


def got(round_: Round) -> int:
    """Pairs of a member and a paper of another that were assigned."""
    ring = {(agent.id, paper) for agent in members(round_) for paper in agent.ring}
    return len(ring & {(row.agent, row.paper) for row in round_.all(Assignment)})


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Round:
    return play(tmp_path_factory.mktemp("honest"), attack__ring=2, attack__rings=3)


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Round:
    out = tmp_path_factory.mktemp("attack")
    acts = ["bids", "profiles", "ratings"]
    return play(out, attack__ring=2, attack__rings=3, attack__acts=acts)


def test_members_push_the_papers_of_their_own_ring(honest: Round, attack: Round) -> None:
    found = members(attack)
    assert [agent.id for agent in found] == [agent.id for agent in members(honest)]
    assert len(found) == 6 and len({agent.own_submissions for agent in found}) == 6
    for agent in found:
        (paper,) = agent.ring
        (other,) = [each for each in found if each.own_submissions == (paper,)]
        assert other.ring == agent.own_submissions


def test_a_ring_bids_and_writes_profiles_and_gets_its_papers(honest: Round, attack: Round) -> None:
    bids = {row.reviewer: row.levels for row in attack.all(Bids)}
    for agent in members(attack):
        assert bids[agent.id] == dict.fromkeys(agent.ring, "Very High")
        title = next(row.title for row in PAPERS.table if row.paper == agent.ring[0])
        assert agent.papers[0].startswith(title)
    assert got(attack) == 6 > got(honest)


def test_a_ring_rates_at_the_top_and_nobody_else_does(attack: Round) -> None:
    form = attack.venue.form
    top = form[form.rating].values[-1]
    pushed = {(agent.id, paper) for agent in members(attack) for paper in agent.ring}
    for row in attack.all(Review):
        if (row.reviewer, row.paper) in pushed:
            assert row.rating == row.scores[form.rating] == top
    others = [row for row in attack.all(Review) if (row.reviewer, row.paper) not in pushed]
    assert any(row.rating < top for row in others)


def test_a_limit_on_probabilities_keeps_a_ring_from_being_sure(tmp_path: Path) -> None:
    acts = ["bids", "profiles"]
    round_ = play(
        tmp_path, attack__ring=2, attack__rings=3, attack__acts=acts, assignment__most_probable=0.4
    )
    ring = {(agent.id, paper) for agent in members(round_) for paper in agent.ring}
    rows = [row for row in round_.all(Assignment) if (row.agent, row.paper) in ring]
    assert len(rows) < 6 and all(row.probability <= 0.4 for row in rows)


def test_a_ring_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only 10 reviewers are authors of different papers"):
        play(tmp_path, attack__ring=6, attack__rings=2)
    with pytest.raises(UserError, match="a ring has at least 2 members"):
        with_settings(tiny_venue(), {"attack.ring": 1})
    with pytest.raises(UserError, match="a ring has at least 2 members"):
        with_settings(tiny_venue(), {"attack.acts": ["bids"]})


def test_abstracts_written_to_match_bring_members_to_the_top(honest: Round, tmp_path: Path) -> None:
    acts = ["abstracts"]
    round_ = play(tmp_path, attack__ring=2, attack__rings=3, attack__acts=acts)
    before, after = (dict(outcome_of("ring_rank").measure(each)) for each in (honest, round_))
    assert before.keys() == after.keys()
    # Others are authors of the same papers, with the same earlier work, and stand beside them.
    assert max(after.values()) <= 3 < min(before.values())
    assert got(round_) > got(honest)
    # What reviewers read stays as it was.
    assert round_.all(Submission) == honest.all(Submission)
