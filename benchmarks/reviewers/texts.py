"""Measure written reviews without a language model, next to one human left out.

*Coverage*: of the points that the other humans raise about a paper, the share that the review of
this paper matches better than 95 % of the reviews that the same reviewer wrote about other papers.
So a reviewer that writes the same about all papers covers nothing. The floor is the same figure
with another paper's review in its place. *Specificity*: parts of the paper and numbers that a
review names. *Likeness*: mean TF-IDF cosine of its reviews of different papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from benchmarks.review_texts import points, vectors, words
from benchmarks.reviewers.figures import Figures, Resampling
from benchmarks.reviewers.matching import SAID, Matcher, matcher
from benchmarks.reviewers.question import Question, Texts, view_of
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.progress import Progress
from conference.core.seeds import generator
from conference.literature.bm25 import WORD
from conference.papers.specificity import specificity
from conference.statistics import weighted
from conference.statistics.bootstrap import Statistic, attempt, difference, estimate
from conference.statistics.estimate import Booleans, Estimate, Floats

MOST, FEWEST = 300, 20  # papers
RANK = 0.95
HUMAN, GIVEN_BACK = "one human", "title and abstract, given back"
MEASURES = ("covered", "floor", "beyond", "parts", "numbers", "words", "across", "within")


class Written(msgspec.Struct, frozen=True):
    """The figures of one writer's reviews of `n` papers."""

    name: str
    kind: Literal["human", "reviewer", "baseline"]
    n: int
    figures: Figures


class TextFigures(msgspec.Struct, frozen=True):
    """All writers' figures on the same papers; `raised` counts the other humans' points."""

    matching: str
    papers: int
    raised: int
    rows: list[Written]
    findings: list[str]


class _Writer(msgspec.Struct, frozen=True):
    """A writer with its review of each paper, empty where it has none."""

    name: str
    kind: Literal["human", "reviewer", "baseline"]
    reviews: list[Texts]


def text_figures(
    question: Question, reviewers: Sequence[Reviewer], scores: dict[str, Scores], use: Booleans,
    matching: str, resampling: Resampling, progress: Progress,
) -> TextFigures | None:  # fmt: skip
    """The figures of every reviewer that writes; None if none does, or if too few papers have human
    review texts."""
    able = [i for i in np.flatnonzero(use) if sum(bool(points(r)) for r in _said(question, i)) > 1]
    writing = [one for one in reviewers if one.write or scores[one.name].texts]
    if len(able) < FEWEST or not writing:
        return None
    drawn = generator(resampling["seed"], "texts").permutation(np.array(able))[:MOST]
    chosen = [int(i) for i in np.sort(drawn)]
    human, second, targets = _left_out(question, chosen, resampling["seed"])
    if matching == "bm25":
        targets = [_beyond(question, i, raised) for i, raised in zip(chosen, targets, strict=True)]
    writers = [
        _Writer(HUMAN, "human", human),
        *(_Writer(o.name, "reviewer", _written(question, o, scores, chosen)) for o in writing),
        _Writer(GIVEN_BACK, "baseline", [
            {"text": f"{view.title}.\n{view.abstract}"}
            for view in (view_of(question.papers[i]) for i in chosen)
        ]),
    ]  # fmt: skip
    writers = [w for w in writers if sum(map(bool, w.reviews)) >= FEWEST]
    match = matcher(matching)
    rows = []
    alike = _vectors_of([*(w.reviews for w in writers), second])
    for done, writer in enumerate(writers):
        progress("texts", done, len(writers))
        rows.append(_measured(writer, targets, match, alike[done], resampling))
    within = _within(alike[0], alike[-1], resampling)
    rows[0] = msgspec.structs.replace(rows[0], figures=rows[0].figures | {"within": within})
    progress("texts", len(writers), len(writers))
    raised = sum(map(len, targets))
    return TextFigures(SAID[matching], len(chosen), raised, rows, _findings(rows))


def _said(question: Question, place: int) -> tuple[Texts, ...]:
    return question.reviews[place] if question.reviews else ()


def _left_out(
    question: Question, chosen: Sequence[int], seed: int
) -> tuple[list[Texts], list[Texts], list[list[str]]]:
    """For each paper one human's review, another human's, and all points but the first human's."""
    human, second, targets = [], [], []
    for place in chosen:
        said = [review for review in question.reviews[place] if points(review)]
        order = generator(seed, "left out", question.papers[place].paper_id).permutation(len(said))
        human.append(said[order[0]])
        second.append(said[order[1]])
        targets.append([point for at in order[1:] for point in points(said[at])])
    return human, second, targets


def _beyond(question: Question, place: int, raised: list[str]) -> list[str]:
    """Points without the words of the paper's title and abstract, which any text about the paper
    has, whatever points it raises."""
    view = view_of(question.papers[place])
    own = {word.lower() for word in WORD.findall(f"{view.title} {view.abstract}")}
    return [
        " ".join(word for word in WORD.findall(point) if word.lower() not in own)
        for point in raised
    ]


