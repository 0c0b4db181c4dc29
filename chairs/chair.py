"""The chairs' roles: what each may see, and the one protocol behind which every mind stands."""

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
    """The reviewers assigned to a paper, by id, each with the texts of its own earlier work."""

    manuscript: Manuscript
    reviewers: tuple[str, ...]
    expertise: tuple[tuple[str, ...], ...]


class RateSight(Sight, frozen=True, kw_only=True):
    """A paper's reviews without names, minds and scores, to be rated as pieces of work.

    `reviewers` are the ids behind them, in their order, which no mind is shown.
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
    """The area chair's whole paper thread. `maps` are reviewers' fitted scales, when used.

    `severity` is each reviewer's mean rating less the venue's mean, known from the reviewer's
    other papers; reviewers with one paper have none. `bar` is the expected accepting score,
    `accept_rate` the venue's share of accepted papers.
    """

    thread: Thread
    form: Form
    bar: float
    venue_mean: float
    accept_rate: float = 0.0
    maps: tuple[CalibrationMap, ...] = ()
    severity: dict[str, float] = {}


class SeniorSight(Sight, frozen=True, kw_only=True):
    """The senior area chair looks at one area chair's meta-reviews beside all others' mean.

    `scale` are the ratings that the venue's form allows, of which scores are on the scale.
    """

    meta_reviews: tuple[MetaReview, ...]
    chair: str
    chair_mean: float
    venue_mean: float
    venue_sd: float
    scale: tuple[float, ...] = ()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One paper before the program chair. `score_name` says what kind of score its score is."""

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
