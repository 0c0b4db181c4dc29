"""The round's affinity table: a sparse matrix kept as one file beside the ledger."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.files import PAPERS
from conference.core.records import Affinities


class AffinityTable:
    """Affinities in [0, 1] of reviewers (by position) and papers (by position): each reviewer's
    pairs together, best first.

    Args:
        reviewers, papers: ids, in the order of the positions.
        reviewer, paper: int arrays (pairs,).
        value: float array (pairs,).
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
    """A table of pairs that stand in any order."""
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
    """The table that a round's record names."""
    with (folder / PAPERS / record.file).open("rb") as file:
        names = np.load(file).tobytes().decode()
        reviewer, paper, value = (np.load(file) for _ in range(3))
    reviewers, papers = (line.split("\t") for line in names.split("\n"))
    return AffinityTable(reviewers, papers, reviewer, paper, value)
