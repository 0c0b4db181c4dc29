"""The language-model reviewer: the venue's form, a persona, reflection, and an ensemble.

Every call about a paper begins with the house rules and the paper (`conference.models.prompts`);
form, persona and instruction come after, so that all reviewers of a paper share its prefix.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from conference.core.forms import Field, Form
from conference.core.records import (
    BID_VALUES,
    Absence,
    AdvisoryReview,
    Agent,
    AnyRecord,
    BidLevel,
    Bids,
    CalibrationReview,
    Comment,
    Draft,
    Review,
)
from conference.core.thread import names_of, thread_parts
from conference.models import Asker, Message, Shape, form_shape, own_words
from conference.models.asking import together
from conference.models.chances import Chances, ask_chances
from conference.models.context import Context
from conference.models.prompts import defused, render, without_paper
from conference.models.reading import asks_about, fit_parts, fit_thread
from conference.models.shapes import Filled
from conference.papers.manuscript import Manuscript
from reviewers.attendance import attend
from reviewers.language.examples import examples_text
from reviewers.language.presets import PROMPTS, Preset, load_preset
from reviewers.personas import persona_of
from reviewers.reviewer import (
    AdvisorySight,
    BidSight,
    CalibrateSight,
    DiscussSight,
    FeedbackSight,
    ReviewSight,
)

ABSTRACT = 700  # characters of an abstract that a bidder is shown
LEVELS = tuple(BID_VALUES)
SHEET = 8  # papers of one call for bids
ARCHIVE = 100  # latest earlier papers whose titles a reviewer is shown


class LanguageReviewer:
    """Fulfils `ReviewerMind` with the model that its context carries."""

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        """The papers offered by their ids, a sheet at a time, so that equal sheets are shared."""
        papers = sorted(sight.papers, key=lambda paper: paper.paper)
        sheets = [papers[at : at + SHEET] for at in range(0, len(papers), SHEET)]
        answers = await together(
            _bid_sheet(agent, sheet, context, number) for number, sheet in enumerate(sheets)
        )
        levels = {paper: level for answer in answers for paper, level in answer.items()}
        return Bids(reviewer=agent.id, levels=levels)

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        """A filled form, or an absence that the venue's rates drew."""
        persona = persona_of(agent)
        attended = attend(agent, sight, context.rng("attendance"), persona.absent, persona.late)
        if isinstance(attended, Absence):
            return [attended]
        day, late = attended
        filled = await write_review(
            sight.manuscript, sight.form, context,
            persona=persona.says, expertise=agent.papers, archive=sight.archive,
        )  # fmt: skip
        soft = None
        if load_preset(context.asker.preset).soft:
            soft = await soft_rating(sight.manuscript, sight.form, context, persona=persona.says)
        return [
            Review(
                paper=sight.manuscript.paper,
                reviewer=agent.id,
                rating=filled.scores[sight.form.rating],
                confidence=filled.scores.get(sight.form.confidence),
                scores=filled.scores,
                texts=filled.texts,
                mind=agent.mind,
                day=day,
                late=late,
                emergency=sight.emergency,
                soft_rating=soft.mean if soft else None,
                soft_spread=soft.spread if soft else None,
            )
        ]

    async def advise(self, agent: Agent, sight: AdvisorySight, context: Context) -> list[AnyRecord]:
        """The form's text fields, without a score."""
        form = Form(field=sight.form.texts, rating="")
        prompt = render(PROMPTS, "advisory", form=form)
        messages = asks_about(sight.manuscript, context.papers, context.asker, prompt)
        filled = await context.asker.ask(messages, form_shape(form), "advisory review")
        return [
            AdvisoryReview(
                paper=sight.manuscript.paper,
                texts=filled.texts,
                seen_by=sight.seen_by,
                mind=agent.mind,
            )
        ]

    async def reconsider(
        self, agent: Agent, sight: FeedbackSight, context: Context
    ) -> list[AnyRecord]:
        """The review as it is posted, after an assistant's feedback on the draft."""
        draft, asker, preset = sight.draft, context.asker, load_preset(context.asker.preset)
        said = _answer(Filled(draft.scores, draft.texts))
        form = Form(field=(Field(name="feedback", kind="text"),), rating="")
        prompt = render(PROMPTS, "feedback", draft=defused(said))
        messages = asks_about(sight.manuscript, context.papers, asker, prompt)
        advice = await asker.ask(messages, form_shape(form), "feedback")
        prompt = render(
            PROMPTS, "reconsider", form=sight.form, draft=defused(said),
            feedback=defused(advice.texts["feedback"]),
        )  # fmt: skip
        messages = asks_about(sight.manuscript, context.papers, asker, prompt)
        filled = await asker.ask(
            messages, form_shape(sight.form), "reconsider", temperature=preset.temperature
        )
        before = Draft(
            rating=draft.rating,
            scores=draft.scores,
            texts=draft.texts,
            feedback=advice.texts["feedback"],
        )
        return [
            msgspec.structs.replace(
                draft,
                rating=filled.scores[sight.form.rating],
                confidence=filled.scores.get(sight.form.confidence),
                scores=filled.scores,
                texts=filled.texts,
                draft=before,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        """A comment, and a changed rating where there is a reason for one."""
        rating = sight.form[sight.form.rating]
        form = Form(field=(Field(name="comment", kind="text"), _bare(rating)), rating=rating.name)
        preset, persona = load_preset(context.asker.preset), persona_of(agent).says
        parts, me = _thread(sight)
        prompt = render(
            PROMPTS, "discuss",
            thread=fit_thread(parts, context.asker), persona=_about(persona, preset), me=me,
            rating=f"{sight.rating:g}", turn=sight.turn, field=rating,
        )  # fmt: skip
        messages = asks_about(sight.manuscript, context.papers, context.asker, prompt)
        answer = await context.asker.ask(
            messages, form_shape(form), "discuss", temperature=preset.temperature
        )
        after = answer.scores[rating.name]
        changed = after != sight.rating
        return [
            Comment(
                paper=sight.manuscript.paper,
                agent=agent.id,
                role="reviewer",
                turn=sight.turn,
                text=answer.texts["comment"],
                rating_before=sight.rating if changed else None,
                rating_after=after if changed else None,
                mind=agent.mind,
            )
        ]

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        """One call for each paper, from its title and abstract."""
        rating = sight.form[sight.form.rating]
        form = Form(field=(_bare(rating),), rating=rating.name)
        preset, persona = load_preset(context.asker.preset), persona_of(agent).says
        prompt = render(PROMPTS, "calibrate", form=form, persona=_about(persona, preset))

        async def rate(number: int, paper: Manuscript) -> float:
            messages = asks_about(paper, context.papers, context.asker, prompt)
            answer = await context.asker.ask(
                messages, form_shape(form), "calibrate",
                temperature=preset.temperature, member=number,
            )  # fmt: skip
            return answer.scores[rating.name]

        given = await together(rate(n, paper) for n, paper in enumerate(sight.papers))
        rows = zip(sight.papers, given, sight.human_means, sight.humans, strict=True)
        return [
            CalibrationReview(
                reviewer=agent.id, paper=paper.paper, rating=value, human_mean=mean, humans=humans
            )
            for paper, value, mean, humans in rows
        ]


async def _bid_sheet(
    agent: Agent, papers: list[Manuscript], context: Context, number: int
) -> dict[str, BidLevel]:
    """The levels of one sheet's papers but for those in the middle, which say nothing."""
    names = [f"P{place}" for place in range(1, len(papers) + 1)]
    fields = tuple(Field(name=name, kind="choice", choices=LEVELS) for name in names)
    shown = [
        {"title": paper.title, "abstract": paper.abstract[:ABSTRACT], "byline": paper.byline}
        for paper in papers
    ]
    prompt = render(PROMPTS, "bid", expertise=agent.papers, papers=shown)
    shape = form_shape(Form(field=fields, rating=""))
    warmth = load_preset(context.asker.preset).temperature
    answer = await context.asker.ask(
        without_paper(prompt), shape, "bid", temperature=warmth, member=number
    )
    return {
        paper.paper: answer.texts[name]  # type: ignore[misc]
        for name, paper in zip(names, papers, strict=True)
        if answer.texts[name] != "Neutral"
    }


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
        PROMPTS, "review", form=form, persona=_about(persona, preset),
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
        listed = fit_parts([_answer(member) for member in members], asker)
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
    rating = _bare(form[form.rating])
    bare = Form(field=(rating,), rating=rating.name)
    prompt = render(PROMPTS, "rate", form=bare, thoughts=False, persona=_about(persona, preset))
    messages = asks_about(manuscript, context.papers, asker, prompt)
    return await ask_chances(asker, messages, rating)


async def _reflected(
    messages: tuple[Message, ...], filled: Filled, form: Form, asker: Asker, preset: Preset
) -> Filled:
    shape: Shape[Filled] = form_shape(form, reflecting=True)
    for number in range(2, preset.reflections + 1):
        prompt = render(PROMPTS, "reflect", round=number, rounds=preset.reflections)
        messages = (*messages, own_words(_answer(filled)), Message("user", prompt))
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


def _answer(filled: Filled) -> str:
    """A filled form as the model wrote it."""
    whole: dict[str, Any] = {"thoughts": filled.thoughts, **filled.texts}
    whole |= {k: int(v) if v == int(v) else v for k, v in filled.scores.items()}
    return json.dumps(whole, ensure_ascii=False)


def _about(persona: str, preset: Preset) -> str:
    """What a reviewer is told of itself beside a paper: its persona's words and its preset's."""
    return " ".join(filter(None, (persona, preset.says)))


def _bare(field: Field) -> Field:
    return msgspec.structs.replace(field, required=True)


def _thread(sight: DiscussSight) -> tuple[list[str], str]:
    """The thread as all of the paper's reviewers read it, and the name of the one who is asked."""
    at = sight.place
    reviews = (*sight.others[:at], sight.own, *sight.others[at:])
    ratings = (*sight.other_ratings[:at], sight.rating, *sight.other_ratings[at:])
    parts = thread_parts(sight.form, reviews, ratings, sight.rebuttal, sight.comments)
    return parts, names_of(reviews)[sight.own.reviewer]


def make() -> LanguageReviewer:
    """The language-model reviewer."""
    return LanguageReviewer()
