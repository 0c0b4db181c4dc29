"""The round's affinity table: a sparse matrix kept as one file beside the ledger."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.files import PAPERS
from conference.core.records import Affinities


class AffinityTable:
    """Affinities in [0, 1] of reviewers (by position) and papers (by position).

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
        order = np.lexsort((paper, -np.asarray(value), reviewer))
        self.reviewers, self.papers = tuple(reviewers), tuple(papers)
        self.reviewer = np.asarray(reviewer, np.int32)[order]
        self.paper = np.asarray(paper, np.int32)[order]
        self.value = np.asarray(value, np.float64)[order]

    @cached_property
    def _starts(self) -> NDArray[Any]:
        return np.searchsorted(self.reviewer, np.arange(len(self.reviewers) + 1))

    def best_papers(self, reviewer: int) -> list[tuple[str, float]]:
        """A reviewer's papers with their affinity, best first."""
        start, end = self._starts[reviewer], self._starts[reviewer + 1]
        return [
            (self.papers[paper], float(value))
            for paper, value in zip(self.paper[start:end], self.value[start:end], strict=True)
        ]


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
