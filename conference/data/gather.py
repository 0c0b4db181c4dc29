"""Makes a `Dataset` of an importer's records: order, duplicates, orphans, and a list of damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from conference.core.errors import UserError
from conference.data.decisions import at_a_workshop
from conference.data.scales import dataset_name
from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.data.text_version import note_on_final
from conference.data.values import OFF_SCALE

MOST_DAMAGED = 0.5
# A few ratings off their scale are slips. If there are more, the scale itself is wrong, and the
# other ratings would be misread too.
MOST_OFF_SCALE, SLIPS = 0.1, 5
Record = TypeVar("Record", Paper, HumanReview)
ORPHAN = "its paper is not in the data"
AGAIN = "listed again with the same content"


def gather(
    name: str,
    papers: Iterable[Paper],
    reviews: Iterable[HumanReview],
    damaged: Iterable[Damage] = (),
    *,
    source: str,
    notes: Iterable[str] = (),
) -> Dataset:
    """Sort records, leave out contradictory ones, and list what was left out.

    A paper or a review listed twice with the same content is kept once; with different content both
    are left out, because nobody can say which is right. Raises `UserError` if no paper is left, if
    more than half of the reviews are damaged, or if too many ratings are off their scale.
    """
    faults = list(dict.fromkeys(damaged))  # A paper that is listed twice repeats its faults.
    kept = _unique(_paper_name, papers, faults)
    ids = {paper.paper_id for paper in kept}
    known: list[HumanReview] = []
    for review in reviews:
        if review.paper_id in ids:
            known.append(review)
        else:
            faults.append(Damage(_review_name(review), ORPHAN))
    valid = _unique(_review_name, known, faults)
    if not kept:
        raise _nothing(source, faults)
    left_out = sum(fault.record.startswith("review") and fault.reason != AGAIN for fault in faults)
    if left_out > MOST_DAMAGED * (left_out + len(valid)):
        raise UserError(
            f"{source}: {left_out} of {left_out + len(valid)} reviews are damaged, such as "
            f"{faults[0].record}: {faults[0].reason.rstrip('.')}; check the scale and the columns."
        )
    _check_scale(source, valid, faults)
    return Dataset(
        name=name,
        papers=tuple(sorted(kept, key=lambda paper: paper.paper_id)),
        reviews=tuple(sorted(valid, key=lambda review: (review.paper_id, review.reviewer))),
        damaged=tuple(faults),
        notes=(*notes, *_unrated(kept, valid, faults), *_at_workshops(kept), *note_on_final(kept)),
        source=source,
    )


def _check_scale(source: str, valid: list[HumanReview], faults: list[Damage]) -> None:
    """Raise `UserError` if so many ratings are off the scale that it must be the wrong one."""
    off = [fault for fault in faults if OFF_SCALE in fault.reason]
    rated = len(off) + sum(review.rating is not None for review in valid)
    if len(off) > max(SLIPS, MOST_OFF_SCALE * rated):
        raise UserError(
            f"{source}: {len(off)} of {rated} ratings are off the scale, such as {off[0].record}: "
            f"{off[0].reason}; correct them, or give every allowed rating with `conference data "
            "import --scale`; if a known venue had another scale that year, give it another name "
            "in the column venue."
        )


def _unrated(papers: list[Paper], reviews: list[HumanReview], faults: list[Damage]) -> list[str]:
    """A note on papers in review that have no rating yet, as in data crawled early.

    Withdrawn and desk-rejected papers are not counted: they may never have been reviewed.
    """
    rated = {review.paper_id for review in reviews if review.rating is not None}
    rated |= {fault.record.split()[-1] for fault in faults if fault.record.startswith("review")}
    waiting = [
        paper
        for paper in papers
        if paper.paper_id not in rated and paper.status not in ("withdrawn", "desk_rejected")
    ]
    if not rated or not waiting:
        return []
    decided = sum(paper.accepted is not None for paper in waiting)
    return [f"{len(waiting)} papers are not yet rated in these data, {decided} of them decided"]


def _at_workshops(papers: list[Paper]) -> list[str]:
    """A note on acceptances that name a workshop, which may not be the venue's own."""
    found = [
        paper
        for paper in papers
        if at_a_workshop(paper.decision)
        and paper.status == "accepted"
        and "workshop" not in paper.venue.lower()
    ]
    if not found:
        return []
    return [
        f"{len(found)} papers count as accepted with a decision that names a workshop, such as "
        f"{found[0].decision!r}; if that is not an acceptance by the venue, give them a column "
        "status = rejected"
    ]


def by_venue_year(
    papers: Iterable[Paper],
    reviews: Iterable[HumanReview],
    damaged: Iterable[Damage],
    *,
    source: str,
    notes: Iterable[str] = (),
    rated: int | None = None,
) -> list[Dataset]:
    """One dataset for each venue-year, named like "iclr2022".

    Damage that belongs to no paper goes to the first of them, or the first whose year is `rated`.
    """
    groups: dict[str, list[Paper]] = {}
    for paper in papers:
        groups.setdefault(dataset_name(paper.venue, paper.year), []).append(paper)
    of_that_year = (name for name, group in groups.items() if group[0].year == rated)
    first = min(of_that_year, default=min(groups, default=""))
    home = {paper.paper_id: name for name, group in groups.items() for paper in group}
    theirs: dict[str, list[HumanReview]] = {}
    faults: dict[str, list[Damage]] = {}
    for fault in damaged:
        named = next((home[word] for word in fault.record.split() if word in home), "")
        faults.setdefault(named or first, []).append(fault)
    for review in reviews:
        if review.paper_id in home:
            theirs.setdefault(home[review.paper_id], []).append(review)
        else:
            faults.setdefault(first, []).append(Damage(_review_name(review), ORPHAN))
    if not groups:
        raise _nothing(source, faults.get(first, []))
    return [
        gather(
            name, groups[name], theirs.get(name, ()), faults.get(name, ()),
            source=source, notes=notes,
        )
        for name in sorted(groups)
    ]  # fmt: skip


def _nothing(source: str, faults: list[Damage]) -> UserError:
    first = f", such as {faults[0].record}: {faults[0].reason.rstrip('.')}" if faults else ""
    return UserError(f"{source}: no usable paper was found{first}; check the file and its columns.")


def _paper_name(paper: Paper) -> str:
    return f"paper {paper.paper_id}"


def _review_name(review: HumanReview) -> str:
    return f"review {review.reviewer} of paper {review.paper_id}"


def _unique(
    name: Callable[[Record], str], records: Iterable[Record], faults: list[Damage]
) -> list[Record]:
    """One record per name; none if records of one name differ. Dropped ones go to `faults`."""
    listed: dict[str, list[Record]] = {}
    for record in records:
        listed.setdefault(name(record), []).append(record)
    kept = []
    for key, same in listed.items():
        if any(record != same[0] for record in same[1:]):
            reason = f"listed {len(same)} times with different content, left out"
            faults.append(Damage(key, reason))
            continue
        kept.append(same[0])
        faults += [Damage(key, AGAIN)] * (len(same) - 1)
    return kept
