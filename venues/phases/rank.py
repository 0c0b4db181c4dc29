"""Authors rank their own papers, best first, before any review.

Authors know their papers best but have a stake in them; a ranking cannot favour all of them. With
`decision.score = "isotonic"` mean ratings are moved as little as possible (least squares) until
they agree with each author's ranking (the Isotonic Mechanism, arXiv 2206.08149).

It is an assumption that authors see the paper's quality, as an informed panel draws it, with an
error of `noise` SD. Real papers come without authors, so each simulated author gets `papers` of
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np

from conference.core.records import AnyRecord, SelfRanking
from conference.core.seeds import generator
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models.context import Context
from venues.phase import Forecast, Phase, own_rules
from venues.phases.review import human_ratings, told_quality
from venues.state import Round, Step
from venues.venue import Rules, Venue

NAME = "rank"


class RankRules(Rules, frozen=True, kw_only=True):
    """How many papers an author has, and the SD of its error in units of quality."""

    papers: Annotated[int, msgspec.Meta(ge=2)] = 3
    noise: Annotated[float, msgspec.Meta(ge=0)] = 0.5


class RankSight(CentralSight, frozen=True, kw_only=True):
    """Each author's papers with their quality, and the SD of an author's error."""

    papers: dict[str, dict[str, float]]
    noise: float


def tasks(round_: Round) -> list[Task]:
    rules = own_rules(round_.venue, NAME, RankRules)
    quality = told_quality(round_, human_ratings(round_))
    names = [name for name, value in quality.items() if value is not None]
    order = generator(round_.venue.panel.world or round_.seed, "authors").permutation(len(names))
    owned: dict[str, dict[str, float]] = {}
    for place, at in enumerate(order):
        author = owned.setdefault(f"author-{place // rules.papers + 1:04d}", {})
        author[names[at]] = quality[names[at]] or 0.0
    return [Task(TaskKey(NAME), RankSight(papers=owned, noise=rules.noise))]


def perform(sight: RankSight, context: Context) -> list[AnyRecord]:
    """Each author's papers, in order of quality plus the author's error, best first."""
    found: list[AnyRecord] = []
    for author, owned in sight.papers.items():
        felt = {
            name: value + sight.noise * float(context.rng(name).standard_normal())
            for name, value in owned.items()
        }
        ranked = tuple(sorted(felt, key=lambda name: (-felt[name], name)))
        found.append(SelfRanking(author=author, papers=ranked))
    return found


def isotonic(scores: Mapping[str, float], rankings: Sequence[SelfRanking]) -> dict[str, float]:
    """The nearest scores (least squares) that do not rise along any author's ranking.

    Papers in no ranking keep theirs.
    """
    from scipy.optimize import isotonic_regression

    found = dict(scores)
    for row in rankings:
        names = [name for name in row.papers if name in scores]
        given = np.array([scores[name] for name in names])
        if len(names) > 1:
            moved = isotonic_regression(given, increasing=False).x
            found |= dict(zip(names, map(float, moved), strict=True))
    return found


def _problem(venue: Venue) -> str:
    if venue.panel.informed:
        return ""
    return (
        "phases has 'rank', in which authors know their papers' quality from human ratings; set "
        "panel.informed = true, or take 'rank' out"
    )


PHASE = Phase(
    name=NAME,
    after=("submit",),
    sees=("panel", "phase"),
    own=RankRules,
    steps=(Step(NAME, tasks),),
    performs={RankSight: perform},
    problem=_problem,
    forecast=lambda size: Forecast(1, "authors rank their papers"),
)
