"""Reviews on the venue's own form; absent reviewers are replaced by emergency ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conference.core.records import Affinities, Assignment, HumanOutcome
from conference.core.seeds import generator
from conference.core.tasks import Task, TaskKey
from conference.models.reading import PAGE
from reviewers.embedded.informed import shared_quality
from reviewers.embedded.panel import load_panel
from reviewers.language.examples import examples_text
from reviewers.reviewer import ReviewSight
from venues.affinities import read_affinities
from venues.canaries import marked
from venues.phase import CHARACTERS_A_TOKEN, Calls, Forecast, Phase, Size, Tokens
from venues.phases.assign import EMERGENCY, short_of_reviews
from venues.recorded import replayed
from venues.state import Round, Step

SOFT = 8  # tokens of an answer that is only a rating


def _tasks(round_: Round, step: str, emergency: bool) -> list[Task]:
    venue = round_.venue
    papers = {paper.paper: round_.manuscript(paper, "reviewers") for paper in round_.papers()}
    start = venue.call.deadlines.get("assignment", 0)
    days = venue.call.deadlines.get("reviews", start + 21)
    archive = tuple(entry.past.title for entry in round_.archive)
    rows = [row for row in round_.all(Assignment) if row.role == "reviewer"]
    table = read_affinities(round_.folder, round_.all(Affinities)[0])
    near = table.known([(row.agent, row.paper) for row in rows])
    quality = told_quality(round_, human_ratings(round_))
    records = replayed(round_, rows)
    found = []
    for row, (affinity, expertise) in zip(rows, near, strict=True):
        agent = round_.agent(row.agent)
        if row.emergency != emergency:
            continue
        copy = papers[row.paper]
        sight = ReviewSight(
            manuscript=marked(copy, round_.draws, agent.id) if venue.review.canaries else copy,
            form=venue.form,
            panel=venue.panel.like,
            world=venue.panel.world,
            affinity=affinity,
            expertise=expertise,
            days=days,
            absent_rate=0.0 if emergency else venue.review.absent_rate,
            late_rate=venue.review.late_rate,
            emergency=emergency,
            archive=archive,
            recorded=records.get((agent.id, row.paper)),
            quality=quality[row.paper],
        )
        found.append(Task(TaskKey(step, agent.id, row.paper), sight, agent))
    return found


def human_ratings(round_: Round) -> dict[str, tuple[float, ...]]:
    """The human ratings of each paper under review; () where they are not known."""
    known = ((paper.paper, round_.one(HumanOutcome, paper.paper)) for paper in round_.papers())
    return {name: human.ratings if human else () for name, human in known}


def told_quality(round_: Round, ratings: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """Each paper's quality as drawn from its human ratings; None unless the panel is informed."""
    rules = round_.venue.panel
    if not rules.informed:
        return dict.fromkeys(ratings)
    world = rules.world or round_.seed
    draws = [generator(world, "paper quality", name).random() for name in ratings]
    drawn = shared_quality(load_panel(rules.like), list(ratings.values()), draws)
    return dict(zip(ratings, drawn, strict=True))


def tasks(round_: Round) -> list[Task]:
    return _tasks(round_, "review", emergency=False)


def replacement_tasks(round_: Round) -> list[Task]:
    return _tasks(round_, "review.replacement", emergency=True)


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    """Calls for the ensemble's members, their aggregation, and reflections on earlier answers."""
    preset = tokens.preset
    again = preset.reflections - 1
    passes = preset.ensemble + (preset.ensemble > 1) + again
    examples = len(examples_text(tokens.rules.examples, preset.few_shot)) // CHARACTERS_A_TOKEN
    images = PAGE * preset.images if tokens.rules.sees_images else 0
    answers = tokens.answer * (again // 2 + preset.ensemble)
    asked = tokens.about + tokens.form + examples + images + tokens.earlier + answers
    calls = [Calls("reviewer", size.reviews * passes, asked, tokens.answer)]
    if preset.soft:
        calls.append(Calls("reviewer", size.reviews, tokens.about + tokens.form, SOFT))
    return calls


PHASE = Phase(
    name="review",
    after=("assign",),
    sees=("review", "panel"),
    steps=(
        Step("review", tasks, goes_on=True),
        EMERGENCY,
        Step("review.replacement", replacement_tasks, goes_on=True, waits=short_of_reviews),
    ),
    forecast=lambda size: Forecast(
        size.reviews, f"{size.venue.minds.reviewer} reviews, without emergency ones", at_most=True
    ),
    calls=_calls,
)
