"""Feedback to reviewers before their reviews are posted, and their revisions.

As in the randomised trial of ICLR 2025 (arXiv 2504.09737): an agent with the reviewer's own model
comments on what is vague, mistaken or unkind in each draft, and the reviewer may revise it. The
revised review is posted and keeps the draft. Only language models get feedback: embedded and
recorded reviewers post what they wrote.
"""

from __future__ import annotations

from conference.core.records import Review
from conference.core.tasks import Task, TaskKey
from conference.models import is_model
from reviewers.reviewer import FeedbackSight
from venues.phase import Calls, Forecast, Phase
from venues.state import Round, Step
from venues.venue import Venue


def tasks(round_: Round) -> list[Task]:
    """One task for each review that a language model wrote."""
    papers = {paper.paper: round_.manuscript(paper) for paper in round_.papers()}
    found = []
    for row in round_.all(Review):
        agent = round_.agent(row.reviewer)
        if row.paper in papers and is_model(agent.mind):
            sight = FeedbackSight(manuscript=papers[row.paper], form=round_.venue.form, draft=row)
            found.append(Task(TaskKey("feedback", agent.id, row.paper), sight, agent))
    return found


def _problem(venue: Venue) -> str:
    if venue.review.texts:
        return ""
    return (
        "phases has 'feedback', but reviews have no texts; set review.texts = true, or take it out"
    )


PHASE = Phase(
    name="feedback",
    after=("review",),
    sees=("review",),
    steps=(Step("feedback", tasks),),
    problem=_problem,
    forecast=lambda size: Forecast(size.reviews, "feedback on drafts of models", at_most=True),
    calls=lambda size, tokens: [
        Calls("reviewer", 2 * size.reviews, tokens.about + tokens.form + tokens.answer,
              tokens.answer)
    ],
)  # fmt: skip
