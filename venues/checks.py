"""Checks before a round begins, so that it does not fail after hours of work."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from conference.core.errors import UserError
from conference.core.files import check_writable
from conference.core.records import Agent, Submission
from conference.literature import check_literature
from conference.models import is_model, parse_spec
from conference.papers.typesetting import check_typesetter
from conference.sandbox import protections
from reviewers.embedded.panel import load_panel
from reviewers.fitted.mind import NAME as FITTED
from reviewers.language.examples import examples_text
from reviewers.language.presets import load_preset
from scientists.templates import load_template
from venues.minds import mind_of, models_of
from venues.papers import PaperSource
from venues.phases.bid import find_conflicts
from venues.phases.submit import paper_name
from venues.population import (
    chair_count,
    make_committee,
    make_scientists,
    parse_minds,
    reviewer_count,
    seats_of,
)
from venues.recorded import check_recorded
from venues.state import Options
from venues.venue import Venue, check_capacity

NEEDED_DISK = 200 * 2**20
MOST_PAIRS = 4_000_000  # pairs of paper and person up to which conflicts are checked beforehand


def check_before(
    venue: Venue, source: PaperSource | None, options: Options, seed: int, folder: Path
) -> list[str]:
    """Sentences that a user should see before the round starts.

    Raises:
        UserError: the round would fail; the sentence gives the fix.
    """
    where = f"venue '{venue.name}'"
    check_writable(folder)
    check_recorded(venue, source)
    if "embedded" in _kinds(venue.minds.reviewer):
        load_panel(venue.panel.like)
    for _, mind in parse_minds(venue.minds.reviewer):
        if mind.startswith(f"{FITTED}:"):
            mind_of("reviewer", mind)
    _check_examples(venue)
    notes = [_disk(folder)]
    if source is None:
        notes += _check_research(venue, options, where)
    return [*notes, *check_committee(venue, source, seed, where)]


def check_committee(venue: Venue, source: PaperSource | None, seed: int, where: str) -> list[str]:
    """Check that every paper can have an area chair and reviewers without a conflict of interest.

    Returns a sentence when some papers can only have too few reviews. The authors' labs and
    co-authors are known beforehand only for papers that scientists write; real papers are assumed
    to have conflicts with their own authors alone, and a committee has enough other reviewers.
    """
    if "bid" not in venue.phases:
        return []
    writers = make_scientists(venue, seed) if source is None else []
    count = len(source) if source else len(writers) * venue.call.papers_per_scientist
    if not count:
        raise UserError(
            f"{where}: there would be nothing to review; raise population.scientists "
            "(--scientists) or give --papers."
        )
    check_capacity(venue, count, reviewer_count(venue, count), where)
    if venue.assignment.seats:
        seats_of(venue)
    if source or count * (reviewer_count(venue, count) + chair_count(venue, count)) > MOST_PAIRS:
        return []
    papers = [
        Submission(paper=paper_name(number, own), title="", abstract="",
                   authors=(agent.id,), lab=agent.lab)
        for number, agent in enumerate(writers) for own in range(venue.call.papers_per_scientist)
    ]  # fmt: skip
    committee = make_committee(venue, seed, papers, None, writers)
    open_pairs = _open_pairs(papers, committee, writers)
    chairs = np.array([agent.role == "chair" for agent in committee])
    reviewers = np.array([agent.role == "reviewer" for agent in committee])
    names = [paper.paper for paper in papers]
    _check_served(names, open_pairs[:, chairs], count, CHAIRS, where)
    load = venue.assignment.max_load
    _check_served(names, open_pairs[:, reviewers], load, REVIEWERS, where)
    wanted = venue.assignment.reviews_per_paper
    missing = _missing(open_pairs[:, reviewers], wanted, load)
    if not missing.any():
        return []
    first = int(np.argmax(missing > 0))
    return [
        f"{int((missing > 0).sum())} papers can have fewer than {wanted} reviews, such as "
        f"{names[first]} with {wanted - int(missing[first])}: the other reviewers have a conflict "
        "of interest with them or no load left; raise population.reviewers (--reviewers), "
        "population.labs or assignment.max_load."
    ]


CHAIRS = ("area chair", "population.chairs (--chairs)")
REVIEWERS = ("reviewer", "population.reviewers (--reviewers), assignment.max_load")


def _check_served(
    papers: list[str], open_pairs: NDArray[np.bool_], load: int, role: tuple[str, str], where: str
) -> None:
    """Raise `UserError` when a paper would have nobody in a role.

    Args:
        open_pairs: who has no conflict of interest with which paper, (papers, people).
    """
    bare = np.flatnonzero(_missing(open_pairs, 1, load))
    if not bare.size:
        return
    (who, fix), first = role, int(bare[0])
    people = open_pairs.shape[1]
    conflicted = people - int(open_pairs[first].sum())
    rest = "" if conflicted == people else ", and the others have no load left"
    raise UserError(
        f"{where}: {bare.size} of {len(papers)} papers would have no {who}, {papers[first]} the "
        f"first: {conflicted} of {people} {who}s have a conflict of interest with it{rest}; raise "
        f"{fix} or population.labs."
    )


def _missing(open_pairs: NDArray[np.bool_], wanted: int, load: int) -> NDArray[np.int64]:
    """How many people each paper lacks in the best assignment, (papers,).

    Found by maximum flow from a source over papers (each `wanted`) and people (each `load`).
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    papers, people = open_pairs.shape
    at_paper, at_person = np.nonzero(open_pairs)
    sink = papers + people + 1
    tails = [np.zeros(papers), at_paper + 1, np.arange(people) + papers + 1]
    heads = [np.arange(papers) + 1, at_person + papers + 1, np.full(people, sink)]
    room = [np.full(papers, wanted), np.ones(at_paper.size), np.full(people, load)]
    graph = csr_array(
        (
            np.concatenate(room).astype(np.int32),
            (np.concatenate(tails).astype(np.int32), np.concatenate(heads).astype(np.int32)),
        ),
        shape=(sink + 1, sink + 1),
    )
    flow = maximum_flow(graph, 0, sink).flow
    given = flow[[0], :].toarray()[0, 1 : papers + 1]
    return np.asarray(wanted - given, dtype=np.int64)


