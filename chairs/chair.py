"""The chairs' roles: what each may see in each task, and the protocol of their minds."""

from __future__ import annotations

from typing import Protocol

import msgspec

from conference.core.forms import Form
from conference.core.records import (
    Advice,
    Agent,
    AnyRecord,
    CalibrationMap,
    Comment,
    Decision,
    MetaReview,
    Rebuttal,
    Review,
    ReviewQuality,
    SeniorNote,
)
from conference.core.tasks import Sight, Task
from conference.models.context import Context
from conference.papers.manuscript import Manuscript


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """All that was said about a paper. `ratings` are the latest ones, in the order of `reviews`.

    `flags` are the desk's notes to the chair.
    """

    manuscript: Manuscript
    reviews: tuple[Review, ...]
    ratings: tuple[float, ...]
    rebuttal: Rebuttal | None = None
    comments: tuple[Comment, ...] = ()
    flags: tuple[str, ...] = ()


class AdviseSight(Sight, frozen=True, kw_only=True):
    """The reviewers assigned to a paper, by id, with texts of their earlier work."""

    manuscript: Manuscript
    reviewers: tuple[str, ...]
    expertise: tuple[tuple[str, ...], ...]


class RateSight(Sight, frozen=True, kw_only=True):
    """A paper's reviews without names, minds and scores, to be rated for their quality.

    `reviewers` are their reviewers' ids in the same order, which no mind is shown.
    """

    manuscript: Manuscript
    form: Form
    reviews: tuple[Review, ...]
    reviewers: tuple[str, ...]


class ChairDiscussSight(Sight, frozen=True, kw_only=True):
    """The area chair opens or moderates a turn of discussion."""

    thread: Thread
    form: Form
    turn: int


class MetaReviewSight(Sight, frozen=True, kw_only=True):
    """A paper's whole thread for its area chair. `maps` are reviewers' calibration maps, if used.

    `severity` is each reviewer's mean rating over all its papers minus the venue's mean; reviewers
    of one paper have none. `bar` is the expected lowest accepted score, `accept_rate` the venue's
    share of accepted papers.
    """

    thread: Thread
    form: Form
    bar: float
    venue_mean: float
    accept_rate: float = 0.0
    maps: tuple[CalibrationMap, ...] = ()
    severity: dict[str, float] = {}


class SeniorSight(Sight, frozen=True, kw_only=True):
    """One area chair's meta-reviews, for a senior area chair to compare with the venue's mean.

    `scale` are the ratings that the venue's form allows; scores are on this scale.
    """

    meta_reviews: tuple[MetaReview, ...]
    chair: str
    chair_mean: float
    venue_mean: float
    venue_sd: float
    scale: tuple[float, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One paper for the program chair to decide on. `score_name` says what kind of score it has."""

    paper: str
    title: str
    score: float
    score_name: str
    recommendation: str
    spread: float
    ratings: tuple[float, ...]


class DecideSight(Sight, frozen=True, kw_only=True):
    """All papers that have a meta-review, and the venue's quotas as shares of them.

    `scale` are the ratings that the venue's form allows.
    """

    candidates: tuple[Candidate, ...]
    accept_rate: float
    oral_rate: float
    spotlight_rate: float
    best_papers: int
    scale: tuple[float, ...] = ()


class ChairMind(Protocol):
    """How a chair thinks. Raises `TaskFailed` when it has no valid answer.

    `advise` is asked only of minds that have a language model.
    """

    async def advise(self, agent: Agent, sight: AdviseSight, context: Context) -> Advice: ...

    async def rate(
        self, agent: Agent, sight: RateSight, context: Context
    ) -> list[ReviewQuality]: ...

    async def discuss(
        self, agent: Agent, sight: ChairDiscussSight, context: Context
    ) -> list[Comment]: ...

    async def meta_review(
        self, agent: Agent, sight: MetaReviewSight, context: Context
    ) -> MetaReview: ...

    async def senior_notes(
        self, agent: Agent, sight: SeniorSight, context: Context
    ) -> list[SeniorNote]: ...

    async def decide(
        self, agent: Agent, sight: DecideSight, context: Context
    ) -> list[Decision]: ...


async def perform(task: Task, mind: ChairMind, context: Context) -> list[AnyRecord]:
    """Do one chair's task with the given mind."""
    agent, sight = task.agent, task.sight
    assert agent is not None
    match sight:
        case AdviseSight():
            return [await mind.advise(agent, sight, context)]
        case RateSight():
            return [*await mind.rate(agent, sight, context)]
        case ChairDiscussSight():
            return [*await mind.discuss(agent, sight, context)]
        case MetaReviewSight():
            return [await mind.meta_review(agent, sight, context)]
        case SeniorSight():
            return [*await mind.senior_notes(agent, sight, context)]
        case DecideSight():
            return [*await mind.decide(agent, sight, context)]
        case _:
            raise TypeError(f"no chair's task: {type(sight).__name__}")
