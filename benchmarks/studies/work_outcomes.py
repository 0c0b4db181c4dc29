"""Outcomes of scientists' work, and of the tokens and cost of a round's language models."""

from __future__ import annotations

import numpy as np

from benchmarks.studies.outcomes import Outcome, Values
from conference.core.ledger import read_ledger
from conference.core.records import Check, Experiment, PlannedStudy, Submission
from conference.models.records import calls_from_json
from scientists.prose import CODE_CHECK, NOVELTY
from venues.state import Round


def _failed(round_: Round, paper: str, name: str) -> bool:
    return any(row.name == name and not row.passed for row in round_.of(Check, paper))


def _idea_new(round_: Round) -> Values:
    for row in round_.all(Experiment):
        yield row.paper, float(not _failed(round_, row.paper, NOVELTY))


def _novelty(round_: Round) -> Values:
    return ((row.paper, row.novelty) for row in round_.all(Experiment) if row.novelty is not None)


def _experiment_passed(round_: Round) -> Values:
    """Over all planned studies: one that failed has no experiment on record."""
    for row in round_.all(PlannedStudy):
        ran = round_.one(Experiment, row.paper) is not None
        yield row.paper, float(ran and not _failed(round_, row.paper, CODE_CHECK))


def _paper_finished(round_: Round) -> Values:
    for row in round_.all(PlannedStudy):
        yield row.paper, float(round_.one(Submission, row.paper) is not None)


def _best_rating(round_: Round) -> Values:
    means = [np.mean(given) for paper in round_.papers() if (given := round_.ratings(paper.paper))]
    if means:
        yield "", float(max(means))


def _taken(round_: Round) -> tuple[float, float]:
    """Tokens and cost of all calls, including those that another arm paid for."""
    ledger = read_ledger(round_.folder)
    try:
        calls = [call for stored in ledger.calls() for call in calls_from_json(stored)]
    finally:
        ledger.close()
    tokens = sum(call.tokens_in + call.tokens_out for call in calls)
    return float(tokens), float(sum(call.cost for call in calls))


def _tokens(round_: Round) -> Values:
    yield "", _taken(round_)[0]


def _cost(round_: Round) -> Values:
    yield "", _taken(round_)[1]


def _cost_a_paper(round_: Round) -> Values:
    if papers := len(round_.all(Submission)):
        yield "", _taken(round_)[1] / papers


idea_new = Outcome(
    what="an idea that its author did not find in earlier work (1) or found there (0)",
    unit="paper",
    measure=_idea_new,
    needs=("scientists",),
)
novelty = Outcome(
    what="1 − text similarity of a study's question to the nearest earlier work",
    unit="paper",
    measure=_novelty,
    needs=("scientists",),
)
experiment_passed = Outcome(
    what="a planned study whose changed experiment ran (1) or not (0)",
    unit="paper",
    measure=_experiment_passed,
    needs=("scientists",),
)
paper_finished = Outcome(
    what="a planned study that became a paper (1) or not (0)",
    unit="paper",
    measure=_paper_finished,
    needs=("scientists",),
)
best_rating = Outcome(
    what="the best paper's mean rating", unit="round", measure=_best_rating, needs=("phase review",)
)
tokens = Outcome(what="tokens of all calls, including reused ones", unit="round", measure=_tokens)
cost = Outcome(what="cost of all calls, including reused ones", unit="round", measure=_cost)
cost_a_paper = Outcome(what="cost of all calls per paper", unit="round", measure=_cost_a_paper)
