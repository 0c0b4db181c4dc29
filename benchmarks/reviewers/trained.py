"""Reviewers that learn from earlier years only: TF-IDF with logistic regression, and the embedded
statistical reviewer of this package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.errors import UserError

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


def embedded(question: Question) -> Reviewer:
    """The statistical reviewer that comes with this package."""
    raise UserError("--reviewer embedded: this build has no fitted model.")
