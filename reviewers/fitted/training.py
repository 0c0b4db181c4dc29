"""The rated papers for a fit on a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from conference.core.errors import UserError
from conference.data.reader import read_all, sample
from reviewers.quality.model import PaperText, has_abstract
from reviewers.quality.training_papers import read_papers, texts_of

FEWEST = 50  # papers needed in the last year, and in the years before it


def rated_before(data: Path, before: int, size: int, seed: int) -> Any:
    """Papers with an abstract and two ratings or more from years before `before` (see
    `read_papers`); `size` of them are drawn with the seed, 0 takes all.

    Raises:
        UserError: there are too few to choose on the last year and fit on earlier ones.
    """
    papers = _told(data)
    papers = papers[papers["year"] < before]
    chosen, _ = sample(list(papers.index), size, seed, lambda at: papers["paper_id"][at])
    found = papers.loc[chosen].reset_index(drop=True)
    last = int((found["year"] == found["year"].max()).sum())
    if min(last, len(found) - last) < FEWEST:
        raise UserError(
            f"{data}: a fit needs {FEWEST} rated papers with an abstract of the last year before "
            f"{before} and as many of earlier years; there are {last} and {len(found) - last}."
        )
    return found


def rated_from(data: Path, year: int) -> Any:
    """The rated papers with an abstract from `year` on."""
    papers = _told(data)
    return papers[papers["year"] >= year]


def _told(data: Path) -> Any:
    papers = read_papers(data, first=True)
    return papers[np.array([has_abstract(paper) for paper in texts_of(papers)], dtype=bool)]


def with_texts(data: Path, papers: Any) -> list[PaperText]:
    """The frame's papers with their texts, if these are the reviewed version."""
    wanted = set(papers["paper_id"])
    texts = {
        paper.paper_id: paper.shown_text
        for dataset in read_all(data)
        for paper in dataset.papers
        if paper.paper_id in wanted
    }
    rows = zip(papers["paper_id"], texts_of(papers), strict=True)
    return [PaperText(paper.title, paper.abstract, texts[name]) for name, paper in rows]
