"""Bids, conflicts of interest and affinities: who could review what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.core.files import PAPERS, keep
from conference.core.records import Affinities, Agent, AnyRecord, Conflict, Submission
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models.context import Context
from conference.papers import read_document
from conference.papers.manuscript import Manuscript
from reviewers.language.mind import SHEET
from reviewers.reviewer import BidSight
from venues.affinities import read_affinities, sorted_table, write_affinities
from venues.identities import OWN, Profile, addresses_in, authors_in, authorship, read_profiles
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.population import make_committee
from venues.ring import with_ring_abstracts
from venues.state import Round, Step
from venues.venue import check_capacity

OFFER, BID = 200, 12  # tokens of a title with its abstract, and of a bid
FIRST_PAGE = 3000  # characters of a PDF's text


class InviteSight(CentralSight, frozen=True, kw_only=True):
    """The committee to invite and its conflicts of interest."""

    committee: tuple[Agent, ...]
    conflicts: tuple[Conflict, ...]


class AffinitySight(CentralSight, frozen=True, kw_only=True):
    """Reviewers' own papers and the submissions, as text."""

    reviewers: tuple[str, ...]
    profiles: tuple[tuple[str, ...], ...]
    papers: tuple[str, ...]
    texts: tuple[str, ...]
    candidates: int


def invite_tasks(round_: Round) -> list[Task]:
    papers = round_.papers()
    if not papers:
        raise UserError(
            f"venue '{round_.venue.name}': no submission passed the desk check, so there is "
            f"nothing to review; `conference site {round_.folder}` shows why, and the [desk] "
            "rules can be relaxed."
        )
    authors = round_.agents("scientist")
    file = round_.venue.population.profiles
    profiles = read_profiles(file) if file else []
    committee = make_committee(round_.venue, round_.seed, papers, round_.source, authors, profiles)
    reviewers = sum(agent.role == "reviewer" for agent in committee)
    check_capacity(round_.venue, len(papers), reviewers, f"venue '{round_.venue.name}'")
    wrote = _authorship(round_, papers, profiles, committee) if profiles else {}
    conflicts = find_conflicts(committee, papers, {agent.id: agent for agent in authors}, wrote)
    sight = InviteSight(committee=tuple(committee), conflicts=tuple(conflicts))
    return [Task(TaskKey("bid.invite"), sight)]


def _authorship(
    round_: Round, papers: list[Submission], profiles: list[Profile], committee: list[Agent]
) -> dict[str, dict[str, str]]:
    """By reviewer, the papers that it wrote or perhaps wrote by its profile, with the reason.

    A paper's authors are taken from the column `authors` of its table and from the e-mail
    addresses on the first page of its PDF.
    """
    named = authors_in(Path(round_.source.path)) if round_.source else {}
    authors = {paper.paper: named.get(paper.paper, []) for paper in papers}
    for paper in papers:
        if paper.source == "pdf" and paper.document:
            page = read_document(round_.folder / PAPERS / paper.document).text[:FIRST_PAGE]
            authors[paper.paper] += addresses_in(page)
    found = authorship([profile.identity for profile in profiles], authors)
    return {committee[at].id: wrote for at, wrote in found.items()}


def find_conflicts(
    committee: list[Agent],
    papers: list[Submission],
    scientists: dict[str, Agent],
    wrote: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Conflict]:
    """Conflicts of interest: own paper, same lab, or recent co-author of one of the authors.

    `wrote` has, by reviewer, the papers that its profile shows as its own, with the reason.
    """
    by_lab: dict[str, list[str]] = {}
    by_author: dict[str, list[str]] = {}
    for paper in papers:
        labs = {scientists[name].lab for name in paper.authors if name in scientists} or {paper.lab}
        for lab in labs - {""}:
            by_lab.setdefault(lab, []).append(paper.paper)
        for name in paper.authors:
            by_author.setdefault(name, []).append(paper.paper)
    known = {paper.paper for paper in papers}
    found = []
    for agent in committee:
        reasons = {name: OWN for name in agent.own_submissions if name in known}
        reasons |= (wrote or {}).get(agent.id, {})
        for author in agent.coauthors:
            for name in by_author.get(author, ()):
                reasons.setdefault(name, "recent co-author")
        for name in by_lab.get(agent.lab, ()):
            reasons.setdefault(name, "same lab")
        found += [Conflict(agent=agent.id, paper=name, reason=why) for name, why in reasons.items()]
    return found