def _open_pairs(
    papers: list[Submission], committee: list[Agent], writers: list[Agent]
) -> NDArray[np.bool_]:
    at_paper = {paper.paper: at for at, paper in enumerate(papers)}
    at_agent = {agent.id: at for at, agent in enumerate(committee)}
    found = np.ones((len(papers), len(committee)), dtype=np.bool_)
    for row in find_conflicts(committee, papers, {agent.id: agent for agent in writers}):
        found[at_paper[row.paper], at_agent[row.agent]] = False
    return found


def _check_research(venue: Venue, options: Options, where: str) -> list[str]:
    """Check what scientists will need; returns a sentence on how experiments are isolated."""
    check_typesetter(options.format)
    check_literature(options.literature)
    templates = [load_template(name) for name in venue.call.templates]
    kinds = _kinds(venue.minds.scientist)
    if not any(kind == "embedded" or is_model(f"{kind}:") for kind in kinds):
        return []
    if not templates:
        raise UserError(
            f"{where}: call.templates is empty, so scientists have nothing to start their research "
            "from; name templates there or give --papers."
        )
    given = protections()
    if not options.unsafe and not given.isolated:
        raise UserError(
            "No sandbox is available on this machine, so experiments would not be isolated; "
            "install bubblewrap or allow user namespaces, or accept the danger with --unsafe."
        )
    return [given.sentence()]


def _check_examples(venue: Venue) -> None:
    """Raise `UserError` when a reviewer's preset needs example reviews that do not exist."""
    models = models_of(venue)
    for _, name in parse_minds(venue.minds.reviewer):
        if is_model(name):
            spec = parse_spec(name)
            examples_text(models[spec.text].examples, load_preset(spec.preset).few_shot)


def _kinds(minds: str) -> set[str]:
    return {name.partition(":")[0] for _, name in parse_minds(minds)}


def _disk(folder: Path) -> str:
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < NEEDED_DISK:
        raise UserError(
            f"{folder}: only {free >> 20} MiB are free there and a round needs "
            f"{NEEDED_DISK >> 20}; free the disk or choose another --out."
        )
    return f"{free >> 30} GiB are free for the round's folder."
