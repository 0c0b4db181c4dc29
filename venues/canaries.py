"""Canaries: a unique phrase in each reviewer's copy of a paper, for language models to repeat.

The phrase in a review shows that its reviewer used a language model, and points to no other
reviewer of the paper.
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
    """The phrase of one pair, of 8,000 possible ones."""
    rng = generator(seed, "canary", reviewer, paper)
    return " ".join(str(rng.choice(_words()[place])) for place in PLACES)


def marked(manuscript: Manuscript, seed: int, reviewer: str) -> Manuscript:
    """The reviewer's copy, with the sentence that asks for the pair's phrase."""
    said: str = _words()["sentence"]
    phrase = phrase_of(seed, reviewer, manuscript.paper)
    return msgspec.structs.replace(manuscript, canary=said.format(phrase=phrase))
