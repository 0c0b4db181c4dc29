"""A language-model scientist's writing: section by section, checked against sources, mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec

from conference.documents.layout import numbers_in
from conference.models import Asker, Message, Shape, struct_shape
from conference.prompts import render, without_paper
from conference.records import Incident
from conference.templates import Reference
from scientists.ideas import PROMPTS, described, rules
from scientists.prose import Prose, unborne, unknown_keys
from scientists.study import Written
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
    """What a text may rest on: works by key, measured values, and numbers of the set-up."""

    keys: tuple[str, ...]
    values: tuple[float, ...]
    plain: tuple[float, ...]

    def faults(self, texts: Sequence[str], where: str) -> list[tuple[str, str]]:
        """Unknown citations and numbers that nothing bears out, as (kind, sentence)."""
        found = [
            ("citations", f"'{key}' is cited in {where} and exists in no list")
            for key in unknown_keys(texts, self.keys)
        ]
        for text in texts:
            found += [
                ("claims", f"{number} in {where} is in no result file")
                for number in unborne(text, self.values, self.plain, where)
            ]
        return found


def sources_of(study: Written, works: Sequence[Reference]) -> Sources:
    """Everything a paper on this study may cite or state; what trials measured is not of it."""
    values = numbers_in([msgspec.to_builtins(effect) for effect in study.effects])
    values += [part for result in study.results for part in numbers_in(result["metrics"])]
    question = study.question
    plain = numbers_in([question.treatment, question.baseline, dict(study.budget), 95])
    return Sources(keys=tuple(work.key for work in works), values=tuple(values), plain=tuple(plain))


async def write(
    asker: Asker,
    base: str,
    study: Written,
    works: Sequence[Reference],
    faults: Sequence[tuple[str, str]],
) -> Prose:
    """Notes, title and abstract, then each section; each goes back when its sources are wrong.

    Args:
        base: what every call about a study on this template begins with.
        works: what may be cited.
        faults: what failed before the writing, as (kind, detail), kept with the prose.
    """
    sources = sources_of(study, works)
    trials = study.tried.trials if study.tried else ()
    prompt = render(PROMPTS, "notes", study=study_text(base, study, works), trials=trials)
    notes = await asker.ask(without_paper(prompt), struct_shape(Notes), "notes")
    shown = study_text(base, study, works, notes.notes)
    front, found = await mended(
        asker, render(PROMPTS, "abstract", study=shown), struct_shape(Front), "abstract", sources
    )
    left = [*faults, *of_citations(found)]
    wanted = [section.title for section in rules().sections]
    sections, found = await write_sections(asker, shown, front, wanted, sources)
    left += found
    known = {entry.key for entry in study.question.template.bibliography}
    return Prose(
        model=asker.model.name,
        title=" ".join(front.title.split()),
        abstract=" ".join(front.abstract.split()),
        sections=sections,
        keys=sources.keys,
        extra=tuple(reference(work) for work in works if work.key not in known),
        explanation=_explanation(study),
        faults=tuple(left),
    )


def of_citations(faults: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that are kept with the prose: a paper's numbers are checked when it is finished."""
    return [fault for fault in faults if fault[0] == "citations"]


def invented(faults: Sequence[tuple[str, str]], agent: str, paper: str) -> list[Incident]:
    """Citations of works that there are not, as incidents."""
    return [
        Incident(kind="invented_citation", agent=agent, paper=paper, detail=detail)
        for _, detail in of_citations(faults)
    ]


async def write_sections(
    asker: Asker, shown: str, front: Front, titles: Sequence[str], sources: Sources
) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """The named sections' paragraphs, and the faults of their citations."""
    sections, left = {}, []
    for at, section in enumerate(rules().sections):
        if section.title not in titles:
            continue
        prompt = render(
            PROMPTS, "section", study=shown, title=front.title, abstract=front.abstract,
            section=section,
        )  # fmt: skip
        answer, found = await mended(
            asker, prompt, struct_shape(Section), section.title, sources, member=at
        )
        left += of_citations(found)
        sections[section.title] = answer.paragraphs
    return sections, left


def study_text(base: str, study: Written, works: Sequence[Reference], notes: str = "") -> str:
    """The study with its numbers, as every writing call shows it."""
    question = study.question
    return render(
        PROMPTS, "study", material=base, idea=question.idea, explanation=_explanation(study),
        treatment=described(question.treatment), baseline=described(question.baseline),
        effects=study.effects, captions=study.captions, works=works, notes=notes,
    )  # fmt: skip


def _explanation(study: Written) -> str:
    return study.tried.version.explanation if study.tried else ""


async def mended(
    asker: Asker, prompt: str, shape: Shape[T], where: str, sources: Sources, member: int = 0
) -> tuple[T, list[tuple[str, str]]]:
    """An answer whose citations exist and whose numbers were measured, or what is still wrong."""
    messages = without_paper(prompt)
    answer = await asker.ask(messages, shape, f"write {where}", member=member)
    for _ in range(rules().refinements):
        faults = sources.faults(_texts(answer), where)
        if not faults:
            break
        again = render(PROMPTS, "refine", faults=[detail for _, detail in faults])
        said = Message("assistant", msgspec.json.encode(answer).decode())
        answer = await asker.ask(
            (*messages, said, Message("user", again)), shape, f"refine {where}", member=member
        )
    return answer, sources.faults(_texts(answer), where)


def _texts(answer: object) -> list[str]:
    found: list[str] = []
    for value in msgspec.to_builtins(answer).values():
        found += value if isinstance(value, list) else [value]
    return found
