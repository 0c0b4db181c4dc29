"""What a phase of a round declares: the phases it needs, its rules, steps and forecast.

A phase is one file with one `Phase`, registered under its name as an entry point of the group
`conference.phases`. Ours are in `venues/phases/`; other packages can register more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from conference.core.records import AnyRecord
from conference.core.tasks import Sight
from conference.models.context import Context
from conference.models.records import ModelRules
from reviewers.language.presets import Preset
from venues.state import Step
from venues.venue import Rules, Venue

CHARACTERS_A_TOKEN = 4
R = TypeVar("R", bound=Rules)


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a round will be. `authored` is how many of its papers scientists write."""

    venue: Venue
    papers: int
    authored: int
    reviewers: int
    chairs: int

    @property
    def reviews(self) -> int:
        return self.papers * self.venue.assignment.reviews_per_paper

    @property
    def accepted(self) -> int:
        return round(self.authored * self.venue.decision.accept_rate)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """How long the parts of a prompt are, in tokens, for a model with these rules and preset.

    `house` is the instruction with persona and expertise, `text` one text field of an answer,
    `answer` a whole form, `thread` a paper's reviews and replies, `material` a template's code and
    task, `earlier` the titles of earlier rounds' papers.
    """

    house: int
    paper: int
    form: int
    text: int
    answer: int
    thread: int
    material: int
    earlier: int
    rules: ModelRules
    preset: Preset

    @property
    def about(self) -> int:
        """The instruction and one paper."""
        return self.house + self.paper


class Calls(msgspec.Struct, frozen=True):
    """How often a role's model is called, and the tokens in and out of each call."""

    role: str
    calls: int
    tokens_in: int
    tokens_out: int


class Forecast(msgspec.Struct, frozen=True):
    """How many tasks a phase expects; with `at_most` there may be fewer."""

    tasks: int
    what: str
    at_most: bool = False


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase. Each of its tasks is done by the venue itself or by an agent.

    `after` names the phases that must come before it. `sees` names the tables of venue rules that
    it reads, from which a study knows what two arms share. `own` is the type of its own table
    `[phase.NAME]`, if it has one (`own_rules`). `performs` maps the sight of a task of the venue
    itself to the function that does it; an agent's tasks are done by its role. `calls` estimates
    the calls of its language models. `problem` says why the phase does not fit the venue's other
    rules, with the fix, or returns "".
    """

    name: str
    steps: tuple[Step, ...]
    forecast: Callable[[Size], Forecast]
    after: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()
    own: type[Rules] | None = None
    performs: Mapping[type[Sight], Callable[[Any, Context], list[AnyRecord]]] = {}
    calls: Callable[[Size, Tokens], list[Calls]] = lambda size, tokens: []
    problem: Callable[[Venue], str] = lambda venue: ""


def own_rules(venue: Venue, phase: str, kind: type[R]) -> R:
    """The venue's table `[phase.NAME]` as the phase's own type, with its defaults."""
    return msgspec.convert(venue.phase.get(phase, {}), kind)
