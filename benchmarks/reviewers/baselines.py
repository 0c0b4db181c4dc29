"""Trivial baselines: what can be had without reading. They stand beside every reviewer.

`topic` and `year` learn group means from the other folds of the same papers; the others learn
nothing. A reviewer that does not beat these has shown nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.data.tables import Paper
from conference.measures.estimate import Floats
from conference.seeding import generator

FOLDS = 5
PRIOR_PAPERS = 10.0
_HEADING = re.compile(r"\n\W*(?:\d+\.?\s*)?(references|bibliography)\W*\n", re.IGNORECASE)
_ENTRY = re.compile(r"\b(?:19|20)\d{2}[a-z]?\b[.,)\n]")


def baselines(question: Question, seed: int = 0) -> list[Reviewer]:
    """Prior, lengths, references, topic and year; those that the data allow."""
    papers = question.papers
    made = [_fixed("prior (no score)", papers, np.zeros(len(papers)), "the same for every paper")]
    made += [
        _measured("length of abstract", papers, lambda paper: _length(paper.abstract)),
        _measured("length of full text", papers, lambda paper: _length(paper.text)),
        _measured("number of references", papers, lambda paper: references(paper.text)),
    ]
    target = _target(question)
    topics = [_topics(paper) for paper in papers]
    made.append(
        _fixed("topic", papers, group_means(topics, target, seed), "mean of the topic elsewhere")
    )
    years = [(str(paper.year),) for paper in papers]
    made.append(
        _fixed("year", papers, group_means(years, target, seed), "mean of the year elsewhere")
    )
    return made


def references(text: str | None) -> float:
    """The number of entries after the last heading "References", by their years; NaN without."""
    if not text:
        return np.nan
    headings = list(_HEADING.finditer(text))
    if not headings:
        return np.nan
    return float(len(_ENTRY.findall(text[headings[-1].end() :])))


def group_means(groups: Sequence[tuple[str, ...]], target: Floats, seed: int) -> Floats:
    """For each paper the mean target of its groups in the other folds, drawn to the grand mean.

    A group of k papers weighs k / (k + 10); a paper of several groups gets their mean. All the
    same value where there is only one group, so that it tells nothing.
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
    """The human mean, or the decision where nothing is rated."""
    if any(given.size for given in question.ratings):
        return np.array([given.mean() if given.size else np.nan for given in question.ratings])
    return np.array([np.nan if a is None else float(a) for a in question.accepted])


def _topics(paper: Paper) -> tuple[str, ...]:
    if paper.topic:
        return (paper.topic,)
    return tuple(sorted({keyword.lower() for keyword in paper.keywords}))


def _length(text: str | None) -> float:
    return float(len(text)) if text else np.nan


def _measured(name: str, papers: Sequence[Paper], measure: Callable[[Paper], float]) -> Reviewer:
    values = np.array([measure(paper) for paper in papers])
    return _fixed(name, papers, values, "characters" if "length" in name else "entries")


def _fixed(name: str, papers: Sequence[Paper], values: Floats, what: str) -> Reviewer:
    table = {paper.paper_id: float(value) for paper, value in zip(papers, values, strict=True)}
    return Reviewer(
        name=name, score=partial(_read, table=table), kind="baseline", about={"kind": what}
    )


def _read(papers: Sequence[PaperView], table: dict[str, float]) -> Scores:
    return Scores(np.array([table[paper.paper_id] for paper in papers], dtype=np.float64))
