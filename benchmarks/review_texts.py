"""Statistics of review texts and of panels: points, similarity, error correlation, dispersion.

Pure functions, for studies and for benchmarks. `texts` and `papers` are parallel sequences: a
review's text, and the id of its paper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from conference.statistics.estimate import Floats, Undefined
from conference.statistics.panels import error_correlation, independent_reviewers

# Form fields that hold criticism and questions.
_RAISES = re.compile("weakness|question|limitation|concern|reject|improve", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9(\"'-])|\n+")
_BULLET = re.compile(r"^\W*(?:\(?\w{1,2}[.):]\s+)?\W*")
_FEWEST_WORDS = 4  # in a sentence that counts as a point


def points(review: Mapping[str, str]) -> list[str]:
    """The points of a review: the sentences of its weaknesses and questions if the form has fields
    for them, else all. Sentences of fewer than four words are left out."""
    raised = [text for field, text in review.items() if _RAISES.search(field)]
    found = []
    for text in raised or review.values():
        for sentence in _SENTENCE.split(text):
            said = _BULLET.sub("", sentence).strip()
            if len(said.split()) >= _FEWEST_WORDS:
                found.append(said)
    return found


def vectors(texts: Sequence[str]) -> Any:
    """TF-IDF rows of words and word pairs with sublinear counts; of length 1 for texts with words.

    Returns:
        A sparse matrix (texts, terms). Raises `Undefined` if no text has a word.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)
    except ValueError as error:
        raise Undefined("no text has a word") from error


class Likeness(msgspec.Struct, frozen=True):
    """Mean TF-IDF cosine of two reviews of one paper, and of two reviews of different papers.

    Two reviews of one paper are alike because the paper is the same. A high `across` has no such
    reason: it means that reviewers write the same whatever they read.
    """

    within: float
    across: float
    pairs_within: int
    pairs_across: int


def likeness(texts: Sequence[str], papers: Sequence[str]) -> Likeness:
    """The likeness over all pairs of reviews with words.

    Raises `Undefined` if no paper has two reviews with words, or there is only one paper.
    """
    if len(texts) != len(papers):
        raise ValueError(f"{len(texts)} texts of {len(papers)} papers")
    kept = [(text, paper) for text, paper in zip(texts, papers, strict=True) if text.strip()]
    ids = np.array([paper for _, paper in kept])
    names, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
    if names.size < 2 or counts.max() < 2:
        raise Undefined("likeness needs two papers, and two reviews of one of them")
    table = vectors([text for text, _ in kept])
    # For n rows of length 1, twice the sum over pairs is the squared length of their sum − n.
    total = float((np.asarray(table.sum(axis=0)) ** 2).sum())
    own = float(table.multiply(table).sum())
    by_paper = sum(
        float((np.asarray(table[places == k].sum(axis=0)) ** 2).sum()) for k in range(names.size)
    )
    pairs_within = int((counts * (counts - 1)).sum() // 2)
    pairs_across = len(kept) * (len(kept) - 1) // 2 - pairs_within
    return Likeness(
        within=(by_paper - own) / 2 / pairs_within,
        across=(total - by_paper) / 2 / pairs_across,
        pairs_within=pairs_within,
        pairs_across=pairs_across,
    )


def words(text: str) -> int:
    """The number of words separated by whitespace."""
    return len(text.split())


class Panel(msgspec.Struct, frozen=True):
    """How minds that rated the same papers err together, and what they are worth."""

    minds: int
    papers: int
    error_correlation: float
    independent_reviewers: float
    dispersion: float


def panel(ratings: Floats, truth: Floats) -> Panel:
    """`ratings` (papers, minds) against `truth` (papers,), such as the mean of the humans.

    Papers that a mind did not rate (NaN) are left out. `error_correlation` is the mean over pairs
    of minds, `independent_reviewers` how many independent reviewers they are worth, and
    `dispersion` the mean SD of a mind's ratings over that of the truth: below 1, minds avoid the
    ends of the scale.
    """
    known = np.isfinite(ratings).all(axis=1) & np.isfinite(truth)
    ratings, truth = ratings[known], truth[known]
    if truth.size < 3 or truth.std() == 0:
        raise Undefined("a panel needs three papers of different truth that every mind rated")
    errors = ratings - truth[:, None]
    return Panel(
        minds=ratings.shape[1],
        papers=truth.size,
        error_correlation=error_correlation(errors),
        independent_reviewers=independent_reviewers(errors),
        dispersion=float(ratings.std(axis=0).mean() / truth.std()),
    )
