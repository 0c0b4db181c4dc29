"""Forecast what a study would do: rounds, tasks that arms share, tokens and cost."""

from __future__ import annotations

from benchmarks.studies.job import Job
from benchmarks.studies.twins.apply import ArmPapers
from venues.estimate import Estimate, estimate
from venues.forecast import forecast
from venues.papers import PaperSource
from venues.phases import phases_of
from venues.rounds import papers_of_round
from venues.venue import Venue

MIND_SEEN = {"scientist": "submit", "reviewer": "bid", "chair": "bid"}


def forecast_rows(job: Job, arms: ArmPapers, replicates: int) -> list[tuple[str, ...]]:
    """A row per arm: rounds, tasks, and calls, tokens, cost and hours of language models."""
    control = job.venues["control"]
    rows, whole = [], []
    for name, venue in job.venues.items():
        again = job.study.all_arms()[name].committee != job.study.all_arms()["control"].committee
        source, other = arms.sources[name], arms.sources[name] is not arms.control
        rounds = job.study.rounds
        if venue.resubmission.spread and source:  # At most: all papers return as often as they may.
            source = papers_of_round(source, venue, 1, rounds, ())
            rounds *= 1 + venue.resubmission.patience
        first = 0 if name == "control" or again or other else first_phase(control, venue)
        tasks, total = _needed(venue, source, first)
        tasks, total = rounds * tasks, sum([total] * (rounds - 1), total)
        whole.append((tasks, total))
        rows.append(_row(name, replicates, tasks, total))
    tasks = sum(count for count, _ in whole)
    total = sum((each for _, each in whole), Estimate("all"))
    return [*rows, _row("all", replicates * len(rows), tasks, total, replicates)]


def first_phase(control: Venue, venue: Venue) -> int:
    """The position of the venue's first phase that sees a difference from the control."""
    if control.phases != venue.phases:
        pairs = zip(control.phases, venue.phases, strict=False)
        return next((at for at, (a, b) in enumerate(pairs) if a != b), len(control.phases))
    places = [
        next((at for at, phase in enumerate(phases_of(venue)) if table in phase.sees), 0)
        for table in Venue.__struct_fields__
        if table != "minds" and getattr(control, table) != getattr(venue, table)
    ]
    places += [
        venue.phases.index(phase)
        for role, phase in MIND_SEEN.items()
        if getattr(control.minds, role) != getattr(venue.minds, role) and phase in venue.phases
    ]
    return min(places, default=0)


def _needed(venue: Venue, source: PaperSource | None, first: int) -> tuple[int, Estimate]:
    """Tasks and model calls from the phase at position `first` on."""
    rows = forecast(venue, source)
    late = set(venue.phases[first:])
    calls = [row for row in estimate(venue, source) if row.phase in late]
    tasks = sum(row.tasks for phase, row in rows.items() if phase in late)
    return tasks, sum(calls, Estimate("all"))


def _row(name: str, rounds: int, tasks: int, total: Estimate, times: int = 0) -> tuple[str, ...]:
    times = times or rounds
    return (
        name, f"{rounds:,}", f"{times * tasks:,}", f"{times * total.calls:,}",
        f"{times * (total.tokens_in + total.tokens_out):,}", f"{times * total.cost:,.2f}",
        f"{times * total.hours:,.2f}",
    )  # fmt: skip
