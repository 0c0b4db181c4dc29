"""From an importer's records to a `Dataset`: order, duplicates, orphans, and counts of damage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conference.data.tables import Damage, Dataset, HumanReview, Paper
from conference.errors import UserError

MOST_DAMAGED = 0.5


def gather(
    name: str,
    papers: Iterable[Paper],
    reviews: Iterable[HumanReview],
    damaged: Iterable[Damage] = (),
    *,
    source: str,
    notes: Iterable[str] = (),
) -> Dataset:
    """Put records in order, leave out what contradicts itself, and count it.

    A paper listed twice with the same content is kept once; with different content it is left out,
    as nobody can say which is right. Raises `UserError` when nothing or less than half is left.
    """
    faults = list(damaged)
    kept = _unique(list(papers), faults)
    ids = {paper.paper_id for paper in kept}
    valid: list[HumanReview] = []
    for review in reviews:
        if review.paper_id in ids:
            valid.append(review)
        else:
            faults.append(Damage(f"review of {review.paper_id}", "its paper is not in the data"))
    if not kept:
        first = f", such as {faults[0].record}: {faults[0].reason.rstrip('.')}" if faults else ""
        raise UserError(f"{source}: no usable paper was found{first}.")
    left_out = sum("review" in fault.record for fault in faults)
    if left_out > MOST_DAMAGED * (left_out + len(valid)):
        raise UserError(
            f"{source}: {left_out} of {left_out + len(valid)} reviews are damaged, such as "
            f"{faults[0].record}: {faults[0].reason.rstrip('.')}; check the scale and the columns."
        )
    return Dataset(
        name=name,
        papers=tuple(sorted(kept, key=lambda paper: paper.paper_id)),
        reviews=tuple(sorted(valid, key=lambda review: (review.paper_id, review.reviewer))),
        damaged=tuple(faults),
        notes=tuple(notes),
        source=source,
    )


def by_venue_year(
    papers: Iterable[Paper],
    reviews: Iterable[HumanReview],
    damaged: Iterable[Damage],
    *,
    source: str,
    notes: Iterable[str] = (),
) -> list[Dataset]:
    """One dataset for each venue-year, named such as "iclr2022"; damage goes to the first."""
    groups: dict[str, list[Paper]] = {}
    for paper in papers:
        groups.setdefault(f"{paper.venue.lower()}{paper.year}", []).append(paper)
    home = {paper.paper_id: name for name, group in groups.items() for paper in group}
    theirs: dict[str, list[HumanReview]] = {}
    faults: dict[str, list[Damage]] = {}
    for fault in damaged:
        named = next((home[word] for word in fault.record.split() if word in home), "")
        faults.setdefault(named or min(groups, default=""), []).append(fault)
    for review in reviews:
        if review.paper_id in home:
            theirs.setdefault(home[review.paper_id], []).append(review)
        else:
            reason = "its paper is not in the data"
            faults.setdefault(min(groups, default=""), []).append(
                Damage(f"review of {review.paper_id}", reason)
            )
    if not groups:
        raise UserError(f"{source}: no usable paper was found.")
    return [
        gather(
            name, groups[name], theirs.get(name, ()), faults.get(name, ()),
            source=source, notes=notes,
        )
        for name in sorted(groups)
    ]  # fmt: skip


def _unique(papers: list[Paper], faults: list[Damage]) -> list[Paper]:
    times = Counter(paper.paper_id for paper in papers)
    kept: dict[str, Paper] = {}
    quarrel: set[str] = set()
    for paper in papers:
        if times[paper.paper_id] == 1 or paper.paper_id not in kept:
            kept[paper.paper_id] = paper
        elif paper == kept[paper.paper_id]:
            faults.append(Damage(f"paper {paper.paper_id}", "listed again with the same content"))
        else:
            quarrel.add(paper.paper_id)
    for name in sorted(quarrel):
        faults.append(
            Damage(f"paper {name}", f"listed {times[name]} times with different content, left out")
        )
        del kept[name]
    return list(kept.values())