def _written(
    question: Question, reviewer: Reviewer, scores: dict[str, Scores], chosen: Sequence[int]
) -> list[Texts]:
    if reviewer.write:
        return reviewer.write([view_of(question.papers[i]) for i in chosen])
    return [scores[reviewer.name].texts[i] for i in chosen]


def _whole(review: Texts) -> str:
    return "\n".join(review.values())


def _vectors_of(groups: Sequence[list[Texts]]) -> list[Floats]:
    """Each writer's TF-IDF rows, all with the same terms; zero for a review without words."""
    table = vectors([_whole(review) for group in groups for review in group])
    ends = np.cumsum([len(group) for group in groups])
    return [table[end - len(group) : end] for group, end in zip(groups, ends, strict=True)]


def _measured(
    writer: _Writer, targets: list[list[str]], match: Matcher, table: Floats, resampling: Resampling
) -> Written:
    has = np.flatnonzero([bool(review) for review in writer.reviews])
    reviews = [writer.reviews[i] for i in has]
    own, other = coverage([targets[i] for i in has], [points(r) for r in reviews], match,
                          resampling["seed"])  # fmt: skip
    named = [specificity(_whole(review)) for review in reviews]
    numbers = np.array([float(each["numbers"]) for each in named])
    parts = np.array([float(sum(each.values())) for each in named]) - numbers
    length = np.array([float(words(_whole(review))) for review in reviews])
    n = len(reviews)

    def mean(values: Floats) -> Estimate:
        return estimate(weighted.mean(values), n, **resampling)

    figures = {
        "covered": mean(own),
        "floor": mean(other),
        "beyond": difference(weighted.mean(own), weighted.mean(other), n, **resampling),
        "parts": mean(parts),
        "numbers": mean(numbers),
        "words": mean(length),
        "across": attempt(lambda: estimate(_across(table[has]), n, **resampling), n),
    }
    return Written(writer.name, writer.kind, n, figures)


def coverage(
    targets: Sequence[Sequence[str]], written: Sequence[Sequence[str]], match: Matcher, seed: int
) -> tuple[Floats, Floats]:
    """For each paper the share of its `targets` that its own review covers, and the share that the
    review of a randomly drawn other paper covers; each review is a list of points."""
    size = len(targets)
    own, other = np.zeros(size), np.zeros(size)
    has = [at for at in range(size) if written[at]]
    if len(has) < 3:
        return own, other
    index = match([point for at in has for point in written[at]])
    starts = np.cumsum([0, *(len(written[at]) for at in has[:-1])])
    ring = generator(seed, "permuted papers").permutation(len(has))
    partner = dict(zip(ring.tolist(), np.roll(ring, 1).tolist(), strict=True))
    for place, at in enumerate(has):
        best = np.maximum.reduceat(index(targets[at]), starts, axis=1)
        own[at] = _ahead(best, place, place).mean()
        other[at] = _ahead(best, partner[place], place).mean()
    return own, other


def _ahead(best: Floats, at: int, own: int) -> Booleans:
    """For which points (rows) the review at position `at` matches better than 95 % of the others;
    the review of the points' own paper is not among the others."""
    mine = best[:, at : at + 1]
    others = np.delete(best, sorted({at, own}), axis=1)
    ahead = (mine > others).mean(axis=1) + (mine == others).mean(axis=1) / 2
    return np.asarray((ahead >= RANK) & (mine[:, 0] > 0))


def _across(table: Floats) -> Statistic:
    """The mean cosine of two reviews of different papers."""
    gram = np.asarray((table @ table.T).todense())  # type: ignore[attr-defined]
    own = np.diag(gram)

    def statistic(block: Floats) -> Floats:
        squares = block * block
        together = np.einsum("ij,ij->i", block @ gram, block) - squares @ own
        pairs = block.sum(axis=1) ** 2 - squares.sum(axis=1)
        return np.asarray(together / pairs)

    return statistic


def _within(first: Floats, second: Floats, resampling: Resampling) -> Estimate:
    """The mean cosine of two humans' reviews of one paper."""
    cosine = np.asarray(first.multiply(second).sum(axis=1)).ravel()  # type: ignore[attr-defined]
    return estimate(weighted.mean(cosine), cosine.size, **resampling)


def _findings(rows: Sequence[Written]) -> list[str]:
    """A sentence for each reviewer that writes the same about all papers, or nothing specific."""
    within = rows[0].figures["within"]
    found = []
    for row in rows:
        if row.kind != "reviewer":
            continue
        across, beyond = row.figures["across"], row.figures["beyond"]
        if (across.low or 0) > (within.high or 1):
            found.append(
                f"{row.name} writes much the same of all papers: its reviews of different papers "
                f"are more alike (cosine {across}) than two humans' reviews of one paper ({within})"
            )
        if (beyond.low or 0) <= 0:
            found.append(
                f"what {row.name} writes of a paper does NOT clearly cover more of what its humans "
                f"raise than its review of another paper does (difference {beyond})"
            )
    return found
