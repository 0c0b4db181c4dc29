"""Canaries: a phrase of its own in each reviewer's copy of a paper, for language models to repeat.

Who uses one where the venue does not allow it is found out by the phrase in the review, and no
other reviewer of the paper is suspected.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from conference.core.seeds import generator
from conference.papers.manuscript import Manuscript

FILE = Path(__file__).parent / "phases" / "canaries.toml"
PLACES = ("first", "second", "third")


@cache
def _words() -> dict[str, Any]:
    return dict(msgspec.toml.decode(FILE.read_bytes()))


def phrase_of(seed: int, reviewer: str, paper: str) -> str:
    """The phrase of one pair, one of 8,000."""
    rng = generator(seed, "canary", reviewer, paper)
    return " ".join(str(rng.choice(_words()[place])) for place in PLACES)


def marked(manuscript: Manuscript, seed: int, reviewer: str) -> Manuscript:
    """The reviewer's copy, with the sentence that orders the pair's phrase."""
    said: str = _words()["sentence"]
    phrase = phrase_of(seed, reviewer, manuscript.paper)
    return msgspec.structs.replace(manuscript, canary=said.format(phrase=phrase))
