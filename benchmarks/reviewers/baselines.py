"""Trivial baselines that do not read the paper, shown next to every reviewer.

`topic` and `year` learn group means from the other folds of the same papers; the others learn
nothing. A reviewer that does not beat these has shown nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.reviewers.leaks import links, published
from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.seeds import generator
from conference.data.tables import Paper
from conference.statistics.estimate import Floats

FOLDS = 5
PRIOR_PAPERS = 10.0
_HEADING = re.compile(r"\n\W*(?:\d+\.?\s*)?(references|bibliography)\W*\n", re.IGNORECASE)
_ENTRY = re.compile(r"\b(?:19|20)\d{2}[a-z]?\b[.,)\n]")


def baselines(question: Question, seed: int = 0) -> tuple[list[Reviewer], list[str]]:
    """The baselines: prior, lengths, references, signs of final versions, topic and year; and a
    note on those that these data do not allow."""
    papers = question.papers
    target = _target(question)
    topics = group_means([_topics(paper) for paper in papers], target, seed)
    years = group_means([(str(paper.year),) for paper in papers], target, seed)
    candidates = {
        "length of abstract": (_lengths([p.abstract for p in papers]), "characters"),
        "length of full text": (_lengths([p.text for p in papers]), "characters"),
        "number of references": (np.array([references(p.text) for p in papers]), "entries"),
        "link in the abstract": (links(papers), "1 with an address, 0 without"),
        "published as": (published(papers), "1 where it says where it was published, else 0"),
        "topic": (topics, "mean of the topic's other papers"),
        "year": (years, "mean of the year's other papers"),
    }
    made = [_fixed("prior (no score)", papers, np.zeros(len(papers)), "the same for every paper")]
    absent = []
    for name, (values, what) in candidates.items():
        known = values[np.isfinite(values)]
        if known.size and np.ptp(known) > 0:
            made.append(_fixed(name, papers, values, what))
        else:
            absent.append(name)
    if not absent:
        return made, []
    listed = ", ".join(f"'{name}'" for name in absent)
    return made, [f"no row for {listed}: unknown or the same for all of these papers"]


def references(text: str | None) -> float:
    """The number of entries (years) after the last heading "References"; NaN without a heading."""
    if not text:
        return np.nan
    headings = list(_HEADING.finditer(text))
    if not headings:
        return np.nan
    return float(len(_ENTRY.findall(text[headings[-1].end() :])))


def group_means(groups: Sequence[tuple[str, ...]], target: Floats, seed: int) -> Floats:
    """For each paper the mean target of its groups in the other folds, shrunk to the grand mean.

    A group of k papers weighs k / (k + 10); a paper in several groups gets their mean. With only
    one group all papers get the same value.
    """
    found = np.zeros(target.size)
    if len({group for each in groups for group in each}) < 2:
        return found
    fold = generator(seed, "topic folds").permutation(target.size) % FOLDS
    known = np.isfinite(target)
    for held in range(FOLDS):
        others = np.flatnonzero((fold != held) & known)
        centre = target[others].mean() if others.size else 0.0
        sums: dict[str, list[float]] = {}
        for place in others:
            for group in groups[place]:
                sums.setdefault(group, []).append(float(target[place] - centre))
        for place in np.flatnonzero(fold == held):
            given = [sums[g] for g in groups[place] if g in sums]
            shrunk = [sum(values) / (len(values) + PRIOR_PAPERS) for values in given]
            found[place] = float(np.mean(shrunk)) if shrunk else 0.0
    return found


def _target(question: Question) -> Floats:
    """The human mean rating, or the decision if no paper is rated."""
    if any(given.size for given in question.ratings):
        return np.array([given.mean() if given.size else np.nan for given in question.ratings])
    return np.array([np.nan if a is None else float(a) for a in question.accepted])


def _topics(paper: Paper) -> tuple[str, ...]:
    if paper.topic:
        return (paper.topic,)
    return tuple(sorted({keyword.lower() for keyword in paper.keywords}))


def _lengths(texts: Sequence[str | None]) -> Floats:
    return np.array([float(len(text)) if text else np.nan for text in texts], dtype=np.float64)


def _fixed(name: str, papers: Sequence[Paper], values: Floats, what: str) -> Reviewer:
    table = {paper.paper_id: float(value) for paper, value in zip(papers, values, strict=True)}
    return Reviewer(
        name=name,
        score=partial(_read, table=table),
        kind="baseline",
        about={"kind": what},
        keep=False,
    )


def _read(papers: Sequence[PaperView], table: dict[str, float]) -> Scores:
    return Scores(np.array([table[paper.paper_id] for paper in papers], dtype=np.float64))
