"""Reviewers that learn from earlier years only: TF-IDF with logistic regression, and the embedded
statistical reviewer of this package."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.errors import UserError
from reviewers.fitting import fit
from reviewers.quality import FILE, PaperText, QualityModel, load
from reviewers.rated import FATES, standardised

NAME = "embedded"
FEWEST_TRAINING = 100


def tfidf(question: Question) -> Reviewer:
    """TF-IDF of title and abstract with balanced logistic regression on earlier decisions."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    tested = {_normal(paper.title) for paper in question.papers}
    papers = [
        paper
        for dataset in question.earlier
        for paper in dataset.papers
        if paper.accepted is not None and paper.abstract
    ]
    fresh = [paper for paper in papers if _normal(paper.title) not in tested]
    if len(fresh) < FEWEST_TRAINING or len({paper.accepted for paper in fresh}) < 2:
        raise UserError(
            f"--reviewer tfidf: {question.name} has only {len(fresh)} decided papers of earlier "
            f"years with an abstract; import earlier years of the venue ({FEWEST_TRAINING} needed)."
        )
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, max_features=200_000),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )
    pipeline.fit([f"{p.title}\n{p.abstract}" for p in fresh], [p.accepted for p in fresh])

    def score(views: Sequence[PaperView]) -> Scores:
        texts = [f"{view.title}\n{view.abstract}" for view in views]
        return Scores(np.asarray(pipeline.predict_proba(texts)[:, 1], dtype=np.float64))

    years = sorted({paper.year for paper in fresh})
    return Reviewer(
        name="tfidf",
        score=score,
        about={
            "kind": "TF-IDF of words and word pairs, logistic regression on decisions",
            "trained on": f"{len(fresh)} papers of {years[0]}-{years[-1]}",
            "left out of training": f"{len(papers) - len(fresh)} papers with a tested title",
        },
    )


def _normal(title: str) -> str:
    return "".join(character for character in title.lower() if character.isalnum())


def embedded(question: Question, file: str = "") -> Reviewer:
    """The statistical reviewer that comes with this package.

    It learns from all earlier years at hand where they hold more papers than its committed fit
    knows, or where that fit has seen the tested years: it is never asked about what it was told.
    `file` names coefficients that `reviewers.train` wrote, to be used as they are.
    """
    model = _read(file, question)
    about = {"trained on": f"{model.card['papers']} papers of {', '.join(model.trained_on)}"}
    known = _earlier(question)
    seen = _has_seen(model, question)
    if not file and (seen or len(known) > model.card["papers"]):
        if len(known) < FEWEST_TRAINING:
            raise UserError(
                f"--reviewer embedded: its fit has seen {question.name}, and there are only "
                f"{len(known)} rated papers of earlier years to fit it anew; import earlier years."
            )
        return _embedded(*_fitted_anew(known, question), name=NAME)
    about["coefficients"] = _digest(Path(file) if file else FILE)
    return _embedded(lambda: model, about, name=f"embedded:{Path(file).stem}" if file else NAME)


def _read(file: str, question: Question) -> QualityModel:
    if not file:
        return load()
    try:
        model = load(Path(file))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"--reviewer embedded:{file}: it holds no coefficients ({error}); write them with "
            "python -m reviewers.train quality --data FOLDER --out FILE."
        ) from error
    if _has_seen(model, question):
        raise UserError(
            f"--reviewer embedded:{file}: it was fitted on {', '.join(model.trained_on)}, which is "
            f"no test on {question.name}; fit it with --before {question.year}."
        )
    return model


def _has_seen(model: QualityModel, question: Question) -> bool:
    return question.year <= model.cutoff


def _embedded(model: Callable[[], QualityModel], about: dict[str, str], *, name: str) -> Reviewer:
    def score(views: Sequence[PaperView]) -> Scores:
        return Scores(np.asarray(model().predict(_texts(views)), dtype=np.float64))

    kind = "statistical reviewer of this package, from title and abstract"
    return Reviewer(name=name, score=score, about={"kind": kind} | about)


def _fitted_anew(
    known: Any, question: Question
) -> tuple[Callable[[], QualityModel], dict[str, str]]:
    """A model of the earlier years, fitted when first asked, and what it depends on."""
    model = cache(lambda: fit(known, _texts(question.views)))
    rows = known.drop(columns=["mean", "z"]).to_json(orient="values")
    years = sorted({f"{v} {y}" for v, y in zip(known["venue"], known["year"], strict=True)})
    return model, {
        "trained on": f"{len(known)} papers of {', '.join(years)}",
        "coefficients": "fitted for this benchmark on the earlier years at hand",
        "training papers": hashlib.sha256(rows.encode()).hexdigest()[:16],
        "committed fit": _digest(FILE),
    }


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def _texts(views: Sequence[PaperView]) -> list[PaperText]:
    return [PaperText(v.title, v.abstract, v.text, v.keywords) for v in views]


def _earlier(question: Question) -> Any:
    """Papers of earlier years with two ratings or a known fate, as `reviewers.fitting` takes them.

    A paper that was submitted again, to the tested year, is left out.
    """
    import pandas as pd

    tested = {_normal(paper.title) for paper in question.papers}
    rows = []
    for dataset in question.earlier:
        ratings = dataset.ratings()
        for paper in dataset.papers:
            given = tuple(ratings.get(paper.paper_id, ()))
            given = given if len(given) > 1 else ()
            if (given or paper.status in FATES) and _normal(paper.title) not in tested:
                rows.append(
                    (paper.venue, paper.year, paper.title, paper.abstract or "", paper.keywords,
                     paper.status, given)
                )  # fmt: skip
    columns = ["venue", "year", "title", "abstract", "keywords", "status", "ratings"]
    return standardised(pd.DataFrame(rows, columns=columns))
