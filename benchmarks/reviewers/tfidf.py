"""The plain baseline of the field: TF-IDF with logistic regression on earlier decisions.

It stands there twice, on texts as they are recorded and on cleaned ones, without what only a final
version says of itself. The difference is what such leaks are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.reviewers.fits import KeptFit, key_of, tested_marks
from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import NotMeasurable, Reviewer, Scores
from conference.core.progress import Progress
from conference.data.tables import Paper
from reviewers.quality.model import packed, unpacked
from reviewers.quality.style import cleaned
from reviewers.quality.training_overlap import marks_of

RAW, CLEANED = "tfidf", "tfidf, cleaned text"
FEWEST_TRAINING = 100
PAPERS_A_SECOND = 500  # Of a fit on one quiet core.
FITTING = "fitting tfidf"


class WordModel(msgspec.Struct, frozen=True):
    """Terms with their idf and coefficients, (terms,)."""

    terms: tuple[str, ...]
    idf: NDArray[np.float64]
    coef: NDArray[np.float64]
    intercept: float

    def chance(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The chance of acceptance of each text, (texts,)."""
        from scipy.special import expit

        vectorizer = _vectorizer(vocabulary=list(self.terms))
        vectorizer.idf_ = self.idf
        return np.asarray(expit(vectorizer.transform(texts) @ self.coef + self.intercept))


def tfidf(question: Question) -> list[Reviewer]:
    """Two reviewers: on texts as recorded, and on cleaned ones."""
    tested = tested_marks(question)
    papers = [
        paper
        for dataset in question.earlier
        for paper in dataset.papers
        if paper.accepted is not None and paper.abstract
    ]
    fresh = [p for p in papers if tested.isdisjoint(marks_of(p.title, p.abstract or ""))]
    if len(fresh) < FEWEST_TRAINING or len({paper.accepted for paper in fresh}) < 2:
        raise NotMeasurable(
            f"--reviewer tfidf: {question.name} has only {len(fresh)} decided papers of earlier "
            f"years with an abstract; import earlier years of the venue ({FEWEST_TRAINING} needed)."
        )
    left_out = len(papers) - len(fresh)
    return [_reviewer(RAW, fresh, left_out, str), _reviewer(CLEANED, fresh, left_out, cleaned)]


def _reviewer(
    name: str, papers: Sequence[Paper], left_out: int, clean: Callable[[str], str]
) -> Reviewer:
    texts = [clean(f"{paper.title}\n{paper.abstract}") for paper in papers]
    labels = [bool(paper.accepted) for paper in papers]
    years = sorted({paper.year for paper in papers})
    told = (f"{text}\x1f{label}" for text, label in zip(texts, labels, strict=True))
    fit = KeptFit(
        name,
        f"{len(papers):,} papers of {years[0]}-{years[-1]}",
        key_of(told, [Path(__file__)]),
        len(papers) / PAPERS_A_SECOND,
        lambda progress: _fit(texts, labels, progress),
        _read,
        _write,
    )

    def score(views: Sequence[PaperView]) -> Scores:
        return Scores(fit.fitted().chance([clean(f"{v.title}\n{v.abstract}") for v in views]))

    return Reviewer(
        name=name,
        score=score,
        about={
            "kind": "TF-IDF of words and word pairs, logistic regression on decisions",
            "text": "as recorded" if clean is str else "without what only a final version says",
            "trained on": fit.trained_on,
            "coefficients": f"fit {fit.key}, made for this benchmark",
            "left out of training": f"{left_out} papers that are tested",
        },
        prepare=fit.prepare,
        notice=fit.notice,
        repeatable=True,
    )


def _vectorizer(**given: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **given)


def _fit(texts: Sequence[str], labels: Sequence[bool], progress: Progress) -> WordModel:
    from sklearn.linear_model import LogisticRegression

    progress(FITTING, 0, 2)
    vectorizer = _vectorizer(min_df=3, max_features=200_000)
    rows = vectorizer.fit_transform(texts)
    progress(FITTING, 1, 2)
    model = LogisticRegression(class_weight="balanced", max_iter=1000).fit(rows, labels)
    progress(FITTING, 2, 2)
    terms = tuple(vectorizer.get_feature_names_out().tolist())
    return WordModel(terms, vectorizer.idf_, model.coef_[0], float(model.intercept_[0]))


def _read(path: Path) -> WordModel:
    with np.load(path) as file:
        terms = tuple(unpacked(file["terms"]))
        return WordModel(terms, file["idf"], file["coef"], float(file["intercept"]))


def _write(model: WordModel, path: Path) -> None:
    np.savez_compressed(
        path, allow_pickle=False, terms=packed(model.terms), idf=model.idf, coef=model.coef,
        intercept=np.array(model.intercept),
    )  # fmt: skip
