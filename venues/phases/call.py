"""Call for papers: topics, deadlines, page limit and templates."""

from __future__ import annotations

from conference.core.records import Agent, AnyRecord, Call
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models.context import Context
from venues.phase import Forecast, Phase
from venues.population import make_scientists
from venues.state import Round, Step
from venues.venue import Venue


class CallSight(CentralSight, frozen=True, kw_only=True):
    """The call to publish and the scientists who receive it."""

    call: Call
    scientists: tuple[Agent, ...]


def call_of(venue: Venue) -> Call:
    """A venue's call for papers as scientists read it."""
    rules = venue.call
    return Call(
        title=venue.title,
        text=rules.text,
        topics=tuple(topic.name for topic in rules.topics),
        deadlines=rules.deadlines,
        page_limit=rules.page_limit,
        templates=rules.templates,
    )


def tasks(round_: Round) -> list[Task]:
    call = call_of(round_.venue)
    scientists = () if round_.source else tuple(make_scientists(round_.venue, round_.seed))
    return [Task(TaskKey("call"), CallSight(call=call, scientists=scientists))]


def perform(sight: CallSight, _: Context) -> list[AnyRecord]:
    return [sight.call, *sight.scientists]


PHASE = Phase(
    name="call",
    sees=("call",),
    steps=(Step("call", tasks),),
    performs={CallSight: perform},
    forecast=lambda size: Forecast(1, "publish the call"),
)
