"""A submission as its readers see it: without hidden text, and without authors if anonymous."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.core.records import Check, Submission


class Manuscript(msgspec.Struct, frozen=True, kw_only=True):
    """What reviewers and chairs may see of a paper.

    `document` names the parsed text in the round's `papers/` folder ("" if there are only title and
    abstract). `checks` are the automatic checks that failed. `byline` is empty if the venue is
    anonymous. `canary` is a sentence that only this reader's copy has, and `advisory` a language
    model's review without a score.
    """

    paper: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    topic: str = ""
    pages: int = 0
    document: str = ""
    pdf: str = ""
    checks: tuple[Check, ...] = ()
    byline: str = ""
    canary: str = ""
    advisory: str = ""


def blinded(submission: Submission, checks: tuple[Check, ...] = ()) -> Manuscript:
    """The anonymous view of a submission, with the checks that failed."""
    return Manuscript(
        paper=submission.paper,
        title=submission.title,
        abstract=submission.abstract,
        keywords=submission.keywords,
        topic=submission.topic,
        pages=submission.pages,
        document=submission.document,
        pdf=submission.pdf,
        checks=tuple(check for check in checks if not check.passed),
    )


def with_byline(manuscript: Manuscript, byline: str) -> Manuscript:
    """The manuscript with an author line, for venues that are not anonymous."""
    return msgspec.structs.replace(manuscript, byline=byline)


def full_text(manuscript: Manuscript, papers: Path) -> str | None:
    """The paper's parsed text without hidden text; None if only an abstract is known."""
    if not manuscript.document:
        return None
    from conference.papers import read_document

    return read_document(papers / manuscript.document).text
