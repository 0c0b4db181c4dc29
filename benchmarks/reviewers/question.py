"""The papers that reviewers are measured on, with human ratings and decisions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.data.reader import Sample, caveats, read, sample
from conference.data.store import fingerprint
from conference.data.tables import Dataset, Paper
from conference.statistics.estimate import Floats

FEWEST = 20
Texts = dict[str, str]  # A review's texts by form field.


class PaperView(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer may see of a paper: never a rating, a decision or a review.

    `text` is given only if it is the version that humans reviewed.
    """

    paper_id: str
    venue: str
    year: int
    title: str
    abstract: str
    keywords: tuple[str, ...]
    topic: str
    text: str | None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The measured papers in order of their ids, with parallel ratings and decisions.

    `accepted` is None for a paper without a decision; `ratings` may have empty arrays. `earlier`
    are the venue's earlier years, for reviewers that learn; `reviews` are the texts that humans
    wrote about each paper, without empty ones.
    """

    name: str
    papers: tuple[Paper, ...]
    ratings: tuple[Floats, ...]
    accepted: tuple[bool | None, ...]
    scale: tuple[float, ...]
    stage: str
    earlier: tuple[Dataset, ...]
    notes: tuple[str, ...]
    sha256: str
    source: str
    sample: Sample | None = None
    reviews: tuple[tuple[Texts, ...], ...] = ()

    @property
    def views(self) -> tuple[PaperView, ...]:
        """The papers as reviewers see them."""
        return tuple(view_of(paper) for paper in self.papers)

    @property
    def year(self) -> int:
        return min(paper.year for paper in self.papers)


def view_of(paper: Paper) -> PaperView:
    """A paper without its human reviews and decision."""
    return PaperView(
        paper_id=paper.paper_id,
        venue=paper.venue,
        year=paper.year,
        title=paper.title,
        abstract=paper.abstract or "",
        keywords=paper.keywords,
        topic=paper.topic,
        text=paper.shown_text,
    )


def open_question(
    data: str, store: Path, *, need: tuple[str, ...] = (), size: int = 0, seed: int = 0
) -> Question:
    """The papers called `data`: a dataset of the store such as "iclr2022", or NAME@PLACE for one at
    another place (see `conference.data.reader`).

    `need` names what each paper must have: "abstract" or "text". With a `size`, that many papers
    are drawn with the seed. Raises `UserError` if they do not suffice for a benchmark.
    """
    name, _, place = data.partition("@")
    dataset, earlier = read(Path(place) if place else store, name)
    return ask(dataset, earlier, need=need, size=size, seed=seed)


def ask(
    dataset: Dataset,
    earlier: tuple[Dataset, ...] = (),
    *,
    need: tuple[str, ...] = (),
    size: int = 0,
    seed: int = 0,
) -> Question:
    """The question of a dataset; its notes say which papers are left out and why."""
    notes: list[str] = []
    given = dataset.ratings()
    empty = sum(review.rating is None for review in dataset.reviews)
    if empty:
        notes.append(f"{empty} reviews have no rating and count for nothing here")
    chosen = _population(dataset, given, notes)
    for thing in need:
        lacking = sum(not getattr(paper, thing) for paper in chosen)
        chosen = [paper for paper in chosen if getattr(paper, thing)]
        notes.append(f"{lacking} papers without {thing} were left out, as asked")
    chosen, drawn = sample(chosen, size, seed, lambda paper: paper.paper_id)
    if drawn:
        notes.append(f"measured is {drawn}")
    _check(dataset.name, chosen, notes)
    ratings = tuple(given.get(paper.paper_id, np.empty(0)) for paper in chosen)
    _note_gaps(chosen, ratings, notes)
    stages = Counter(paper.rating_stage for paper in chosen)
    return Question(
        name=dataset.name,
        papers=tuple(chosen),
        ratings=ratings,
        accepted=tuple(paper.accepted for paper in chosen),
        scale=chosen[0].scale,
        stage=stages.most_common(1)[0][0] if len(stages) == 1 else "mixed",
        earlier=earlier,
        notes=(*caveats(dataset, chosen), *notes),
        sha256=fingerprint(dataset),
        source=dataset.source,
        sample=drawn,
        reviews=_reviews(dataset, chosen),
    )


def _reviews(dataset: Dataset, papers: list[Paper]) -> tuple[tuple[Texts, ...], ...]:
    """The texts that humans wrote about each paper."""
    found: dict[str, list[Texts]] = {}
    for review in dataset.reviews:
        if review.texts:
            found.setdefault(review.paper_id, []).append(review.texts)
    return tuple(tuple(found.get(paper.paper_id, ())) for paper in papers)


def _population(dataset: Dataset, given: dict[str, Floats], notes: list[str]) -> list[Paper]:
    """Decided papers; if none is decided, rated papers that were not withdrawn."""
    papers = list(dataset.papers)
    decided = [paper for paper in papers if paper.accepted is not None]
    if decided:
        others = Counter(paper.status for paper in papers if paper.accepted is None)
        for status, count in sorted(others.items()):
            what = "without a decision" if status == "unknown" else status.replace("_", "-")
            notes.append(f"{count} papers {what} are kept apart: only decided papers are measured")
        return decided
    notes.append("no paper has a decision, so nothing is measured against decisions")
    rated = [paper for paper in papers if paper.paper_id in given]
    left = Counter(paper.status for paper in rated if paper.status != "unknown")
    for status, count in sorted(left.items()):
        notes.append(f"{count} rated papers {status.replace('_', '-')} are kept apart")
    return [paper for paper in rated if paper.status == "unknown"]


def _check(name: str, papers: list[Paper], notes: list[str]) -> None:
    if len(papers) < FEWEST:
        raise UserError(
            f"{name}: only {len(papers)} papers can be measured; a benchmark needs {FEWEST}"
            + (f" ({'; '.join(notes)})." if notes else ".")
        )
    repeated = [key for key, count in Counter(p.paper_id for p in papers).items() if count > 1]
    if repeated:
        raise UserError(f"{name}: paper id {repeated[0]} is there twice; import the data again.")
    scales = Counter(paper.scale for paper in papers)
    if len(scales) > 1:
        listed = " and ".join(_listed(scale) for scale in scales)
        raise UserError(
            f"{name}: its ratings are on {len(scales)} different scales ({listed}); benchmark one "
            "venue-year at a time."
        )
    decided = [paper.accepted for paper in papers if paper.accepted is not None]
    if decided and len(set(decided)) == 1:
        only = "accepted" if decided[0] else "rejected"
        notes.append(f"all {len(decided)} papers are {only}: no measure against decisions exists")


def _note_gaps(papers: list[Paper], ratings: tuple[Floats, ...], notes: list[str]) -> None:
    for count, what in (
        (sum(not paper.abstract for paper in papers), "have no abstract and are judged without"),
        (
            sum(given.size == 0 for given in ratings),
            "are not yet rated in these data: measures of ratings skip them",
        ),
        (sum(given.size == 1 for given in ratings), "have one rating: agreement skips them"),
    ):
        if count:
            notes.append(f"{count} papers {what}")


def _listed(scale: tuple[float, ...]) -> str:
    return "{" + ", ".join(f"{value:g}" for value in scale) + "}" if scale else "an unknown one"
