"""Several rounds of one venue: rejected papers come back, and scientists learn from the archive."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.core.ledger_file import LEDGER
from conference.core.records import Decision, Experiment, MetaReview, Review, Submission
from conference.core.seeds import generator, seed_of
from scientists.scientist import Past
from venues.papers import PaperSource, open_papers
from venues.phases.rebut import named
from venues.round import Result, run_round
from venues.state import Archived, Round
from venues.venue import Venue
from venues.venue_file import load_venue


def run_rounds(
    venue: str | Path | Venue,
    *,
    rounds: int,
    out: Path,
    reuse: Sequence[str | Path] = (),
    **options: Any,
) -> list[Result]:
    """Run several rounds in `out/round-1`, `out/round-2`, …; `options` are as in `run_round`.

    `reuse` are folders of earlier runs of several rounds.
    """
    venue = venue if isinstance(venue, Venue) else load_venue(venue)
    check_reusable(reuse, rounds)
    every = None
    if venue.resubmission.spread:
        venue, every = _one_world(venue, options)
        options = options | {"sample": 0}
    archive: tuple[Archived, ...] = ()
    results = []
    for number in range(1, rounds + 1):
        folder = out / (name := f"round-{number}")
        if every:
            options["papers"] = papers_of_round(every, venue, number, rounds, archive)
        earlier = [Path(each) / name for each in reuse if (Path(each) / name).is_dir()]
        results.append(
            run_round(venue, out=folder, number=number, archive=archive, reuse=earlier, **options)
        )
        older = tuple(msgspec.structs.replace(entry, latest=False) for entry in archive)
        archive = (*older, *archived(results[-1].round, folder))
    return results


def check_reusable(folders: Sequence[str | Path], rounds: int) -> None:
    """Raise `UserError` for a folder without the rounds that `reuse` needs."""
    for each in folders:
        folder = Path(each)
        if rounds > 1 and (folder / LEDGER).is_file():
            raise UserError(
                f"--reuse: {folder} holds one round; name a folder with round-1, as a run of "
                "several rounds writes it."
            )
        read_ledger(folder / "round-1" if rounds > 1 else folder).close()


def _one_world(venue: Venue, options: dict[str, Any]) -> tuple[Venue, PaperSource]:
    """The rules and papers of rounds with `resubmission.spread`: one `panel.world`, so that a
    resubmitted paper keeps its quality."""
    seed, papers = options.get("seed", 0), options.get("papers")
    if papers is None:
        raise UserError(
            f"venue '{venue.name}': resubmission.spread needs given papers; give --papers, or "
            "leave it out: scientists resubmit their papers by themselves."
        )
    if not isinstance(papers, PaperSource):
        papers = open_papers(papers, venue, options.get("sample", 0), seed)
    world = venue.panel.world or seed_of(seed, "world") >> 33
    panel = msgspec.structs.replace(venue.panel, world=world)
    return msgspec.structs.replace(venue, panel=panel), papers


def papers_of_round(
    every: PaperSource, venue: Venue, number: int, rounds: int, archive: Sequence[Archived]
) -> PaperSource:
    """The new papers of one of several rounds, and the rejected ones resubmitted to it.

    Rounds of one world get the same new papers in the same order; a flood adds others.

    Raises:
        UserError: there are too few papers for this many rounds.
    """
    rules = venue.resubmission
    new = len(every.table) // (2 * rounds)
    if not new:
        raise UserError(
            f"{every.path}: {len(every.table)} papers spread over {rounds} rounds leave "
            f"none for a round; give a table with at least {2 * rounds} papers, or fewer rounds."
        )
    extra, rows = round(rules.flood * new), {row.paper: row for row in every.table}
    order = [every.table[at] for at in generator(venue.panel.world, "order").permutation(len(rows))]
    came = order[(number - 1) * new : number * new]
    came += order[::-1][(number - 1) * extra : number * extra]
    times = Counter(entry.submission.paper for entry in archive)
    came += [
        rows[entry.submission.paper]
        for entry in archive
        if entry.latest and not entry.past.accepted
        and times[entry.submission.paper] <= rules.patience
    ]  # fmt: skip
    names = "\x1f".join([every.fingerprint, *(row.paper for row in came)])
    digest = hashlib.sha256(names.encode()).hexdigest()
    return msgspec.structs.replace(every, table=tuple(came), fingerprint=digest)


def archived(round_: Round, folder: Path) -> tuple[Archived, ...]:
    """A finished round's papers as later rounds know them."""
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
