"""Find published works near a study's question by searching the literature."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from conference.core.records import Check, Work
from conference.literature import Unreachable, open_literature
from conference.literature.novelty import similar_works
from scientists.language.ideas import Found
from scientists.study import Question
from scientists.templates import Reference, Template

FOUND = 5  # works that a search asks for
# Similarity from which a found work is cited. In searches for the templates' seed ideas in all
# their bibliographies, 7 of 9 works this near belong to the idea's own template; from 0.1 to below
# this, 11 of 18 do, the same share as among all works found.
NEAR = 0.15
CACHE = "literature"  # folder of a round for the answers of servers
NAME = "novelty search"


class Library:
    """The works that a study may cite: its template's bibliography, and those that searches find.

    Args:
        literature: the name of an index (`conference.literature`), "" for only the bibliography.
        cache: the folder for the answers of servers.
    """

    def __init__(self, template: Template, literature: str, cache: Path) -> None:
        self.known: tuple[Reference, ...] = template.bibliography
        self._index = open_literature(literature, cache) if literature else None
        self._silent = ""

    @property
    def searchable(self) -> bool:
        """Whether there is an index to search besides the bibliography."""
        return self._index is not None

    def search(self, query: str, limit: int) -> list[Found]:
        """The index's works nearest to a query, then those of the bibliography by shared title
        words.

        Found works may be cited from then on. An index that does not answer fails a check of the
        paper.
        """
        found: list[Found] = []
        if self._index is not None:
            try:
                works = self._index.search(query, limit)
            except Unreachable as error:
                self._silent, works = str(error), ()
            for work in works:
                found.append(Found(work.title, work.abstract, work.year))
                self._may_cite(work)
        words = set(query.lower().split())
        ranked = sorted(self.known, key=lambda work: -len(words & set(work.title.lower().split())))
        listed = {each.title for each in found}
        more = [Found(work.title, "", work.year) for work in ranked if work.title not in listed]
        return [*found, *more][: 2 * limit]

    def _may_cite(self, work: Work) -> None:
        titles = {each.title.casefold() for each in self.known}
        if work.year is None or not work.authors or work.title.casefold() in titles:
            return
        key, taken = re.sub(r"[^A-Za-z0-9_.:-]+", "_", work.key), {each.key for each in self.known}
        while key in taken:  # the key may be taken by another work
            key += "_"
        reference = Reference(key, work.title, work.authors, work.year, work.venue)
        self.known = (*self.known, reference)

    def checks(self, paper: str) -> list[Check]:
        """A check of whether the index answered; none without an index."""
        if self._index is None:
            return []
        detail = self._silent or "every query of the literature was answered"
        return [Check(paper=paper, name=NAME, passed=not self._silent, detail=detail)]


def beside_literature(
    question: Question, literature: str, folder: Path, paper: str
) -> tuple[Question, list[Check]]:
    """The question with works near it, which lower its novelty, and a check of the search.

    Args:
        literature: the name of an index (`conference.literature`), "" for none.
        folder: the round's folder.

    A server that does not answer does not stop a study: novelty is then measured against the
    archive alone, and a failed check tells reviewers so.
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