def invite(sight: InviteSight, _: Context) -> list[AnyRecord]:
    return [*sight.committee, *sight.conflicts]


def affinity_tasks(round_: Round) -> list[Task]:
    reviewers, papers = round_.agents("reviewer"), round_.papers()
    texts = {paper.paper: f"{paper.title}\n{paper.abstract}" for paper in papers}
    texts = with_ring_abstracts(reviewers, texts)
    sight = AffinitySight(
        reviewers=tuple(agent.id for agent in reviewers),
        profiles=tuple(agent.papers for agent in reviewers),
        papers=tuple(paper.paper for paper in papers),
        texts=tuple(texts[paper.paper] for paper in papers),
        candidates=round_.venue.assignment.candidates,
    )
    return [Task(TaskKey("bid.affinity"), sight)]


def measure_affinities(sight: AffinitySight, context: Context) -> list[AnyRecord]:
    """Affinities of reviewers to papers, for the best `candidates` of each paper."""
    from conference.literature.affinity import METHOD, affinities

    matrix = affinities(sight.profiles, sight.texts, top=sight.candidates)
    table = sorted_table(
        sight.reviewers, sight.papers, matrix.row, matrix.col, np.round(matrix.data, 4)
    )
    return [
        Affinities(
            file=keep(context.papers, write_affinities(table), ".affinity"),
            method=METHOD,
            reviewers=len(sight.reviewers),
            papers=len(sight.papers),
            pairs=len(table.value),
        )
    ]


def bid_tasks(round_: Round) -> list[Task]:
    """Each reviewer may bid on the papers of highest affinity that it has no conflict with."""
    table = read_affinities(round_.folder, round_.all(Affinities)[0])
    manuscripts = {paper.paper: _offer(round_, paper) for paper in round_.papers()}
    conflicts: dict[str, set[str]] = defaultdict(set)
    for conflict in round_.all(Conflict):
        conflicts[conflict.agent].add(conflict.paper)
    found = []
    for at, agent in enumerate(round_.agents("reviewer")):
        barred = conflicts[agent.id]
        open_ = ((name, value) for name, value in table.best_papers(at) if name not in barred)
        offered = list(islice(open_, round_.venue.bids.offered))
        sight = BidSight(
            papers=tuple(manuscripts[name] for name, _ in offered),
            affinities=tuple(value for _, value in offered),
        )
        found.append(Task(TaskKey("bid", agent.id), sight, agent))
    return found


def _offer(round_: Round, paper: Submission) -> Manuscript:
    """A paper as bidders see it: title and abstract."""
    return msgspec.structs.replace(round_.manuscript(paper), document="", pdf="", checks=())


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    sheets = -(-min(size.venue.bids.offered, size.papers) // SHEET)
    asked = tokens.house + SHEET * OFFER
    return [Calls("reviewer", size.reviewers * sheets, asked, SHEET * BID)]


PHASE = Phase(
    name="bid",
    after=("submit",),
    sees=("population", "bids", "assignment", "attack"),
    steps=(
        Step("bid.invite", invite_tasks),
        Step("bid.affinity", affinity_tasks),
        Step("bid", bid_tasks),
    ),
    performs={InviteSight: invite, AffinitySight: measure_affinities},
    forecast=lambda size: Forecast(
        2 + size.reviewers, f"invite {size.reviewers} reviewers, who bid", at_most=True
    ),
    calls=_calls,
)
