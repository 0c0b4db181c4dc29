"""The page's view of one round: structs that are sent as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

import msgspec

from conference.app.watch.tally import LANES, MINUTE, ORDER, Event, Paper, Tally, mind_label
from conference.models.costs import Spent
from venues.phase import Forecast, Size
from venues.phases import phases_of
from venues.plan import Plan
from venues.population import chair_count, parse_minds, reviewer_count
from venues.state import UnderWay

DOTS = 600  # most papers that are shown one by one; of more, only counts per stage are shown


class PhaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A phase: `state` is done, now or next. `tasks` is None if it is not known yet.

    If the phase has several steps, `step` names the one under way and the numbers are the step's.
    `left` is in seconds.
    """

    name: str
    state: str
    done: int
    tasks: int | None
    at_most: bool = False
    what: str = ""
    step: str = ""
    took: float | None = None
    left: float | None = None


class Lane(msgspec.Struct, frozen=True):
    """A stage with its number of papers; in a small round also each paper: (id, title, text)."""

    name: str
    label: str
    papers: int
    dots: list[tuple[str, str, str]]


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """A model's calls so far. `at_once` is the mean number of calls under way in the last minute,
    computed from their durations, and `speed` the tokens out per second; None if nothing runs."""

    name: str
    engines: int
    spent: Spent
    at_once: float | None
    speed: float | None


class Limit(msgspec.Struct, frozen=True):
    """A limit of the run and how much of it is used."""

    name: str
    used: float
    limit: float


class RoundView(msgspec.Struct, frozen=True, kw_only=True, tag="round", tag_field="kind"):
    """A round. `state` is waiting, running, stopped or finished; times are Unix times."""

    name: str
    folder: str
    state: str
    title: str = ""
    seed: int = 0
    minds: dict[str, str] = {}
    people: dict[str, int] = {}
    phases: list[PhaseView] = []
    lanes: list[Lane] = []
    counts: dict[str, int] = {}
    reviews: int = 0
    mean: float | None = None
    words: list[Event] = []
    decisions: list[Event] = []
    troubles: list[Event] = []
    spent: Spent = Spent()
    limits: list[Limit] = []
    models: list[ModelView] = []
    busy: float | None = None
    last: float = 0.0
    problem: str = ""


def round_view(
    name: str,
    folder: str,
    state: str,
    plan: Plan,
    tally: Tally,
    whole: Collection[str],
    work: UnderWay | None,
    extra: Spent,
    now: float,
) -> RoundView:
    """The view of a round now. `extra` was spent in addition to its tasks' calls."""
    venue, on = plan.venue, state == "running"
    spent = sum(tally.models.values(), extra)
    roles = ("scientist", "reviewer", "chair") if not plan.papers else ("reviewer", "chair")
    ratings = [rating for paper in tally.papers.values() for rating in paper.ratings.values()]
    return RoundView(
        name=name,
        folder=folder,
        state=state,
        title=venue.title,
        seed=plan.seed,
        minds={role: _minds(getattr(venue.minds, role)) for role in roles},
        people={role.replace("_", " "): n for role, n in tally.roles.items() if n},
        phases=list(_phases(plan, tally, whole, work, now if on else None)),
        lanes=_lanes(tally.papers),
        counts=dict(tally.counts),
        reviews=len(ratings),
        mean=sum(ratings) / len(ratings) if ratings else None,
        words=[*reversed(tally.words)],
        decisions=[*reversed(tally.decisions)],
        troubles=[*reversed(tally.troubles)],
        spent=spent,
        limits=_limits(work, spent, now) if work else [],
        models=_models(plan, tally, now if on else None),
        busy=sum(took for at, took in tally.busy if at > now - MINUTE) / MINUTE if on else None,
        last=tally.last,
    )


def finished(plan: Plan, whole: Collection[str]) -> bool:
    """Whether all steps of a round are complete."""
    return all(step.name in whole for phase in phases_of(plan.venue) for step in phase.steps)


def _minds(rule: str) -> str:
    return ", ".join(dict.fromkeys(mind_label(mind) for _, mind in parse_minds(rule)))


