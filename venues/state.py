"""The round so far, as phases see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from conference.core.records import (
    AdvisoryReview,
    Agent,
    AnyRecord,
    Check,
    Comment,
    DeskCheck,
    Experiment,
    Record,
    Review,
    Role,
    SeenBy,
    Submission,
)
from conference.core.tasks import Task
from conference.papers.manuscript import Manuscript, blinded, with_byline
from scientists.scientist import Past
from venues.venue import Venue

if TYPE_CHECKING:
    from conference.data.reader import Sample
    from venues.papers import PaperSource

READERS: tuple[SeenBy, ...] = ("reviewers", "discussion", "chair")  # what one sees, later ones see
R = TypeVar("R", bound=Record)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the user chose for this run, apart from the venue's rules."""

    format: str = "typst"
    unsafe: bool = False
    literature: str = ""
    calibration: str = ""
    study: str = ""  # The hash of the plan of the study that the round belongs to.


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of an earlier round of the venue. `folder` is where that round lies now."""

    past: Past
    authors: tuple[str, ...]
    submission: Submission
    reviews: tuple[Review, ...] = ()
    meta_review: str = ""
    experiment: Experiment | None = None
    folder: str = ""
    latest: bool = True


class Round:
    """The records of the complete steps, in the order of their tasks.

    A step never sees records of its own or of later steps, even after an interruption, so its
    tasks are a pure function of venue, population and seed.
    """

    def __init__(
        self,
        venue: Venue,
        seed: int,
        folder: Path,
        source: PaperSource | None = None,
        options: Options | None = None,
        archive: tuple[Archived, ...] = (),
        draws: int | None = None,
        world: int = 0,
        sample: Sample | None = None,
    ) -> None:
        self.venue = venue
        self.seed = seed
        self.draws = seed if draws is None else draws  # The seed of its tasks' draws.
        self.world = world  # The seed of papers shared with other rounds, or 0.
        self.folder = folder
        self.source = source
        self.options = options or Options()
        self.archive = archive
        self.sample = sample
        self._records: dict[type, list[AnyRecord]] = defaultdict(list)
        self._agents: dict[str, Agent] = {}
        self._by_paper: dict[type, dict[str, list[AnyRecord]]] = {}
        self._later: list[Callable[[], Iterable[AnyRecord]]] = []

    def add_later(self, read: Callable[[], Iterable[AnyRecord]]) -> None:
        """Add the records of a complete step, read only when some record is first asked for."""
        self._later.append(read)

    def add(self, records: Iterable[AnyRecord]) -> None:
        """Add the records of a complete step."""
        self.read()
        self._take(records)

    def read(self) -> None:
        """Read all records that `add_later` left unread; call it before their ledger is closed."""
        later, self._later = self._later, []
        for read in later:
            self._take(read())

    def _take(self, records: Iterable[AnyRecord]) -> None:
        for record in records:
            kept = self._records[type(record)]
            if isinstance(record, Review) and record.draft is not None:
                kept[_place_of(record, kept)] = record
            else:
                kept.append(record)
                if isinstance(record, Agent):
                    self._agents[record.id] = record
            self._by_paper.pop(type(record), None)

    def all(self, kind: type[R]) -> list[R]:
        """Every record of a kind."""
        self.read()
        return self._records[kind]  # type: ignore[return-value]

    def of(self, kind: type[R], paper: str) -> list[R]:
        """The records of a kind about one paper."""
        self.read()
        if kind not in self._by_paper:
            index: dict[str, list[AnyRecord]] = defaultdict(list)
            for record in self._records[kind]:
                index[record.paper].append(record)  # type: ignore[union-attr]
            self._by_paper[kind] = index
        return self._by_paper[kind].get(paper, [])  # type: ignore[return-value]

    def one(self, kind: type[R], paper: str) -> R | None:
        """The latest record of a kind about one paper, or None."""
        found = self.of(kind, paper)
        return found[-1] if found else None

    def about(self, paper: str) -> Round:
        """A copy of the round with only this paper; records added to it do not reach the round."""
        self.read()
        found = copy(self)
        found._later, found._by_paper, found._records = [], {}, defaultdict(list)
        for kind, rows in self._records.items():
            one = "paper" in kind.__struct_fields__  # type: ignore[attr-defined]
            found._records[kind] = list(self.of(kind, paper) if one else rows)
        found._agents = dict(self._agents)
        return found

    def agents(self, role: Role) -> list[Agent]:
        """The agents of a role."""
        return [agent for agent in self.all(Agent) if agent.role == role]

    def agent(self, name: str) -> Agent:
        """The agent with this id."""
        self.read()
        return self._agents[name]

    def papers(self) -> list[Submission]:
        """The submissions under review: all that passed the desk check."""
        rejected = {desk.paper for desk in self.all(DeskCheck) if not desk.passed}
        return [paper for paper in self.all(Submission) if paper.paper not in rejected]

    def manuscript(self, paper: Submission, reader: SeenBy | None = None) -> Manuscript:
        """A paper as its readers see it, with its checks, and with the advisory review where
        `reader` is shown it."""
        seen = blinded(paper, tuple(self.of(Check, paper.paper)))
        advice = self.one(AdvisoryReview, paper.paper)
        if reader and advice and READERS.index(advice.seen_by) <= READERS.index(reader):
            said = "\n".join(f"{name}: {text}" for name, text in advice.texts.items())
            seen = msgspec.structs.replace(seen, advisory=said)
        return seen if self.venue.call.anonymous else with_byline(seen, self._byline(paper))

    def _byline(self, paper: Submission) -> str:
        """The paper's author line: the given one, or its scientists with their lab."""
        names = ", ".join(self.agent(name).name for name in paper.authors)
        return paper.byline or (f"{names} ({paper.lab})" if names else "")

    def archive_for(self, scientist: str) -> tuple[Past, ...]:
        """What a scientist knows of earlier rounds: all papers, and the ratings of its own."""
        return tuple(
            msgspec.structs.replace(entry.past, own=True)
            if scientist in entry.authors
            else msgspec.structs.replace(entry.past, rating_mean=None)
            for entry in self.archive
        )

    def rating(self, review: Review) -> float:
        """A review's latest rating, as changed in the discussion."""
        return self._changed(review.paper).get(review.reviewer, review.rating)

    def ratings(self, paper: str) -> tuple[float, ...]:
        """The latest ratings of a paper, in the order of its reviews."""
        changed = self._changed(paper)
        return tuple(
            changed.get(review.reviewer, review.rating) for review in self.of(Review, paper)
        )

    def _changed(self, paper: str) -> dict[str, float]:
        """The latest rating of each reviewer who changed it in the discussion of a paper."""
        return {
            comment.agent: comment.rating_after
            for comment in self.of(Comment, paper)
            if comment.rating_after is not None
        }


