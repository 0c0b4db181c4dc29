"""How a language model writes a review: an ensemble, a meta-review, reflections, a soft rating.

Every call about a paper begins with the house rules and the paper (`conference.models.prompts`);
form, persona and instruction come after, so that all reviewers of a paper share its prefix.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from conference.core.forms import Field, Form
from conference.models import Asker, Message, Shape, form_shape, own_words
from conference.models.asking import together
from conference.models.chances import Chances, ask_chances
from conference.models.context import Context
from conference.models.prompts import render
from conference.models.reading import asks_about, fit_parts
from conference.models.shapes import Filled
from conference.papers.manuscript import Manuscript
from reviewers.language.examples import examples_text
from reviewers.language.presets import PROMPTS, Preset, load_preset

ARCHIVE = 100  # latest earlier papers whose titles a reviewer is shown


async def write_review(
    manuscript: Manuscript,
    form: Form,
    context: Context,
    *,
    persona: str = "",
    expertise: tuple[str, ...] = (),
    archive: tuple[str, ...] = (),
) -> Filled:
    """A review by the model's preset: an ensemble, joined where it has several members, reflected.

    With several members the scores are their means, moved to the nearest allowed value, as in The
    AI Scientist; the texts are those of the meta-review, which sees the paper too.
    """
    asker, preset = context.asker, load_preset(context.asker.preset)
    examples = examples_text(asker.rules.examples, preset.few_shot)
    prompt = render(
        PROMPTS, "review", form=form, persona=about_self(persona, preset),
        expertise=expertise, archive=archive[-ARCHIVE:],
    )  # fmt: skip
    messages = asks_about(
        manuscript, context.papers, asker, prompt,
        examples=examples, images=preset.images, answers=preset.reflections - 1,
    )  # fmt: skip
    shape = form_shape(form)
    several = preset.ensemble > 1 and preset.ensemble_temperature is not None
    warmth = preset.ensemble_temperature if several else preset.temperature
    members = await together(
        asker.ask(messages, shape, "review", temperature=warmth, member=number)
        for number in range(preset.ensemble)
    )
    filled = members[0]
    if len(members) > 1:
        listed = fit_parts([as_written(member) for member in members], asker)
        join = render(PROMPTS, "aggregate", form=form, reviews=listed)
        joined = asks_about(manuscript, context.papers, asker, join, examples=examples)
        whole = await asker.ask(joined, shape, "aggregate", temperature=preset.temperature)
        filled = msgspec.structs.replace(whole, scores=mean_scores(form, list(members)))
    return await _reflected(messages, filled, form, asker, preset)


async def soft_rating(
    manuscript: Manuscript, form: Form, context: Context, *, persona: str = ""
) -> Chances:
    """The model's own chances of each rating: one prompt about the paper, without sampling."""
    asker, preset = context.asker, load_preset(context.asker.preset)
    rating = required(form[form.rating])
    bare = Form(field=(rating,), rating=rating.name)
    prompt = render(PROMPTS, "rate", form=bare, thoughts=False, persona=about_self(persona, preset))
    messages = asks_about(manuscript, context.papers, asker, prompt)
    return await ask_chances(asker, messages, rating)


async def _reflected(
    messages: tuple[Message, ...], filled: Filled, form: Form, asker: Asker, preset: Preset
) -> Filled:
    shape: Shape[Filled] = form_shape(form, reflecting=True)
    for number in range(2, preset.reflections + 1):
        prompt = render(PROMPTS, "reflect", round=number, rounds=preset.reflections)
        messages = (*messages, own_words(as_written(filled)), Message("user", prompt))
        filled = await asker.ask(
            messages, shape, "reflect", temperature=preset.temperature, member=number
        )
        if filled.done:
            break
    return filled


def mean_scores(form: Form, members: list[Filled]) -> dict[str, float]:
    """Each score's mean over the members, moved to the nearest value that the form allows."""
    found = {}
    for field in form.scores:
        given = [member.scores[field.name] for member in members if field.name in member.scores]
        if given:
            mean = sum(given) / len(given)
            found[field.name] = min(field.values, key=lambda value: (abs(value - mean), value))
    return found


def as_written(filled: Filled) -> str:
    """A filled form as the model wrote it."""
    whole: dict[str, Any] = {"thoughts": filled.thoughts, **filled.texts}
    whole |= {k: int(v) if v == int(v) else v for k, v in filled.scores.items()}
    return json.dumps(whole, ensure_ascii=False)


def about_self(persona: str, preset: Preset) -> str:
    """What a reviewer is told of itself beside a paper: its persona's words and its preset's."""
    return " ".join(filter(None, (persona, preset.says)))


def required(field: Field) -> Field:
    return msgspec.structs.replace(field, required=True)
