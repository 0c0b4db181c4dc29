"""Find signs that the papers' texts are final versions, which give away the decision.

An abstract recorded after the decision links the accepted paper's code, and a camera-ready text
says where it was published. A reviewer that reads such signs looks good without judging anything.
The warnings are at the top of the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.reviewers.figures import ReviewerRow
from benchmarks.reviewers.question import Question
from conference.data.tables import Paper
from conference.data.text_version import FIRST_PAGE, sign_of_final
from conference.statistics import weighted
from conference.statistics.bootstrap import attempt, difference
from conference.statistics.estimate import Booleans, Estimate, Floats
from reviewers.quality.style import ADDRESS, PUBLISHED

FEWEST = 20  # Papers with a sign, and without it, needed to judge the sign.
TELLS = 0.10  # A sign with a larger difference in the share accepted gives away the decision.
ALONE = 0.05  # A shortcut whose AUROC is further from one half gets a warning.
RUN, SAME = 5, 0.8  # Words in a run, and the share of an abstract's runs that its text must have.
BEGINNING = 8_000  # Characters of a full text in which its abstract is looked for.


def links(papers: Sequence[Paper]) -> Floats:
    """1 where the abstract has a link, else 0; NaN without abstract and text."""
    return _marked(papers, lambda paper: bool(ADDRESS.search(paper.abstract or "")))


def published(papers: Sequence[Paper]) -> Floats:
    """1 where the abstract or the text's first page says where it was published, else 0."""

    def says(paper: Paper) -> bool:
        page = (paper.text or "")[:FIRST_PAGE]
        return bool(PUBLISHED.search(paper.abstract or "") or (page and sign_of_final(page)))

    return _marked(papers, says)


def changed(papers: Sequence[Paper]) -> Floats:
    """1 where the abstract is not that of the reviewed full text, 0 where it is.

    NaN for a short abstract, or without a text that is known to be the reviewed one.
    """

    def one(paper: Paper) -> float:
        runs = _runs(paper.abstract or "")
        if paper.text_version != "reviewed" or not paper.text or len(runs) < FEWEST:
            return np.nan
        return float(len(runs & _runs(paper.text[:BEGINNING])) < SAME * len(runs))

    return np.array([one(paper) for paper in papers], dtype=np.float64)


def leaks(
    question: Question, rows: Sequence[ReviewerRow], *, resamples: int, seed: int
) -> list[str]:
    """A sentence for each sign that the texts are final versions, and for each shortcut that
    predicts decisions by itself."""
    signs = {
        "carry a link": links(question.papers),
        "say where they were published": published(question.papers),
        "have another abstract than the text that was reviewed": changed(question.papers),
    }
    found = []
    for what, sign in signs.items():
        if said := _final(question, what, sign, resamples, seed):
            found.append(said)
    return found + [said for row in rows if (said := _alone(row))]


def _final(question: Question, what: str, sign: Floats, resamples: int, seed: int) -> str:
    decided = np.array([given is not None for given in question.accepted]) & np.isfinite(sign)
    has = sign[decided] == 1
    accepted = np.array([bool(given) for given in question.accepted], dtype=np.bool_)[decided]
    if min(has.sum(), (~has).sum()) < FEWEST:
        return ""
    gap = attempt(lambda: _more_accepted(has, accepted, resamples, seed), int(has.size))
    if gap.value is None or (gap.low if gap.low is not None else gap.value) < TELLS:
        return ""
    among, others = 100 * accepted[has].mean(), 100 * accepted[~has].mean()
    interval = "" if gap.low is None else f" [{100 * gap.low:.0f}, {100 * (gap.high or 0):.0f}]"
    return (
        f"these look like final versions, which give the decision away: of the {has.size:,} "
        f"papers, {int(has.sum()):,} {what}, and {among:.0f} % of these were accepted against "
        f"{others:.0f} % of the others ({100 * gap.value:.0f} points{interval}); figures of "
        "reviewers that read these texts are too good"
    )


def _more_accepted(has: Booleans, accepted: Booleans, resamples: int, seed: int) -> Estimate:
    """The share accepted among papers with a sign − that among the others."""
    inside, outside = has.astype(np.float64), (~has).astype(np.float64)
    return difference(
        weighted.ratio(inside * accepted, inside),
        weighted.ratio(outside * accepted, outside),
        int(has.size),
        resamples=resamples,
        seed=seed,
    )


def _alone(row: ReviewerRow) -> str:
    """A warning if a shortcut predicts decisions by itself, else ""."""
    found = row.scores.get("auroc")
    if row.kind != "baseline" or found is None or found.low is None or found.high is None:
        return ""
    if max(found.low - 0.5, 0.5 - found.high) < ALONE:
        return ""
    return f"'{row.name}' alone predicts the decisions, with AUROC {found.value:.3f} " + (
        f"[{found.low:.3f}, {found.high:.3f}] on {found.n:,} papers: a reviewer shows something "
        "only beyond that"
    )


def _marked(papers: Sequence[Paper], says: Callable[[Paper], bool]) -> Floats:
    """Each paper's sign, 1 or 0; NaN without abstract and text."""
    has = [bool(paper.abstract or paper.text) for paper in papers]
    given = [float(says(p)) if there else np.nan for p, there in zip(papers, has, strict=True)]
    return np.array(given, dtype=np.float64)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}