def _place_of(posted: Review, drafts: Iterable[AnyRecord]) -> int:
    """The position of the draft that a revised review replaces."""
    own = (posted.paper, posted.reviewer)
    return next(
        at
        for at, row in enumerate(drafts)
        if isinstance(row, Review) and (row.paper, row.reviewer) == own
    )


class Step(msgspec.Struct, frozen=True):
    """One step of a phase; `tasks` gives its tasks from the round so far.

    The round stops when a task of an `essential` step fails, or most tasks of any other step; it
    can be run again with --retry-failed.

    With language models, papers go at their own pace where steps allow it (`flow.py`). `goes_on`
    lets a paper leave the step once its own tasks are done: no other task of the step may concern
    it. A paper waits before a step until all papers have arrived if `waits` is None, or returns
    True for the round with this paper alone. The tasks of a paper that does not wait must depend
    on that paper alone.
    """

    name: str
    tasks: Callable[[Round], Iterable[Task]]
    essential: bool = False
    goes_on: bool = False
    waits: Callable[[Round], bool] | None = None


def never(round_: Round) -> bool:
    """The `waits` of a step before which no paper waits for the others."""
    return False


class UnderWay(msgspec.Struct, frozen=True):
    """The step that a run is at, noted in its ledger for `conference watch`.

    The step began at `since` with `done` of its `tasks` finished, the run at `started` (both Unix
    time). `limits` are the run's limits on tokens, cost and hours, 0 for none.
    """

    step: str
    tasks: int
    done: int
    since: float
    started: float
    limits: tuple[int, float, float]
