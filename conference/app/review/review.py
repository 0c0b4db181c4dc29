"""Reviews a paper on a venue's form: the desk's checks, a panel's reviews, and a meta-review.

Reviewers and chair are the same as in a round and see what they would see there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from chairs.chair import MetaReviewSight, Thread
from conference.core.errors import UserError
from conference.core.executors import Performer
from conference.core.files import PAPERS, keep
from conference.core.progress import Progress, no_progress
from conference.core.records import (
    Absence,
    Agent,
    AnyRecord,
    DeskCheck,
    Failure,
    HiddenText,
    MetaReview,
    Review,
    Submission,
    decode,
)
from conference.core.tasks import Task, TaskKey
from conference.models import is_model
from conference.models.backends import Cluster, running
from conference.models.context import Context
from conference.models.records import ModelRules
from conference.papers import UnreadablePdf, write_document
from conference.papers.manuscript import blinded
from conference.papers.untrusted import read_untrusted
from reviewers.embedded.panel import Panel, load_panel
from reviewers.recorded import is_recorded
from reviewers.reviewer import ReviewSight
from venues.dispatch import make_performer
from venues.examples import with_examples
from venues.minds import check_new_tasks, models_of
from venues.phases import desk_check
from venues.population import make_committee, parse_minds
from venues.round import prepare
from venues.venue import Venue

EMBEDDED = (
    "A statistical model wrote these reviews. It forecasts ratings from title and abstract, better "
    "than chance and worse than one human; it lists what it measured, and understands nothing."
)
LANGUAGE = "Language models wrote these reviews; `conference benchmark` measures how well."
FOREIGN = (
    "This paper is not in English: of its {words:,} words {english:,} are among the commonest "
    "English ones. Statistical minds and the desk know only English papers, so their forecasts "
    "and findings say nothing about it."
)
WORD = re.compile(r"[^\W\d_]+")
ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "a",
        "is",
        "we",
        "that",
        "for",
        "with",
        "this",
        "are",
        "on",
        "by",
    ]
)
FEWEST_ENGLISH = 0.1  # of the words; each of 785 full texts of ICLR 2022 has .14 or more
SIMULATED = 4000  # simulated papers of the human panel with which a mean rating is compared


class PaperReview(msgspec.Struct, frozen=True, kw_only=True):
    """The reviews of one file. `unreadable` says why there are none.

    `about` says who wrote the reviews and what they are worth, `note` what a reader should know
    first. `desk` are the reasons for which the desk would reject the paper. `below` is the share of
    the venue-year's papers, as its fitted human panel rates them, whose mean of as many ratings is
    lower. `bar` is the mean rating that the venue's quota of acceptances needs.
    """

    file: str
    venue: str
    about: str = ""
    unreadable: str = ""
    title: str = ""
    pages: int = 0
    words: int = 0
    note: str = ""
    hidden: tuple[HiddenText, ...] = ()
    desk: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    missing: tuple[str, ...] = ()
    meta_review: MetaReview | None = None
    mean: float | None = None
    below: float | None = None
    bar: float | None = None
    scale: str = ""


def review_paper(
    path: str | Path, venue: str | Path | Venue = "iclr2026", **options: Any
) -> PaperReview:
    """One paper's reviews; the options are those of `review_papers`."""
    (found,) = review_papers([path], venue, **options)
    return found


def review_papers(
    paths: Sequence[str | Path],
    venue: str | Path | Venue = "iclr2026",
    *,
    reviewer: str = "embedded",
    chair: str = "embedded",
    panel: int = 3,
    out: str | Path = "runs/review",
    models: Mapping[str, ModelRules] | None = None,
    seed: int = 0,
    address: str | None = None,
    progress: Progress = no_progress,
) -> list[PaperReview]:
    """Review PDFs, or papers as .txt, .md or .tex, on a venue's form.

    Args:
        reviewer: minds of the panel, as `conference run` takes them.
        panel: how many reviews each paper gets.
        out: where the parsed papers are kept.

    Raises:
        UserError: bad arguments, or a missing file. A file that cannot be read is no error: its
            `PaperReview` says so.
    """
    if panel < 1:
        raise UserError(f"--panel is {panel}; give at least 1.")
    for path in paths:
        if not Path(path).is_file():
            raise UserError(f"{path}: no such file; name a PDF, or a .txt, .md or .tex file.")
    rules = prepare(
        venue, reviewers=panel, chairs=1, minds={"reviewer": reviewer, "chair": chair},
        models=dict(models or {}), settings={"review.absent_rate": 0.0},
    )  # fmt: skip
    check_new_tasks(rules, "those of another paper")
    for _, mind in parse_minds(rules.minds.reviewer):
        if is_recorded(mind):
            raise UserError(
                f"--reviewer {mind}: it only replays ratings of a data set's papers; name another."
            )
    folder = Path(out)
    files = [Path(path) for path in paths]
    models = with_examples(rules.models, seed, folder, lambda line: None, files=files)
    perform = make_performer(seed, str(folder.resolve()), 1, models)
    found = []
    with running(models_of(rules), Cluster(address, 1), progress):
        for number, path in enumerate(paths):
            progress("papers", number, len(paths))
            found.append(_review(Path(path), rules, perform, folder, seed))
        progress("papers", len(paths), len(paths))
    return found


