"""`length:shorter` and `length:longer`: change a paper's length, not its body's content."""

from __future__ import annotations

import re

import msgspec
import numpy as np

from benchmarks.studies.twins.prose import insert, parts_of
from benchmarks.studies.twins.twin import Twin
from conference.papers.document import BACK, LETTERED
from venues.papers import TablePaper

ROADMAP = (
    "In what follows we take up the points that were announced above one after the other, in the "
    "order in which a reader needs them, and come back to each of them where it matters. Whoever "
    "knows the subject well can pass over this paragraph without losing the thread."
)


def change(paper: TablePaper, detail: str, rng: np.random.Generator) -> TablePaper | None:
    """The paper without its appendix, or with paragraphs that say nothing; None without an
    appendix, or a paragraph to add to."""
    text = paper.text or ""
    changed = _without_appendix(text) if detail == "shorter" else _padded(text)
    return msgspec.structs.replace(paper, text=changed) if changed != text else None


def _without_appendix(text: str) -> str:
    after = text.rfind("\n", 0, len(text) // 3)  # an appendix is not in the first third
    for part in parts_of(text):
        heading = text[part.start : part.inside]
        if part.start > after and (part.title in BACK or LETTERED.match(heading)):
            return text[: part.start].rstrip() + "\n"
    return text


def _padded(text: str) -> str:
    for title in dict.fromkeys(part.title for part in parts_of(text) if part.title):
        found = insert(text, re.compile(f"^{re.escape(title)}$"), ROADMAP)
        text = found[0] if found else text
    return text


twin = Twin(
    what="how long the paper is",
    details={
        "shorter": "without its appendix",
        "longer": "with a paragraph that says nothing in every section",
    },
    change=change,
    needs_text=True,
    unseen="Embedded minds take no account of a paper's length.",
)
