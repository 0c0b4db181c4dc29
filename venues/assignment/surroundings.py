"""A part of a large venue: the worst-off papers and those with the reviewers they want.

Few papers are below the bound, and only reviewers near them can help. All other papers keep their
reviewers, so that the search does not grow with the venue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from venues.assignment.instance import Instance, Ints, best_of, paper_totals

SIZE, FEW = 600, 150  # papers of a part, and most papers below the bound to start from
_BEST = 24  # a paper wants the reviewers of this many best pairs
MOST = 200  # best pairs of a paper in the part, besides its chosen ones


@dataclass(frozen=True)
class Part:
    """A part of an instance. `pairs` are its pairs' positions in the whole, `chosen` its chosen
    pairs as positions in the part, and `kept` the chosen pairs outside it."""

    instance: Instance
    pairs: Ints
    chosen: Ints
    kept: Ints


def part_of(instance: Instance, chosen: Ints, poor: NDArray[np.bool_]) -> Part:
    """The part around the papers that are `poor`, bool (papers,).

    Its reviewers' loads are reduced by their papers outside it.
    """
    inside = np.zeros(instance.n_papers, bool)
    inside[_around(instance, chosen, np.flatnonzero(poor))] = True
    usable = np.zeros(len(instance.paper), bool)
    usable[best_of(instance.paper, instance.score, np.where(inside, MOST, 0))] = True
    usable[chosen] |= inside[instance.paper[chosen]]
    pairs = np.flatnonzero(usable)
    mine = inside[instance.paper[chosen]]
    kept = chosen[~mine]
    held = np.bincount(instance.reviewer[kept], minlength=instance.n_reviewers)
    reviewers, reviewer = np.unique(instance.reviewer[pairs], return_inverse=True)
    part = replace(
        instance,
        paper=(np.cumsum(inside) - 1)[instance.paper[pairs]],
        reviewer=reviewer,
        score=instance.score[pairs],
        demand=instance.demand[inside],
        max_load=(instance.max_load - held)[reviewers],
        min_load=np.maximum(instance.min_load - held, 0)[reviewers],
    )
    return Part(part, pairs, np.searchsorted(pairs, np.sort(chosen[mine])), kept)


def _around(instance: Instance, chosen: Ints, poor: Ints) -> Ints:
    """The poor papers and, breadth first, those with a reviewer that a paper of the part wants;
    papers with the highest sums first."""
    totals = paper_totals(instance, chosen)
    best = best_of(instance.paper, instance.score, np.full(instance.n_papers, _BEST))
    wants = _table(instance, best).tocsr()
    holds = _table(instance, chosen).T.tocsr()
    group = edge = poor
    while len(edge) and len(group) < SIZE:
        near = np.setdiff1d(holds[np.unique(wants[edge].indices)].indices, group)
        edge = near[np.argsort(-totals[near], kind="stable")][: SIZE - len(group)]
        group = np.concatenate([group, edge])
    return group


def _table(instance: Instance, pairs: Ints) -> Any:
    """A sparse matrix (papers, reviewers) of some pairs."""
    from scipy.sparse import coo_matrix

    ends = (instance.paper[pairs], instance.reviewer[pairs])
    return coo_matrix((np.ones(len(pairs)), ends), (instance.n_papers, instance.n_reviewers))
