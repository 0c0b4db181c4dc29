"""The embedded statistical reviewer, with a fit that has not seen the tested papers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.fits import DAMAGED, KeptFit, key_of, tested_marks
from benchmarks.reviewers.question import PaperView, Question, Texts
from benchmarks.reviewers.reviewer import NotMeasurable, Reviewer, Scores
from conference.core.errors import UserError
from conference.papers.manuscript import Manuscript
from conference.statistics.estimate import Booleans
from reviewers.embedded.mind import written
from reviewers.quality import fitting
from reviewers.quality.model import FILE, PaperText, QualityModel, has_abstract, load, write
from reviewers.quality.training_overlap import marks_of
from reviewers.quality.training_papers import of_use, papers_of, standardised
from reviewers.quality.training_papers import texts_of as frame_texts
from venues.venue_file import load_venue

NAME = "embedded"
FORM = "iclr2026"  # of its reviews, with separate fields for strengths, weaknesses and questions
FEWEST_TRAINING = 100
PAPERS_A_SECOND = 300  # Of a fit on one quiet core: 35,465 papers in 2 minutes.
CODE = tuple(
    FILE.parent / name
    for name in (
        "fitting.py", "letters.py", "model.py", "style.py", "style.toml", "training_overlap.py",
        "training_papers.py",
    )
)  # fmt: skip
MORE = 1.05  # fit anew if there are this many times the committed fit's papers
MOST_OVERLAP = 0.5  # Share of the tested papers that a fit may have been trained on.


def embedded(question: Question, file: str = "") -> Reviewer:
    """The statistical reviewer that comes with this package.

    It is fitted on all available earlier years if these have clearly more papers than its committed
    fit, enough of them rated, or if that fit has seen the tested year or most of the tested papers.
    It does not score single papers that it was trained on, under any id and year. `file` names
    coefficients that `reviewers.train` wrote, to be used without a new fit.
    """
    model = _read(file, question)
    about = {"trained on": f"{model.card['papers']:,} papers of {', '.join(model.trained_on)}"}
    known, tested = _earlier(question)
    overlap = model.overlap(texts_of(question.views))
    seen = seen_by(model.cutoff, overlap, question)
    rated = sum(map(has_abstract, frame_texts(known[known["z"].notna()])))
    if not file and seen and rated < FEWEST_TRAINING:
        raise NotMeasurable(
            f"--reviewer embedded: its fit has seen {seen}, and there are only {rated} rated "
            "papers of earlier years with an abstract to fit it anew; import earlier years."
        )
    enough = rated >= FEWEST_TRAINING and len(known) > MORE * model.card["papers"]
    if not file and (seen or enough):
        return _refitted(known, tested, question)
    whose = Path(file).name if file else "the committed fit"
    about["coefficients"] = f"{whose}, {digest_of(Path(file) if file else FILE)}"
    name = f"embedded:{Path(file).stem}" if file else NAME
    if not overlap.any():
        return _embedded(lambda: model, about, name=name)
    why_missing = f"it was trained on {int(overlap.sum())} of them, under this or another year"
    return _embedded(lambda: model, about, name=name, why_missing=why_missing)


def _read(file: str, question: Question) -> QualityModel:
    if not file:
        return load()
    try:
        model = load(Path(file))
    except DAMAGED as error:
        raise UserError(
            f"--reviewer embedded:{file}: it holds no coefficients ({error}); write them with "
            "python -m reviewers.train quality --data FOLDER --out FILE."
        ) from error
    if seen := seen_by(model.cutoff, model.overlap(texts_of(question.views)), question):
        raise NotMeasurable(
            f"--reviewer embedded:{file}: it was fitted on {', '.join(model.trained_on)} and has "
            f"seen {seen}, which is no test; fit it with --before {question.year} and without the "
            "tested papers."
        )
    return model


def seen_by(cutoff: int, overlap: Booleans, question: Question) -> str:
    """What a fit on years up to `cutoff` has seen of a question, if so much that it must not be
    tested on it; else "". `overlap` masks the papers it was fitted on."""
    if question.year <= cutoff:
        return f"years up to {cutoff}"
    if overlap.mean() > MOST_OVERLAP:
        return (
            f"{int(overlap.sum())} of the {overlap.size} papers of {question.name}, in another year"
        )
    return ""


def _embedded(
    model: Callable[[], QualityModel],
    about: dict[str, str],
    *,
    name: str = NAME,
    why_missing: str = "",
) -> Reviewer:
    def score(views: Sequence[PaperView]) -> Scores:
        texts = texts_of(views)
        return Scores(np.where(model().overlap(texts), np.nan, model().predict(texts)))

    kind = "statistical reviewer of this package, from title and abstract"
    return Reviewer(
        name=name, score=score, about={"kind": kind} | about, why_missing=why_missing,
        repeatable=True, write=_write,
    )  # fmt: skip


def _write(views: Sequence[PaperView]) -> list[Texts]:
    """The embedded reviewer's reviews of papers on the form of the venue `FORM`."""
    form = load_venue(FORM).form
    return [
        written(Manuscript(paper=v.paper_id, title=v.title, abstract=v.abstract), v.text, form)
        for v in views
    ]


def _refitted(known: Any, tested: int, question: Question) -> Reviewer:
    """The reviewer with a fit on the available earlier years."""
    later = texts_of(question.views)
    years = sorted({f"{v} {y}" for v, y in zip(known["venue"], known["year"], strict=True)})
    content = [known.to_json(orient="values"), *(f"{p.title}\x1f{p.abstract}" for p in later)]
    anew = KeptFit(
        NAME,
        f"{len(known):,} papers of {', '.join(years)}",
        key_of(content, CODE),
        len(known) / PAPERS_A_SECOND,
        lambda progress: fitting.fit(known, later, progress),
        load,
        write,
    )
    about = {
        "trained on": anew.trained_on,
        "coefficients": f"fit {anew.key}, made for this benchmark on the earlier years at hand",
        "left out of training": f"{tested} papers that are tested",
        "committed fit": digest_of(FILE),
    }
    made = _embedded(anew.fitted, about)
    return msgspec.structs.replace(made, prepare=anew.prepare, notice=anew.notice)


def digest_of(file: Path) -> str:
    """The start of a file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def texts_of(views: Sequence[PaperView]) -> list[PaperText]:
    """The papers as the statistical reviewers read them."""
    return [PaperText(v.title, v.abstract, v.text, v.keywords) for v in views]


def _earlier(question: Question) -> tuple[Any, int]:
    """Papers of earlier years with two ratings or a known fate, for the fit; and how many were left
    out because they are tested, such as resubmitted papers.

    Ratings are those from before the rebuttal if known: later ones are about another version of the
    paper, by reviewers who have read each other. A fate is only of use if rated papers had it too.
    """
    tested = tested_marks(question)
    papers = papers_of(question.earlier, fates=True, first=True)
    told = zip(papers["title"], papers["abstract"], strict=True)
    fresh = np.array([tested.isdisjoint(marks_of(*each)) for each in told], dtype=bool)
    found = standardised(papers[fresh])
    return of_use(found), int((~fresh).sum())
