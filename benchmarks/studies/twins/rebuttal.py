"""`rebuttal:none`, `rebuttal:confident` and `rebuttal:data`: what the authors of a paper answer.

The answer does not depend on the reviews, so that arms differ in it alone. How much of it embedded
reviewers take for data is an assumption: none of a confident answer, all of one that quotes
results.
"""

from __future__ import annotations

import re

import msgspec
import numpy as np

from benchmarks.studies.twins.prose import flat, parts_of, sentences_of
from benchmarks.studies.twins.twin import Twin
from conference.core.records import Answer
from venues.papers import TablePaper

CONFIDENT = (
    "We thank the reviewer for this careful reading. We are confident that every concern rests on "
    "a misunderstanding, which the revised version resolves completely. The contribution is "
    "stronger than the review suggests, and we trust that the rating will reflect this."
)
OPENING = "We thank the reviewer. The measurements that answer the points raised are these:"
QUOTED = 3  # sentences
NUMBER = re.compile(r"\d+(?:\.\d+)?\s?%|(?<![\d.])\d+\.\d+(?![\d.])")
RESULTS = re.compile(r"experiment|result|evaluation|analysis|ablation")


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with its authors' answer; None if "data" finds no result to quote."""
    if detail == "none":
        return msgspec.structs.replace(paper, answer=None)
    if detail == "confident":
        return msgspec.structs.replace(paper, answer=Answer(text=CONFIDENT, strength=0.0))
    quoted = _results(paper)
    if not quoted:
        return None
    text = "\n".join([OPENING, *(f"- {sentence}" for sentence in quoted)])
    return msgspec.structs.replace(paper, answer=Answer(text=text, strength=1.0))


def _results(paper: TablePaper) -> list[str]:
    """Sentences with a measured number, first from the results, then from the abstract."""
    text = paper.text or ""
    places = [
        place
        for part in parts_of(text)
        if RESULTS.search(part.title)
        for place in sentences_of(text, part)
    ]
    found = [flat(text[start:end]) for start, end in places]
    found += re.split(r"(?<=[.!?])\s+", flat(paper.abstract))
    return [sentence for sentence in dict.fromkeys(found) if NUMBER.search(sentence)][:QUOTED]


twin = Twin(
    what="what the authors answer to each reviewer, whatever the reviews say",
    details={
        "none": "nothing",
        "confident": "thanks and confidence, without any content",
        "data": "sentences with numbers from the paper's own results",
    },
    change=change,
    unseen="Embedded reviewers do not read the answer: they are told how much of it is data (none "
    "of a confident answer, all of one that quotes results) and change ratings as fitted.",
)
