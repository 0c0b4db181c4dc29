"""The language-model reviewer: its answers to a venue's tasks; `review.py` writes the review."""

from __future__ import annotations

import msgspec

from conference.core.forms import Field, Form, least_words
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
from conference.models import form_shape
from conference.models.asking import together
from conference.models.context import Context
from conference.models.prompts import defused, render, without_paper
from conference.models.reading import asks_about, fit_thread
from conference.models.shapes import Filled
from conference.papers.manuscript import Manuscript
from conference.papers.orders import beside
from reviewers.attendance import attend
from reviewers.language.presets import PROMPTS, load_preset
from reviewers.language.review import about_self, as_written, required, soft_rating, write_review
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
            persona=persona.says, expertise=beside(agent.papers), archive=sight.archive,
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
        said = as_written(Filled(draft.scores, draft.texts))
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
        comment = Field(name="comment", kind="text", least=least_words(sight.form))
        form = Form(field=(comment, required(rating)), rating=rating.name)
        preset, persona = load_preset(context.asker.preset), persona_of(agent).says
        parts, me = _thread(sight)
        prompt = render(
            PROMPTS, "discuss",
            thread=fit_thread(parts, context.asker), persona=about_self(persona, preset), me=me,
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
        form = Form(field=(required(rating),), rating=rating.name)
        preset, persona = load_preset(context.asker.preset), persona_of(agent).says
        prompt = render(PROMPTS, "calibrate", form=form, persona=about_self(persona, preset))

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
    abstracts = beside(paper.abstract[:ABSTRACT] for paper in papers)
    shown = [
        {"title": paper.title, "abstract": abstract, "byline": paper.byline}
        for paper, abstract in zip(papers, abstracts, strict=True)
    ]
    prompt = render(PROMPTS, "bid", expertise=beside(agent.papers), papers=shown)
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
