"""The human reviewer: the ratings that people gave a real paper, replayed one person a reviewer.

Nothing is invented for a person: it bids on nothing, does not join the discussion and is not
calibrated. Where the data have no further review of a paper it is absent, so that the venue finds
an emergency reviewer.
"""

from __future__ import annotations

from conference.core.forms import Form
from conference.core.records import Absence, Agent, AnyRecord, Bids, CalibrationReview, Review
from conference.models.context import Context
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight

NAME = "human"
WORDS = "A person's recorded rating; the data hold no words of the review for this field."


class HumanReviewer:
    """Fulfils `ReviewerMind`."""

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        return Bids(reviewer=agent.id, levels={})

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        """The person's rating, and confidence where it is known, on the venue's form."""
        paper, form, given = sight.manuscript.paper, sight.form, sight.human
        if given is None:
            return [_absent(paper, agent, "the data have no further human review of this paper")]
        rating = given.rating
        if rating not in form[form.rating].values:
            return [_absent(paper, agent, f"the rating {rating:g} is not on this venue's form")]
        return [
            Review(
                paper=paper,
                reviewer=agent.id,
                rating=rating,
                confidence=_on_form(form, given.confidence),
                scores={form.rating: rating},
                texts=_words(form, given.texts),
                mind=NAME,
                day=sight.days,
                emergency=sight.emergency,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        return []

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        return []


def _absent(paper: str, agent: Agent, reason: str) -> Absence:
    return Absence(paper=paper, reviewer=agent.id, reason=reason)


def _words(form: Form, said: dict[str, str]) -> dict[str, str]:
    """The person's words in the form's fields of the same names; all of them in its first field
    where no name is the same."""
    own = {field.name: said[field.name] for field in form.texts if said.get(field.name)}
    if said and not own and form.texts:
        own = {form.texts[0].name: "\n\n".join(said.values())}
    return {field.name: WORDS for field in form.texts if field.required} | own


def _on_form(form: Form, confidence: float | None) -> float | None:
    known = form.confidence and confidence in form[form.confidence].values
    return confidence if known else None


def make() -> HumanReviewer:
    """The replayed human reviewer."""
    return HumanReviewer()
