"""The reviewer's role: what it may see in each task, and the protocol of its minds."""

from __future__ import annotations

from typing import Protocol

import msgspec

from conference.core.forms import Form
from conference.core.records import (
    Agent,
    AnyRecord,
    Bids,
    CalibrationReview,
    Comment,
    Rebuttal,
    Review,
    SeenBy,
)
from conference.core.tasks import Sight, Task
from conference.models.context import Context
from conference.papers.manuscript import Manuscript
from reviewers.ring import with_ring_bids, with_ring_ratings


class BidSight(Sight, frozen=True, kw_only=True):
    """The papers offered to a reviewer for bidding, with the affinity of each in [0, 1]."""

    papers: tuple[Manuscript, ...]
    affinities: tuple[float, ...]


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True):
    """A review on record; `texts` are its text fields by the venue's names.

    `later` is the last rating of a reviewer that replays first ratings.
    """

    rating: float
    confidence: float | None = None
    texts: dict[str, str] = {}
    later: float | None = None


class ReviewSight(Sight, frozen=True, kw_only=True):
    """One paper to review. `archive` holds titles of earlier papers for judging novelty.

    `recorded` is what a recorded reviewer replays; other minds do not get it. `world` seeds the
    paper's quality as far as the model cannot predict it (0: the round's own seed). In an informed
    panel `quality` is the quality drawn from human ratings, in SD over the venue's papers.
    `expertise` in [0, 1] is the affinity's rank among the ten reviewers nearest to the paper.
    """

    manuscript: Manuscript
    form: Form
    panel: str
    world: int = 0
    affinity: float
    expertise: float
    days: int
    absent_rate: float
    late_rate: float
    emergency: bool = False
    archive: tuple[str, ...] = ()
    recorded: Recorded | None = None
    quality: float | None = None


class AdvisorySight(Sight, frozen=True, kw_only=True):
    """A paper for an advisory review without scores, to be shown to `seen_by`."""

    manuscript: Manuscript
    form: Form
    seen_by: SeenBy


class FeedbackSight(Sight, frozen=True, kw_only=True):
    """A reviewer's own draft before it is posted, to get feedback and perhaps be revised."""

    manuscript: Manuscript
    form: Form
    draft: Review


class DiscussSight(Sight, frozen=True, kw_only=True):
    """A turn of discussion: the reviewer's own review, the others' and the authors' rebuttal.

    `place` is the position of its own review among the paper's, from 0.
    """

    manuscript: Manuscript
    form: Form
    panel: str
    own: Review
    rating: float
    others: tuple[Review, ...]
    other_ratings: tuple[float, ...]
    place: int
    rebuttal: Rebuttal | None
    comments: tuple[Comment, ...]
    turn: int
    recorded: Recorded | None = None


class CalibrateSight(Sight, frozen=True, kw_only=True):
    """Human-reviewed papers for a reviewer to rate; each field has one entry per paper.

    `human_means` and `humans` (how many people rated it) are copied into the records; no mind uses
    them for its ratings.

    `qualities` are the fitted model's predictions, `shared` an informed panel's qualities (see
    `ReviewSight.quality`); a language model reads title and abstract.
    """

    form: Form
    panel: str
    world: int = 0
    papers: tuple[Manuscript, ...]
    qualities: tuple[float | None, ...]
    shared: tuple[float | None, ...] = ()
    recorded: tuple[float | None, ...] = ()
    human_means: tuple[float, ...]
    humans: tuple[int, ...]


class ReviewerMind(Protocol):
    """How a reviewer thinks. Raises `TaskFailed` when it has no valid answer.

    `advise` and `reconsider` are asked only of minds that have a language model.
    """

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids: ...

    async def review(
        self, agent: Agent, sight: ReviewSight, context: Context
    ) -> list[AnyRecord]: ...

    async def advise(
        self, agent: Agent, sight: AdvisorySight, context: Context
    ) -> list[AnyRecord]: ...

    async def reconsider(
        self, agent: Agent, sight: FeedbackSight, context: Context
    ) -> list[AnyRecord]: ...

    async def discuss(
        self, agent: Agent, sight: DiscussSight, context: Context
    ) -> list[AnyRecord]: ...

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]: ...


async def perform(task: Task, mind: ReviewerMind, context: Context) -> list[AnyRecord]:
    """Do one reviewer task with the given mind."""
    agent, sight = task.agent, task.sight
    assert agent is not None
    match sight:
        case BidSight():
            return [with_ring_bids(agent, await mind.bid(agent, sight, context))]
        case ReviewSight():
            found = await mind.review(agent, sight, context)
            return with_ring_ratings(agent, sight.form, found)
        case AdvisorySight():
            return await mind.advise(agent, sight, context)
        case FeedbackSight():
            return await mind.reconsider(agent, sight, context)
        case DiscussSight():
            return await mind.discuss(agent, sight, context)
        case CalibrateSight():
            return [*await mind.calibrate(agent, sight, context)]
        case _:
            raise TypeError(f"no reviewer's task: {type(sight).__name__}")
