"""Collusion rings of reviewers who are authors and push each other's papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from conference.core.errors import UserError
from conference.core.records import Agent
from conference.core.seeds import generator
from venues.venue import Venue

TAKEN = 40  # words that an abstract takes from each of a member's earlier works


def with_ring(
    venue: Venue, seed: int, reviewers: Sequence[Agent], texts: Mapping[str, str]
) -> list[Agent]:
    """The reviewers, with members of the venue's rings (`attack`) drawn among them.

    Members are authors of different papers. With "profiles" a member's earlier work becomes the
    text of the others' papers, so that affinity assigns it to them (arXiv 2412.06606).

    Raises:
        UserError: too few reviewers are authors of different papers.
    """
    rules = venue.attack
    if not rules.ring:
        return list(reviewers)
    wanted = rules.ring * rules.rings
    members: dict[str, Agent] = {}  # by their paper
    for at in generator(seed, "ring").permutation(len(reviewers)):
        agent = reviewers[int(at)]
        if agent.own_submissions and len(members) < wanted:
            members.setdefault(agent.own_submissions[0], agent)
    if len(members) < wanted:
        raise UserError(
            f"venue '{venue.name}': attack.ring × attack.rings is {wanted}, but only "
            f"{len(members)} reviewers are authors of different papers; lower it, or give more "
            "--papers."
        )
    papers = list(members)
    rings = [papers[at : at + rules.ring] for at in range(0, wanted, rules.ring)]
    others = {
        members[own].id: tuple(paper for paper in ring if paper != own)
        for ring in rings
        for own in ring
    }
    return [
        _member(agent, others[agent.id], rules.acts, texts) if agent.id in others else agent
        for agent in reviewers
    ]


def with_ring_abstracts(reviewers: Sequence[Agent], texts: Mapping[str, str]) -> dict[str, str]:
    """Each paper's text for the assignment: title and abstract. In a ring with "abstracts", words
    of the other members' earlier work are added (arXiv 2412.06606)."""
    found = dict(texts)
    for agent in reviewers:
        if "abstracts" in agent.ring_acts:
            begun = [" ".join(work.split()[:TAKEN]) for work in agent.papers]
            for paper in agent.ring:
                found[paper] = "\n".join([found[paper], *begun])
    return found


def _member(
    agent: Agent, ring: tuple[str, ...], acts: tuple[str, ...], texts: Mapping[str, str]
) -> Agent:
    papers = tuple(texts[paper] for paper in ring) if "profiles" in acts else agent.papers
    return msgspec.structs.replace(agent, ring=ring, ring_acts=acts, papers=papers)
