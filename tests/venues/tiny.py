"""Small rounds with minds that answer at once, for tests of everything but thinking."""

from __future__ import annotations

import msgspec

from venues.papers import PaperSource, TablePaper
from venues.round import prepare
from venues.venue import Venue

INSTANT = dict.fromkeys(("scientist", "reviewer", "chair"), "instant")
SUBJECTS = (
    "denoising diffusion on point sets",
    "character-level transformers",
    "grokking on modular arithmetic",
    "adaptive learning rates",
)


def tiny_venue(reviewers: int = 6, **changes: object) -> Venue:
    """The workshop with instant minds, four scientists and six reviewers."""
    venue = prepare("workshop", scientists=4, reviewers=reviewers, chairs=2, minds=INSTANT)
    return msgspec.structs.replace(venue, **changes)


def table(papers: int) -> PaperSource:
    """A table of submissions, each with words of its own."""
    rows = tuple(
        TablePaper(
            f"p{number:03d}",
            f"Study {number} of {SUBJECTS[number % 4]}",
            f"We study {SUBJECTS[number % 4]} with the generative transformer gradient number "
            f"{number} and find the value {number * 37 % 101}. "
            + " ".join(f"term{number}x{at}" for at in range(30)),
            (),
            SUBJECTS[number % 4],
            None,
            None,
        )
        for number in range(papers)
    )
    return PaperSource("table", "made", f"made {papers}", table=rows)
