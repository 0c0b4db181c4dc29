"""Several rounds of one venue: rejected papers come back, and scientists learn from the archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.records import Decision, Experiment, MetaReview, Review, Submission
from scientists.scientist import Past
from venues.phases.rebut import named
from venues.round import Result, run_round
from venues.state import Archived, Round
from venues.venue import Venue


def run_rounds(
    venue: str | Path | Venue, *, rounds: int, out: Path, **options: Any
) -> list[Result]:
    """Run several rounds in `out/round-1`, `out/round-2`, …; other arguments as in `run_round`."""
    archive: tuple[Archived, ...] = ()
    results = []
    for number in range(1, rounds + 1):
        folder = out / f"round-{number}"
        results.append(run_round(venue, out=folder, number=number, archive=archive, **options))
        older = tuple(msgspec.structs.replace(entry, latest=False) for entry in archive)
        archive = (*older, *archived(results[-1].round, folder))
    return results


def archived(round_: Round, folder: Path) -> tuple[Archived, ...]:
    """A finished round's papers as the next round knows them."""
    return tuple(_archived(round_, paper, folder) for paper in round_.papers())


def _archived(round_: Round, paper: Submission, folder: Path) -> Archived:
    decision = round_.one(Decision, paper.paper)
    experiment = round_.one(Experiment, paper.paper)
    meta = round_.one(MetaReview, paper.paper)
    ratings = round_.ratings(paper.paper)
    past = Past(
        title=paper.title,
        abstract=paper.abstract,
        template=paper.template,
        idea=experiment.idea if experiment else "",
        knobs=experiment.knobs if experiment else {},
        accepted=decision.accepted if decision else None,
        rating_mean=round(float(np.mean(ratings)), 4) if ratings else None,
    )
    return Archived(
        past=past,
        authors=paper.authors,
        submission=paper,
        reviews=named(round_.of(Review, paper.paper))[0],
        meta_review=meta.text if meta else "",
        experiment=experiment,
        folder=str(folder.resolve()),
    )
