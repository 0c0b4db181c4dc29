"""Desk check: page limit, anonymity, topic, hidden text; duplicates are flagged."""

from __future__ import annotations

from functools import lru_cache

from conference.core.records import Agent, AnyRecord, DeskCheck, HiddenText, Submission
from conference.core.tasks import CentralSight, Task, TaskKey
from conference.models.context import Context
from venues.phase import Forecast, Phase
from venues.state import Round, Step
from venues.venue import CallRules, DeskRules


class DeskSight(CentralSight, frozen=True, kw_only=True):
    """All submissions of the round with their authors' names, and the hidden text found."""

    submissions: tuple[Submission, ...]
    authors: dict[str, tuple[str, ...]]
    hidden: tuple[HiddenText, ...]
    call: CallRules
    rules: DeskRules


def tasks(round_: Round) -> list[Task]:
    people = {agent.id: agent for agent in round_.all(Agent)}
    submissions = tuple(round_.all(Submission))
    sight = DeskSight(
        submissions=submissions,
        authors={
            paper.paper: tuple(people[name].name for name in paper.authors if name in people)
            for paper in submissions
            if paper.authors
        },
        hidden=tuple(round_.all(HiddenText)),
        call=round_.venue.call,
        rules=round_.venue.desk,
    )
    return [Task(TaskKey("desk_check"), sight)]


def perform(sight: DeskSight, context: Context) -> list[AnyRecord]:
    """One verdict for each submission, with all reasons for a rejection.

    Duplicates are not rejected, as nobody knows which paper is the original: the chairs are told
    of each.
    """
    from conference.papers import checks
    from conference.papers.hidden import UNCHECKED

    duplicates = _duplicates(sight)
    hidden: dict[str, list[HiddenText]] = {}
    for span in sight.hidden:
        if span.technique != UNCHECKED:  # Shown on the paper's page, but proves nothing.
            hidden.setdefault(span.paper, []).append(span)
    verdicts: list[AnyRecord] = []
    for paper in sight.submissions:
        reasons = []
        if sight.rules.page_limit and paper.pages:
            reasons.append(checks.page_limit(paper.pages, sight.call.page_limit))
        if sight.rules.anonymity and sight.call.anonymous and paper.document:
            reasons.append(_anonymity(paper, sight, context))
        if sight.rules.topic and sight.call.topics:
            topics = {topic.name: topic.keywords for topic in sight.call.topics}
            text = f"{paper.title}\n{paper.abstract}\n{' '.join(paper.keywords)}"
            reasons.append(checks.out_of_topic(text, topics))
        if sight.rules.hidden_text and hidden.get(paper.paper):
            reasons.append(_hidden(hidden[paper.paper]))
        found = tuple(reason for reason in reasons if reason)
        verdicts.append(
            DeskCheck(
                paper=paper.paper,
                passed=not found,
                reasons=found,
                flags=tuple(duplicates.get(paper.paper, ())),
            )
        )
    return verdicts


def _anonymity(paper: Submission, sight: DeskSight, context: Context) -> str | None:
    from conference.papers import checks, read_document

    document = read_document(context.papers / paper.document)
    return checks.anonymity(document, sight.authors.get(paper.paper, ()))


def _duplicates(sight: DeskSight) -> dict[str, list[str]]:
    """By paper that is like others, a flag for each of them."""
    if not sight.rules.duplicates or len(sight.submissions) < 2:
        return {}
    names = [paper.paper for paper in sight.submissions]
    titles = tuple(paper.title for paper in sight.submissions)
    abstracts = tuple(paper.abstract for paper in sight.submissions)
    near, same = _alike(titles, abstracts, sight.rules.duplicate_similarity)
    flags: dict[str, list[str]] = {}
    for pair in sorted({*near, *same}):
        for at, other in (pair, pair[::-1]):
            said = (
                f"duplicate of {names[other]}: the same title and abstract but for a few words"
                if pair in same
                else f"near-duplicate of {names[other]}: an abstract on the same question under "
                "nearly the same title, or in nearly the same words"
            )
            flags.setdefault(names[at], []).append(said)
    return flags


@lru_cache(maxsize=2)
def _alike(
    titles: tuple[str, ...], abstracts: tuple[str, ...], similarity: float
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Pairs (earlier, later) of near-duplicates, and pairs of duplicates.

    Cached, so that rounds on the same papers search once.
    """
    from conference.papers import checks

    return checks.alike(titles, abstracts, similarity)


def _hidden(spans: list[HiddenText]) -> str:
    first = spans[0]
    more = f" and {len(spans) - 1} more place(s)" if len(spans) > 1 else ""
    rule = f": {first.rule}" if first.rule else ""
    return f"hidden text on page {first.page} ({first.technique}){more}{rule}"


PHASE = Phase(
    name="desk_check",
    after=("submit",),
    sees=("desk",),
    steps=(Step("desk_check", tasks),),
    performs={DeskSight: perform},
    forecast=lambda size: Forecast(1, f"check {size.papers} submissions"),
)
