"""The human-reviewed papers that the embedded reviewers learn from, and how they came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from conference.core.errors import UserError
from reviewers.quality.model import PaperText

HISTORY = "rating_history.parquet"
FATES = ("accepted", "rejected", "withdrawn")
PAPER_COLUMNS = ("paper_id", "venue", "year", "title", "abstract", "keywords", "status")


def read_papers(folder: Path, *, fates: bool = False, first: bool = False) -> Any:
    """Rated papers, a frame with title, abstract ("" where none), keywords, ratings, mean and z.

    `ratings` is a tuple of two or more on the venue's scale, `mean` their mean, and `z` that mean
    in SD of the venue-year's means about their mean. With `fates`, papers with fewer ratings that
    are known to be accepted, rejected or withdrawn are there too: their `ratings` are () and their
    `mean` and `z` NaN. With `first`, the ratings are those from before the rebuttal where they are
    on record (rating_history.parquet), and the column `first` says where.
    """
    papers = read_frame(folder / "papers.parquet", PAPER_COLUMNS)
    reviews = read_frame(folder / "reviews.parquet", ("paper_id", "rating"))
    ratings = reviews[reviews["rating"].notna()].groupby("paper_id")["rating"].apply(tuple)
    given = papers["paper_id"].map(ratings)
    papers["first"] = False
    if first and (folder / HISTORY).is_file():
        before = first_ratings(folder)
        papers["first"] = papers["paper_id"].isin(before.index)
        given = papers["paper_id"].map(before).where(papers["first"], given)
    papers["ratings"] = [row if isinstance(row, tuple) and len(row) > 1 else () for row in given]
    rated = papers["ratings"].map(len) > 0
    papers = papers[rated | (papers["status"].isin(FATES) if fates else False)].copy()
    papers["abstract"] = papers["abstract"].fillna("")
    keywords = papers["keywords"].fillna("")
    papers["keywords"] = [tuple(word for word in row.split(";") if word) for row in keywords]
    return standardised(papers).sort_values(["year", "paper_id"]).reset_index(drop=True)


def first_ratings(folder: Path) -> Any:
    """Ratings from before the rebuttal by paper, a series of tuples of two or more."""
    history = read_frame(folder / HISTORY, ("paper_id", "stage", "ratings"))
    found = history[history["stage"] == 0].set_index("paper_id")["ratings"].map(tuple)
    return found[found.map(len) > 1]


def read_frame(path: Path, required: Sequence[str]) -> Any:
    """A Parquet table. Raises `UserError` where it is missing, damaged or lacks a column."""
    import pandas

    try:
        frame = pandas.read_parquet(path)
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file; --data names a folder with papers.parquet and reviews.parquet."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path}: it cannot be read as a Parquet table ({reason}).") from error
    missing = [name for name in required if name not in frame]
    if missing:
        raise UserError(f"{path}: column '{missing[0]}' is missing; it has {', '.join(frame)}.")
    return frame


def standardised(papers: Any) -> Any:
    """The frame with the means of its `ratings` and their z, as `read_papers` has them."""
    means = papers["ratings"].map(lambda row: np.mean(row) if row else np.nan)
    groups = means.groupby([papers["venue"], papers["year"]])
    z = (means - groups.transform("mean")) / groups.transform("std")
    return papers.assign(mean=means, z=z)


def texts_of(papers: Any) -> list[PaperText]:
    """What the model reads of a frame's papers; the column `keywords` may be missing."""
    keywords = papers["keywords"] if "keywords" in papers else [()] * len(papers)
    rows = zip(papers["title"], papers["abstract"], keywords, strict=True)
    return [PaperText(title, abstract, None, tuple(words)) for title, abstract, words in rows]
