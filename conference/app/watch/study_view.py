"""The page's view of a study, or of several rounds of a venue: arms side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from conference.app.watch.tally import Tally
from conference.models.costs import Spent


class Watched(Protocol):
    """A watched round: its sums so far."""

    name: str
    tally: Tally

    @property
    def state(self) -> str: ...

    @property
    def share(self) -> float: ...

    @property
    def spent(self) -> Spent: ...


class Cell(msgspec.Struct, frozen=True):
    """A round of an arm: its name, its state, and the share of its steps that are complete."""

    name: str
    state: str
    share: float


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """An arm. Sums are over its rounds so far; `mean` is over their reviews."""

    name: str
    label: str
    rounds: list[Cell]
    wanted: int
    tasks: int
    papers: int
    reviews: int
    mean: float | None
    accepted: int
    decided: int
    missing: int
    failures: int
    incidents: int
    spent: Spent
    last: float


class StudyView(msgspec.Struct, frozen=True, kw_only=True, tag="study", tag_field="kind"):
    """All arms. `state` is waiting, running, stopped or finished."""

    folder: str
    state: str
    groups: list[GroupView]
    study: bool = False
    title: str = ""
    question: str = ""
    rests: str = ""


def group_view(name: str, label: str, rounds: Sequence[Watched], wanted: int) -> GroupView:
    """The sums over an arm's rounds; there will be `wanted` of them."""
    tallies = [each.tally for each in rounds]
    papers = [paper for tally in tallies for paper in tally.papers.values()]
    ratings = [rating for paper in papers for rating in paper.ratings.values()]
    return GroupView(
        name=name,
        label=label,
        rounds=[Cell(each.name, each.state, each.share) for each in rounds],
        wanted=wanted,
        tasks=sum(step.tasks for tally in tallies for step in tally.steps.values()),
        papers=len(papers),
        reviews=len(ratings),
        mean=sum(ratings) / len(ratings) if ratings else None,
        accepted=sum(tally.counts["accepted"] for tally in tallies),
        decided=sum(tally.counts["accepted"] + tally.counts["rejected"] for tally in tallies),
        missing=sum(len(paper.missing) for paper in papers),
        failures=sum(tally.counts["failed task"] for tally in tallies),
        incidents=sum(tally.counts["incident"] for tally in tallies),
        spent=sum((each.spent for each in rounds), Spent()),
        last=max((tally.last for tally in tallies), default=0.0),
    )
