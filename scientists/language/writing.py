"""A language model writes a paper section by section, checked against its sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec

from conference.core.records import Incident
from conference.models import Asker, Message, Shape, own_words, struct_shape
from conference.models.prompts import render, without_paper
from scientists.evidence import measured, said, set_up
from scientists.language.ideas import PROMPTS, described, rules
from scientists.prose import CITATIONS, Fault, Prose, citation_faults, unborne
from scientists.study import Written
from scientists.templates import Reference
from scientists.wording import reference

T = TypeVar("T")


class Notes(msgspec.Struct, frozen=True):
    notes: str


class Front(msgspec.Struct, frozen=True):
    title: str
    abstract: str

    def __post_init__(self) -> None:
        if not (self.title.strip() and self.abstract.strip()):
            raise ValueError("title and abstract may not be empty")


class Section(msgspec.Struct, frozen=True):
    paragraphs: Annotated[list[str], msgspec.Meta(min_length=1, max_length=6)]

    def __post_init__(self) -> None:
        if not any(paragraph.strip() for paragraph in self.paragraphs):
            raise ValueError("every paragraph is empty")


class Revision(Front, frozen=True):
    changes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=8)]


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may cite and state: keys of works, measured values, and numbers of the set-up."""

    keys: tuple[str, ...]
    values: tuple[float, ...]
    plain: tuple[float, ...]

    def faults(self, texts: Sequence[str], where: str) -> list[Fault]:
        """Unknown citations, and numbers without a source."""
        return [
            *citation_faults({where: texts}, self.keys),
            *(
                ("claims", f"{number} in {where} is in no result file")
                for text in texts
                for number in unborne(text, self.values, self.plain, where)
            ),
        ]


def sources_of(study: Written, keys: Sequence[str], years: Sequence[int]) -> Sources:
    """The sources of a paper on this study that may cite the works of these keys and years."""
    return Sources(
        keys=tuple(keys),
        values=tuple(measured(study)),
        plain=(*set_up(study), *map(float, years)),
    )


async def write(
    asker: Asker,
    base: str,
    study: Written,
    works: Sequence[Reference],
    faults: Sequence[Fault],
) -> Prose:
    """Write notes, title and abstract, then each section; a text with faults goes back.

    Args:
        base: the beginning of every prompt about a study on this template.
        works: the works that may be cited.
        faults: faults from before the writing, kept with the prose.
    """
    years = tuple(work.year for work in works)
    sources = sources_of(study, [work.key for work in works], years)
    trials = study.tried.trials if study.tried else ()
    prompt = render(PROMPTS, "notes", study=study_text(base, study, works), trials=trials)
    notes = await asker.ask(without_paper(prompt), struct_shape(Notes), "notes")
    shown = study_text(base, study, works, notes.notes)
    prompt = render(PROMPTS, "abstract", study=shown)
    front = await refined(asker, prompt, struct_shape(Front), "abstract", sources)
    wanted = [section.title for section in rules().sections]
    known = {entry.key for entry in study.question.template.bibliography}
    prose = Prose(
        model=asker.model.name,
        title=" ".join(front.title.split()),
        abstract=" ".join(front.abstract.split()),
        sections=await write_sections(asker, shown, front, wanted, sources),
        keys=sources.keys,
        years=years,
        extra=tuple(reference(work) for work in works if work.key not in known),
        explanation=_explanation(study),
    )
    # Numbers are checked when the paper is finished.
    missing = citation_faults(said(msgspec.structs.replace(study, prose=prose)), prose.keys)
    return msgspec.structs.replace(prose, faults=(*faults, *missing))


def invented(faults: Sequence[Fault], agent: str, paper: str) -> list[Incident]:
    """Incidents for citations of works that are not in the list."""
    return [
        Incident(kind="invented_citation", agent=agent, paper=paper, detail=detail)
        for kind, detail in faults
        if kind == CITATIONS
    ]


async def write_sections(
    asker: Asker, shown: str, front: Front, titles: Sequence[str], sources: Sources
) -> dict[str, list[str]]:
    """The named sections' paragraphs."""
    sections = {}
    for at, section in enumerate(rules().sections):
        if section.title not in titles:
            continue
        prompt = render(
            PROMPTS, "section", study=shown, title=front.title, abstract=front.abstract,
            section=section,
        )  # fmt: skip
        shape = struct_shape(Section)
        answer = await refined(asker, prompt, shape, section.title, sources, member=at)
        sections[section.title] = answer.paragraphs
    return sections


def study_text(base: str, study: Written, works: Sequence[Reference], notes: str = "") -> str:
    """The study with its numbers, as shown in every prompt for writing."""
    question = study.question
    return render(
        PROMPTS, "study", material=base, idea=question.idea, explanation=_explanation(study),
        treatment=described(question.treatment), baseline=described(question.baseline),
        effects=study.effects, captions=study.captions, works=works, notes=notes,
    )  # fmt: skip


def _explanation(study: Written) -> str:
    return study.tried.version.explanation if study.tried else ""


async def refined(
    asker: Asker, prompt: str, shape: Shape[T], where: str, sources: Sources, member: int = 0
) -> T:
    """An answer, sent back while it cites unknown works or states unmeasured numbers."""
    messages = without_paper(prompt)
    answer = await asker.ask(messages, shape, f"write {where}", member=member)
    for _ in range(rules().refinements):
        faults = sources.faults(_texts(answer), where)
        if not faults:
            break
        again = render(PROMPTS, "refine", faults=[detail for _, detail in faults])
        said = own_words(msgspec.json.encode(answer).decode())
        answer = await asker.ask(
            (*messages, said, Message("user", again)), shape, f"refine {where}", member=member
        )
    return answer


def _texts(answer: object) -> list[str]:
    found: list[str] = []
    for value in msgspec.to_builtins(answer).values():
        found += value if isinstance(value, list) else [value]
    return found
