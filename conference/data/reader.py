"""The one reader of human review data, for rounds, benchmarks and training.

It reads from a place, which is one of
    STORE        where `conference data import` writes, one folder per dataset
    STORE/NAME   one dataset of a store
    FOLDER       raw tables: papers.parquet and its companions (`importers.table`)
    FILE         one raw table, one row per paper with a list of ratings (`importers.table`)
The result always has the schema of `conference.data.tables`. A store's datasets of complete
venue-years are named like iclr2022. Others (ai-scientist-iclr2022, or a name that the user chose)
are parts of one, and are read only by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from conference.core.errors import UserError
from conference.data.importers.table import PAPERS, read_tables
from conference.data.scales import caveat_of, dataset_name
from conference.data.store import ABOUT, about, load, names
from conference.data.tables import Dataset, Paper

Item = TypeVar("Item")
VenueYear = tuple[str, int]


class Sample(msgspec.Struct, frozen=True):
    """A seeded subset of papers: how many were drawn, of how many, with which seed."""

    size: int
    of: int
    seed: int

    def __str__(self) -> str:
        return f"a sample of {self.size:,} of {self.of:,} papers, drawn with seed {self.seed}"


def holds_data(place: Path) -> bool:
    """Whether a folder is a store, a dataset of one, or a folder of raw tables."""
    return (place / PAPERS).is_file() or bool(names(place))


def read(place: Path, name: str = "") -> tuple[Dataset, tuple[Dataset, ...]]:
    """The dataset called `name`, and the earlier years of its venue at the same place.

    `name` is not needed for STORE/NAME. Raises `UserError` if there is no such dataset.
    """
    if (place / ABOUT).is_file():
        place, name = place.absolute().parent, place.absolute().name
    if not place.is_file() and not (place / PAPERS).is_file():
        dataset = load(name, place)
        return dataset, _earlier_in_store(dataset, place)
    _check_year(name, place / PAPERS)
    found = {dataset.name: dataset for dataset in read_all(place)}
    if name not in found:
        raise UserError(f"{place}: no dataset '{name}'; it holds {', '.join(found)}; name one.")
    venue, year = venue_year(found[name])
    earlier = (d for d in found.values() if venue_year(d)[0] == venue and venue_year(d)[1] < year)
    return found[name], tuple(earlier)


def read_all(
    place: Path, assumed: VenueYear | None = None, rated: int | None = None
) -> tuple[Dataset, ...]:
    """Every dataset at a place; in a store, those of complete venue-years.

    `assumed` are venue and year of raw tables that do not state them. If `rated` names a year, only
    its reviews and texts are read from a folder of raw tables.
    """
    if (place / ABOUT).is_file():
        return (load(place.absolute().name, place.absolute().parent),)
    if place.is_file() or (place / PAPERS).is_file():
        return tuple(read_tables(place, assumed=assumed, rated=rated))
    if not place.is_dir():
        raise UserError(f"{place}: no such file or folder.")
    whole = [name for name in names(place) if _whole_year(name, place)]
    if not whole:
        there = f"holds {', '.join(names(place))}" if names(place) else f"has no {PAPERS}"
        raise UserError(
            f"{place}: the folder {there}; name a dataset of a store, or a folder of tables."
        )
    return tuple(load(name, place) for name in whole)


def venue_year(dataset: Dataset) -> VenueYear:
    """A dataset's venue in lower case, and its first year."""
    first = min(dataset.papers, key=lambda paper: paper.year)
    return first.venue.lower(), first.year


def caveats(dataset: Dataset, papers: Iterable[Paper]) -> list[str]:
    """What a user should know about a dataset and the papers of it that are used."""
    papers = list(papers)
    notes = [*dataset.notes]
    if dataset.damaged:
        notes.append(
            f"{len(dataset.damaged)} damaged or partial records were left out, such as "
            f"{dataset.damaged[0].record}: {dataset.damaged[0].reason}"
        )
    versions = [paper.text_version for paper in papers]
    if final := versions.count("final"):
        notes.append(
            f"{final} papers come with the text of another version than the reviewed one: "
            "reviewers do not see it"
        )
    if unknown := versions.count("unknown"):
        notes.append(
            f"{unknown} papers come with a text of unknown version, which reviewers do not see (if "
            "it is the reviewed one, say so: --text-version reviewed at import, or a column "
            "text_version)"
        )
    for venue, year in sorted({(paper.venue, paper.year) for paper in papers}):
        if caveat := caveat_of(venue, year):
            notes.append(f"{venue} {year}: {caveat}")
    return notes


def sample(
    items: Sequence[Item], size: int, seed: int, name: Callable[[Item], str]
) -> tuple[list[Item], Sample | None]:
    """Draw `size` items, kept in order, and describe the sample; (all, None) for size 0.

    The draw depends only on the seed and the names: a smaller sample is part of a larger one, and
    a round and a benchmark on the same papers draw the same ones.
    """
    if not 0 < size < len(items):
        return list(items), None

    def rank(at: int) -> bytes:
        return hashlib.sha256(os.fsencode(f"{seed}\x1f{name(items[at])}")).digest()

    chosen = sorted(sorted(range(len(items)), key=rank)[:size])
    return [items[at] for at in chosen], Sample(size, len(items), seed)


def _check_year(name: str, papers: Path) -> None:
    """Raise `UserError` early if no paper is of this venue-year, by reading only two columns.

    A damaged table, or one without these columns, is refused later, by its own reader.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        columns = pq.read_table(papers, columns=["venue", "year"])
        rows = set(zip(columns["venue"].to_pylist(), columns["year"].to_pylist(), strict=True))
        found = {dataset_name(str(venue), int(year)) for venue, year in rows if venue and year}
    except (OSError, KeyError, ValueError, TypeError, pa.ArrowException):
        return
    if found and name not in found:
        raise UserError(
            f"{papers.parent}: no dataset '{name}'; it holds {', '.join(sorted(found))}; "
            "name one of these."
        )


def _earlier_in_store(dataset: Dataset, store: Path) -> tuple[Dataset, ...]:
    venue, year = venue_year(dataset)
    known = [(name, _whole_year(name, store)) for name in names(store)]
    return tuple(
        load(name, store)
        for name, found in known
        if found and found[0] == venue and found[1] < year
    )


def _whole_year(name: str, store: Path) -> VenueYear | None:
    """Venue and year of a dataset that is named after them; None for other datasets."""
    for key in about(name, store).venues:
        venue, _, year = key.lower().rpartition(" ")
        if name == dataset_name(venue, int(year)):
            return venue, int(year)
    return None
