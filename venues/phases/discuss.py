"""Discussion among reviewers and area chair, in which ratings may change."""

from __future__ import annotations

from functools import partial

from chairs.chair import ChairDiscussSight, Thread
from conference.core.records import (
    Assignment,
    Comment,
    DeskCheck,
    Rebuttal,
    Review,
    SeenBy,
    Submission,
)
from conference.core.tasks import Task, TaskKey
from reviewers.reviewer import DiscussSight
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.recorded import Replayed, replayed
from venues.state import Round, Step, never
from venues.venue import MAX_TURNS


def divided(round_: Round, paper: str) -> bool:
    """Whether the ratings span at least as many steps of the scale as the venue's gap."""
    scale = round_.venue.form[round_.venue.form.rating]
    ratings = round_.ratings(paper)
    if len(ratings) < 2:
        return False
    return scale.place(max(ratings)) - scale.place(min(ratings)) >= round_.venue.discussion.gap


def talks(round_: Round) -> list[Submission]:
    """The papers to discuss: reviewers are divided, the authors answered, or a recorded reviewer
    changed its rating."""
    records = replayed(round_, round_.all(Assignment))
    changed = {
        paper
        for (_, paper), given in records.items()
        if given and given.later not in (None, given.rating)
    }
    return [
        paper
        for paper in round_.papers()
        if round_.of(Review, paper.paper)
        and (
            round_.one(Rebuttal, paper.paper)
            or divided(round_, paper.paper)
            or paper.paper in changed
        )
    ]


def thread_of(round_: Round, paper: Submission, reader: SeenBy = "discussion") -> Thread:
    """All that was said about a paper so far, as the discussion or the chair sees it."""
    return Thread(
        manuscript=round_.manuscript(paper, reader),
        reviews=tuple(round_.of(Review, paper.paper)),
        ratings=round_.ratings(paper.paper),
        rebuttal=round_.one(Rebuttal, paper.paper),
        comments=tuple(round_.of(Comment, paper.paper)),
        flags=desk.flags if (desk := round_.one(DeskCheck, paper.paper)) else (),
    )


def chair_turn(turn: int, round_: Round) -> list[Task]:
    """The area chair of a divided paper opens the turn."""
    if turn > round_.venue.discussion.turns:
        return []
    chairs = {row.paper: row.agent for row in round_.all(Assignment) if row.role == "chair"}
    found = []
    for paper in talks(round_):
        if divided(round_, paper.paper) and paper.paper in chairs:
            chair = round_.agent(chairs[paper.paper])
            sight = ChairDiscussSight(
                thread=thread_of(round_, paper), form=round_.venue.form, turn=turn
            )
            found.append(
                Task(TaskKey(f"discuss.{turn}.chair", chair.id, paper.paper), sight, chair)
            )
    return found


def reviewer_turn(turn: int, round_: Round) -> list[Task]:
    """Every reviewer of a paper under discussion may answer and change its rating."""
    if turn > round_.venue.discussion.turns:
        return []
    records = replayed(round_, round_.all(Assignment))
    return [task for paper in talks(round_) for task in _answers(turn, round_, paper, records)]


def _answers(turn: int, round_: Round, paper: Submission, records: Replayed) -> list[Task]:
    thread = thread_of(round_, paper)
    found = []
    for at, (own, rating) in enumerate(zip(thread.reviews, thread.ratings, strict=True)):
        agent = round_.agent(own.reviewer)
        sight = DiscussSight(
            manuscript=thread.manuscript,
            form=round_.venue.form,
            panel=round_.venue.panel.like,
            own=own,
            rating=rating,
            others=thread.reviews[:at] + thread.reviews[at + 1 :],
            other_ratings=thread.ratings[:at] + thread.ratings[at + 1 :],
            place=at,
            rebuttal=thread.rebuttal,
            comments=thread.comments,
            turn=turn,
            recorded=records.get((agent.id, paper.paper)),
        )
        found.append(Task(TaskKey(f"discuss.{turn}", agent.id, paper.paper), sight, agent))
    return found


def _steps() -> tuple[Step, ...]:
    found = []
    for turn in range(1, MAX_TURNS + 1):
        found.append(
            Step(f"discuss.{turn}.chair", partial(chair_turn, turn), goes_on=True, waits=never)
        )
        found.append(
            Step(f"discuss.{turn}", partial(reviewer_turn, turn), goes_on=True, waits=never)
        )
    return tuple(found)


def _forecast(size: Size) -> Forecast:
    tasks = size.venue.discussion.turns * (size.papers + size.reviews)
    return Forecast(tasks, "reviewers and chairs talk", at_most=True)


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    turns, asked = size.venue.discussion.turns, tokens.about + tokens.thread
    return [
        Calls("reviewer", turns * size.reviews, asked, 2 * tokens.text),
        Calls("chair", turns * size.papers, asked, 2 * tokens.text),
    ]


PHASE = Phase(
    name="discuss",
    after=("review",),
    sees=("discussion",),
    steps=_steps(),
    forecast=_forecast,
    calls=_calls,
)
