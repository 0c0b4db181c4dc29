"""How near a question or a text is to earlier papers and published works.

The nearness of an earlier text is its BM25 score for the new text, as a share of the new text's
score for itself, both in one index (`conference.literature.bm25`): 0 if they share no word, 1 if
the earlier text has all the words of the new one. Rare words weigh more than common ones, so
nearness depends on the texts that are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from conference.core.records import Similar, Work
from conference.literature.bm25 import Ranking


def nearness(text: str, earlier: Sequence[str]) -> list[float]:
    """The nearness in [0, 1] of each earlier text to the text."""
    return _shares(Ranking([text, *earlier]).scores(text), 0)


def nearness_within(texts: Sequence[str]) -> list[float]:
    """For each text, the nearness of the nearest other text; 0 if there is no other."""
    ranking = Ranking(texts)
    return [max(_shares(ranking.scores(text), at), default=0.0) for at, text in enumerate(texts)]


def _shares(scores: NDArray[np.float64], at: int) -> list[float]:
    """The other scores as shares of the score at position `at`, at most 1."""
    own, others = scores[at], np.delete(scores, at)
    return [min(1.0, float(score / own)) if own else 0.0 for score in others]


def nearest_earlier(text: str, earlier: Sequence[tuple[str, str]]) -> tuple[float, str]:
    """The highest nearness among earlier (title, text) pairs, and its title ("" if it is 0)."""
    near = nearness(text, [body for _, body in earlier])
    titles = [title for title, _ in earlier]
    best = max(zip(near, titles, strict=True), key=lambda pair: pair[0], default=(0.0, ""))
    return best if best[0] else (0.0, "")


def similar_works(text: str, works: Sequence[Work]) -> tuple[Similar, ...]:
    """The works with their nearness to a text, nearest first, rounded to 4 places."""
    near = nearness(text, [f"{work.title} {work.abstract}" for work in works])
    found = [Similar(work, round(each, 4)) for work, each in zip(works, near, strict=True)]
    return tuple(sorted(found, key=lambda similar: -similar.similarity))
