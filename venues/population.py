"""Who takes part: scientists before the call, reviewers and chairs once papers are in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chairs import personas as chair_personas
from conference.core.errors import UserError
from conference.core.personas import names, own_traits
from conference.core.records import PROGRAM_CHAIR, Agent, Role, Submission
from conference.core.seeds import generator
from reviewers import personas as reviewer_personas
from venues.identities import Profile
from venues.papers import PaperSource
from venues.ring import with_ring
from venues.venue import Venue

HERE = Path(__file__).parent
PAPERS_EACH = 3
PERSONAS: dict[str, tuple[Path, type[msgspec.Struct]]] = {
    "reviewer": (reviewer_personas.FILE, reviewer_personas.Persona),
    "chair": (chair_personas.FILE, chair_personas.Persona),
}
SEAT_RESERVE = 3  # reviewers of a seat, at least: some have a conflict of interest


@cache
def _data(name: str) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.toml.decode((HERE / "people" / name).read_bytes())
    return decoded


def make_scientists(venue: Venue, seed: int) -> list[Agent]:
    """The scientists who write a venue's papers, spread over its labs.

    Rounds with the same `panel.world` have the same scientists, whatever their seeds.
    """
    seed = venue.panel.world or seed
    return [
        _agent("scientist", number, venue, seed, mind=mind)
        for number, mind in enumerate(_minds(venue.minds.scientist, venue.population.scientists))
    ]


def make_committee(
    venue: Venue,
    seed: int,
    submissions: list[Submission],
    source: PaperSource | None,
    scientists: Sequence[Agent] = (),
    profiles: Sequence[Profile] = (),
) -> list[Agent]:
    """Reviewers, area chairs, senior area chairs and the program chair for these submissions.

    The first reviewers get the earlier work of `profiles` and own no submission.
    """
    reviewers = reviewer_count(venue, len(submissions))
    if len(profiles) > reviewers:
        raise UserError(
            f"{venue.population.profiles}: it has {len(profiles)} reviewers and the venue "
            f"{reviewers}; set population.reviewers to {len(profiles)} or more."
        )
    chairs = chair_count(venue, len(submissions))
    own = _own_submissions(venue, seed, submissions, reviewers)
    own = [*[()] * len(profiles), *own[len(profiles) :]]
    records = _publications(venue, seed, submissions, source, own, reviewers)
    invented = records[len(profiles) :]
    records = [each.papers or records[at] for at, each in enumerate(profiles)] + invented
    people = [
        _agent("reviewer", number, venue, seed, mind=mind, papers=records[number], own=own[number])
        for number, mind in enumerate(_reviewer_minds(venue, reviewers))
    ]
    people = _with_coauthors(venue, seed, people, scientists)
    texts = {paper.paper: f"{paper.title}\n{paper.abstract}" for paper in submissions}
    people = with_ring(venue, seed, people, texts)
    people += [
        _agent("chair", n, venue, seed, mind=mind)
        for n, mind in enumerate(_minds(venue.minds.chair, chairs))
    ]
    people += [
        _agent("senior_chair", n, venue, seed, mind=mind)
        for n, mind in enumerate(_minds(venue.minds.chair, venue.population.senior_chairs))
    ]
    (first,) = _minds(venue.minds.chair, 1)
    boss = _agent("program_chair", 0, venue, seed, mind=first)
    return [*people, msgspec.structs.replace(boss, id=PROGRAM_CHAIR)]


def reviewer_count(venue: Venue, papers: int) -> int:
    """The reviewers that the venue asks for, or a tenth more than the loads need."""
    rules = venue.assignment
    if venue.population.reviewers:
        return venue.population.reviewers
    if rules.seats:
        each = max(math.ceil(1.1 * papers / rules.max_load), SEAT_RESERVE)
        return each * rules.reviews_per_paper
    needed = math.ceil(1.1 * papers * rules.reviews_per_paper / rules.max_load)
    return max(needed, rules.reviews_per_paper + 2)


def seats_of(venue: Venue) -> list[str]:
    """The mind of each seat at a paper; reviewer number n sits in seat n modulo the seats.

    Raises:
        UserError: the weights of the minds do not add up to the reviews that a paper gets.
    """
    weights = parse_minds(venue.minds.reviewer)
    seats = [mind for weight, mind in weights for _ in range(weight)]
    wanted = venue.assignment.reviews_per_paper
    if len(seats) != wanted:
        raise UserError(
            f"venue '{venue.name}': assignment.seats: minds.reviewer = '{venue.minds.reviewer}' "
            f"are {len(seats)} seats and assignment.reviews_per_paper is {wanted}; make them equal."
        )
    return seats


def chair_count(venue: Venue, papers: int) -> int:
    """The area chairs that the venue asks for, or as many as the load needs.

    At least two by default, from different labs, so that every paper has one without a conflict.
    """
    return venue.population.chairs or max(2, math.ceil(papers / venue.assignment.chair_load))


def check_personas(venue: Venue) -> None:
    """Raise `UserError` for an unknown persona, or one of the venue's own that cannot be read."""
    where = f"venue '{venue.name}'"
    for role in ("reviewer", "chair"):
        field, own = _personas(venue, role)
        file, kind = PERSONAS[role]
        table = "chair_persona" if role == "chair" else "persona"
        for name, said in own.items():
            own_traits(said, file, kind, f"{where}: {table}.{name}")
        known = (*names(file), *own)
        for name in field:
            if name not in known:
                raise UserError(
                    f"{where}: population.{table}s names the unknown persona '{name}'; choose "
                    f"from {', '.join(known)}, or describe it in [{table}.{name}]."
                )


