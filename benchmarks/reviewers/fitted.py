"""A reviewer fitted on a local language model (`reviewers.fitted`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.reviewers.question import PaperView, Question
from benchmarks.reviewers.reviewer import NotMeasurable, Reviewer, Scores
from benchmarks.reviewers.trained import digest_of, seen_by, texts_of
from conference.core.progress import Progress
from reviewers.fitted.head import ready


def fitted(question: Question, file: str) -> Reviewer:
    """The reviewer of a file that `reviewers.train language` wrote, used as it is.

    It does not score papers that it was fitted on, under any id and year.

    Raises:
        UserError: the file has no fit, or its model's folder is missing.
        NotMeasurable: it has seen the tested year, or most of the tested papers.
    """
    path = Path(file)
    model = ready(path)
    papers = texts_of(question.views)
    overlap = model.overlap(papers)
    if seen := seen_by(model.cutoff, overlap, question):
        raise NotMeasurable(
            f"--reviewer fitted:{file}: it was fitted on {', '.join(model.trained_on)} and has "
            f"seen {seen}, which is no test; fit it with --before {question.year} and without the "
            "tested papers."
        )

    def score(views: Sequence[PaperView]) -> Scores:
        papers = texts_of(views)
        return Scores(np.where(model.overlap(papers), np.nan, model.predict(papers)))

    def prepare(progress: Progress) -> None:
        model.predict(papers, progress)

    card = model.card
    return Reviewer(
        name=f"fitted:{path.stem}",
        score=score,
        about={
            "kind": "ridge regression on a language model's hidden state",
            "reads": "title, abstract and text" if model.reads_text else "title and abstract",
            "model": f"{Path(model.reader.folder).name}, {card['model']}, layer {card['layer']}",
            "trained on": f"{card['papers']:,} papers of {', '.join(model.trained_on)}",
            "coefficients": f"{path.name}, {digest_of(path)}",
        },
        why_missing=f"it was trained on {int(overlap.sum())} of them, under this or another year"
        if overlap.any()
        else "",
        prepare=prepare,
        notice=f"fitted:{path.stem}: papers not read before are read with the language model.",
        repeatable=True,
    )
