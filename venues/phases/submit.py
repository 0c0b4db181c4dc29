"""Research and submission: scientists write papers, or real ones are read in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from conference.core.clean import clean
from conference.core.files import keep
from conference.core.mentions import count_mentions
from conference.core.records import (
    Agent,
    AnyRecord,
    Call,
    HiddenText,
    PlannedStudy,
    Submission,
    Unreadable,
)
from conference.core.tasks import CentralSight, Sight, Task, TaskKey
from conference.models.context import Context
from scientists.language.ideas import calls_a_study
from scientists.scientist import Past, ResearchSight, ReviseSight
from scientists.study import Idea, choose, ideas_of
from venues.papers import TablePaper
from venues.phase import Calls, Forecast, Phase, Size, Tokens
from venues.state import Archived, Round, Step
from venues.venue import Topic


class TableSight(CentralSight, frozen=True, kw_only=True):
    """One row of a table of submissions."""

    row: TablePaper


class PlanSight(CentralSight, frozen=True, kw_only=True):
    """The papers that scientists will write, each with its author and what the author knows.

    `taken` are the ideas of papers resubmitted from the last round.
    """

    call: Call
    papers: tuple[tuple[str, Agent, tuple[Past, ...]], ...]
    taken: tuple[Idea, ...]


class PdfSight(Sight, frozen=True, kw_only=True):
    """One PDF file of a folder, not yet trusted."""

    path: bytes  # a file's name need not be text
    topics: tuple[Topic, ...]


def plan_tasks(round_: Round) -> list[Task]:
    """One task that gives each new paper its idea before the experiments.

    So no two scientists do the same work, in whatever order they work.
    """
    if round_.source is not None:
        return []
    # First papers before second ones, so that further papers do not change the first ones' ideas.
    written = sorted(_written(round_), key=lambda row: row[2])
    sight = PlanSight(
        call=round_.all(Call)[0],
        papers=tuple(
            (paper, agent, round_.archive_for(agent.id))
            for paper, agent, _, again in written
            if again is None
        ),
        taken=tuple(
            (again.experiment.template, again.experiment.idea)
            for *_, again in written
            if again and again.experiment
        ),
    )
    return [Task(TaskKey("submit.plan"), sight)] if sight.papers else []


def plan(sight: PlanSight, context: Context) -> list[AnyRecord]:
    """An idea for each paper, chosen by its scientist; none twice until all are taken."""
    every = set(ideas_of(sight.call))
    left, found = every - set(sight.taken), list[AnyRecord]()
    for paper, agent, archive in sight.papers:
        left = left or set(every)
        rng = context.rng(paper)
        question = choose(agent, sight.call, archive, rng, left)
        template, idea = question.template.name, question.idea
        left.discard((template, idea.name))
        found.append(
            PlannedStudy(
                paper=paper, agent=agent.id, template=template, idea=idea.name, title=idea.title
            )
        )
    return found


def tasks(round_: Round) -> list[Task]:
    source = round_.source
    if source is None:
        return _research(round_)
    if source.kind == "table":
        return [
            Task(TaskKey("submit", paper=row.paper), TableSight(row=row)) for row in source.table
        ]
    topics = round_.venue.call.topics
    return [
        Task(TaskKey("submit", paper=name), PdfSight(path=os.fsencode(path), topics=topics))
        for name, path in zip(source.pdf_ids, source.pdfs, strict=True)
    ]


def _written(round_: Round) -> Iterator[tuple[str, Agent, int, Archived | None]]:
    """The papers that scientists submit: id, author, number among the author's papers, and the
    earlier paper that it revises or None.

    Each revises its rejected papers of the last round first, then starts new ones.
    """
    each = round_.venue.call.papers_per_scientist
    again = defaultdict[str, list[Archived]](list)
    for entry in round_.archive:
        if entry.past.accepted is False and entry.latest and entry.authors:
            again[entry.authors[0]].append(entry)
    for number, agent in enumerate(round_.agents("scientist")):
        for own in range(each):
            old = again[agent.id][own] if own < len(again[agent.id]) else None
            yield paper_name(number, own), agent, own, old


def paper_name(scientist: int, own: int) -> str:
    """The id of a scientist's paper, both counted from 0."""
    return f"paper-{scientist + 1:03d}" + (f"-{own + 1}" if own else "")