def _personas(venue: Venue, role: str) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """The weights of a role's personas, and the personas that the venue itself describes."""
    if "chair" in role:
        return venue.population.chair_personas, venue.chair_persona
    return venue.population.personas, venue.persona


def _traits(venue: Venue, role: str, persona: str) -> dict[str, Any]:
    _, own = _personas(venue, role)
    if persona not in own:
        return {}
    return own_traits(own[persona], *PERSONAS["chair" if "chair" in role else role], persona)


def parse_minds(spec: str) -> list[tuple[int, str]]:
    """Weights of minds: "2 vllm:A, 1 embedded" gives [(2, "vllm:A"), (1, "embedded")].

    A mind that is named twice gets the sum of its weights.
    """
    weights: dict[str, int] = {}
    for part in spec.split(","):
        found = re.fullmatch(r"\s*(?:(\d+)\s+)?(\S+)\s*", part)
        if not found or found[1] == "0":
            raise UserError(
                f"minds: '{spec}' is not a list of minds; write for example "
                "'embedded' or '2 vllm:MODEL, 1 embedded'."
            )
        weights[found[2]] = weights.get(found[2], 0) + int(found[1] or 1)
    return [(weight, mind) for mind, weight in weights.items()]


def _minds(spec: str, number: int) -> list[str]:
    """One mind for each of `number` agents, in the ratio of the weights and evenly mixed."""
    weights = parse_minds(spec)
    total = sum(weight for weight, _ in weights)
    given = {mind: 0 for _, mind in weights}
    minds = []
    for at in range(1, number + 1):
        _, mind = max(weights, key=lambda pair: at * pair[0] / total - given[pair[1]])
        given[mind] += 1
        minds.append(mind)
    return minds


def _reviewer_minds(venue: Venue, number: int) -> list[str]:
    if not venue.assignment.seats:
        return _minds(venue.minds.reviewer, number)
    seats = seats_of(venue)
    return [seats[at % len(seats)] for at in range(number)]


def _agent(
    role: Role,
    number: int,
    venue: Venue,
    seed: int,
    *,
    mind: str,
    papers: tuple[str, ...] = (),
    own: tuple[str, ...] = (),
) -> Agent:
    name = f"{role.replace('_', '-')}-{number + 1:03d}"
    rng = generator(seed, "name", name)  # Each attribute has its own draw, so that a rule that
    data = _data("names.toml")  # changes one leaves the others.
    topics = [topic.name for topic in venue.call.topics]
    given, family = _one_of(data["given"], rng), _one_of(data["family"], rng)
    lab = data["labs"][number % min(venue.population.labs, len(data["labs"]))]
    if venue.population.labs > len(data["labs"]):
        lab = f"{lab} {number % venue.population.labs // len(data['labs']) + 1}"
    weights, _ = _personas(venue, role)
    persona = "" if role == "scientist" else _persona(weights, generator(seed, "persona", name))
    return Agent(
        id=name,
        role=role,
        name=f"{given} {family}",
        lab=f"{lab} Lab",
        topics=(topics[number % len(topics)],) if topics else (),
        persona=persona,
        traits=_traits(venue, role, persona),
        mind=mind,
        papers=papers,
        own_submissions=own,
    )


