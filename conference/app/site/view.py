"""The data of a round's pages: one view for each paper and each person."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from conference.core.marks import bids_alike, comment_marks, meta_marks, review_marks
from conference.core.records import (
    Absence,
    AdvisoryReview,
    Agent,
    Assignment,
    Bids,
    CameraReady,
    Check,
    Comment,
    Conflict,
    Decision,
    DeskCheck,
    Experiment,
    HiddenText,
    HumanOutcome,
    Incident,
    MetaReview,
    Rebuttal,
    Review,
    ReviewQuality,
    SeniorNote,
    Submission,
)
from conference.core.thread import names_of
from venues.identities import PERHAPS
from venues.state import Round

ROLES = {
    "scientist": "Scientist",
    "reviewer": "Reviewer",
    "chair": "Area chair",
    "senior_chair": "Senior area chair",
    "program_chair": "Program chair",
}


class ReviewView(msgspec.Struct, frozen=True):
    """A review with its reviewer's anonymous name and, if the venue shows it, real name (`who`).

    `quality` is another chair's blind rating of the review.
    """

    name: str
    who: str
    review: Review
    rating: float
    affinity: float | None
    marks: tuple[str, ...] = ()
    quality: ReviewQuality | None = None


class PaperView(msgspec.Struct, frozen=True):
    """A paper's whole thread."""

    paper: Submission
    authors: tuple[str, ...]
    status: str
    label: str
    decision: Decision | None
    desk: DeskCheck | None
    advisory: tuple[AdvisoryReview, ...]
    reviews: tuple[ReviewView, ...]
    absences: tuple[Absence, ...]
    rebuttal: Rebuttal | None
    replies: tuple[tuple[str, str], ...]
    comments: tuple[tuple[str, Comment, tuple[str, ...]], ...]
    meta_review: MetaReview | None
    meta_marks: tuple[str, ...]
    senior_notes: tuple[SeniorNote, ...]
    experiment: Experiment | None
    checks: tuple[Check, ...]
    incidents: tuple[Incident, ...]
    hidden: tuple[HiddenText, ...]
    camera_ready: CameraReady | None
    human: HumanOutcome | None
    mean: float | None
    pdf: str


class PersonView(msgspec.Struct, frozen=True):
    """A committee member or author, with the papers that the venue's blindness rule shows.

    `unresolved` are papers that count as conflicts because this person may be their author.
    """

    agent: Agent
    wrote: tuple[tuple[str, str], ...]
    reviewed: tuple[tuple[str, str, str], ...]
    reviews: int
    conflicts: int
    mean_rating: float | None
    unresolved: tuple[str, ...] = ()
    bids_alike: bool = False


def paper_views(round_: Round) -> list[PaperView]:
    """All submissions: accepted ones first by rank, then rejected, then desk-rejected."""
    people = {agent.id: agent for agent in round_.all(Agent)}
    views = [_paper(round_, paper, people) for paper in round_.all(Submission)]
    order = {"accepted": 0, "rejected": 1, "undecided": 2, "desk-rejected": 3}

    def place(view: PaperView) -> tuple[int, int, str]:
        return order[view.status], view.decision.rank if view.decision else 0, view.paper.paper

    return sorted(views, key=place)


