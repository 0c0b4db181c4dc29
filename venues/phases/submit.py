"""Phase 2, research and submission: scientists work, or real papers are handed in."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from conference.core.clean import clean
from conference.core.files import keep
from conference.core.mentions import count_mentions
from conference.core.records import Agent, AnyRecord, Call, HiddenText, Submission, Unreadable
from conference.core.tasks import CentralSight, Sight, Task, TaskKey
from conference.models.context import Context
from scientists.scientist import ResearchSight, ReviseSight
from venues.papers import TablePaper
from venues.state import Archived, Round, Step
from venues.venue import Topic


class TableSight(CentralSight, frozen=True, kw_only=True):
    """One row of a table of submissions."""

    row: TablePaper


class PdfSight(Sight, frozen=True, kw_only=True):
    """One PDF file of a folder, not yet trusted."""

    path: bytes  # a file's name need not be text
    topics: tuple[Topic, ...]


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


def _research(round_: Round) -> list[Task]:
    """Each scientist first revises its rejected papers of the last round, then starts new ones."""
    call = round_.all(Call)[0]
    rules = round_.venue.call
    found = []
    again = defaultdict[str, list[Archived]](list)
    for entry in round_.archive:
        if entry.past.accepted is False and entry.latest and entry.authors:
            again[entry.authors[0]].append(entry)
    for number, agent in enumerate(round_.agents("scientist")):
        for own in range(rules.papers_per_scientist):
            paper = paper_name(number, own)
            if own < len(again[agent.id]):
                found.append(_resubmission(round_, agent, paper, again[agent.id][own], call))
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
            )
            found.append(Task(TaskKey("submit", agent.id, paper), sight, agent))
    return found


def paper_name(scientist: int, own: int) -> str:
    """The id of a scientist's paper, both counted from 0."""
    return f"paper-{scientist + 1:03d}" + (f"-{own + 1}" if own else "")


def _resubmission(round_: Round, agent: Agent, paper: str, entry: Archived, call: Call) -> Task:
    """A rejected paper of the last round, to be revised after its reviews."""
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
    """Take a real paper in; one that cannot be read is named with its reason."""
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
    )
    return [submission, *([row.human] if row.human else []), *row.planted]


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
        HiddenText(paper=paper, page=span.page, technique=span.technique, text=span.text)
        for span in hidden
    ]
    return [submission, *found]


def _topic(text: str, topics: tuple[Topic, ...]) -> str:
    """The call's topic of which the text has most keywords, "" when it has none."""
    counts = {
        topic.name: sum(count_mentions(text, word, stems=True) for word in topic.keywords)
        for topic in topics
    }
    best = max(counts, key=lambda name: counts[name], default="")
    return best if counts.get(best) else ""


STEPS = (Step("submit", tasks),)
