"""The human-reviewed papers that the embedded reviewers learn from, and how they came out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from conference.data.reader import read_all
from conference.data.tables import Dataset
from reviewers.quality.model import PaperText

COLUMNS = (
    "paper_id", "venue", "year", "title", "abstract", "keywords", "status", "accepted", "ratings",
    "first",
)  # fmt: skip
FATES = ("accepted", "rejected", "withdrawn")


def read_papers(place: Path, *, fates: bool = False, first: bool = False) -> Any:
    """Rated papers at a place with human review data (see `conference.data.reader`), a frame with
    the columns of `papers_of`, `mean` and `z`.

    `mean` is the mean of a paper's ratings, and `z` that mean in SD of the venue-year's means about
    their mean; of papers without ratings both are NaN.
    """
    papers = papers_of(read_all(place), fates=fates, first=first)
    return standardised(papers).sort_values(["year", "paper_id"]).reset_index(drop=True)


def papers_of(datasets: Iterable[Dataset], *, fates: bool = False, first: bool = False) -> Any:
    """Papers with two ratings or more, a frame in the order of the data.

    Columns are those of the schema, `abstract` being "" where there is none, and `ratings`, a tuple
    on the venue's scale. With `fates`, papers with fewer ratings that are known to be accepted,
    rejected or withdrawn are there too, and their `ratings` are (). With `first`, the ratings are
    those from before the rebuttal where they are known, and the column `first` says where.
    """
    import pandas

    rows: list[tuple[Any, ...]] = []
    for dataset in datasets:
        last, before = dataset.ratings(), dataset.first_ratings() if first else {}
        for paper in dataset.papers:
            early = len(before.get(paper.paper_id, ())) > 1
            given = tuple((before if early else last).get(paper.paper_id, ()))
            given = given if len(given) > 1 else ()
            if given or (fates and paper.status in FATES):
                rows.append(
                    (paper.paper_id, paper.venue, paper.year, paper.title, paper.abstract or "",
                     paper.keywords, paper.status, paper.accepted, given, early)
                )  # fmt: skip
    return pandas.DataFrame(rows, columns=COLUMNS)


def standardised(papers: Any) -> Any:
    """The frame with the means of its `ratings` and their z, as `read_papers` has them."""
    means = papers["ratings"].map(lambda row: np.mean(row) if row else np.nan)
    groups = means.groupby([papers["venue"], papers["year"]])
    z = (means - groups.transform("mean")) / groups.transform("std")
    return papers.assign(mean=means, z=z)


def of_use(papers: Any) -> Any:
    """The papers that a fit can learn from: a fate tells something where rated papers had it."""
    rated = papers["z"].notna()
    return papers[rated | papers["status"].isin(papers["status"][rated])].reset_index(drop=True)


def texts_of(papers: Any) -> list[PaperText]:
    """What the model reads of a frame's papers; the column `keywords` may be missing."""
    keywords = papers["keywords"] if "keywords" in papers else [()] * len(papers)
    rows = zip(papers["title"], papers["abstract"], keywords, strict=True)
    return [PaperText(title, abstract, None, tuple(words)) for title, abstract, words in rows]
