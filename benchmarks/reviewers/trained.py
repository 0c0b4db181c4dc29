"""Reviewers that learn from earlier years only: TF-IDF with logistic regression, and the embedded
statistical reviewer of this package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    """The statistical reviewer that comes with this package.

    Where its committed fit has seen the tested years, it is fitted anew on the years before them,
    so that it is never asked about what it was told.
    """
    from reviewers.quality import PaperText, load

    model = load()
    tested = {f"{paper.venue} {paper.year}" for paper in question.papers}
    how = "the committed coefficients"
    if tested & set(model.trained_on) or question.year <= model.cutoff:
        model = _refitted(question)
        how = "fitted anew for this benchmark, as the committed fit has seen these years"

    def score(views: Sequence[PaperView]) -> Scores:
        texts = [PaperText(v.title, v.abstract, v.text, v.keywords) for v in views]
        return Scores(np.asarray(model.predict(texts), dtype=np.float64))

    return Reviewer(
        name="embedded",
        score=score,
        about={
            "kind": "statistical reviewer of this package, from title and abstract",
            "trained on": f"{model.card['papers']} papers of {', '.join(model.trained_on)}",
            "coefficients": how,
        },
    )


def _refitted(question: Question) -> Any:
    import pandas as pd

    from reviewers.train import fit

    tested = {_normal(paper.title) for paper in question.papers}
    frames = []
    for dataset in question.earlier:
        ratings = dataset.ratings()
        rows = [
            (paper.venue, paper.year, paper.title, paper.abstract, tuple(ratings[paper.paper_id]))
            for paper in dataset.papers
            if paper.abstract and ratings.get(paper.paper_id, np.empty(0)).size > 1
            and _normal(paper.title) not in tested
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["venue", "year", "title", "abstract", "ratings"])
        means = frame["ratings"].map(np.mean)
        frames.append(frame.assign(z=(means - means.mean()) / means.std()))
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if len(found) < FEWEST_TRAINING:
        raise UserError(
            f"--reviewer embedded: its fit has seen {question.name}, and there are only "
            f"{len(found)} rated papers of earlier years to fit it anew; import earlier years."
        )
    return fit(found)
