"""Real submissions: a folder of PDFs, or human review data as `conference.data.reader` reads it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.core.records import Answer, HiddenText, HumanOutcome, Planted
from conference.data.reader import Sample, caveats, holds_data, read, read_all, sample
from conference.data.store import ABOUT
from conference.data.tables import Dataset, HumanReview, Paper, Stage
from venues.venue import Venue

MAGIC = b"%PDF-"  # within the first kilobyte of every PDF
Texts = Literal["reviewed", "any"]
WHEN: dict[Stage, str] = {"before_rebuttal": "before", "after_discussion": "after", "unknown": ""}


class TablePaper(msgspec.Struct, frozen=True, omit_defaults=True):
    """One submission of a dataset. `text` is the version that humans reviewed, or None.

    `byline` is its author line, `planted` what a study put into it, and `answer` the rebuttal that
    the study gives; `hidden` is the hidden text of the PDF that the text was read from.
    """

    paper: str
    title: str
    abstract: str
    keywords: tuple[str, ...]
    topic: str
    text: str | None
    human: HumanOutcome | None
    byline: str = ""
    planted: tuple[Planted, ...] = ()
    answer: Answer | None = None
    hidden: tuple[HiddenText, ...] = ()


class PaperSource(msgspec.Struct, frozen=True):
    """A round's submissions. `earlier` are titles with abstracts of papers of earlier years.

    `fingerprint` is a hash of all that the round takes from the files, to notice when one changes
    between two runs of the same round. `notes` are sentences to show before the round starts.
    """

    kind: str
    path: str
    fingerprint: str
    pdfs: tuple[Path, ...] = ()
    pdf_ids: tuple[str, ...] = ()
    table: tuple[TablePaper, ...] = ()
    earlier: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sample: Sample | None = None

    def __len__(self) -> int:
        return len(self.pdfs) or len(self.table)


def open_papers(
    path: str | Path,
    venue: Venue,
    size: int = 0,
    seed: int = 0,
    texts: Texts = "reviewed",
) -> PaperSource:
    """The submissions at `path` for a venue-year: a folder of PDFs, or a place with review data.

    With a `size`, that many of them are drawn with the seed. Full texts of final versions give away
    the decision, so they are left out unless `texts` is "any", which takes only papers with a text.

    Raises:
        UserError: nothing is there, or it cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"--papers {path}: no such file or folder.")
    if path.is_dir() and not holds_data(path):
        return _pdfs(path, size, seed)
    source = _data(path, venue, size, seed, texts)
    if source.sample:
        said = f"{path}: taken is {source.sample}."
        source = msgspec.structs.replace(source, notes=(*source.notes, said))
    return source


def _pdfs(path: Path, size: int, seed: int) -> PaperSource:
    # Hosts on other machines, or of an older cluster, have another working folder.
    inside = path.absolute().iterdir()
    pdfs = sorted(each for each in inside if each.suffix.lower() == ".pdf")
    if not pdfs:
        raise UserError(f"--papers {path}: the folder has no PDF and no papers.parquet.")
    chosen, drawn = sample(pdfs, size, seed, lambda pdf: pdf.name)
    digest = hashlib.sha256()
    others: list[str] = []
    ids: list[str] = []
    for pdf in chosen:
        data = pdf.read_bytes()
        if MAGIC not in data[:1024]:
            others.append(clean(pdf.name))
        digest.update(os.fsencode(pdf.name) + f"\x1f{len(data)}\x1f".encode())
        content = hashlib.sha256(data)
        digest.update(content.digest())
        ids.append(_new_id(f"pdf-{content.hexdigest()[:8]}", ids))
    if len(others) == len(chosen):
        raise UserError(f"--papers {path}: none of the files is a PDF, such as {others[0]}.")
    named = f"{len(others)} file(s) are named .pdf and hold no PDF, such as"
    notes = (f"{path}: {named} {others[0]}; they are left out.",) if others else ()
    return PaperSource(
        "pdf", str(path), digest.hexdigest(), pdfs=tuple(chosen), pdf_ids=tuple(ids), notes=notes,
        sample=drawn,
    )  # fmt: skip