def _research(round_: Round) -> list[Task]:
    """Tasks for new studies and for revisions of papers of the last round."""
    call, rules = round_.all(Call)[0], round_.venue.call
    planned = {study.paper: study for study in round_.all(PlannedStudy)}
    found = []
    for paper, agent, own, old in _written(round_):
        if old is not None:
            found.append(_resubmission(round_, agent, paper, old, call))
            continue
        sight = ResearchSight(
            call=call,
            paper=paper,
            number=own,
            budget=rules.budget,
            seeds=rules.seeds,
            format=round_.options.format,
            archive=round_.archive_for(agent.id),
            unsafe=round_.options.unsafe,
            literature=round_.options.literature,
            planned=planned.get(paper),
            begun=_begun_before(paper, list(planned.values())),
        )
        found.append(Task(TaskKey("submit", agent.id, paper), sight, agent))
    return found


def _begun_before(paper: str, planned: list[PlannedStudy]) -> tuple[PlannedStudy, ...]:
    """The studies on the same template that were planned before a paper's own."""
    at = next((at for at, study in enumerate(planned) if study.paper == paper), 0)
    return tuple(study for study in planned[:at] if study.template == planned[at].template)


def _resubmission(round_: Round, agent: Agent, paper: str, entry: Archived, call: Call) -> Task:
    """The task of revising a rejected paper of the last round after its reviews."""
    rules = round_.venue.call
    sight = ReviseSight(
        submission=entry.submission,
        reviews=entry.reviews,
        rebuttal=None,
        meta_review=entry.meta_review,
        call=call,
        resubmission=paper,
        experiment=entry.experiment,
        folder=entry.folder,
        budget=rules.budget,
        seeds=rules.seeds,
        format=round_.options.format,
        unsafe=round_.options.unsafe,
    )
    return Task(TaskKey("submit", agent.id, paper), sight, agent)


def perform(sight: TableSight | PdfSight, context: Context) -> list[AnyRecord]:
    """The records of a real paper; an unreadable PDF gives `Unreadable` with the reason."""
    if isinstance(sight, TableSight):
        return _from_table(sight.row, context)
    return _from_pdf(sight, context)


def _from_table(row: TablePaper, context: Context) -> list[AnyRecord]:
    document = ""
    if row.text:
        from conference.papers import from_text, write_document

        parsed = from_text(row.title, row.abstract, row.text)
        document = write_document(parsed, context.papers)
    submission = Submission(
        paper=row.paper,
        title=row.title,
        abstract=row.abstract,
        keywords=row.keywords,
        topic=row.topic,
        document=document,
        source="table",
        byline=row.byline,
        answer=row.answer,
    )
    return [submission, *([row.human] if row.human else []), *row.planted, *row.hidden]


def _from_pdf(sight: PdfSight, context: Context) -> list[AnyRecord]:
    from conference.papers import UnreadablePdf, write_document
    from conference.papers.untrusted import read_untrusted

    path = Path(os.fsdecode(sight.path))
    try:
        document, hidden = read_untrusted(path)
    except UnreadablePdf as error:
        return [Unreadable(file=clean(path.name), reason=clean(str(error)))]
    paper = context.key.paper
    submission = Submission(
        paper=paper,
        title=document.title or clean(path.stem),
        abstract=document.abstract,
        topic=_topic(f"{document.title} {document.abstract}", sight.topics),
        pdf=keep(context.papers, path.read_bytes(), ".pdf"),
        document=write_document(document, context.papers),
        pages=document.pages,
        source="pdf",
    )
    found = [
        HiddenText(
            paper=paper, page=span.page, technique=span.technique, text=span.text, rule=span.rule
        )
        for span in hidden
    ]
    return [submission, *found]


def _topic(text: str, topics: tuple[Topic, ...]) -> str:
    """The call's topic with the most keywords in the text, or ""."""
    counts = {
        topic.name: sum(count_mentions(text, word, stems=True) for word in topic.keywords)
        for topic in topics
    }
    best = max(counts, key=lambda name: counts[name], default="")
    return best if counts.get(best) else ""


def _forecast(size: Size) -> Forecast:
    mind = size.venue.minds.scientist
    return Forecast(size.papers, f"{mind} research" if size.authored else "read real papers")


def _calls(size: Size, tokens: Tokens) -> list[Calls]:
    asked = tokens.house + tokens.material
    return [Calls("scientist", size.authored * calls_a_study(), asked, 2 * tokens.answer)]


PHASE = Phase(
    name="submit",
    after=("call",),
    steps=(Step("submit.plan", plan_tasks), Step("submit", tasks)),
    performs={PlanSight: plan, TableSight: perform, PdfSight: perform},
    forecast=_forecast,
    calls=_calls,
)
