"""Let a language model search for works to cite, given its study and what it may cite."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from conference.models import Asker, struct_shape
from conference.models.prompts import render, without_paper
from scientists.known_works import Library
from scientists.language.ideas import PROMPTS, rules
from scientists.language.writing import study_text
from scientists.study import Written


class Queries(msgspec.Struct, frozen=True):
    queries: Annotated[list[str], msgspec.Meta(max_length=3)]


async def gather(asker: Asker, base: str, study: Written, works: Library) -> None:
    """Search until the model has enough, at most `searches` times; found works may be cited.

    Without a literature index the model is not asked.
    """
    for number in range(rules().searches if works.searchable else 0):
        prompt = render(PROMPTS, "cite", study=study_text(base, study, works.known))
        answer = await asker.ask(
            without_paper(prompt), struct_shape(Queries), "search works", member=number
        )
        for query in answer.queries:
            await asyncio.to_thread(works.search, query, rules().found)
        if not answer.queries:
            return
