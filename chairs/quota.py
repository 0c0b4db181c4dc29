"""Decisions by quota: papers in an order, accepted from its top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from chairs.chair import Candidate, DecideSight
from conference.records import Decision

Presentation = Literal["", "poster", "spotlight", "oral"]


def by_score(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Highest score first; of equal scores the smaller spread of ratings, then the smaller id."""
    return sorted(candidates, key=lambda paper: (-paper.score, paper.spread, paper.paper))


def quota_of(sight: DecideSight) -> int:
    """How many papers are accepted."""
    return round(sight.accept_rate * len(sight.candidates))


def decide_in_order(
    ranked: Sequence[Candidate], sight: DecideSight, notes: Mapping[str, str] | None = None
) -> list[Decision]:
    """Accepts round(accept_rate x papers) from the top, orals first, then spotlights.

    `notes` are a chair's own words on a paper, put after what the numbers say.
    """
    count, quota = len(ranked), quota_of(sight)
    orals = min(round(sight.oral_rate * count), quota)
    spotlights = min(round(sight.spotlight_rate * count), quota - orals)
    tied: dict[float, int] = {}
    for paper in ranked:
        tied[paper.score] = tied.get(paper.score, 0) + 1
    found = []
    for place, paper in enumerate(ranked):
        reason = _reason(paper, (place, count, quota), tied[paper.score], sight.score_name)
        if notes and paper.paper in notes:
            reason += f" {notes[paper.paper]}"
        found.append(
            Decision(
                paper=paper.paper,
                accepted=place < quota,
                presentation=_presentation(place, orals, spotlights, quota),
                score=paper.score,
                rank=place + 1,
                reason=reason,
                award="Best paper" if place < min(quota, sight.best_papers) else "",
            )
        )
    return found


def _presentation(place: int, orals: int, spotlights: int, quota: int) -> Presentation:
    if place >= quota:
        return ""
    if place < orals:
        return "oral"
    return "spotlight" if place < orals + spotlights else "poster"


def _reason(paper: Candidate, standing: tuple[int, int, int], tied: int, score_name: str) -> str:
    """Why a paper stands where it does; `standing` is its place from 0, papers, quota."""
    place, count, quota = standing
    name = score_name.replace("_", " ")
    verdict = f"within the quota of {quota}" if place < quota else f"beyond the quota of {quota}"
    reason = f"Rank {place + 1} of {count} by {name} score {paper.score:.2f}, {verdict}."
    if tied > 1:
        reason += f" {tied} papers have this score; the spread of ratings, then the id, decides."
    if (paper.recommendation == "accept") != (place < quota):
        reason += f" The area chair recommended {paper.recommendation}."
    return reason