def _new_id(name: str, taken: list[str]) -> str:
    """An id that depends on the file's content alone; equal files get a count."""
    count = sum(each.partition(".")[0] == name for each in taken)
    return f"{name}.{count + 1}" if count else name


def _data(path: Path, venue: Venue, size: int, seed: int, texts: Texts) -> PaperSource:
    """The venue's own papers at `path`, with their human reviews."""
    datasets, earlier = _datasets(path, venue)
    papers = list(chain.from_iterable(dataset.papers for dataset in datasets))
    chosen, notes = _of_the_venue(papers, path, venue)
    whole = _with_abstracts(chosen, path, notes)
    if texts == "any":
        whole = _with_texts(whole, path, notes)
    taken, drawn = sample(whole, size, seed, lambda paper: paper.paper_id)
    for dataset in datasets:
        inside = {paper.paper_id for paper in dataset.papers}
        used = [paper for paper in taken if paper.paper_id in inside]
        notes += [f"{path}: {note.rstrip('.')}." for note in caveats(dataset, used)]
    notes += _other_scale(taken, venue, path)
    reviews: dict[str, list[HumanReview]] = {}
    for review in chain.from_iterable(dataset.reviews for dataset in datasets):
        if review.rating is not None:
            reviews.setdefault(review.paper_id, []).append(review)
    table = tuple(
        _row(paper, reviews.get(paper.paper_id, []), venue, path, texts) for paper in taken
    )
    older = chain.from_iterable(dataset.papers for dataset in earlier)
    before = tuple(f"{paper.title}\n{paper.abstract}" for paper in older if paper.abstract)
    digest = hashlib.sha256(msgspec.json.encode((table, before), order="sorted")).hexdigest()
    return PaperSource(
        "table", str(path), digest, table=table, earlier=before, notes=tuple(notes), sample=drawn
    )


def _datasets(path: Path, venue: Venue) -> tuple[tuple[Dataset, ...], tuple[Dataset, ...]]:
    """The datasets with the venue's papers, and those of its earlier years.

    A fault in a user's own table is an error; damaged records of a crawl are left out.
    """
    if (path / ABOUT).is_file():
        dataset, earlier = read(path)
        return (dataset,), earlier
    rated = None if path.is_file() else venue.year
    found = read_all(path, (venue.series or venue.name, venue.year), rated)
    if path.is_file():
        for dataset in found:
            if dataset.damaged:
                fault = dataset.damaged[0]
                raise UserError(
                    f"{path}: {fault.record}: {fault.reason}; fix it, or import the table, which "
                    "leaves out what is damaged."
                )
        return found, ()
    series = [d for d in found if _in_series(d.papers[0], venue)]
    own = tuple(d for d in series if d.papers[0].year == venue.year)
    if not own:
        raise UserError(
            f"--papers {path}: no paper of {venue.series or 'any venue'} {venue.year}; the folder "
            f"has {', '.join(dataset.name for dataset in found)}; choose the venue of one of these."
        )
    return own, tuple(d for d in series if d.papers[0].year < venue.year)


def _in_series(paper: Paper, venue: Venue) -> bool:
    """Whether a paper is from any year of the venue; True for a venue without a series."""
    return venue.series.lower() in ("", paper.venue.lower())


def _of_the_venue(papers: list[Paper], path: Path, venue: Venue) -> tuple[list[Paper], list[str]]:
    """The venue's own papers and a note. If there are none, all papers, as a user may want to see
    other papers under this venue's rules."""
    own = [paper for paper in papers if paper.year == venue.year and _in_series(paper, venue)]
    said = ""
    if not own:
        others = ", ".join(sorted({f"{paper.venue} {paper.year}" for paper in papers}))
        said = (
            f"{path}: none of its papers is from {venue.series or 'the year'} {venue.year}, as "
            f"{venue.name} is; they are from {others} and are reviewed as if submitted to it."
        )
    elif len(own) < len(papers):
        said = (
            f"{path}: {len(papers) - len(own)} of its {len(papers)} papers are not of "
            f"{venue.year} and are left out."
        )
    return own or papers, [said] if said else []


