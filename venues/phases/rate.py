"""An area chair other than the paper's own rates how good each review is.

The chair sees the paper and the reviews' texts, but no names, minds or scores, so in a study it is
blind to the arm.
"""

from __future__ import annotations

import msgspec

from chairs.chair import RateSight
from conference.core.records import Agent, Assignment, Conflict, Review
from conference.core.tasks import Task, TaskKey
from conference.core.thread import names_of
from venues.phase import Calls, Forecast, Phase
from venues.state import Round, Step
from venues.venue import Venue

HIDDEN = "hidden"


def tasks(round_: Round) -> list[Task]:
    """One task for each paper that has reviews and a free area chair."""
    found = []
    for place, paper in enumerate(round_.papers()):
        reviews = round_.of(Review, paper.paper)
        chair = _other_chair(round_, paper.paper, place)
        if not reviews or chair is None:
            continue
        names = names_of(reviews)
        blind = tuple(
            msgspec.structs.replace(
                row, reviewer=names[row.reviewer], mind=HIDDEN, scores={}, rating=0.0,
                confidence=None, day=0, late=False, emergency=False,
            )
            for row in reviews
        )  # fmt: skip
        sight = RateSight(
            manuscript=round_.manuscript(paper),
            form=round_.venue.form,
            reviews=blind,
            reviewers=tuple(row.reviewer for row in reviews),
        )
        found.append(Task(TaskKey("rate", chair.id, paper.paper), sight, chair))
    return found


def _other_chair(round_: Round, paper: str, place: int) -> Agent | None:
    """A chair who neither leads the paper nor has a conflict with it, in turn; None without one."""
    own = {row.agent for row in round_.of(Assignment, paper) if row.role == "chair"}
    own |= {row.agent for row in round_.all(Conflict) if row.paper == paper}
    free = [agent for agent in round_.agents("chair") if agent.id not in own]
    return free[place % len(free)] if free else None


def _problem(venue: Venue) -> str:
    if venue.review.texts:
        return ""
    return "phases has 'rate', which reads review texts; set review.texts = true, or take it out"


PHASE = Phase(
    name="rate",
    after=("review",),
    sees=("review",),
    steps=(Step("rate", tasks),),
    problem=_problem,
    forecast=lambda size: Forecast(size.papers, "another chair rates the reviews", at_most=True),
    calls=lambda size, tokens: [
        Calls("chair", size.papers, tokens.about + tokens.thread, tokens.text)
    ],
)
