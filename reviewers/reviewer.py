"""The reviewer's role: what it may see, and the one protocol behind which every mind stands."""

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
    """A review on record; `texts` are its text fields by the venue's own names.

    `later` is the rating after rebuttal and discussion, where it is another.
    """

    rating: float
    confidence: float | None = None
    texts: dict[str, str] = {}
    later: float | None = None


class ReviewSight(Sight, frozen=True, kw_only=True):
    """One paper to review. `archive` holds titles of earlier papers for judging novelty.

    `recorded` is what a recorded reviewer replays; no other mind is given it.
    `world` seeds what all reviewers see alike in the paper (0: the round's own seed), and `quality`
    is that itself where the panel is informed by human ratings, in SD over the venue's papers.
    `expertise` in [0, 1] is where the affinity stands among those of the ten reviewers nearest to
    the paper.
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
    """A paper to be reviewed without a score, for those whom `seen_by` names."""

    manuscript: Manuscript
    form: Form
    seen_by: SeenBy


class FeedbackSight(Sight, frozen=True, kw_only=True):
    """A reviewer's own review before it is posted, to be looked at and perhaps revised."""

    manuscript: Manuscript
    form: Form
    draft: Review


class DiscussSight(Sight, frozen=True, kw_only=True):
    """A turn of discussion: the reviewer's own review, the others' and the authors' rebuttal.

    `place` is that of its own review among the paper's, from 0.
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
    """Human-reviewed papers for a reviewer to rate, one entry a paper in each field.

    `human_means` and `humans` (how many people rated it) are copied into the records; no mind uses
    them for its ratings.

    `qualities` are the fitted model's predictions, `shared` what an informed panel knows of each
    paper (see `ReviewSight.quality`); a language model reads title and abstract.
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