def _one_of(names: Sequence[str], rng: np.random.Generator) -> str:
    """One of the names; unlike `rng.choice` it makes no array of them all."""
    return names[int(rng.integers(len(names)))]


def _persona(weights: dict[str, float], rng: np.random.Generator) -> str:
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))


def _with_coauthors(
    venue: Venue, seed: int, reviewers: list[Agent], scientists: Sequence[Agent]
) -> list[Agent]:
    """Give a share of the reviewers a recent co-author among the scientists of other labs.

    At least twice as many reviewers as a paper needs have none, so that every paper can be
    reviewed.
    """
    spare = len(reviewers) - 2 * venue.assignment.reviews_per_paper
    number = max(0, min(round(venue.population.coauthor_rate * len(reviewers)), spare))
    draws = {each.id: generator(seed, "co-authors", each.id) for each in reviewers}
    order = sorted(reviewers, key=lambda each: draws[each.id].random())
    writers = {each.id for each in order[:number]}
    found = []
    for reviewer in reviewers:
        others = [each.id for each in scientists if each.lab != reviewer.lab]
        writes = reviewer.id in writers and others
        chosen = (_one_of(others, draws[reviewer.id]),) if writes else ()
        found.append(msgspec.structs.replace(reviewer, coauthors=chosen))
    return found


def _own_submissions(
    venue: Venue, seed: int, submissions: list[Submission], reviewers: int
) -> list[tuple[str, ...]]:
    """The submissions of each reviewer: at a venue with real papers, each is the author of one.

    Where papers are few, only some reviewers are, so that every paper can be reviewed.
    """
    strangers = [paper.paper for paper in submissions if not paper.authors]
    spare = max(0, reviewers - venue.assignment.reviews_per_paper - 1)
    writers = min(reviewers, spare * len(strangers))
    order = generator(seed, "own submissions").permutation(len(strangers))
    own = [(strangers[order[number % len(strangers)]],) for number in range(writers)]
    return [*own, *[()] * (reviewers - writers)]


def _publications(
    venue: Venue,
    seed: int,
    submissions: list[Submission],
    source: PaperSource | None,
    own: list[tuple[str, ...]],
    reviewers: int,
) -> list[tuple[str, ...]]:
    """Each reviewer's own earlier work as text.

    At a venue with real papers: the reviewer's own submission and the papers of earlier years
    nearest to it. Elsewhere, and for reviewers without a submission: invented summaries.
    """
    if source is None:
        return [_invented(venue, seed, number) for number in range(reviewers)]
    from conference.literature.affinity import nearest

    texts = tuple(f"{paper.title}\n{paper.abstract}" for paper in submissions)
    near = nearest(texts, source.earlier, PAPERS_EACH - 1)  # Of all: rounds share this result.
    known = {
        paper.paper: (text, *(source.earlier[at] for at in rows))
        for paper, text, rows in zip(submissions, texts, near, strict=True)
    }
    return [
        known[papers[0]] if papers else _invented(venue, seed, number)
        for number, papers in enumerate(own)
    ]


def _invented(venue: Venue, seed: int, number: int) -> tuple[str, ...]:
    known: dict[str, list[str]] = _data("expertise.toml")["topics"]
    topics = [topic.name for topic in venue.call.topics] or list(known)
    rng = generator(seed, "publications", number)
    topic = topics[number % len(topics)]
    shelf = known.get(topic) or [
        f"{entry.name}: {', '.join(entry.keywords)}"
        for entry in venue.call.topics
        if entry.name == topic
    ]
    chosen = rng.permutation(len(shelf))[: PAPERS_EACH - 1]
    other = known[_one_of(list(known), rng)]
    return (*(shelf[at] for at in chosen), _one_of(other, rng))
