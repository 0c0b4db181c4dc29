"""Recognizes camera-ready texts, which give away that their paper was accepted.

A submission under double-blind review says "Under review" or "Anonymous authors", often with line
numbers; a camera-ready version says where it was published and names its authors. Reviewers may
see only the version that humans reviewed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from conference.data.tables import Paper
from conference.papers.checks import anonymity
from conference.papers.document import Document, from_text

FIRST_PAGE = 4000  # characters


@cache
def _signs() -> dict[str, re.Pattern[str]]:
    text = files("conference.data").joinpath("text_versions.toml").read_text(encoding="utf-8")
    return {
        version: re.compile(rf"^\s*(?:{'|'.join(signs)}).*$", re.IGNORECASE | re.MULTILINE)
        for version, signs in tomllib.loads(text).items()
    }


def sign_of_final(paper: Document | str) -> str:
    """What shows that a document or text is camera-ready, in words; empty if nothing does.

    Signs are a line that says where it was published, authors' e-mail addresses, and
    acknowledgements. They do not count if there are line numbers, or a line that says that it is
    under review.
    """
    document = from_text("", "", paper) if isinstance(paper, str) else paper
    page = "\n".join([*document.margins, document.text[:FIRST_PAGE]])
    if document.numbered or _signs()["submitted"].search(page):
        return ""
    if found := _signs()["published"].search(page):
        return f"'{found[0].strip()[:60]}'"
    return anonymity(document, ()) or ""


def note_on_final(papers: Iterable[Paper]) -> list[str]:
    """A note on how many texts of accepted and rejected papers are final; empty if none is."""
    told = [paper for paper in papers if paper.text]
    if not any(paper.text_version == "final" for paper in told):
        return []
    counts = []
    for status in ("accepted", "rejected"):
        group = [paper.text_version == "final" for paper in told if paper.status == status]
        counts.append(f"{sum(group)} of {len(group)} {status}")
    return [
        f"texts marked final: {', '.join(counts)} papers; reviewers do not see them, and where the "
        "shares differ, whether a paper has a text gives its decision away"
    ]
