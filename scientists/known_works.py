"""A study's question beside published works: what a search of the literature finds near to it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from conference.literature import Unreachable, open_literature
from conference.novelty import similar_works
from conference.records import Check
from scientists.study import Question

FOUND = 5  # works that one search asks for
NEAR = 0.1  # similarity from which a found work is cited
CACHE = "literature"  # folder of a round for the answers of servers
NAME = "novelty search"


def beside_literature(
    question: Question, literature: str, folder: Path, paper: str
) -> tuple[Question, list[Check]]:
    """The question with the works near to it, its novelty measured against them too.

    Args:
        literature: the index as `conference.literature` names it, "" for none.
        folder: the round's folder.

    A server that does not answer is no reason to stop a study: novelty is then against the archive
    alone, and a failed check tells reviewers so.
    """
    if not literature:
        return question, []
    try:
        works = open_literature(literature, folder / CACHE).search(question.text(), FOUND)
    except Unreachable as error:
        return question, [Check(paper=paper, name=NAME, passed=False, detail=str(error))]
    found = similar_works(question.text(), works)
    if found and 1 - found[0].similarity < question.novelty:
        question = msgspec.structs.replace(
            question,
            novelty=round(1 - found[0].similarity, 4),
            nearest=found[0].work.title,
        )
    listed = {work.title.casefold() for work in question.template.bibliography}
    cited = tuple(
        similar
        for similar in found
        if similar.similarity >= NEAR and similar.work.title.casefold() not in listed
    )
    detail = f"{len(found)} works found, {len(cited)} of them cited beside the template's own"
    question = msgspec.structs.replace(question, similar=cited)
    return question, [Check(paper=paper, name=NAME, passed=True, detail=detail)]
