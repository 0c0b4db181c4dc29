"""What a study measures in a round: named outcomes, each a plain function.

An outcome gives a value for each of its units: a paper's id, "paper|reviewer" for a review, a
reviewer's id, or "" for the whole round. An unknown value is left out; there is no default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, get_args

import msgspec
import numpy as np

from benchmarks.studies.outcome_table import PAIR, Unit
from conference.core.errors import UserError
from conference.core.records import (
    Absence,
    Assignment,
    Conflict,
    Decision,
    DeskCheck,
    HumanOutcome,
    Review,
    Submission,
)
from conference.core.registry import OUTCOMES, load
from conference.statistics.agreement import icc1
from conference.statistics.estimate import Undefined
from venues.state import Round
from venues.venue import Venue

Values = Iterable[tuple[str, float]]
Need = Literal[
    "human ratings", "human decisions", "texts", "planted flaws", "planted orders", "canaries",
    "review texts", "seats", "rings", "spread", "scientists",
    "phase desk_check", "phase review", "phase meta_review", "phase rate", "phase decide",
]  # fmt: skip
PHASE = "phase "  # followed by a phase's name: every round must have this phase
RULES: dict[Need, tuple[str, Callable[[Venue], bool]]] = {
    "review texts": ("review.texts = true", lambda venue: venue.review.texts),
    "seats": ("assignment.seats = true", lambda venue: venue.assignment.seats),
    "rings": ("attack.ring at 2 or more", lambda venue: venue.attack.ring > 1),
    "spread": ("resubmission.spread = true", lambda venue: venue.resubmission.spread),
}
SOURCES: dict[Need, str] = {
    "scientists": "papers that scientists write (leave --papers out)",
}
PLANTED_NEEDS: dict[str, Need] = {
    "flaw": "planted flaws", "injection": "planted orders", "canary": "canaries",
}  # fmt: skip


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`what` describes it; `needs` is what papers and rounds must have for it."""

    what: str
    unit: Unit
    measure: Callable[[Round], Values]
    needs: tuple[Need, ...] = ()


def outcome_of(name: str) -> Outcome:
    """The outcome of this name. Raises `UserError` for one that no package registers."""
    found: Outcome = load(OUTCOMES, name, "outcome")
    return found


def check_outcomes(names: Iterable[str], gives: Iterable[Need] | None = None) -> None:
    """Raise `UserError` for an unknown outcome, or one whose needs `gives` lacks."""
    for name in names:
        needs = outcome_of(name).needs
        lacking = [need for need in needs if gives is not None and need not in gives]
        if lacking:
            raise UserError(f"outcome: '{name}' needs {_lacking(lacking[0])}.")


def need_said(need: Need) -> str:
    """A need in words, for a table: what papers have, a phase, or a rule with its value."""
    return RULES[need][0] if need in RULES else need


def _lacking(need: Need) -> str:
    """What is missing for an outcome, with the fix."""
    if need.startswith(PHASE):
        phase = need.removeprefix(PHASE)
        return f"the phase '{phase}' in every arm's phases; put it there, or leave the outcome out"
    if need in RULES:
        return f"{RULES[need][0]} in every arm; set that in the control, or leave the outcome out"
    if need in SOURCES:
        return f"{SOURCES[need]}; do that, or leave the outcome out"
    planted = " (or a twin that plants them)" if need in PLANTED_NEEDS.values() else ""
    return (
        f"{need}, which these papers do not have; choose other papers{planted}, or leave the "
        "outcome out"
    )


def given_by_rules(venues: Sequence[Venue]) -> set[Need]:
    """Which needs of outcomes the rules of all arms meet."""
    found = {need for need, (_, has) in RULES.items() if all(map(has, venues))}
    phases = [need for need in get_args(Need) if need.startswith(PHASE)]
    return found | {
        need for need in phases if all(need.removeprefix(PHASE) in one.phases for one in venues)
    }


def decided(round_: Round) -> dict[str, bool]:
    """Whether each paper was accepted; a desk rejection counts as not accepted."""
    desk = {row.paper: False for row in round_.all(DeskCheck) if not row.passed}
    return desk | {row.paper: row.accepted for row in round_.all(Decision)}


