"""The language-model chair: discussion, a meta-review that reads the paper, and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chairs.chair import (
    AdviseSight,
    Candidate,
    ChairDiscussSight,
    DecideSight,
    MetaReviewSight,
    RateSight,
    SeniorSight,
)
from chairs.personas import persona_of
from chairs.quota import by_score, decide_in_order, quota_of
from chairs.reading import levels_of
from conference.core.forms import Field, Form, least_words
from conference.core.records import (
    Advice,
    Agent,
    Comment,
    Decision,
    MetaReview,
    ReviewQuality,
    SeniorNote,
)
from conference.core.thread import names_of, thread_parts
from conference.models import form_shape
from conference.models.context import Context
from conference.models.prompts import defused, render, without_paper
from conference.models.reading import asks_about, fit_parts, fit_thread
from conference.papers.orders import beside

PROMPTS = Path(__file__).parent / "prompts"
QUALITY = {"good": 1.0, "acceptable": 0.7, "poor": 0.2}
FITS = ("good", "doubtful", "poor")
RATED = (1.0, 2.0, 3.0, 4.0, 5.0)  # a review's quality
MOVES = (-1.0, -0.5, 0.0, 0.5, 1.0)
EDGE = 5  # papers on each side of the quota's edge that the program chair compares
STEP = 0.5  # of a meta-review's score


class LanguageChair:
    """Implements `ChairMind` with the language model of its context."""

    async def advise(self, agent: Agent, sight: AdviseSight, context: Context) -> Advice:
        """How well each assigned reviewer fits the paper, and what to watch for."""
        names = [f"fit_R{number}" for number in range(1, len(sight.reviewers) + 1)]
        form = Form(
            field=(
                Field(name="note", kind="text"),
                *(Field(name=name, kind="choice", choices=FITS) for name in names),
            ),
            rating="",
        )
        works = [beside(texts) for texts in sight.expertise]
        prompt = render(PROMPTS, "advise", expertise=works)
        messages = asks_about(sight.manuscript, context.papers, context.asker, prompt)
        answer = await context.asker.ask(messages, form_shape(form), "advise")
        return Advice(
            paper=sight.manuscript.paper,
            chair=agent.id,
            fits={
                reviewer: answer.texts[name]  # type: ignore[misc]
                for reviewer, name in zip(sight.reviewers, names, strict=True)
            },
            text=answer.texts["note"],
            mind=agent.mind,
        )

    async def rate(self, agent: Agent, sight: RateSight, context: Context) -> list[ReviewQuality]:
        """The quality of each review, judged from its texts and the paper."""
        parts = [
            "\n".join([f"{row.reviewer}:", *(f"{k}: {text}" for k, text in row.texts.items())])
            for row in sight.reviews
        ]
        names = [f"quality_{row.reviewer}" for row in sight.reviews]
        form = Form(
            field=(
                Field(name="note", kind="text"),
                *(Field(name=name, kind="score", values=RATED) for name in names),
            ),
            rating=names[0],
        )
        prompt = render(PROMPTS, "rate", reviews=fit_thread(parts, context.asker))
        messages = asks_about(sight.manuscript, context.papers, context.asker, prompt)
        answer = await context.asker.ask(messages, form_shape(form), "rate reviews")
        return [
            ReviewQuality(
                paper=sight.manuscript.paper, reviewer=reviewer, chair=agent.id,
                quality=answer.scores[name], note=answer.texts["note"], mind=agent.mind,
            )
            for name, reviewer in zip(names, sight.reviewers, strict=True)
        ]  # fmt: skip

    async def discuss(
        self, agent: Agent, sight: ChairDiscussSight, context: Context
    ) -> list[Comment]:
        """Opens a turn of the discussion of a divided paper."""
        comment = Field(name="comment", kind="text", least=least_words(sight.form))
        form = Form(field=(comment,), rating="")
        prompt = render(
            PROMPTS,
            "discuss",
            thread=_thread(sight, context),
            persona=persona_of(agent).says,
            low=f"{min(sight.thread.ratings):g}",
            high=f"{max(sight.thread.ratings):g}",
            turn=sight.turn,
        )
        messages = asks_about(sight.thread.manuscript, context.papers, context.asker, prompt)
        answer = await context.asker.ask(messages, form_shape(form), "chair discuss")
        return [
            Comment(
                paper=sight.thread.manuscript.paper,
                agent=agent.id,
                role="chair",
                turn=sight.turn,
                text=answer.texts["comment"],
                mind=agent.mind,
            )
        ]

    async def meta_review(
        self, agent: Agent, sight: MetaReviewSight, context: Context
    ) -> MetaReview:
        """Reads paper and thread, judges each review's quality, and recommends.

        `weights` are the judged qualities, scaled to sum to 1; reviews judged poor weigh little.
        It is told the reviewers' own levels, as embedded chairs take them out (`levels_of`).
        """
        thread, levels = sight.thread, levels_of(sight).round(2).tolist()
        names = tuple(names_of(thread.reviews).values())
        prompt = render(
            PROMPTS,
            "meta_review",
            thread=_thread(sight, context, levels),
            flags=thread.flags,
            persona=persona_of(agent).says,
            share=f"{sight.accept_rate:.0%}",
            field=sight.form[sight.form.rating],
            levelled=any(levels),
        )
        messages = asks_about(thread.manuscript, context.papers, context.asker, prompt)
        shape = form_shape(_meta_form([f"quality_{name}" for name in names], sight.form))
        answer = await context.asker.ask(messages, shape, "meta-review")
        judged = [answer.texts[f"quality_{name}"] for name in names]
        weights = np.array([QUALITY[word] for word in judged])
        said = "; ".join(f"{name}: {word}" for name, word in zip(names, judged, strict=True))
        return MetaReview(
            paper=thread.manuscript.paper,
            chair=agent.id,
            score=answer.scores["score"],
            recommendation="accept" if answer.texts["recommendation"] == "accept" else "reject",
            text=f"{answer.texts['text']}\nQuality of the reviews: {said}.",
            weights={
                review.reviewer: round(float(weight), 4)
                for review, weight in zip(thread.reviews, weights / weights.sum(), strict=True)
            },
            mind=agent.mind,
        )

    async def senior_notes(
        self, agent: Agent, sight: SeniorSight, context: Context
    ) -> list[SeniorNote]:
        """One call for an area chair's meta-reviews; each score may be adjusted by one of
        `MOVES`."""
        names = [f"adjust_P{number}" for number in range(1, len(sight.meta_reviews) + 1)]
        form = Form(
            field=(
                Field(name="note", kind="text"),
                *(Field(name=name, kind="score", values=MOVES) for name in names),
            ),
            rating=names[0],
        )
        texts = fit_parts([row.text for row in sight.meta_reviews], context.asker)
        rows = [
            {
                "score": f"{row.score:.2f}",
                "recommendation": row.recommendation,
                "text": text,
            }
            for row, text in zip(sight.meta_reviews, texts, strict=True)
        ]
        prompt = render(
            PROMPTS, "senior", rows=rows, mean=f"{sight.chair_mean:.2f}",
            venue_mean=f"{sight.venue_mean:.2f}", sd=f"{sight.venue_sd:.2f}", scale=sight.scale,
        )  # fmt: skip
        answer = await context.asker.ask(without_paper(prompt), form_shape(form), "senior")
        return [
            SeniorNote(
                paper=row.paper,
                senior=agent.id,
                adjustment=answer.scores[name],
                text=answer.texts["note"],
                mind=agent.mind,
            )
            for row, name in zip(sight.meta_reviews, names, strict=True)
        ]

    async def decide(self, agent: Agent, sight: DecideSight, context: Context) -> list[Decision]:
        """By score, except for papers at the quota's edge, which the model orders."""
        ranked, quota = by_score(sight.candidates), quota_of(sight)
        first, last = max(0, quota - EDGE), min(len(ranked), quota + EDGE)
        edge = ranked[first:last]
        if not 0 < quota < len(ranked):
            return decide_in_order(ranked, sight)
        priority, notes = await _at_the_edge(edge, quota - first, sight.scale, context)
        order = sorted(edge, key=lambda paper: -priority[paper.paper])
        return decide_in_order([*ranked[:first], *order, *ranked[last:]], sight, notes)


