"""What a phase of a round declares: what it needs, its rules, its steps and its forecast.

A phase is one file with one `Phase` in it, registered under its name as an entry point of the
group `conference.phases`. Ours are in `venues/phases/`; another package's stand beside them.
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
    """How large a round will be. `authored` papers are written in it, by scientists."""

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
    `answer` a whole form, `thread` a paper's reviews and replies, `material` a template's code,
    `earlier` the titles of earlier rounds.
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
        """A prompt about one paper."""
        return self.house + self.paper


class Calls(msgspec.Struct, frozen=True):
    """So many calls of a role's model, each with so many tokens in and out."""

    role: str
    calls: int
    tokens_in: int
    tokens_out: int


class Forecast(msgspec.Struct, frozen=True):
    """The tasks that a phase expects. `at_most` marks a count that the round may lower."""

    tasks: int
    what: str
    at_most: bool = False


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase. Its tasks are work of the venue itself, or of an agent of one of the roles.

    `after` are phases that must stand before it. `sees` are the tables of the venue's rules that
    this phase reads, for a study to know what two arms share. `own` is the type of its table
    `[phase.NAME]`, for phases that the venue's own tables know nothing of (`own_rules`).
    `performs` has what does a task of the venue itself, by the type of what the task sees; an
    agent's tasks are done by its role. `calls` are those of its language models. `problem` says why
    it cannot be with the venue's other rules, and the fix, or "".
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
    """The venue's table `[phase.NAME]` as the phase's own type."""
    return msgspec.convert(venue.phase.get(phase, {}), kind)
