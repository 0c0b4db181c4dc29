"""Outcomes of a whole panel: how its members' errors correlate, and what it accepts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.outcomes import Outcome, Values
from conference.core.records import Decision, HumanOutcome, Review
from conference.statistics.estimate import Booleans, Floats, Undefined
from conference.statistics.panels import latent_errors, panel_worth
from reviewers.recorded import FIRST, is_recorded, label_of
from venues.state import Round


def _panel(round_: Round) -> tuple[list[str], Floats, list[Floats], Booleans]:
    """Papers with a full panel and at least two human ratings, their ratings by seat, their human
    ratings, and which seats are recorded humans'. All empty without `assignment.seats`.

    Humans who replay their first ratings, in a round without discussion, stand beside first ones.
    """
    people = round_.agents("reviewer")
    seats = round_.venue.assignment.reviews_per_paper if round_.venue.assignment.seats else 0
    place = {agent.id: at % seats for at, agent in enumerate(people)} if seats else {}
    minds = [agent.mind for agent in people[:seats]]
    first = FIRST in minds and "discuss" not in round_.venue.phases
    names, rows, humans = [], [], []
    for paper in round_.papers() if seats else []:
        known = round_.one(HumanOutcome, paper.paper)
        given = {place[row.reviewer]: round_.rating(row) for row in round_.of(Review, paper.paper)}
        told = () if known is None else known.first_ratings if first else known.ratings
        rated = [rating for rating in told if rating is not None]
        if len(rated) < 2 or len(given) < seats:
            continue
        names.append(paper.paper)
        rows.append([given[seat] for seat in range(seats)])
        humans.append(np.array(rated))
    seated = [is_recorded(mind) and label_of(mind) == "human" for mind in minds]
    return names, np.array(rows, dtype=np.float64), humans, np.array(seated, dtype=np.bool_)


def _pseudo_values(which: int) -> Callable[[Round], Values]:
    """Jackknife pseudo-values: n t − (n − 1) t without the paper. Their mean estimates the
    statistic t, and their spread its error (Tukey 1958)."""

    def measure(round_: Round) -> Values:
        names, ratings, humans, seated = _panel(round_)
        if not names:
            return
        every = np.arange(len(names), dtype=np.int64)

        def worth(kept: NDArray[np.int64]) -> float:
            found = latent_errors(ratings[kept], [humans[at] for at in kept], seated)
            return panel_worth(found)[which]

        try:
            whole = worth(every)
            apart = [worth(np.delete(every, at)) for at in every]
        except Undefined:
            return
        for name, without in zip(names, apart, strict=True):
            yield name, len(names) * whole - (len(names) - 1) * without

    return measure


def _overlap(round_: Round) -> Values:
    """The papers that both the round and the real venue accept, over those that either accepts."""
    real = {row.paper for row in round_.all(HumanOutcome) if row.accepted}
    known = {row.paper for row in round_.all(HumanOutcome) if row.accepted is not None}
    ours = {row.paper for row in round_.all(Decision) if row.accepted} & known
    if real | ours:
        yield "", len(real & ours) / len(real | ours)


error_correlation = Outcome(
    what="mean correlation of two seats' errors around the quality that humans share (jackknife)",
    unit="paper",
    measure=_pseudo_values(0),
    needs=("human ratings", "seats"),
)
effective_reviewers = Outcome(
    what="how many independent reviewers the panel is worth (jackknife)",
    unit="paper",
    measure=_pseudo_values(1),
    needs=("human ratings", "seats"),
)
human_overlap = Outcome(
    what="papers accepted by both the round and the real venue, over those accepted by either",
    unit="round",
    measure=_overlap,
    needs=("human decisions", "phase decide"),
)
