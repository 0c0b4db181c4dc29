"""Assignment: who reviews what, solved exactly under load and conflict limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.errors import UserError
from conference.core.records import (
    BID_VALUES,
    Absence,
    Affinities,
    AnyRecord,
    Assignment,
    AssignmentReport,
    Bids,
    Conflict,
    Review,
    Role,
)
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models import is_model
from conference.models.context import Context
from venues.affinities import read_affinities
from venues.assignment import Instance, Objective, Solution, solve, solve_by_lot
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.phases import advise
from venues.population import parse_minds
from venues.state import Round, Step
from venues.venue import AssignRules

CHAIRS_ASKED = 16
WHO: dict[Role, str] = {"reviewer": "reviewer", "chair": "area chair"}  # in messages
ALIKE = 1.0  # The score of every pair of a paper whose words match no reviewer.


class AssignSight(CentralSight, frozen=True, kw_only=True):
    """An assignment problem: `agent`, `paper` and `score` hold one entry for each allowed pair.

    `agent` and `paper` are positions in `agents` and `papers`. `demand` (papers, seats) is how many
    more agents each paper needs in each seat; the agent at position n sits in seat n modulo seats.
    `load` is how many more papers each agent may take. `closed` are the barred pairs, as paper
    times the number of agents plus agent. `told` says of each paper whether any reviewer has an
    affinity to it: one without, such as an empty submission, suits all alike and is not counted as
    the worst-off paper.
    """

    step: str
    role: Role
    agents: tuple[str, ...]
    papers: tuple[str, ...]
    agent: NDArray[Any]
    paper: NDArray[Any]
    score: NDArray[Any]
    demand: NDArray[Any]
    load: NDArray[Any]
    closed: NDArray[Any]
    told: NDArray[np.bool_]
    rules: AssignRules
    emergency: bool = False


def reviewer_tasks(round_: Round) -> list[Task]:
    """One task: assign all papers to all reviewers."""
    rules = round_.venue.assignment
    papers = [paper.paper for paper in round_.papers()]
    seats = _seats(rules)
    demand = np.full((len(papers), seats), rules.reviews_per_paper // seats)
    load = np.full(len(round_.agents("reviewer")), rules.max_load)
    return [Task(TaskKey("assign"), _sight(round_, "assign", papers, demand, load))]


def emergency_tasks(round_: Round) -> list[Task]:
    """One task: assign papers short of reviews to reviewers who delivered and have room."""
    if not round_.venue.review.emergency:
        return []
    rules = round_.venue.assignment
    papers = [paper.paper for paper in round_.papers()]
    reviewers = [agent.id for agent in round_.agents("reviewer")]
    demand = _demand(round_, papers, reviewers)
    if not (demand > 0).any():
        return []
    gone = {absence.reviewer for absence in round_.all(Absence)}
    given = Counter(row.agent for row in round_.all(Assignment) if row.role == "reviewer")
    load = np.array([0 if name in gone else rules.max_load - given[name] for name in reviewers])
    taken = {(row.agent, row.paper) for row in round_.all(Assignment)}
    sight = _sight(round_, "review.emergency", papers, demand.clip(0), load, taken)
    return [Task(TaskKey("review.emergency"), sight)]


def short_of_reviews(round_: Round) -> bool:
    """Whether a paper lacks reviews that emergency reviewers should write."""
    if not round_.venue.review.emergency:
        return False
    papers = [paper.paper for paper in round_.papers()]
    reviewers = [agent.id for agent in round_.agents("reviewer")]
    return bool((_demand(round_, papers, reviewers) > 0).any())


def _demand(round_: Round, papers: list[str], reviewers: list[str]) -> NDArray[np.int64]:
    """How many reviews each paper lacks in each seat, (papers, seats)."""
    rules = round_.venue.assignment
    seats, place = _seats(rules), {name: at for at, name in enumerate(reviewers)}
    demand = np.full((len(papers), seats), rules.reviews_per_paper // seats)
    for at, name in enumerate(papers):
        for review in round_.of(Review, name):
            demand[at, place[review.reviewer] % seats] -= 1
    return demand


def _seats(rules: AssignRules) -> int:
    """How many seats have their own reviewers; 1 without `seats`."""
    return rules.reviews_per_paper if rules.seats else 1


def _sight(
    round_: Round,
    step: str,
    papers: list[str],
    demand: NDArray[Any],
    load: NDArray[Any],
    taken: set[tuple[str, str]] | None = None,
) -> AssignSight:
    """The pairs without a conflict of interest, each scored by affinity and bid."""
    table = read_affinities(round_.folder, round_.all(Affinities)[0])
    barred = {(conflict.agent, conflict.paper) for conflict in round_.all(Conflict)} | (
        taken or set()
    )
    at_agent = {name: at for at, name in enumerate(table.reviewers)}
    at_paper = {name: at for at, name in enumerate(table.papers)}
    width = len(table.papers)
    keys = table.reviewer.astype(np.int64) * width + table.paper
    pairs = [
        (at_agent[agent], at_paper[paper])
        for agent, paper in barred
        if agent in at_agent and paper in at_paper
    ]
    closed = [paper * len(table.reviewers) + agent for agent, paper in pairs]
    score = table.value.copy()
    bid_key, bid_value = _bids(round_, at_agent, at_paper, width)
    where = np.searchsorted(bid_key, keys)
    hit = (where < len(bid_key)) & (bid_key[np.minimum(where, len(bid_key) - 1)] == keys)
    score[hit] += round_.venue.bids.weight * bid_value[where[hit]]
    shut = [agent * width + paper for agent, paper in pairs]
    open_ = ~np.isin(keys, np.array(shut, dtype=np.int64))
    return AssignSight(
        step=step,
        role="reviewer",
        agents=table.reviewers,
        papers=table.papers,
        agent=table.reviewer[open_],
        paper=table.paper[open_],
        score=score[open_],
        demand=demand,
        load=load,
        closed=np.array(sorted(closed), dtype=np.int64),
        told=np.bincount(table.paper, table.value > 0, minlength=width) > 0,
        rules=round_.venue.assignment,
        emergency=taken is not None,
    )


def _bids(
    round_: Round, at_agent: dict[str, int], at_paper: dict[str, int], width: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Sorted keys of the pairs with a bid, and the bids' values; one unused key without bids."""
    pairs = [
        (at_agent[bids.reviewer] * width + at_paper[paper], BID_VALUES[level])
        for bids in round_.all(Bids)
        for paper, level in bids.levels.items()
    ] or [(-1, 0.0)]
    pairs.sort()
    return np.array([key for key, _ in pairs]), np.array([value for _, value in pairs])


