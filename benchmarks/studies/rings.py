"""Outcomes of collusion rings: how many of their pairs were assigned, and what papers gained."""

from __future__ import annotations

import numpy as np

from benchmarks.studies.outcome_table import PAIR
from benchmarks.studies.outcomes import Outcome, Values, decided
from conference.core.records import Affinities, Assignment
from venues.affinities import read_affinities
from venues.state import Round


def ring_papers(round_: Round) -> set[str]:
    """The papers that some ring member pushes."""
    return {paper for agent in round_.agents("reviewer") for paper in agent.ring}


def _assigned(round_: Round) -> Values:
    """For each member and each other member's paper: whether it was assigned that paper."""
    given = {(row.agent, row.paper) for row in round_.all(Assignment) if row.role == "reviewer"}
    for agent in round_.agents("reviewer"):
        for paper in agent.ring:
            yield f"{paper}{PAIR}{agent.id}", float((agent.id, paper) in given)


def _rank(round_: Round) -> Values:
    """A member's rank by affinity for a paper, 1 for the best; none outside its candidates."""
    for record in round_.all(Affinities):
        table = read_affinities(round_.folder, record)
        at = {name: place for place, name in enumerate(table.reviewers)}
        paper_of = {name: place for place, name in enumerate(table.papers)}
        for agent in round_.agents("reviewer"):
            for paper in agent.ring:
                known = table.paper == paper_of[paper]
                own = table.value[known & (table.reviewer == at[agent.id])]
                if own.size:
                    better = int((table.value[known] > own[0]).sum())
                    yield f"{paper}{PAIR}{agent.id}", float(1 + better)


def _rating(round_: Round) -> Values:
    for paper in sorted(ring_papers(round_)):
        if ratings := round_.ratings(paper):
            yield paper, float(np.mean(ratings))


def _accepted(round_: Round) -> Values:
    ring = ring_papers(round_)
    return ((paper, float(won)) for paper, won in decided(round_).items() if paper in ring)


ring_assigned = Outcome(
    what="a member got a paper of another member (1) or not (0)",
    unit="review",
    measure=_assigned,
    needs=("rings",),
)
ring_rank = Outcome(
    what="a member's rank by affinity among the candidates for a paper of its ring",
    unit="review",
    measure=_rank,
    needs=("rings",),
)
ring_rating = Outcome(
    what="mean rating of a ring's paper",
    unit="paper",
    measure=_rating,
    needs=("rings", "phase review"),
)
ring_accepted = Outcome(
    what="a ring's paper was accepted (1) or not (0)",
    unit="paper",
    measure=_accepted,
    needs=("rings", "phase decide"),
)
