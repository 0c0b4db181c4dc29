"""Measure how fast the embedded reviewer works.

    python -m benchmarks.systems.reviewer_speed [papers] [pdf folder]

On made-up abstracts and full papers of usual length. Scoring reads title and abstract; a review
also measures the full paper (sections, references, numbers). Reading PDFs, with the search for
hidden text, is timed separately if a folder is given.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from conference.core.seeds import generator
from conference.papers import read_pdf
from conference.papers.anatomy import measure
from reviewers.quality.model import PaperText, load

ABSTRACT_WORDS, PAPER_WORDS = 190, 8_000
Speed = tuple[str, int, float]  # what, how many, seconds of wall time


def speeds(papers: int = 2000, pdfs: Path | None = None) -> list[Speed]:
    """Time scoring of abstracts, scoring and measuring of full papers, and reading of PDFs."""
    model = load()
    model.predict([PaperText("Warm", "Up with a few words that the model has to read first.")])
    abstracts, full = _texts(papers, ABSTRACT_WORDS), _texts(max(papers // 10, 1), PAPER_WORDS)
    given = [PaperText("A title", text) for text in abstracts]

    def whole() -> None:
        model.predict([PaperText("A title", text[:1500], text) for text in full])
        for text in full:
            measure("A title", text[:1500], text)

    found = [
        ("abstracts scored", len(abstracts), _timed(lambda: model.predict(given))),
        ("full papers scored and measured", len(full), _timed(whole)),
    ]
    files = sorted(pdfs.glob("*.pdf")) if pdfs else []
    if files:
        seconds = _timed(lambda: [read_pdf(path) for path in files])
        found.append(("PDFs read, with the search for hidden text", len(files), seconds))
    return found


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _texts(count: int, length: int) -> list[str]:
    rng, words = generator(0, "speed", length), _words()
    return [" ".join(rng.choice(words, length)) for _ in range(count)]


def _words() -> Sequence[str]:
    """Ordinary words of machine-learning abstracts, and made-up ones."""
    common = (
        "we propose a novel method for learning representations of graphs with theoretical "
        "guarantees and show that our approach improves the state of the art on many benchmarks "
        "by training deep neural networks under noise with limited data and computation"
    )
    return [*common.split(), *(f"word{number}" for number in range(2000))]


def main() -> None:
    """Print papers per second."""
    papers = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    pdfs = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    for what, count, seconds in speeds(papers, pdfs):
        print(f"{what:44s} {count / seconds:8.1f} a second ({count} in {seconds:.2f} s)")


if __name__ == "__main__":
    main()
