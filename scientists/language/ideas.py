"""A language-model scientist's ideas: settings of knobs, reflected on and judged for novelty."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec

from conference.core.errors import UserError
from conference.core.records import Call
from conference.literature.novelty import nearest_earlier
from conference.models import Asker, Message, Shape, own_words, struct_shape
from conference.models.prompts import render, without_paper
from scientists.language.limits import Protected
from scientists.prose import NOVELTY, Fault
from scientists.scientist import Past, ResearchSight
from scientists.study import Question
from scientists.templates import Knob, SeedIdea, Template, Value

HERE = Path(__file__).parent
PROMPTS = HERE / "prompts"
SOURCE = "a language model"
SHOWN = 50  # most own, and most other, earlier papers whose titles a prompt shows
FEWEST, MOST = 2, 3  # literature queries that an idea comes with
TOLD = 300  # characters of a judgement that a check quotes


class SectionRules(msgspec.Struct, frozen=True):
    title: str
    asks: str


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of language.toml, which explains the fields."""

    reflections: int
    ideas: int
    found: int
    trials: int
    code_attempts: int
    searches: int
    refinements: int
    protected: Protected
    sections: tuple[SectionRules, ...]


@cache
def rules() -> Rules:
    """The constants of language-model scientists."""
    return msgspec.toml.decode((HERE / "language.toml").read_bytes(), type=Rules)


def calls_a_study() -> int:
    """The most calls that a study takes if no code needs correction: ideas and their novelty,
    trials and the choice among them, figures, searches, notes, and the paper."""
    r = rules()
    ideas, trials, figures, notes = r.ideas * (r.reflections + 1), r.trials + 1, 1, 1
    return (
        ideas + trials + figures + r.searches + notes + (len(r.sections) + 1) * (1 + r.refinements)
    )


class Idea(msgspec.Struct, frozen=True, kw_only=True):
    """A study that a model proposes."""

    title: str
    hypothesis: str
    queries: Annotated[tuple[str, ...], msgspec.Meta(min_length=FEWEST, max_length=MOST)]
    treatment: dict[str, Value]
    baseline: dict[str, Value]


class Found(msgspec.Struct, frozen=True):
    """A work that a search found, for a prompt."""

    title: str
    abstract: str
    year: int | None = None


Search = Callable[[str, int], Sequence[Found]]


class Novelty(msgspec.Struct, frozen=True):
    """A judgement of novelty; the reason comes first, so that the verdict follows from it."""

    reason: str
    nearest: str
    novel: bool


