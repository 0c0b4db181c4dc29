"""How fast the embedded reviewer scores: python -m benchmarks.reviewer_speed [papers].

Made-up abstracts and full papers of usual length; prints papers a second for each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from conference.seeding import generator
from reviewers.quality import PaperText, load

ABSTRACT_WORDS, PAPER_WORDS = 190, 8_000


def main(papers: int = 2000) -> None:
    """Score abstracts, then full papers."""
    model = load()
    model.predict([PaperText("warm", "up")])
    words = _words()
    for what, length, count in (
        ("abstracts", ABSTRACT_WORDS, papers),
        ("full papers", PAPER_WORDS, max(papers // 10, 1)),
    ):
        rng = generator(0, "speed", what)
        texts = [" ".join(rng.choice(words, length)) for _ in range(count)]
        given = [
            PaperText("A title", text[:1500], text if what == "full papers" else None)
            for text in texts
        ]
        start = time.perf_counter()
        model.predict(given)
        taken = time.perf_counter() - start
        print(f"{what:12s} {count / taken:10.0f} a second ({count} in {taken:.2f} s)")


def _words() -> Sequence[str]:
    """Ordinary words of machine-learning abstracts, and made-up ones beside them."""
    common = (
        "we propose a novel method for learning representations of graphs with theoretical "
        "guarantees and show that our approach improves the state of the art on many benchmarks "
        "by training deep neural networks under noise with limited data and computation"
    )
    return [*common.split(), *(f"word{number}" for number in range(2000))]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