def _other_scale(papers: Iterable[Paper], venue: Venue, path: Path) -> list[str]:
    scales = {paper.scale for paper in papers if paper.scale}
    own = tuple(venue.form[venue.form.rating].values)
    return [
        f"{path}: its ratings are on the scale {', '.join(f'{step:g}' for step in scale)}, which "
        f"is not that of {venue.name}; they are kept as they are."
        for scale in sorted(scales)
        if scale != own
    ]


def _with_abstracts(papers: list[Paper], path: Path, notes: list[str]) -> list[Paper]:
    """The papers with an abstract; `notes` gets a sentence on the others.

    If no paper of a crawl has one but people rated them, as for ICLR 2023, all are taken with their
    titles and keywords, as their human ratings are known.
    """
    whole = [paper for paper in papers if paper.abstract]
    bare = [paper for paper in papers if not paper.abstract]
    if not whole:
        if not any(paper.rating_stage != "unknown" and paper.keywords for paper in papers):
            raise UserError(f"--papers {path}: no row has both a title and an abstract.")
        notes.append(
            f"{path}: none of these papers has an abstract; minds see only titles and keywords."
        )
        return bare
    if bare:
        name = bare[0].paper_id
        notes.append(f"{path}: {len(bare)} row(s) are left out, such as {name}: no abstract.")
    return whole


def _with_texts(papers: list[Paper], path: Path, notes: list[str]) -> list[Paper]:
    """The papers with a full text of any version; `notes` gets sentences on them."""
    found = [paper for paper in papers if paper.text]
    if not found:
        raise UserError(
            f"--papers {path}: none of its papers has a full text; give a folder of PDFs, a table "
            "with a column text, or a folder with a fulltext_VENUEYEAR.parquet."
        )
    if len(found) < len(papers):
        notes.append(
            f"{path}: {len(papers) - len(found)} of {len(papers)} papers have no full text and are "
            "left out."
        )
    if final := sum(paper.text_version != "reviewed" for paper in found):
        notes.append(
            f"{path}: {final} full texts are not known to be the version that was reviewed and may "
            "reveal the decision: compare arms, not agreement with human decisions."
        )
    return found


def _row(
    paper: Paper, reviews: list[HumanReview], venue: Venue, path: Path, texts: Texts
) -> TablePaper:
    human = _human(paper, reviews, venue, path)
    return TablePaper(
        paper.paper_id,
        paper.title,
        paper.abstract or "",
        paper.keywords,
        paper.topic,
        paper.text if texts == "any" else paper.shown_text,
        human,
    )


def _human(
    paper: Paper, reviews: list[HumanReview], venue: Venue, path: Path
) -> HumanOutcome | None:
    if not reviews and paper.accepted is None:
        return None
    scale = venue.form[venue.form.rating].values
    for review in reviews:
        if not scale[0] <= (review.rating or 0.0) <= scale[-1]:
            raise UserError(
                f"{path}: paper {paper.paper_id}: the rating {review.rating:g} is not on the scale "
                f"of {venue.name}, {scale[0]:g} to {scale[-1]:g}; fix it, or choose the venue that "
                "the ratings come from."
            )
    first = tuple(review.rating_initial for review in reviews)
    sure = tuple(review.confidence for review in reviews)
    texts = tuple(review.texts for review in reviews)
    return HumanOutcome(
        paper=paper.paper_id,
        ratings=tuple(review.rating for review in reviews if review.rating is not None),
        first_ratings=first if any(rating is not None for rating in first) else (),
        confidences=sure if any(value is not None for value in sure) else (),
        texts=texts if any(texts) else (),
        accepted=paper.accepted,
        decision=paper.decision or paper.status.replace("unknown", ""),
        topic=paper.topic,
        when=WHEN[paper.rating_stage],
    )
