"""The state of a round, summed up row by row as its ledger grows."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

import msgspec

from conference.core.ledger import LedgerRow
from conference.core.records import (
    Absence,
    Agent,
    AnyRecord,
    Assignment,
    Comment,
    Decision,
    DeskCheck,
    Failure,
    HiddenText,
    Incident,
    MetaReview,
    PlannedStudy,
    Rebuttal,
    Review,
    Submission,
    Unreadable,
)
from conference.models.costs import Spent, spent_on
from conference.models.records import calls_from_json

KEPT = 24  # latest texts, decisions and troubles that are kept
EXCERPT = 260
MINUTE = 60.0  # seconds over which current speeds are averaged
EMBEDDED = "statistical model"

# The stages of a paper in their order: name, and label on the page.
LANES = {
    "studied": "In the laboratory",
    "submitted": "Submitted",
    "checked": "Passed the desk",
    "assigned": "Under review",
    "reviewed": "Reviewed",
    "answered": "Rebutted",
    "discussed": "Discussed",
    "read": "Meta-reviewed",
    "desk-rejected": "Desk rejected",
    "rejected": "Rejected",
    "accepted": "Accepted",
}
ORDER = {lane: at for at, lane in enumerate(LANES)}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, for the page's lists. `mark` is a rating or a decision."""

    kind: str
    at: float
    title: str
    who: str = ""
    mind: str = ""
    mark: str = ""
    text: str = ""
    tone: str = ""


@dataclass
class Paper:
    """A paper and its stage. `wanted` are its assigned reviewers, `missing` those who failed to
    review."""

    title: str
    lane: str
    wanted: set[str] = field(default_factory=set)
    ratings: dict[str, float] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def move(self, lane: str) -> None:
        """Move forward, never back, because rows of a step come in any order."""
        if ORDER[lane] > ORDER[self.lane]:
            self.lane = lane


@dataclass
class StepSum:
    """A step's number of finished tasks, and the time span in which they were performed."""

    tasks: int = 0
    begun: float = float("inf")
    ended: float = 0.0


