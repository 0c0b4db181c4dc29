"""The records that recorded reviewers replay: people's from --papers, others' from their files.

A recorded reviewer's task contains the record that it replays, so the record is part of the task's
digest and no host reads a file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from conference.core.errors import UserError
from conference.core.forms import Form
from conference.core.records import Assignment, HumanOutcome
from conference.core.seeds import generator
from conference.data.reader import sample
from conference.data.recorded import (
    AI_SCIENTIST,
    Said,
    choose_configuration,
    read_scores,
    split_place,
)
from reviewers.recorded import FILED, FIRST, is_recorded, label_of
from reviewers.reviewer import Recorded
from venues.papers import PaperSource, TablePaper
from venues.population import parse_minds
from venues.state import Round
from venues.venue import Venue

Records = Mapping[str, tuple[Recorded, ...]]  # each paper's reviews in the order of the file
Replayed = Mapping[tuple[str, str], Recorded | None]  # by reviewer and paper


def recorded_minds(venue: Venue) -> list[str]:
    """The minds of the venue's recorded reviewers."""
    return [mind for _, mind in parse_minds(venue.minds.reviewer) if is_recorded(mind)]


def file_of(mind: str) -> Path:
    """The file with a mind's records. Raises `UserError` when it does not exist."""
    kind, _, rest = mind.partition(":")
    path, _ = split_place(rest)
    if kind == "ai-scientist" and path.is_dir():
        path = path / AI_SCIENTIST
    if not rest or not path.is_file():
        raise UserError(f"minds.reviewer: {mind}: there is no file '{path}'; give its path.")
    return path


def fingerprints(venue: Venue) -> dict[str, str]:
    """By mind, a hash of the content of its file of records."""
    return {
        mind: hashlib.sha256(file_of(mind).read_bytes()).hexdigest()
        for mind in recorded_minds(venue)
        if _is_filed(mind)
    }


def check_recorded(venue: Venue, source: PaperSource | None) -> None:
    """Raise `UserError` for records that are missing, unreadable or outside the scale, or when no
    paper of the round has one."""
    outcomes = [row.human for row in source.table if row.human] if source else []
    for mind in recorded_minds(venue):
        if not _is_filed(mind):
            if not any(_of_human(outcome, mind) for outcome in outcomes):
                what = "first ratings" if mind == FIRST else "ratings"
                where = "first ratings" if mind == FIRST else "a column `ratings`"
                raise UserError(
                    f"minds.reviewer: '{mind}' replays the {what} that people gave the papers of "
                    f"--papers, and there are none; give a table with {where}, or leave '{mind}' "
                    "out."
                )
            continue
        known = records_of(mind, venue.form)
        if source is None or not any(row.paper in known for row in source.table):
            raise UserError(
                f"minds.reviewer: {mind} has no record of any paper of the round; give the papers "
                "that it rated with --papers, by the same ids."
            )


def records_of(mind: str, form: Form) -> Records:
    """The records in a mind's file, by paper. Raises `UserError` if they do not fit the form."""
    path = file_of(mind)
    return _read(mind, form.rating, _ranges(form), tuple(f.name for f in form.texts),
                 path.stat().st_mtime_ns, path.stat().st_size)  # fmt: skip


Range = tuple[float, float]


def _ranges(form: Form) -> tuple[Range, Range | None]:
    rating = form[form.rating].values
    sure = form[form.confidence].values if form.confidence else None
    return (rating[0], rating[-1]), (sure[0], sure[-1]) if sure else None


@lru_cache(maxsize=64)
def _read(
    mind: str,
    name: str,
    ranges: tuple[Range, Range | None],
    texts: tuple[str, ...],
    changed: int,
    size: int,
) -> Records:
    """Read a mind's file; `changed` and `size` keep the cache from serving a rewritten file."""
    kind, _, rest = mind.partition(":")
    if kind == "csv":
        _, said = read_scores(rest, texts)
    else:
        said = {}
        for each in choose_configuration(*split_place(rest)):
            said.setdefault(each.paper, []).append(each)
    for each in (review for reviews in said.values() for review in reviews):
        _check_range(each.score, ranges[0], each, name)
        if each.confidence is not None and ranges[1]:
            _check_range(each.confidence, ranges[1], each, "confidence")
    return {
        paper: tuple(Recorded(each.score, each.confidence, each.texts) for each in reviews)
        for paper, reviews in said.items()
    }