async def _at_the_edge(
    edge: list[Candidate], seats: int, scale: tuple[float, ...], context: Context
) -> tuple[dict[str, float], dict[str, str]]:
    numbers = range(1, len(edge) + 1)
    form = Form(
        field=(
            *(Field(name=f"reason_P{n}", kind="text") for n in numbers),
            *(
                Field(name=f"priority_P{n}", kind="score", values=tuple(map(float, range(1, 11))))
                for n in numbers
            ),
        ),
        rating="priority_P1",
    )
    rows = [
        {
            "title": defused(paper.title),
            "score": f"{paper.score:.2f}",
            "ratings": ", ".join(f"{rating:g}" for rating in paper.ratings),
            "recommendation": paper.recommendation,
        }
        for paper in edge
    ]
    prompt = render(PROMPTS, "decide", rows=rows, seats=seats, scale=scale)
    answer = await context.asker.ask(without_paper(prompt), form_shape(form), "decide")
    return (
        {
            paper.paper: answer.scores[f"priority_P{n}"]
            for n, paper in zip(numbers, edge, strict=True)
        },
        {paper.paper: answer.texts[f"reason_P{n}"] for n, paper in zip(numbers, edge, strict=True)},
    )


def _meta_form(qualities: list[str], form: Form) -> Form:
    values = form[form.rating].values
    steps = int((values[-1] - values[0]) / STEP) + 1
    scale = tuple(values[0] + STEP * step for step in range(steps))
    return Form(
        field=(
            Field(name="text", kind="text", least=least_words(form)),
            *(Field(name=name, kind="choice", choices=tuple(QUALITY)) for name in qualities),
            Field(name="recommendation", kind="choice", choices=("accept", "reject")),
            Field(name="score", kind="score", values=scale),
        ),
        rating="score",
    )


def _thread(
    sight: ChairDiscussSight | MetaReviewSight, context: Context, levels: Sequence[float] = ()
) -> str:
    thread = sight.thread
    parts = thread_parts(
        sight.form, thread.reviews, thread.ratings, thread.rebuttal, thread.comments, levels
    )
    return fit_thread(parts, context.asker)


def make() -> LanguageChair:
    """The language-model chair."""
    return LanguageChair()
