"""An advisory review of each paper by a language model, without scores, beside the others.

As in the pilot of AAAI-26 (arXiv 2604.13940). The model of the paper's area chair (`minds.chair`)
writes it; a chair without a language model has none. `seen_by` says from when on it is shown with
the paper: "reviewers" before they review, "discussion" once reviews are in, "chair" only for the
meta-review.
"""

from __future__ import annotations

import msgspec

from conference.core.records import Assignment, SeenBy
from conference.core.tasks import Task, TaskKey
from conference.models import is_model
from reviewers.reviewer import AdvisorySight
from venues.phase import Calls, Forecast, Phase, own_rules
from venues.state import Round, Step
from venues.venue import Rules

NAME = "advisory"


class AdvisoryRules(Rules, frozen=True, kw_only=True):
    """Who sees the advisory review first."""

    seen_by: SeenBy = "reviewers"


def tasks(round_: Round) -> list[Task]:
    """One task for each paper whose area chair has a language model."""
    seen_by = own_rules(round_.venue, NAME, AdvisoryRules).seen_by
    leads = {row.paper: row.agent for row in round_.all(Assignment) if row.role == "chair"}
    found = []
    for paper in round_.papers():
        lead = round_.agent(leads[paper.paper]) if paper.paper in leads else None
        if lead is None or not is_model(lead.mind):
            continue
        advisor = msgspec.structs.replace(lead, id="advisor", role="reviewer", persona="")
        sight = AdvisorySight(
            manuscript=round_.manuscript(paper), form=round_.venue.form, seen_by=seen_by
        )
        found.append(Task(TaskKey(NAME, advisor.id, paper.paper), sight, advisor))
    return found


PHASE = Phase(
    name=NAME,
    after=("assign",),
    sees=("phase",),
    own=AdvisoryRules,
    steps=(Step(NAME, tasks),),
    forecast=lambda size: Forecast(size.papers, "advisory reviews by models", at_most=True),
    calls=lambda size, tokens: [
        Calls("chair", size.papers, tokens.about + tokens.form, tokens.answer)
    ],
)