def _accepted(round_: Round) -> Values:
    return ((paper, float(accepted)) for paper, accepted in decided(round_).items())


def _rank(round_: Round) -> Values:
    """A paper's rank over the number of decided papers: the best has 1/n, the last 1."""
    rows = round_.all(Decision)
    return ((row.paper, row.rank / len(rows)) for row in rows)


def _score(round_: Round) -> Values:
    return ((row.paper, row.score) for row in round_.all(Decision))


def _rating(round_: Round) -> Values:
    for paper, ratings in _ratings(round_):
        yield paper, float(np.mean(ratings))


def _review_ratings(round_: Round) -> Values:
    return ((f"{row.paper}{PAIR}{row.reviewer}", round_.rating(row)) for row in round_.all(Review))


def _first_ratings(round_: Round) -> Values:
    return ((f"{row.paper}{PAIR}{row.reviewer}", row.rating) for row in round_.all(Review))


def _changed_ratings(round_: Round) -> Values:
    for row in round_.all(Review):
        yield f"{row.paper}{PAIR}{row.reviewer}", float(round_.rating(row) != row.rating)


def _raised_ratings(round_: Round) -> Values:
    for row in round_.all(Review):
        yield f"{row.paper}{PAIR}{row.reviewer}", float(round_.rating(row) > row.rating)


def _within_sd(round_: Round) -> Values:
    for paper, ratings in _ratings(round_):
        if len(ratings) > 1:
            yield paper, float(np.std(ratings, ddof=1))


def _icc(round_: Round) -> Values:
    rows = [np.asarray(ratings) for _, ratings in _ratings(round_) if len(ratings) > 1]
    try:
        yield "", icc1(rows)
    except Undefined:
        return


def _reviews(round_: Round) -> Values:
    for paper in round_.papers():
        yield paper.paper, float(len(round_.of(Review, paper.paper)))


def _absent(round_: Round) -> Values:
    for row in round_.all(Absence):
        yield f"{row.paper}{PAIR}{row.reviewer}", 1.0
    for review in round_.all(Review):
        yield f"{review.paper}{PAIR}{review.reviewer}", 0.0


def _agreement(round_: Round) -> Values:
    """Whether the round decided as the real venue did."""
    for paper, accepted_here in decided(round_).items():
        human = round_.one(HumanOutcome, paper)
        if human and human.accepted is not None:
            yield paper, float(accepted_here == human.accepted)


def _rating_error(round_: Round) -> Values:
    """How far the mean rating is from the mean of the human ratings."""
    for paper, ratings in _ratings(round_):
        human = round_.one(HumanOutcome, paper)
        if human and human.ratings:
            yield paper, abs(float(np.mean(ratings)) - float(np.mean(human.ratings)))


def _score_error(round_: Round) -> Values:
    """How far the score that papers are ranked by is from the mean of the human ratings."""
    for row in round_.all(Decision):
        human = round_.one(HumanOutcome, row.paper)
        if human and human.ratings:
            yield row.paper, abs(row.score - float(np.mean(human.ratings)))


def _affinity(round_: Round) -> Values:
    for row in round_.all(Assignment):
        if row.role == "reviewer":
            yield f"{row.paper}{PAIR}{row.agent}", row.affinity


def _submissions(round_: Round) -> Values:
    yield "", float(len(round_.all(Submission)))


def _came_back(round_: Round) -> Values:
    before = {entry.submission.paper for entry in round_.archive}
    return ((row.paper, float(row.paper in before)) for row in round_.all(Submission))


def _accepted_in_the_end(round_: Round) -> Values:
    """For the papers of the first round: whether any round so far accepted them."""
    start = round_.archive[0].folder if round_.archive else ""
    won = {entry.submission.paper for entry in round_.archive if entry.past.accepted}
    won |= {row.paper for row in round_.all(Decision) if row.accepted}
    for entry in round_.archive:
        if entry.folder == start:
            yield entry.submission.paper, float(entry.submission.paper in won)