def _review(path: Path, venue: Venue, perform: Performer, folder: Path, seed: int) -> PaperReview:
    try:
        document, spans = read_untrusted(path)
    except (UnreadablePdf, UserError) as error:
        return PaperReview(file=path.name, venue=venue.title, unreadable=str(error))
    papers, name = folder / PAPERS, f"paper-{document.sha256[:8]}"  # Draws go by this name.
    submission = Submission(
        paper=name,
        title=document.title or path.stem,
        abstract=document.abstract,
        pdf=keep(papers, path.read_bytes(), ".pdf") if path.suffix.lower() == ".pdf" else "",
        document=write_document(document, papers),
        pages=document.pages,
        source="pdf",
    )
    hidden = tuple(
        HiddenText(
            paper=name, page=span.page, technique=span.technique, text=span.text, rule=span.rule
        )
        for span in spans
    )
    people = make_committee(venue, seed, [submission], None)
    reviewers = [agent for agent in people if agent.role == "reviewer"]
    records = asyncio.run(_all(perform, _review_tasks(submission, venue, reviewers)))
    reviews = tuple(row for row in records if isinstance(row, Review))
    panel = load_panel(venue.panel.like)
    means = _human_means(panel, venue, max(1, len(reviews)))
    bar = float(np.quantile(means, 1 - venue.decision.accept_rate))
    meta = None
    if len(reviews) > 1:
        chairs = [agent for agent in people if agent.role == "chair"]
        task = _meta_task(submission, reviews, venue, chairs[0], bar, float(means.mean()))
        rows = asyncio.run(_all(perform, [task]))
        records += rows
        meta = next((row for row in rows if isinstance(row, MetaReview)), None)
    mean = float(np.mean([review.rating for review in reviews])) if reviews else None
    field = venue.form[venue.form.rating]
    return PaperReview(
        file=path.name,
        venue=venue.title,
        about=LANGUAGE if any(is_model(agent.mind) for agent in reviewers) else EMBEDDED,
        title=submission.title,
        pages=document.pages,
        words=document.words,
        note=foreign(document.text),
        hidden=hidden,
        desk=_desk(submission, hidden, venue, folder, seed),
        reviews=reviews,
        missing=tuple(row.reason for row in records if isinstance(row, Failure | Absence)),
        meta_review=meta,
        mean=mean,
        below=None if mean is None else float(np.mean(means < mean)),
        bar=bar,
        scale=f"{field.values[0]:g} to {field.values[-1]:g}",
    )


def foreign(text: str) -> str:
    """A warning about a text that is not in English; "" for English."""
    words = WORD.findall(text.lower())
    english = sum(word in ENGLISH for word in words)
    enough = english >= FEWEST_ENGLISH * len(words)
    return "" if enough else FOREIGN.format(words=len(words), english=english)


def _review_tasks(paper: Submission, venue: Venue, reviewers: Sequence[Agent]) -> list[Task]:
    sight = ReviewSight(
        manuscript=blinded(paper),
        form=venue.form,
        panel=venue.panel.like,
        affinity=0.5,
        expertise=0.5,
        days=venue.call.deadlines.get("reviews", 21),
        absent_rate=0.0,
        late_rate=0.0,
    )
    return [Task(TaskKey("review", agent.id, paper.paper), sight, agent) for agent in reviewers]


def _meta_task(
    paper: Submission,
    reviews: tuple[Review, ...],
    venue: Venue,
    chair: Agent,
    bar: float,
    mean: float,
) -> Task:
    thread = Thread(
        manuscript=blinded(paper),
        reviews=reviews,
        ratings=tuple(review.rating for review in reviews),
    )
    sight = MetaReviewSight(
        thread=thread, form=venue.form, bar=bar, venue_mean=mean,
        accept_rate=venue.decision.accept_rate,
    )  # fmt: skip
    return Task(TaskKey("meta_review", chair.id, paper.paper), sight, chair)


async def _all(perform: Performer, tasks: Sequence[Task]) -> list[AnyRecord]:
    done = await asyncio.gather(*(perform(task) for task in tasks))
    return [record for each in done for record in decode(each.records)]


def _desk(
    paper: Submission, hidden: tuple[HiddenText, ...], venue: Venue, folder: Path, seed: int
) -> tuple[str, ...]:
    """Why the desk would reject the paper."""
    sight = desk_check.DeskSight(
        submissions=(paper,), authors={}, hidden=hidden, call=venue.call, rules=venue.desk
    )
    context = Context(seed, folder, TaskKey("desk_check"), asyncio.Semaphore(1))
    (verdict,) = desk_check.perform(sight, context)
    return verdict.reasons if isinstance(verdict, DeskCheck) else ()


def _human_means(panel: Panel, venue: Venue, ratings: int) -> np.ndarray:
    """Simulated mean ratings of the venue-year's fitted human panel, on the venue's scale."""
    rng = np.random.default_rng(0)
    shared = np.sqrt(panel.common) * rng.standard_normal((SIMULATED, 1))
    latent = shared + np.sqrt(1 - panel.common) * rng.standard_normal((SIMULATED, ratings))
    values = np.array(panel.values)[np.searchsorted(panel.thresholds, latent)]
    own = venue.form[venue.form.rating].values
    if set(panel.values) <= set(own):
        return np.asarray(values.mean(axis=1))
    low, high = panel.values[0], panel.values[-1]
    return np.asarray(own[0] + (values.mean(axis=1) - low) / (high - low) * (own[-1] - own[0]))
