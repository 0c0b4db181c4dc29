"""`injection:…` and `canary:…`: a paper gives orders to a language model that reviews it.

An injection asks for a high rating and a phrase, a canary only for a phrase, which shows that a
language model wrote the review. Each paper has its own phrase.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.studies.twins.pages import checked, naive
from benchmarks.studies.twins.prose import insert_first
from benchmarks.studies.twins.twin import Twin
from conference.core.records import HiddenText, Planted
from conference.papers.orders import without_orders
from venues.papers import TablePaper

FILE = Path(__file__).parent / "orders.toml"
ATTACKED = 0.5  # share of the papers with an order, where orders are hidden
HIDDEN = {
    "typeset": "no order: every paper is typeset as a PDF and read, as control for the next two",
    "unread": "hidden in about half of these PDFs, with a reader that takes all text",
    "hidden": "the same PDFs, read by the venue's reader: hidden text is cut out and reported",
}
UNSEEN = "Embedded minds follow no orders: without a language model no injection is obeyed and no "
UNSEEN += "canary repeated."


@cache
def _said() -> dict[str, Any]:
    return dict(msgspec.toml.decode(FILE.read_bytes()))


def _planted(paper: TablePaper, kind: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with the order, and its phrase as sign; None without a paragraph of text."""
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
    """The paper with an injection; with `stripped`, the venue's defence cuts known orders."""
    if detail in HIDDEN:
        return _hide(paper, detail, rng)
    found = _planted(paper, "injection", rng)
    if found is None or detail == "visible":
        return found
    return msgspec.structs.replace(found, text=without_orders(found.text or "")[0])


def _hide(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The text read from a PDF of the paper with the order in white text.

    About half of the papers have the order, as otherwise the desk would reject them all; the
    others, and the control's, are typeset and read in the same way.
    """
    attacked = bool(rng.random() < ATTACKED)
    found = _planted(paper, "injection", rng)
    if found is None:
        return None
    (truth,) = found.planted[len(paper.planted) :]
    order = truth.said if attacked and detail != "typeset" else ""
    read = naive if detail == "unread" else checked
    text, hidden = read(paper.title, paper.text or "", order)
    return msgspec.structs.replace(
        paper,
        text=text,
        planted=(*paper.planted, truth) if attacked else paper.planted,
        hidden=tuple(HiddenText(paper=paper.paper, **span) for span in hidden),
    )


def outline(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """As `inject`, but nothing is typeset: an order that is to be hidden stands in the text."""
    return inject(paper, "visible" if detail in HIDDEN else detail, rng)


def mark(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper with its canary."""
    return _planted(paper, "canary", rng)


injection = Twin(
    what="an order to language models in the text",
    details={
        "visible": "visible to everybody, without a defence",
        "stripped": "the same order, with the defence that cuts known orders from texts",
        **HIDDEN,
    },
    change=inject,
    outline=outline,
    needs_text=True,
    unseen=UNSEEN,
)
canary = Twin(
    what="a phrase unique to each paper that language models are told to repeat",
    details={"phrase": "three drawn words"},
    change=mark,
    needs_text=True,
    unseen=UNSEEN,
)