def _check_range(value: float, range_: Range, said: Said, name: str) -> None:
    low, high = range_
    if not low <= value <= high:
        raise UserError(
            f"{said.where}: {value:g} is not within the venue's {name}, {low:g} to {high:g}; fix "
            "it, or choose the venue that it was given for."
        )


def _of_human(known: HumanOutcome | None, mind: str) -> tuple[Recorded, ...]:
    """People's records of a paper; for `FIRST` only those whose first rating is known."""
    if known is None:
        return ()
    whole = len(known.confidences) == len(known.ratings)
    sure = known.confidences if whole else (None,) * len(known.ratings)
    texts = known.texts or ({},) * len(known.ratings)
    rows = zip(known.ratings, sure, texts, strict=True)
    last = tuple(Recorded(rating, confidence, said) for rating, confidence, said in rows)
    if mind != FIRST:
        return last
    return tuple(
        Recorded(before, each.confidence, each.texts, each.rating)
        for each, before in zip(last, known.first_ratings or (None,) * len(last), strict=True)
        if before is not None
    )


def on_record(round_: Round, mind: str, paper: str) -> tuple[Recorded, ...]:
    """A mind's records of a paper, in an order drawn with the round's seed."""
    if _is_filed(mind):
        found = records_of(mind, round_.venue.form).get(paper, ())
    else:
        found = _of_human(round_.one(HumanOutcome, paper), mind)
    rng = generator(round_.draws, "persons", label_of(mind), paper)
    return tuple(found[at] for at in rng.permutation(len(found)))


def _is_filed(mind: str) -> bool:
    """Whether the mind's records are in a file; people's come with the papers."""
    return mind.partition(":")[0] in FILED


def with_records(
    source: PaperSource, venues: Iterable[Venue], size: int = 0, seed: int = 0
) -> PaperSource:
    """The papers that have records for all recorded reviewers of all these venues.

    With a `size`, that many of them are drawn with the seed. Raises `UserError` when none is left.
    """
    wanted = Counter[str]()
    for venue in venues:
        for weight, mind in parse_minds(venue.minds.reviewer):
            if is_recorded(mind):
                wanted[mind] = max(wanted[mind], weight if venue.assignment.seats else 1)
        form = venue.form

    def has(row: TablePaper, mind: str) -> bool:
        if _is_filed(mind):
            return len(records_of(mind, form).get(row.paper, ())) >= wanted[mind]
        known = _of_human(row.human, mind)
        return len(known) >= wanted[mind]

    kept = [row for row in source.table if all(has(row, mind) for mind in wanted)]
    if not kept:
        having = {mind: sum(has(row, mind) for row in source.table) for mind in wanted}
        rarest = min(wanted, key=having.__getitem__)
        lacking = "records by the ids of the papers" if _is_filed(rarest) else "papers with ratings"
        raise UserError(
            f"{source.path}: no paper has all the records that are asked for: {having[rarest]} of "
            f"its {len(source)} papers have {wanted[rarest]} of {rarest}; give {lacking}, or leave "
            "that reviewer out."
        )
    chosen, drawn = sample(kept, size, seed, lambda row: row.paper)
    names = "\x1f".join([source.fingerprint, *(row.paper for row in chosen)])
    return msgspec.structs.replace(
        source,
        table=tuple(chosen),
        sample=drawn,
        fingerprint=hashlib.sha256(names.encode()).hexdigest(),
        notes=(
            *source.notes,
            f"{len(kept)} of {len(source)} papers have all records"
            + (f"; taken is {drawn}." if drawn else " and are used."),
        ),
    )


def replayed(round_: Round, rows: Iterable[Assignment]) -> Replayed:
    """The record that each recorded reviewer replays for each of its papers.

    A paper's reviewers with the same mind get its records in turn; None once it has no more.
    `rows` are all of the round's assignments so far.
    """
    given: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, str], Recorded | None] = {}
    for row in rows:
        mind = round_.agent(row.agent).mind
        if row.role != "reviewer" or not is_recorded(mind):
            continue
        known, at = on_record(round_, mind, row.paper), given[mind, row.paper]
        given[mind, row.paper] += 1
        found[row.agent, row.paper] = known[at] if at < len(known) else None
    return found