def chair_tasks(round_: Round) -> list[Task]:
    """One task: assign papers to area chairs as evenly as conflicts allow, without affinity."""
    chairs = round_.agents("chair")
    papers = [paper.paper for paper in round_.papers()]
    at_chair = {chair.id: at for at, chair in enumerate(chairs)}
    at_paper = {paper: at for at, paper in enumerate(papers)}
    closed = [
        at_paper[row.paper] * len(chairs) + at_chair[row.agent]
        for row in round_.all(Conflict)
        if row.agent in at_chair and row.paper in at_paper
    ]
    # All chairs suit a paper alike: where there are many, each paper considers a few, in turn.
    asked = min(len(chairs), CHAIRS_ASKED)
    paper = np.repeat(np.arange(len(papers)), asked)
    chair = (paper + np.tile(np.arange(asked), len(papers))) % len(chairs)
    open_ = ~np.isin(paper * len(chairs) + chair, np.array(closed, dtype=np.int64))
    chair, paper = chair[open_], paper[open_]
    share = -(-len(papers) // len(chairs))
    sight = AssignSight(
        step="assign.chairs",
        role="chair",
        agents=tuple(chair.id for chair in chairs),
        papers=tuple(papers),
        agent=chair.astype(np.int32),
        paper=paper.astype(np.int32),
        score=1.0 + 1e-4 * ((chair + paper) % len(chairs) == 0),
        demand=np.ones((len(papers), 1), dtype=np.int64),
        load=np.full(len(chairs), share + (len(chairs) > 1)),
        closed=np.array(sorted(closed), dtype=np.int64),
        told=np.ones(len(papers), dtype=np.bool_),
        rules=round_.venue.assignment,
    )
    return [Task(TaskKey("assign.chairs"), sight)]


def perform(sight: AssignSight, context: Context) -> list[AnyRecord]:
    """Solve each seat separately. Raises `UserError` when a paper would have no agent at all."""
    seats = sight.demand.shape[1]
    return [
        record
        for seat in range(seats)
        if seats == 1 or (sight.demand[:, seat] > 0).any()
        for record in _solve(_seat(sight, seat), sight.demand[:, seat].clip(0), context)
    ]


def _seat(sight: AssignSight, seat: int) -> AssignSight:
    """The problem of one seat: the other seats' agents have no load."""
    seats = sight.demand.shape[1]
    if seats == 1:
        return sight
    inside = sight.agent % seats == seat
    return msgspec.structs.replace(
        sight,
        step=f"{sight.step}, seat {seat + 1}",
        agent=sight.agent[inside],
        paper=sight.paper[inside],
        score=sight.score[inside],
        load=np.where(np.arange(len(sight.agents)) % seats == seat, sight.load, 0),
    )


def _solve(sight: AssignSight, demand: NDArray[Any], context: Context) -> list[AnyRecord]:
    asked = demand[sight.paper] > 0  # In an emergency few papers need a reviewer.
    paper = sight.paper[asked]
    instance = Instance(
        paper=paper,
        reviewer=sight.agent[asked],
        score=np.where(sight.told[paper], sight.score[asked], ALIKE),
        demand=demand,
        max_load=np.maximum(sight.load, 0),
        min_load=np.zeros(len(sight.agents), dtype=np.int64)
        if sight.emergency or sight.role == "chair"
        else np.minimum(np.full(len(sight.agents), sight.rules.min_load), sight.load),
        papers=tuple(sight.papers),
        reviewers=tuple(sight.agents),
        who=WHO[sight.role],
        what="review" if sight.role == "reviewer" else WHO[sight.role],
    )
    # Chairs have no affinities, so for them there is no worst-off paper to serve.
    objective: Objective = sight.rules.objective if sight.role == "reviewer" else "total"
    solution, chances = _chosen(sight, instance, objective, context)
    if solution.short:
        wider = widened(instance, list(solution.short), sight.closed)
        solution, chances = _chosen(sight, wider, objective, context)
    bare = [sight.papers[at] for at, short in solution.short.items() if short >= demand[at]]
    if bare and not sight.emergency:
        raise UserError(
            f"step {sight.step}: {solution.message}; {len(bare)} paper(s) would have no "
            f"{WHO[sight.role]} at all, {bare[0]} the first; run again with more "
            f"(--{sight.role}s) and another --out."
        )
    score = np.where(sight.told[solution.paper], solution.score, 0.0)
    chosen = [
        Assignment(
            paper=sight.papers[paper],
            agent=sight.agents[agent],
            role=sight.role,
            affinity=round(float(value), 4),
            emergency=sight.emergency,
            probability=round(float(chance), 6),
        )
        for paper, agent, value, chance in zip(
            solution.paper, solution.reviewer, score, chances, strict=True
        )
    ]
    return [_report(sight, instance, solution, objective), *chosen]


def _chosen(
    sight: AssignSight, instance: Instance, objective: Objective, context: Context
) -> tuple[Solution, NDArray[np.float64]]:
    """The assignment, and the probability of each of its pairs: 1 unless randomised."""
    by_lot = sight.rules.most_probable < 1 and sight.role == "reviewer" and not sight.emergency
    if by_lot:
        return solve_by_lot(instance, sight.rules.most_probable, context.rng(f"lot {sight.step}"))
    solution = solve(instance, objective)
    return solution, np.ones(len(solution.paper))


def _report(
    sight: AssignSight, instance: Instance, solution: Solution, objective: Objective
) -> AssignmentReport:
    """How the solver ended; totals count only papers and pairs of known affinity."""
    width = len(instance.max_load)
    measured = np.isin(
        solution.paper * width + solution.reviewer, instance.paper * width + instance.reviewer
    )
    counted = (instance.demand > 0) & sight.told
    counted[solution.paper[~measured]] = False
    score = np.where(sight.told[solution.paper] & measured, solution.score, 0.0)
    totals = np.bincount(solution.paper, score, len(instance.demand)).astype(np.float64)
    untold = (instance.demand > 0) & ~sight.told
    return AssignmentReport(
        step=sight.step,
        objective=objective,
        papers=len(sight.papers),
        reviewers=len(sight.agents),
        total=round(float(score.sum()), 4),
        worst=round(float(totals[counted].min(initial=np.inf)), 4) if counted.any() else 0.0,
        exact=solution.exact,
        message=solution.message,
        short={sight.papers[at]: int(short) for at, short in solution.short.items()},
        unmeasured=int((~measured).sum()),
        untold=tuple(sight.papers[at] for at in np.flatnonzero(untold)),
    )


def widened(instance: Instance, papers: list[int], closed: NDArray[Any]) -> Instance:
    """The instance with every other allowed pair of the papers left short added, at score 0.

    A large round keeps only the best candidates of each paper; any other reviewer is worth no
    more than the lowest of those, but better than none.
    """
    width = len(instance.max_load)
    short = np.array(sorted(papers), dtype=np.int64)
    taken = np.concatenate([instance.paper * width + instance.reviewer, closed])
    taken = taken[np.isin(taken // width, short)]
    open_ = np.ones((len(short), width), dtype=np.bool_)
    open_[np.searchsorted(short, taken // width), taken % width] = False
    paper, reviewer = np.nonzero(open_)
    return replace(
        instance,
        paper=np.concatenate([instance.paper, short[paper]]),
        reviewer=np.concatenate([instance.reviewer, reviewer]),
        score=np.concatenate([instance.score, np.zeros(len(paper))]),
    )


def _forecast(size: Size) -> Forecast:
    what = "solve the assignment of reviewers and of area chairs"
    if not any(is_model(mind) for _, mind in parse_minds(size.venue.minds.chair)):
        return Forecast(2, what)
    return Forecast(2 + size.papers, f"{what}, who look at it", at_most=True)


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    return [Calls("chair", size.papers, tokens.about + tokens.thread, 2 * tokens.text)]


# Which reviewers have room is known once all papers' reviews are in; only papers short of a review
# wait for that.
EMERGENCY = Step("review.emergency", emergency_tasks, goes_on=True, waits=short_of_reviews)
PHASE = Phase(
    name="assign",
    after=("bid",),
    sees=("assignment",),
    steps=(Step("assign", reviewer_tasks), Step("assign.chairs", chair_tasks), advise.STEP),
    performs={AssignSight: perform},
    forecast=_forecast,
    calls=_calls,
)
