"""`injection:…` and `canary:…`: a paper gives orders to a language model that reviews it.

An injection asks for a high rating; a canary only for a phrase, by which the venue learns that a
language model wrote the review. With each paper goes a phrase of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.studies.twins.prose import insert_first
from benchmarks.studies.twins.twin import Twin
from conference.core.records import Planted
from conference.papers.orders import without_orders
from venues.papers import TablePaper

FILE = Path(__file__).parent / "orders.toml"
UNSEEN = "Embedded minds follow no orders: without a language model no injection can be obeyed and "
UNSEEN += "no canary repeated."


@cache
def _said() -> dict[str, Any]:
    return dict(msgspec.toml.decode(FILE.read_bytes()))


def _planted(paper: TablePaper, kind: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with the order, and the phrase as its truth; None without a paragraph of text."""
    said = _said()
    phrase = " ".join(str(rng.choice(said[place])) for place in ("first", "second", "third"))
    order = said[kind].format(phrase=phrase)
    found = insert_first(paper.text or "", order)
    if found is None:
        return None
    text, place = found
    truth = Planted(paper=paper.paper, kind=kind, place=place, said=order, signs=(phrase,))
    return msgspec.structs.replace(paper, text=text, planted=(*paper.planted, truth))


def inject(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with an injection; `stripped` lets the venue's defence cut the orders it knows."""
    found = _planted(paper, "injection", rng)
    if found is None or detail == "visible":
        return found
    return msgspec.structs.replace(found, text=without_orders(found.text or "")[0])


def mark(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with its canary."""
    return _planted(paper, "canary", rng)


injection = Twin(
    what="an order to language models in the text",
    details={
        "visible": "as anybody can read it, without a defence",
        "stripped": "the same order, after the defence that cuts known orders from texts",
    },
    change=inject,
    needs_text=True,
    unseen=UNSEEN,
)
canary = Twin(
    what="a phrase of each paper's own that language models are told to repeat",
    details={"phrase": "three drawn words"},
    change=mark,
    needs_text=True,
    unseen=UNSEEN,
)
