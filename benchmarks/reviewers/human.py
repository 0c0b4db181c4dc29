"""The human row: what one human reviewer would score in this table, on the same papers."""

from __future__ import annotations

import numpy as np

from benchmarks.reviewers.crossfit import Places, fittable
from benchmarks.reviewers.figures import Figures, Resampling, ReviewerRow, labels, rated, unfitted
from benchmarks.reviewers.question import Question
from conference.statistics import agreement, decisions, weighted
from conference.statistics.bootstrap import attempt, estimate
from conference.statistics.estimate import Booleans, Estimate, Floats, Undefined, as_labels

CAVEAT = (
    "Those who decided saw each human's rating, so the human figures against decisions are not "
    "independent predictions. Against ratings, each human is left out in turn and compared with "
    "the others."
)


def human_row(question: Question, use: Booleans, *, resamples: int, seed: int) -> ReviewerRow:
    """The row of one human, against the mean of the others and against the decision."""
    resampling = Resampling(resamples=resamples, seed=seed)
    places, _ = rated(question, use, least=2)
    human = [question.ratings[i] for i in places]
    figures = agreement.agreement_figures(human, **resampling)
    others = {"spearman": figures["loo_spearman"], "mae": figures["loo_mae"]}
    return ReviewerRow(
        name="one human",
        kind="human",
        n=int(places.size),
        decision=_decisions(question, use, resampling),
        scores=_scores(question, use, resampling),
        others=others,
        agreement=figures,
        caveat=CAVEAT,
    )


def pooled(question: Question, use: Booleans) -> tuple[Places, Floats, Floats, Booleans]:
    """For each rating of the decided papers: its paper's number, the rating, its weight 1 / k among
    the paper's k ratings, and the decision. Raises `Undefined` without decisions or ratings."""
    places, label = labels(question, use)
    kept = [(i, accepted) for i, accepted in zip(places, label, strict=True)
            if question.ratings[i].size]  # fmt: skip
    if not kept:
        raise Undefined("no decided paper has a rating")
    sizes = [question.ratings[i].size for i, _ in kept]
    paper = np.repeat(np.arange(len(kept)), sizes)
    given = np.concatenate([question.ratings[i] for i, _ in kept])
    share = np.repeat(1 / np.array(sizes), sizes)
    accepted = np.repeat(np.array([bool(a) for _, a in kept]), sizes)
    return paper, given, share, accepted


def operating_points(question: Question, use: Booleans) -> list[tuple[float, float, float]]:
    """(rating, false positive rate, true positive rate) of "accept at this rating or above"."""
    try:
        _, given, share, accepted = pooled(question, use)
        as_labels(accepted)
    except Undefined:
        return []
    found = []
    for level in sorted(set(given)):
        above = given >= level
        true = float((share * above * accepted).sum() / (share * accepted).sum())
        false = float((share * above * ~accepted).sum() / (share * ~accepted).sum())
        found.append((float(level), false, true))
    return found


def _scores(question: Question, use: Booleans, resampling: Resampling) -> Figures:
    def make(name: str) -> Estimate:
        paper, given, share, accepted = pooled(question, use)
        label = as_labels(accepted)
        inner = {"auroc": weighted.auroc, "average_precision": weighted.average_precision}[name]
        chosen = weighted.expand(inner(given, label), paper, share)
        return estimate(chosen, int(paper[-1]) + 1, **resampling)

    n = int(labels(question, use)[0].size)
    return {
        "auroc": attempt(lambda: make("auroc"), n),
        "average_precision": attempt(lambda: make("average_precision"), n),
    }


def _decisions(question: Question, use: Booleans, resampling: Resampling) -> dict[str, Figures]:
    """A single rating as decision, with its threshold fitted on the papers of the other folds."""
    try:
        paper, given, share, accepted = pooled(question, use)
        label = as_labels(accepted)
    except Undefined:
        return {}
    first = np.r_[True, paper[1:] != paper[:-1]]
    if not fittable(label[first]):
        return {"fitted": unfitted(label[first])}
    return {
        "fitted": decisions.cross_fitted_figures(
            label, given, paper=paper, share=share, **resampling
        )
    }