def _conflict_kept(round_: Round) -> Values:
    known = {(row.agent, row.paper) for row in round_.all(Conflict)}
    for row in round_.all(Assignment):
        if row.role == "reviewer":
            yield f"{row.paper}{PAIR}{row.agent}", float((row.agent, row.paper) not in known)


def _load_kept(round_: Round) -> Values:
    most = round_.venue.assignment.max_load
    return ((name, float(count <= most)) for name, count in _load(round_))


def _load(round_: Round) -> Values:
    given = {agent.id: 0 for agent in round_.agents("reviewer")}
    for row in round_.all(Review):
        given[row.reviewer] = given.get(row.reviewer, 0) + 1
    return ((name, float(count)) for name, count in given.items())


def _ratings(round_: Round) -> Iterator[tuple[str, tuple[float, ...]]]:
    for paper in round_.papers():
        ratings = round_.ratings(paper.paper)
        if ratings:
            yield paper.paper, ratings


accepted = Outcome(
    what="accepted (1) or not, by the desk or in the end (0)",
    unit="paper",
    measure=_accepted,
    needs=("phase decide",),
)
rank = Outcome(
    what="rank in shares of the decided papers",
    unit="paper",
    measure=_rank,
    needs=("phase decide",),
)
score = Outcome(
    what="the score that papers are ranked by",
    unit="paper",
    measure=_score,
    needs=("phase decide",),
)
rating = Outcome(
    what="mean rating, after discussion", unit="paper", measure=_rating, needs=("phase review",)
)
review_rating = Outcome(
    what="a review's last rating", unit="review", measure=_review_ratings, needs=("phase review",)
)
first_rating = Outcome(
    what="a review's first rating", unit="review", measure=_first_ratings, needs=("phase review",)
)
rating_changed = Outcome(
    what="a rating that changed (1) or not (0)",
    unit="review",
    measure=_changed_ratings,
    needs=("phase review",),
)
rating_raised = Outcome(
    what="a rating that rose (1) or not (0)",
    unit="review",
    measure=_raised_ratings,
    needs=("phase review",),
)
within_sd = Outcome(
    what="SD of a paper's ratings", unit="paper", measure=_within_sd, needs=("phase review",)
)
icc = Outcome(what="ICC(1) of the ratings", unit="round", measure=_icc, needs=("phase review",))
reviews = Outcome(what="reviews a paper", unit="paper", measure=_reviews)
absent = Outcome(
    what="a review that never came (1) or came (0)",
    unit="review",
    measure=_absent,
    needs=("phase review",),
)
agreement = Outcome(
    what="decided as the real venue did (1) or not (0)",
    unit="paper",
    measure=_agreement,
    needs=("human decisions", "phase decide"),
)
rating_error = Outcome(
    what="distance of the mean rating from the humans'",
    unit="paper",
    measure=_rating_error,
    needs=("human ratings", "phase review"),
)
score_error = Outcome(
    what="distance of the score that papers are ranked by from the humans' mean",
    unit="paper",
    measure=_score_error,
    needs=("human ratings", "phase decide"),
)
affinity = Outcome(what="affinity of an assigned reviewer", unit="review", measure=_affinity)
came_back = Outcome(
    what="a submission that was rejected in an earlier round (1) or is new (0)",
    unit="paper",
    measure=_came_back,
)
accepted_in_the_end = Outcome(
    what="a paper of the first round that some round accepted (1) or none did (0)",
    unit="paper",
    measure=_accepted_in_the_end,
    needs=("phase decide", "spread"),
)
submissions = Outcome(what="submissions of the round", unit="round", measure=_submissions)
conflict_kept = Outcome(
    what="an assigned reviewer without a conflict of interest (1) or with one (0)",
    unit="review",
    measure=_conflict_kept,
)
load_kept = Outcome(
    what="a reviewer with no more reviews than its load (1) or with more (0)",
    unit="reviewer",
    measure=_load_kept,
    needs=("phase review",),
)
load_of_reviewer = Outcome(
    what="reviews a reviewer", unit="reviewer", measure=_load, needs=("phase review",)
)