@dataclass
class Tally:
    """The sums over a round's rows. `busy` has (finished, seconds) of the last minute's tasks,
    `asked` has (finished, seconds, model, tokens out) of its calls."""

    papers: dict[str, Paper] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    roles: Counter[str] = field(default_factory=Counter)
    steps: dict[str, StepSum] = field(default_factory=dict)
    words: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    decisions: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    troubles: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    counts: Counter[str] = field(default_factory=Counter)
    models: dict[str, Spent] = field(default_factory=dict)
    busy: deque[tuple[float, float]] = field(default_factory=deque)
    asked: deque[tuple[float, float, str, int]] = field(default_factory=deque)
    last: float = 0.0

    def add(self, row: LedgerRow) -> None:
        """Add a finished task."""
        step = self.steps.setdefault(row.key.step, StepSum())
        step.tasks += 1
        step.begun = min(step.begun, row.finished - row.seconds)
        step.ended = self.last = max(step.ended, row.finished)
        self.busy.append((row.finished, row.seconds))
        while self.busy and self.busy[0][0] < row.finished - MINUTE:
            self.busy.popleft()
        if row.calls != b"[]":
            self._spend(row)
        for record in row.records:
            self._take(record, row.finished)

    def _spend(self, row: LedgerRow) -> None:
        for call in calls_from_json(row.calls):
            self.models[call.model] = self.models.get(call.model, Spent()) + spent_on([call])
            if not call.reused:
                self.asked.append((row.finished, call.seconds, call.model, call.tokens_out))
        while self.asked and self.asked[0][0] < row.finished - MINUTE:
            self.asked.popleft()

    def _take(self, record: AnyRecord, at: float) -> None:
        match record:
            case Agent():
                self.names[record.id] = record.name
                self.roles[record.role] += 1
            case PlannedStudy():
                self.papers.setdefault(record.paper, Paper(record.title, "studied"))
            case Submission():
                paper = self.papers.setdefault(record.paper, Paper(record.title, "submitted"))
                paper.title = record.title
                paper.move("submitted")
            case DeskCheck():
                self._move(record.paper, "checked" if record.passed else "desk-rejected")
            case Assignment() if record.role == "reviewer":
                self._move(record.paper, "assigned").wanted.add(record.agent)
            case Review():
                self._review(record, at)
            case Absence():
                self._of(record.paper).missing.add(record.reviewer)
                self._all_in(record.paper)
            case Rebuttal():
                text = " ".join(record.replies.values())
                self._say("rebuttal", record.paper, at, record.author, record.mind, "", text)
                self._move(record.paper, "answered")
            case Comment():
                self._comment(record, at)
            case MetaReview():
                self._say(
                    "meta-review",
                    record.paper,
                    at,
                    record.chair,
                    record.mind,
                    record.recommendation,
                    record.text,
                )
                self._move(record.paper, "read")
            case Decision():
                self._decide(record, at)
            case Failure():
                self._trouble("failed task", record.paper, at, record.reason, record.agent)
            case Incident():
                what = f"{record.kind}: {record.detail}"
                self._trouble("incident", record.paper, at, what, record.agent)
            case HiddenText() if record.text:
                what = f"page {record.page}, {record.technique}: “{_short(record.text)}”"
                self._trouble("hidden text", record.paper, at, what)
            case Unreadable():
                self._trouble("unreadable file", record.file, at, record.reason)

    def _review(self, review: Review, at: float) -> None:
        paper = self._move(review.paper, "assigned")
        paper.ratings[review.reviewer] = review.rating
        text = review.texts.get("weaknesses") or max(review.texts.values(), key=len, default="")
        mark = f"{review.rating:g}"
        self._say("review", review.paper, at, review.reviewer, review.mind, mark, text)
        self._all_in(review.paper)

    def _comment(self, comment: Comment, at: float) -> None:
        before, after = comment.rating_before, comment.rating_after
        if after is not None:
            self._of(comment.paper).ratings[comment.agent] = after
        moved = None not in (before, after) and before != after
        mark = f"{before:g} → {after:g}" if moved else ""
        self._say("comment", comment.paper, at, comment.agent, comment.mind, mark, comment.text)
        self._move(comment.paper, "discussed")

    def _decide(self, decision: Decision, at: float) -> None:
        lane = "accepted" if decision.accepted else "rejected"
        self._move(decision.paper, lane)
        self.counts[lane] += 1
        said = (decision.presentation or "accepted") if decision.accepted else "rejected"
        mark = f"{said}, {decision.award}" if decision.award else said
        tone = "good" if decision.accepted else "bad"
        title = self._of(decision.paper).title
        self.decisions.append(
            Event(
                kind="decision",
                at=at,
                title=title,
                mark=mark,
                text=_short(decision.reason),
                tone=tone,
            )
        )

    def _all_in(self, name: str) -> None:
        paper = self._of(name)
        if paper.wanted and paper.wanted <= (paper.ratings.keys() | paper.missing):
            paper.move("reviewed")

    def _of(self, name: str) -> Paper:
        return self.papers.setdefault(name, Paper(name, "submitted"))

    def _move(self, name: str, lane: str) -> Paper:
        paper = self._of(name)
        paper.move(lane)
        return paper

    def _say(
        self, kind: str, paper: str, at: float, who: str, mind: str, mark: str, text: str
    ) -> None:
        self.counts[kind] += 1
        self.words.append(
            Event(
                kind=kind,
                at=at,
                title=self._of(paper).title,
                who=self.names.get(who, who),
                mind=mind_label(mind),
                mark=mark,
                text=_short(text),
            )
        )

    def _trouble(self, kind: str, paper: str, at: float, text: str, who: str = "") -> None:
        self.counts[kind] += 1
        title = self.papers[paper].title if paper in self.papers else paper
        self.troubles.append(
            Event(
                kind=kind,
                at=at,
                title=title,
                who=self.names.get(who, who),
                text=_short(text),
                tone="bad",
            )
        )


def mind_label(mind: str) -> str:
    """A mind's name beside its texts; the embedded mind is called a statistical model."""
    return EMBEDDED if mind == "embedded" else mind


def _short(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rsplit(' ', 1)[0]} …"