def idea_shape(template: Template) -> Shape[Idea]:
    """The shape of an idea: every knob with its kind and range."""
    knobs = {
        "type": "object",
        "properties": {knob.name: _property(knob) for knob in template.knobs},
        "required": [knob.name for knob in template.knobs],
        "additionalProperties": False,
    }
    texts = {"type": "array", "items": {"type": "string"}, "minItems": FEWEST, "maxItems": MOST}
    properties: dict[str, Any] = {
        "title": {"type": "string"},
        "hypothesis": {"type": "string"},
        "queries": texts,
        "baseline": knobs,
        "treatment": knobs,
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

    def read(text: str) -> Idea:
        try:
            idea = msgspec.json.decode(text, type=Idea)
            for values in (idea.treatment, idea.baseline):
                template.settings(_typed(template, values))
        except (msgspec.MsgspecError, UserError) as error:
            raise ValueError(str(error).replace(str(template.folder), template.name)) from error
        if not idea.title.strip() or not idea.hypothesis.strip():
            raise ValueError("title and hypothesis may not be empty")
        if len({query.strip().casefold() for query in idea.queries} - {""}) < len(idea.queries):
            raise ValueError(f"a query is empty or there twice; give {FEWEST} to {MOST}")
        if template.settings(_typed(template, idea.treatment)) == template.settings(
            _typed(template, idea.baseline)
        ):
            raise ValueError("treatment and baseline are the same; change a knob in one of them")
        return idea

    return Shape("idea", schema, read)


def _property(knob: Knob) -> dict[str, Any]:
    if knob.kind == "bool":
        return {"type": "boolean"}
    if knob.kind == "choice":
        return {"enum": list(knob.values)}
    kind = "integer" if knob.kind == "int" else "number"
    return {"type": kind, "minimum": knob.low, "maximum": knob.high}


def _typed(template: Template, values: dict[str, Value]) -> dict[str, Value]:
    """The values with integers of float knobs as floats, which JSON does not distinguish."""
    kinds = {knob.name: knob.kind for knob in template.knobs}
    return {
        name: float(value) if kinds.get(name) == "float" and type(value) is int else value
        for name, value in values.items()
    }


def material(template: Template, call: Call) -> str:
    """The beginning of every prompt about a study on this template."""
    code = (template.folder / "experiment.py").read_text(encoding="utf-8")
    return render(PROMPTS, "material", template=template, call=call, code=code)


async def propose(
    asker: Asker, template: Template, sight: ResearchSight, search: Search
) -> tuple[Question, Novelty]:
    """The question of an idea judged novel, or else of the last idea, and the judgement.

    The model judges by what its queries found; `novelty` in the record is measured on the text, as
    for every scientist.
    """
    base, rejected, archive = material(template, sight.call), list[str](), sight.archive
    for number in range(rules().ideas):
        idea = await _reflected(asker, template, base, sight, rejected, number)
        question = _question(template, idea, archive)
        verdict = await _judge(asker, base, idea, question, archive, search, number)
        if verdict.novel:
            break
        rejected.append(idea.title)
    return question, verdict


async def _reflected(
    asker: Asker,
    template: Template,
    base: str,
    sight: ResearchSight,
    rejected: Sequence[str],
    number: int,
) -> Idea:
    # A long archive would not fit; novelty is measured against all of it (`_question`).
    shown = [past for past in sight.archive if past.own][-SHOWN:] + [
        past for past in sight.archive if not past.own
    ][-SHOWN:]
    prompt = render(
        PROMPTS, "idea", material=base, template=template, shown=shown, rejected=rejected,
        begun=sight.begun[-SHOWN:], planned=sight.planned,
    )  # fmt: skip
    messages, shape = without_paper(prompt), idea_shape(template)
    idea = await asker.ask(messages, shape, "idea", member=number)
    for round_ in range(2, rules().reflections + 1):
        again = render(PROMPTS, "reflect_idea", round=round_, rounds=rules().reflections)
        answer = msgspec.json.encode(idea).decode()
        messages = (*messages, own_words(answer), Message("user", again))
        idea = await asker.ask(messages, shape, "reflect on idea", member=100 * number + round_)
    return idea


async def _judge(
    asker: Asker,
    base: str,
    idea: Idea,
    question: Question,
    archive: Sequence[Past],
    search: Search,
    number: int,
) -> Novelty:
    works: dict[str, Found] = {}
    for query in idea.queries:
        for work in await asyncio.to_thread(search, query, rules().found):
            works.setdefault(work.title, work)
    for past in archive:
        if past.title == question.nearest:
            works.setdefault(past.title, Found(past.title, past.abstract))
    prompt = render(PROMPTS, "novelty", material=base, idea=idea, works=list(works.values()))
    return await asker.ask(without_paper(prompt), struct_shape(Novelty), "novelty", member=number)


def _question(template: Template, idea: Idea, archive: Sequence[Past]) -> Question:
    words = re.sub(r"[^a-z0-9]+", "_", idea.title.lower()).strip("_")[:60]
    question = Question(
        template=template,
        idea=SeedIdea(
            name=words or "idea",
            title=" ".join(idea.title.split()),
            hypothesis=" ".join(idea.hypothesis.split()),
            knobs=idea.treatment,
            source=SOURCE,
            baseline=idea.baseline,
        ),
        treatment=template.settings(_typed(template, idea.treatment)),
        baseline=template.settings(_typed(template, idea.baseline)),
        novelty=1.0,
        nearest="",
    )
    near, title = nearest_earlier(
        question.text(), [(past.title, f"{past.title} {past.abstract}") for past in archive]
    )
    return msgspec.structs.replace(question, novelty=round(1 - near, 4), nearest=title)


def not_new(verdict: Novelty) -> list[Fault]:
    """The fault of a study whose idea, like all others tried, was judged not to be new."""
    if verdict.novel:
        return []
    reason, nearest = (" ".join(text.split()) for text in (verdict.reason, verdict.nearest))
    detail = f"its author's model judged the idea not to be new: {reason[:TOLD]}"
    return [(NOVELTY, f"{detail} (nearest: {nearest[:TOLD]})" if nearest else detail)]


def described(values: dict[str, Value]) -> str:
    """Settings as a prompt shows them."""
    return json.dumps(values)