def _phases(
    plan: Plan, tally: Tally, whole: Collection[str], work: UnderWay | None, now: float | None
) -> Iterator[PhaseView]:
    size = _size(plan, tally)
    current = True  # The first phase that is not complete is the current one.
    for phase in phases_of(plan.venue):
        names = [step.name for step in phase.steps]
        sums = [tally.steps[name] for name in names if name in tally.steps]
        done = sum(step.tasks for step in sums)
        took = max(s.ended for s in sums) - min(s.begun for s in sums) if sums else None
        if all(name in whole for name in names):
            yield PhaseView(name=phase.name, state="done", done=done, tasks=done, took=took)
            continue
        expected = phase.forecast(size) if size else Forecast(0, "")
        tasks = max(done, expected.tasks) if size else None
        view = PhaseView(
            name=phase.name, state="now" if current else "next", done=done, tasks=tasks,
            at_most=expected.at_most, what=expected.what, took=took if current else None,
        )  # fmt: skip
        yield _under_way(view, tally, work, now) if work and work.step in names else view
        current = False


def _under_way(view: PhaseView, tally: Tally, work: UnderWay, now: float | None) -> PhaseView:
    """The phase's view by its step under way; `now` is None if the run has stopped."""
    done = tally.steps[work.step].tasks if work.step in tally.steps else 0
    new, left = done - work.done, None
    if now is not None and new > 0:
        left = max(0.0, now - work.since) / new * (work.tasks - done)
    return msgspec.structs.replace(
        view, done=done, tasks=work.tasks, at_most=False, left=left,
        step=work.step if work.step != view.name else "",
    )  # fmt: skip


def _size(plan: Plan, tally: Tally) -> Size | None:
    """The size of the round as far as it is known; None before the papers are read."""
    venue, read = plan.venue, "submit" in tally.steps
    written = venue.population.scientists * venue.call.papers_per_scientist
    if plan.papers and not read:
        return None
    papers = len(tally.papers) if plan.papers else written
    return Size(
        venue=venue, papers=papers, authored=0 if plan.papers else papers,
        reviewers=tally.roles["reviewer"] or reviewer_count(venue, papers),
        chairs=tally.roles["chair"] or chair_count(venue, papers),
    )  # fmt: skip


def _lanes(papers: dict[str, Paper]) -> list[Lane]:
    where: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    if len(papers) <= DOTS:
        for name, paper in papers.items():
            where[paper.lane].append((name, paper.title, _said(paper)))
    counts = Counter(paper.lane for paper in papers.values())
    return [Lane(lane, LANES[lane], counts[lane], where[lane]) for lane in ORDER if counts[lane]]


def _said(paper: Paper) -> str:
    if not paper.wanted and not paper.ratings:
        return ""
    ratings = [*paper.ratings.values()]
    said = f"{len(ratings)} of {len(paper.wanted | paper.ratings.keys())} reviews"
    return f"{said}, mean {sum(ratings) / len(ratings):.2f}" if ratings else said


def _limits(work: UnderWay, spent: Spent, now: float) -> list[Limit]:
    tokens, cost, hours = work.limits
    found = [
        Limit("tokens", spent.tokens, tokens),
        Limit("cost", spent.cost, cost),
        Limit("hours", (now - work.started) / 3600, hours),
    ]
    return [limit for limit in found if limit.limit]


def _models(plan: Plan, tally: Tally, now: float | None) -> list[ModelView]:
    rows = []
    for name, spent in sorted(tally.models.items()):
        recent = [
            (seconds, out)
            for at, seconds, model, out in tally.asked
            if model == name and now is not None and at > now - MINUTE
        ]
        rules = plan.venue.models.get(name)
        rows.append(
            ModelView(
                name=name,
                engines=rules.engines if rules and name.startswith("vllm:") else 0,
                spent=spent,
                at_once=None if now is None else sum(took for took, _ in recent) / MINUTE,
                speed=None if now is None else sum(out for _, out in recent) / MINUTE,
            )
        )
    return rows
