"""Decisions by quota: papers are accepted from the top of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from chairs.chair import Candidate, DecideSight
from conference.core.records import Decision

Presentation = Literal["", "poster", "spotlight", "oral"]


def by_score(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Highest score first; ties by the smaller spread of ratings, then the smaller id."""
    return sorted(candidates, key=lambda paper: (-paper.score, paper.spread, paper.paper))


def quota_of(sight: DecideSight) -> int:
    """How many papers are accepted."""
    return round(sight.accept_rate * len(sight.candidates))


def decide_in_order(
    order: Sequence[Candidate], sight: DecideSight, notes: Mapping[str, str] | None = None
) -> list[Decision]:
    """Accept round(accept_rate x papers) from the top of an order.

    `notes` are a chair's words on the papers that it ordered itself rather than by score. Ranks are
    still by score, and so are orals, spotlights and awards among the accepted.
    """
    ranked, quota, notes = by_score(order), quota_of(sight), notes or {}
    orals = min(round(sight.oral_rate * len(ranked)), quota)
    spotlights = min(round(sight.spotlight_rate * len(ranked)), quota - orals)
    places = {paper.paper: place for place, paper in enumerate(by_score(order[:quota]))}
    tied = Counter(paper.score for paper in ranked)
    found = []
    for rank, paper in enumerate(ranked, 1):
        accepted, place = paper.paper in places, places.get(paper.paper, quota)
        standing = f"Rank {rank} of {len(ranked)} by {paper.score_name} {paper.score:.2f}"
        if paper.paper in notes:
            reason = f"{standing}. {_edge(accepted, quota)}"
        else:
            reason = f"{standing}, {_side(accepted, quota, tied[paper.score])}"
        if (paper.recommendation == "accept") != accepted:
            reason += f" The area chair recommended {paper.recommendation}."
        found.append(
            Decision(
                paper=paper.paper,
                accepted=accepted,
                presentation=_presentation(place, orals, spotlights, quota),
                score=paper.score,
                rank=rank,
                reason=f"{reason} {notes.get(paper.paper, '')}".strip(),
                award="Best paper" if place < min(quota, sight.best_papers) else "",
            )
        )
    return found


def _presentation(place: int, orals: int, spotlights: int, quota: int) -> Presentation:
    """The presentation for a paper's place among the accepted, from 0; `quota` if rejected."""
    if place >= quota:
        return ""
    if place < orals:
        return "oral"
    return "spotlight" if place < orals + spotlights else "poster"


def _side(accepted: bool, quota: int, tied: int) -> str:
    """On which side of the quota a paper is by its score."""
    reason = f"{'within' if accepted else 'beyond'} the quota of {quota}."
    if tied > 1:
        reason += f" {tied} papers have this score; the spread of ratings, then the id, decides."
    return reason


def _edge(accepted: bool, quota: int) -> str:
    """The reason for a paper that the program chair put in order."""
    return (
        f"Papers at the edge of the quota of {quota} were put in order by the program chair, which "
        f"{'accepted' if accepted else 'rejected'} this one."
    )
