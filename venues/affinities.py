"""The round's affinity table: a sparse matrix kept as one file beside the ledger."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.files import PAPERS
from conference.core.records import Affinities

NEAREST = 10  # At ICLR 2022's loads, assigned reviewers are spread evenly over these ranks.


class AffinityTable:
    """Affinities in [0, 1] of pairs of reviewer and paper, sorted by reviewer and then best first.

    Args:
        reviewers, papers: ids.
        reviewer, paper: positions in `reviewers` and `papers`, int (pairs,).
        value: affinities, float (pairs,).
    """

    def __init__(
        self,
        reviewers: Sequence[str],
        papers: Sequence[str],
        reviewer: NDArray[Any],
        paper: NDArray[Any],
        value: NDArray[Any],
    ) -> None:
        self.reviewers, self.papers = tuple(reviewers), tuple(papers)
        self.reviewer = np.asarray(reviewer, np.int32)
        self.paper = np.asarray(paper, np.int32)
        self.value = np.asarray(value, np.float64)

    @cached_property
    def _starts(self) -> NDArray[Any]:
        return np.searchsorted(self.reviewer, np.arange(len(self.reviewers) + 1))

    @cached_property
    def _pairs(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """The pairs' keys in ascending order, their affinity and the reviewer's expertise."""
        order = np.lexsort((-self.value, self.paper))
        paper, value = self.paper[order], self.value[order]
        count = np.bincount(paper, minlength=len(self.papers))
        start = np.cumsum(count) - count
        places = np.arange(NEAREST)
        known = places < count[:, None]
        at = np.minimum(start[:, None] + places, len(value) - 1)
        best = np.where(known, value[at], np.nan)[paper]
        below = (best < value[:, None]).sum(axis=1) + 0.5 * (best == value[:, None]).sum(axis=1)
        expertise = below / np.minimum(count, NEAREST)[paper]
        keys = self.reviewer[order].astype(np.int64) * len(self.papers) + paper
        rising = np.argsort(keys)
        return keys[rising], value[rising], expertise[rising]

    def known(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
        """For each (reviewer, paper) the affinity and the reviewer's expertise in [0, 1]: its rank
        among the ten reviewers nearest to that paper. Both are 0 for a pair outside the table.

        Neither depends on bids, other papers or who is assigned to what.
        """
        reviewers = {name: at for at, name in enumerate(self.reviewers)}
        papers = {name: at for at, name in enumerate(self.papers)}
        keys, value, expertise = self._pairs
        if not len(keys):
            return [(0.0, 0.0)] * len(pairs)
        asked = [reviewers.get(r, -1) * len(papers) + papers.get(p, 0) for r, p in pairs]
        wanted = np.array(asked, dtype=np.int64)
        at = np.searchsorted(keys, wanted)
        inside = at < len(keys)
        at = np.where(inside, at, 0)
        inside &= keys[at] == wanted
        found = (np.where(inside, each[at], 0.0) for each in (value, expertise))
        return list(zip(*(each.tolist() for each in found), strict=True))

    def best_papers(self, reviewer: int) -> Iterator[tuple[str, float]]:
        """A reviewer's papers with their affinity, best first."""
        own = slice(self._starts[reviewer], self._starts[reviewer + 1])
        papers, values = self.paper[own].tolist(), self.value[own].tolist()
        return zip((self.papers[paper] for paper in papers), values, strict=True)


def sorted_table(
    reviewers: Sequence[str],
    papers: Sequence[str],
    reviewer: NDArray[Any],
    paper: NDArray[Any],
    value: NDArray[Any],
) -> AffinityTable:
    """A table of pairs given in any order."""
    order = np.lexsort((paper, -value, reviewer))
    return AffinityTable(reviewers, papers, reviewer[order], paper[order], value[order])


def write_affinities(table: AffinityTable) -> bytes:
    """The table as bytes; the same table gives the same bytes."""
    buffer = io.BytesIO()
    names = "\n".join(["\t".join(table.reviewers), "\t".join(table.papers)]).encode()
    np.save(buffer, np.frombuffer(names, np.uint8))
    for array in (table.reviewer, table.paper, table.value):
        np.save(buffer, array)
    return buffer.getvalue()


def read_affinities(folder: Path, record: Affinities) -> AffinityTable:
    """The table in the file that a round's record names."""
    return _read(folder / PAPERS / record.file)


@lru_cache(maxsize=4)
def _read(path: Path) -> AffinityTable:
    with path.open("rb") as file:
        names = np.load(file).tobytes().decode()
        reviewer, paper, value = (np.load(file) for _ in range(3))
    reviewers, papers = (line.split("\t") for line in names.split("\n"))
    return AffinityTable(reviewers, papers, reviewer, paper, value)