def _paper(round_: Round, paper: Submission, people: dict[str, Agent]) -> PaperView:
    name = paper.paper
    decision, desk = round_.one(Decision, name), round_.one(DeskCheck, name)
    status, label = _status(decision, desk)
    open_ = round_.venue.site.show_reviewers
    affinity = {row.agent: row.affinity for row in round_.of(Assignment, name)}
    rated = {row.reviewer: row for row in round_.of(ReviewQuality, name)}
    reviews = tuple(
        ReviewView(
            f"Reviewer {number}",
            people[review.reviewer].name if open_ else "",
            review,
            round_.rating(review),
            affinity.get(review.reviewer),
            review_marks(review, round_.rating(review), round_.venue.form),
            rated.get(review.reviewer),
        )
        for number, review in enumerate(round_.of(Review, name), 1)
    )
    hidden_as = {view.review.reviewer: view.name for view in reviews}
    meta = round_.one(MetaReview, name)
    rebuttal, camera = round_.one(Rebuttal, name), round_.one(CameraReady, name)
    blind = dict(zip(names_of(round_.of(Review, name)).values(), hidden_as.values(), strict=True))
    return PaperView(
        paper=paper,
        authors=tuple(people[author].name for author in paper.authors if author in people),
        status=status,
        label=label,
        decision=decision,
        desk=desk,
        advisory=tuple(round_.of(AdvisoryReview, name)),
        reviews=reviews,
        absences=tuple(round_.of(Absence, name)),
        rebuttal=rebuttal,
        replies=tuple((blind.get(to, to), text) for to, text in rebuttal.replies.items())
        if rebuttal
        else (),
        comments=tuple(
            (
                hidden_as.get(comment.agent, "Area chair"),
                comment,
                comment_marks(comment, round_.venue.form),
            )
            for comment in round_.of(Comment, name)
        ),
        meta_review=meta,
        meta_marks=meta_marks(meta, round_.ratings(name), round_.venue.form) if meta else (),
        senior_notes=tuple(round_.of(SeniorNote, name)),
        experiment=round_.one(Experiment, name),
        checks=tuple(round_.of(Check, name)),
        incidents=tuple(round_.of(Incident, name)),
        hidden=tuple(round_.of(HiddenText, name)),
        camera_ready=camera,
        human=round_.one(HumanOutcome, name),
        mean=sum(view.rating for view in reviews) / len(reviews) if reviews else None,
        pdf=(camera.pdf if camera and camera.pdf else paper.pdf),
    )


def _status(decision: Decision | None, desk: DeskCheck | None) -> tuple[str, str]:
    if desk is not None and not desk.passed:
        return "desk-rejected", "Desk rejected"
    if decision is None:
        return "undecided", "No decision"
    if decision.accepted:
        return "accepted", decision.presentation.capitalize() or "Accepted"
    return "rejected", "Rejected"


def people_views(round_: Round) -> list[PersonView]:
    """All people, in the order of `ROLES`, then by id."""
    open_ = round_.venue.site.show_reviewers
    wrote: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for paper in round_.all(Submission):
        for author in paper.authors:
            wrote[author].append((paper.paper, paper.title))
    titles = {paper.paper: paper.title for paper in round_.all(Submission)}
    reviewed: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    ratings: dict[str, list[float]] = defaultdict(list)
    for review in round_.all(Review):
        row = (review.paper, titles[review.paper], f"{round_.rating(review):g}")
        reviewed[review.reviewer].append(row)
        ratings[review.reviewer].append(round_.rating(review))
    conflicts: dict[str, list[Conflict]] = defaultdict(list)
    for conflict in round_.all(Conflict):
        conflicts[conflict.agent].append(conflict)
    offered = {agent: len(round_.papers()) - len(rows) for agent, rows in conflicts.items()}
    alike = {
        row.reviewer
        for row in round_.all(Bids)
        if bids_alike(
            row.levels,
            min(round_.venue.bids.offered, offered.get(row.reviewer, len(round_.papers()))),
        )
    }
    return [
        PersonView(
            agent,
            tuple(wrote[agent.id]),
            tuple(reviewed[agent.id]) if open_ else (),
            len(ratings[agent.id]),
            len(conflicts[agent.id]),
            sum(ratings[agent.id]) / len(ratings[agent.id]) if ratings[agent.id] else None,
            tuple(each.paper for each in conflicts[agent.id] if each.reason == PERHAPS),
            agent.id in alike,
        )
        for agent in sorted(
            round_.all(Agent), key=lambda agent: ([*ROLES].index(agent.role), agent.id)
        )
    ]
