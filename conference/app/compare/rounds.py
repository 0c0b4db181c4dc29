"""Compares rounds in figures: rules, scores, agreement, decisions and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from benchmarks.studies.flips import Flips, flips
from benchmarks.studies.outcomes import decided
from conference.core.records import Decision, Review, Submission
from conference.models.costs import Spent
from conference.statistics import weighted
from conference.statistics.agreement import agreement_figures, icc1_statistic
from conference.statistics.bootstrap import attempt, difference, estimate
from conference.statistics.estimate import Estimate
from conference.statistics.ratings import rank_figures
from venues.spending import read_spending
from venues.state import Round
from venues.timings import read_timings

FEWEST = 3  # papers that an interval over papers needs
AGREEMENT = {
    "icc1": "ICC(1) of the ratings",
    "pooled_sd": "SD within papers, pooled",
    "loo_spearman": "one reviewer with the mean of the others, Spearman",
}
Ratings = dict[str, np.ndarray]


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """One round's figures; ratings are the latest ones, and papers that the desk rejects count as
    decided."""

    name: str
    venue: str
    seed: int
    reviewers: str
    papers: int
    reviews: int
    accepted: int
    decided: int
    rating: Estimate
    agreement: dict[str, Estimate]
    spent: Spent
    seconds: float


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A round compared with the first, on the papers that both have. `changed` are the papers
    whose decisions differ: id, title, and whether the first round accepted it."""

    name: str
    shared: int
    rating: Estimate
    spearman: Estimate
    icc1: Estimate
    flips: Flips | None
    changed: tuple[tuple[str, str, bool], ...]


class RoundsCompared(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of compared rounds. `rules` are those that differ, with each round's value."""

    rules: dict[str, tuple[str, ...]]
    alone: tuple[Alone, ...]
    beside: tuple[Beside, ...]


def figures_of(
    rounds: Sequence[Round], names: Sequence[str], *, resamples: int = 1000, seed: int = 0
) -> RoundsCompared:
    """All figures of rounds, each compared with the first."""
    drawn = {"resamples": resamples, "seed": seed}
    return RoundsCompared(
        rules=rules_that_differ(rounds),
        alone=tuple(_alone(*each, drawn) for each in zip(rounds, names, strict=True)),
        beside=tuple(
            _beside(rounds[0], other, (names[0], name), drawn)
            for other, name in zip(rounds[1:], names[1:], strict=True)
        ),
    )


def rules_that_differ(rounds: Sequence[Round]) -> dict[str, tuple[str, ...]]:
    """The rules (named as in a venue's file), seeds and options that differ between rounds."""
    rows = []
    for round_ in rounds:
        about = {"seed": round_.seed, "options": msgspec.to_builtins(round_.options)}
        rows.append(_flat(msgspec.to_builtins(round_.venue) | about))
    found = {}
    for rule in dict.fromkeys(rule for row in rows for rule in row):
        values = tuple(row.get(rule, "–") for row in rows)
        if len(set(values)) > 1 and rule != "options.study":
            found[rule] = values
    return found


def _flat(value: Any, name: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {name: value if isinstance(value, str) else msgspec.json.encode(value).decode()}
    found: dict[str, str] = {}
    for key, part in value.items():
        found |= _flat(part, f"{name}.{key}" if name else key)
    return found


def _alone(round_: Round, name: str, drawn: dict[str, int]) -> Alone:
    ratings = _ratings(round_)
    means = np.array([np.mean(given) for given in ratings.values()])
    decisions = _decisions(round_)
    agreement = agreement_figures(list(ratings.values()), **drawn)
    return Alone(
        name=name,
        venue=round_.venue.name,
        seed=round_.seed,
        reviewers=round_.venue.minds.reviewer,
        papers=len(round_.all(Submission)),
        reviews=len(round_.all(Review)),
        accepted=sum(decisions.values()),
        decided=len(decisions),
        rating=_estimated(len(means), lambda: estimate(weighted.mean(means), len(means), **drawn)),
        agreement={measure: agreement[measure] for measure in AGREEMENT},
        spent=read_spending(round_.folder).total,
        seconds=sum(step.wall for step in read_timings(round_.folder)),
    )


def _decisions(round_: Round) -> dict[str, bool]:
    """Whether each paper was accepted, as studies count it; empty before the round's decisions."""
    return decided(round_) if round_.all(Decision) else {}


def _ratings(round_: Round) -> Ratings:
    """The latest ratings of each paper that has any, by paper id."""
    found = {paper.paper: np.array(round_.ratings(paper.paper)) for paper in round_.papers()}
    return {name: given for name, given in found.items() if len(given)}


def _beside(
    first: Round, other: Round, names: tuple[str, str], drawn: dict[str, int]
) -> Beside:  # fmt: skip
    """Compare `other` with `first` on papers with the same id and title."""
    titles = {paper.paper: paper.title for paper in first.all(Submission)}
    shared = [row.paper for row in other.all(Submission) if titles.get(row.paper) == row.title]
    one, two = _ratings(first), _ratings(other)
    rated = [name for name in shared if name in one and name in two]
    ours = np.array([one[name].mean() for name in rated])
    theirs = np.array([two[name].mean() for name in rated])
    panels = [name for name in rated if min(len(one[name]), len(two[name])) > 1]
    kept, again = _decisions(first), _decisions(other)
    both = [name for name in shared if name in kept and name in again]
    count = len(rated)
    return Beside(
        name=names[1],
        shared=len(shared),
        rating=_estimated(count, lambda: estimate(weighted.mean(theirs - ours), count, **drawn)),
        spearman=_estimated(
            count, lambda: rank_figures(theirs, ours, ("spearman",), **drawn)["spearman"]
        ),
        icc1=_estimated(len(panels), lambda: _icc1_gap(two, one, panels, drawn)),
        flips=_flips(kept, again, both, names) if both else None,
        changed=tuple(
            (name, titles[name], kept[name]) for name in both if kept[name] != again[name]
        ),
    )


def _icc1_gap(two: Ratings, one: Ratings, papers: list[str], drawn: dict[str, int]) -> Estimate:
    theirs, ours = (icc1_statistic([given[name] for name in papers]) for given in (two, one))
    return difference(theirs, ours, len(papers), **drawn)


def _flips(
    kept: dict[str, bool], again: dict[str, bool], papers: list[str], names: tuple[str, str]
) -> Flips:
    ours, theirs = (pd.DataFrame({0: [float(given[name]) for name in papers]}, papers)
                    for given in (kept, again))  # fmt: skip
    return flips(ours, theirs, names=names)


def _estimated(count: int, make: Callable[[], Estimate]) -> Estimate:
    if count < FEWEST:
        return Estimate(None, None, None, count, f"fewer than {FEWEST} papers to compare")
    return attempt(make, count)
