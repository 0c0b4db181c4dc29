"""The recorded reviewer, which replays a person's or another system's reviews.

`human` replays the ratings that people gave a real paper; `human:first` replays their first ratings
and changes them in the discussion as people did. `csv:FILE#COLUMN` and `ai-scientist:PLACE#CONFIG`
replay another system's (`conference.data.recorded`). Nothing is invented: a recorded reviewer does
not bid, and comments only to change its rating as on record. Once a paper has no more records, the
reviewer is absent, so that the venue finds an emergency reviewer.
"""

from __future__ import annotations

from conference.core.forms import Form
from conference.core.records import (
    Absence,
    Agent,
    AnyRecord,
    Bids,
    CalibrationReview,
    Comment,
    Review,
)
from conference.data.recorded import split_place
from conference.models.context import Context
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight

HUMAN, FIRST = "human", "human:first"
FILED = ("csv", "ai-scientist")  # kinds of minds whose records are in a file
WORDS = "A recorded rating; the record holds no words of the review for this field."
CHANGED = "A recorded change of the rating; the record holds no reason for it."


def is_recorded(mind: str) -> bool:
    """Whether reviewers with this mind replay records."""
    return mind in (HUMAN, FIRST) or mind.partition(":")[0] in FILED


def label_of(mind: str) -> str:
    """A recorded mind's name without the folders of its file."""
    kind, _, rest = mind.partition(":")
    if kind not in FILED:
        return kind
    path, chosen = split_place(rest)
    return f"{kind}:{path.name}" + (f"#{chosen}" if chosen else "")


class RecordedReviewer:
    """Implements `ReviewerMind`."""

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        return Bids(reviewer=agent.id, levels={})

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        """The recorded rating, and confidence if known, on the venue's form."""
        paper, form, given = sight.manuscript.paper, sight.form, sight.recorded
        if given is None:
            reason = f"there is no further review of this paper on record ({label_of(agent.mind)})"
            return [Absence(paper=paper, reviewer=agent.id, reason=reason)]
        return [
            Review(
                paper=paper,
                reviewer=agent.id,
                rating=given.rating,
                confidence=_on_form(form, given.confidence),
                scores={form.rating: given.rating},
                texts=_words(form, given.texts),
                mind=label_of(agent.mind),
                day=sight.days,
                emergency=sight.emergency,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        """The recorded change of the rating, if there is one."""
        given = sight.recorded
        if given is None or given.later in (None, sight.rating):
            return []
        return [
            Comment(
                paper=sight.manuscript.paper,
                agent=agent.id,
                role="reviewer",
                turn=sight.turn,
                text=CHANGED,
                rating_before=sight.rating,
                rating_after=given.later,
                mind=label_of(agent.mind),
            )
        ]

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        """The recorded ratings of calibration papers."""
        rows = zip(sight.papers, sight.recorded, sight.human_means, sight.humans, strict=True)
        return [
            CalibrationReview(
                reviewer=agent.id,
                paper=manuscript.paper,
                rating=given,
                human_mean=mean,
                humans=humans,
            )
            for manuscript, given, mean, humans in rows
            if given is not None
        ]


def _words(form: Form, said: dict[str, str]) -> dict[str, str]:
    """The recorded texts in the form's fields of the same names; all in its first field if no name
    matches."""
    own = {field.name: said[field.name] for field in form.texts if said.get(field.name)}
    if said and not own and form.texts:
        own = {form.texts[0].name: "\n\n".join(said.values())}
    return {field.name: WORDS for field in form.texts if field.required} | own


def _on_form(form: Form, confidence: float | None) -> float | None:
    if not form.confidence or confidence is None:
        return None
    scale = form[form.confidence].values
    return confidence if scale[0] <= confidence <= scale[-1] else None


def make() -> RecordedReviewer:
    """The recorded reviewer."""
    return RecordedReviewer()
