"""How near a question or a text is to earlier papers and to published works.

Nearness is the cosine of TF-IDF vectors: of the word-based measures that `benchmarks/AFFINITY.md`
compares with human judgements, BM25 among them, the better ones differ by less than the noise.
"""

from __future__ import annotations

from collections.abc import Sequence

from conference.documents.anatomy import novelty
from conference.records import Similar, Work


def nearest_earlier(text: str, earlier: Sequence[tuple[str, str]]) -> tuple[float, str]:
    """The highest similarity in [0, 1] of a text to earlier ones (title, text), and that title."""
    near, at = novelty(text, [body for _, body in earlier])
    return near, "" if at is None else earlier[at][0]


def similar_works(text: str, works: Sequence[Work]) -> tuple[Similar, ...]:
    """The works with their similarity in [0, 1] to a text, nearest first, rounded to 4 places."""
    found = [
        Similar(work, round(novelty(text, [f"{work.title} {work.abstract}"])[0], 4))
        for work in works
    ]
    return tuple(sorted(found, key=lambda similar: -similar.similarity))
