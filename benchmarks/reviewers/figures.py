"""A reviewer's figures against decisions, ratings and one human, and its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import msgspec
import numpy as np

from benchmarks.reviewers.contamination import before
from benchmarks.reviewers.crossfit import Fitted, Places, cross_fit
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.statistics import agreement, calibration, decisions, ratings, weighted
from conference.statistics.bootstrap import attempt, difference, estimate
from conference.statistics.estimate import Booleans, Estimate, Floats

Figures = dict[str, Estimate]


class Resampling(TypedDict):
    """How intervals are drawn."""

    resamples: int
    seed: int


class ReviewerRow(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one reviewer. `decision` maps a threshold's name to its measures.

    `mapped` figures are after a cross-fitted straight line onto the rating scale; `raw` ones use
    the scores as given. `others` are against the mean of the other humans, each human of a paper
    left out in turn; `human_gap` is the reviewer − one human on the same targets. `certainty` is
    its accuracy where it is most certain, `reruns` how far its scores move when it is run again,
    `single` quantiles of its distances from single humans.
    """

    name: str
    kind: str
    n: int
    cutoff: str | None = None
    on_scale: bool = False
    about: dict[str, str] = {}
    threshold: float | None = None
    tied_share: float | None = None
    decision: dict[str, Figures] = {}
    scores: Figures = {}
    ratings: Figures = {}
    raw: Figures = {}
    mapped: Figures = {}
    calibration: Figures = {}
    others: Figures = {}
    human_gap: Figures = {}
    before_cutoff: Figures = {}
    after_cutoff: Figures = {}
    agreement: Figures = {}
    certainty: Figures = {}
    reruns: Figures = {}
    single: Figures = {}
    caveat: str = ""


def measure(
    question: Question,
    reviewer: Reviewer,
    scores: Scores,
    use: Booleans,
    *,
    fixed: Sequence[float] = (),
    resamples: int,
    seed: int,
) -> tuple[ReviewerRow, Fitted]:
    """All figures of a reviewer on the papers of `use` that it has scored, and its cross-fits."""
    use = use & np.isfinite(scores.values)
    resampling = Resampling(resamples=resamples, seed=seed)
    if use.sum() < 2:
        none = np.full(use.size, np.nan)
        row = ReviewerRow(
            name=reviewer.name,
            kind=reviewer.kind,
            n=int(use.sum()),
            about=reviewer.about,
            caveat="it scored fewer than two of these papers",
        )
        return row, Fitted(none, none, none, None)
    fitted = cross_fit(question, scores.values, use, seed)
    row = ReviewerRow(
        name=reviewer.name,
        kind=reviewer.kind,
        n=int(use.sum()),
        cutoff=reviewer.cutoff,
        on_scale=reviewer.on_scale,
        about=reviewer.about,
        threshold=fitted.threshold,
        tied_share=decisions.tied_share(scores.values[use]),
        decision=_decisions(question, scores, fitted, use, fixed, resampling),
        scores=_scored(question, scores.values, use, resampling),
        ratings=_rated(question, scores.values, use, resampling),
        raw=_raw(question, reviewer, scores.values, use, resampling),
        mapped=_on_scale(question, fitted.mapped, use, resampling),
        calibration=_calibrated(question, fitted.chance, use, resampling),
        others=_others(question, scores.values, use, resampling)
        | _others_mae(question, fitted.mapped, use, resampling),
        human_gap=_gap(question, scores.values, use, resampling),
        before_cutoff=_beside_cutoff(question, reviewer, scores.values, use, resampling, True),
        after_cutoff=_beside_cutoff(question, reviewer, scores.values, use, resampling, False),
    )
    return row, fitted


def labels(question: Question, use: Booleans) -> tuple[Places, Booleans]:
    """Positions of the decided papers of `use`, and their decisions."""
    places = np.array(
        [i for i in np.flatnonzero(use) if question.accepted[i] is not None], dtype=np.int64
    )
    return places, np.array([bool(question.accepted[i]) for i in places], dtype=np.bool_)


def _decisions(
    question: Question, scores: Scores, fitted: Fitted, use: Booleans,
    fixed: Sequence[float], resampling: Resampling,
) -> dict[str, Figures]:  # fmt: skip
    places, label = labels(question, use)
    found: dict[str, Figures] = {}
    if not places.size:
        return found
    said = fitted.said[places]
    if np.isfinite(said).all():
        found["fitted"] = decisions.cross_fitted_figures(label, scores.values[places], **resampling)
    else:
        found["fitted"] = unfitted(label)
    for cut in fixed:
        above = scores.values[places] >= cut
        found[f"at {cut:g}"] = decisions.decision_figures(label, above, **resampling)
    if scores.accept is not None:
        own = scores.accept[places]
        made = np.isfinite(own)  # A reviewer may give some papers a score but no decision.
        if made.any():
            found["own"] = decisions.decision_figures(label[made], own[made] == 1, **resampling)
    return found


def unfitted(label: Booleans) -> Figures:
    """The decision figures, without values, if one class is too small for a threshold."""
    reason = f"{int(label.sum())} of {label.size} are accepted: no threshold can be fitted"
    return dict.fromkeys(decisions.POINTS, Estimate(None, None, None, int(label.size), reason))


def _scored(question: Question, values: Floats, use: Booleans, resampling: Resampling) -> Figures:
    places, label = labels(question, use)
    return decisions.score_figures(label, values[places], **resampling)


def _rated(question: Question, values: Floats, use: Booleans, resampling: Resampling) -> Figures:
    places, truth = rated(question, use)
    return ratings.rank_figures(values[places], truth, **resampling)


def rated(question: Question, use: Booleans, least: int = 1) -> tuple[Places, Floats]:
    """Positions of papers of `use` with at least `least` ratings, and their human means."""
    places = np.array(
        [i for i in np.flatnonzero(use) if question.ratings[i].size >= least], dtype=np.int64
    )
    return places, np.array([question.ratings[i].mean() for i in places], dtype=np.float64)


def _raw(
    question: Question, reviewer: Reviewer, values: Floats, use: Booleans, resampling: Resampling
) -> Figures:
    if reviewer.on_scale:
        return _on_scale(question, values, use, resampling)
    n = int(use.sum())
    none = Estimate(None, None, None, n, "the scores are not on the venue's rating scale")
    return dict.fromkeys(("mae", "rmse", "quadratic_kappa", "exact_match"), none)


def _on_scale(question: Question, values: Floats, use: Booleans, resampling: Resampling) -> Figures:
    places, _ = rated(question, use & np.isfinite(values))
    if not places.size or len(question.scale) < 2:
        reason = "there are no ratings" if not places.size else "the rating scale is not known"
        none = Estimate(None, None, None, int(places.size), reason)
        return dict.fromkeys(("mae", "rmse", "quadratic_kappa", "exact_match"), none)
    human = [question.ratings[i] for i in places]
    return ratings.scale_figures(values[places], human, question.scale, **resampling)


def _calibrated(
    question: Question, chance: Floats, use: Booleans, resampling: Resampling
) -> Figures:
    places, label = labels(question, use & np.isfinite(chance))
    return calibration.calibration_figures(label, chance[places], **resampling)


def _others(question: Question, values: Floats, use: Booleans, resampling: Resampling) -> Figures:
    """Spearman with the mean of the other humans."""
    places, _ = rated(question, use, least=2)

    def make() -> Estimate:
        table = agreement.leave_one_out([question.ratings[i] for i in places])
        chosen = agreement.leave_one_out_statistic(table, values[places])
        return estimate(chosen, int(places.size), **resampling)

    return {"spearman": attempt(make, int(places.size))}


def _others_mae(
    question: Question, mapped: Floats, use: Booleans, resampling: Resampling
) -> Figures:
    """MAE of the mapped score to the mean of the other humans, over all ratings."""
    places, _ = rated(question, use & np.isfinite(mapped), least=2)

    def make() -> Estimate:
        table = agreement.leave_one_out([question.ratings[i] for i in places])
        error = np.abs(mapped[places][table.paper] - table.others)
        chosen = weighted.expand(weighted.mean(error), table.paper)
        return estimate(chosen, int(places.size), **resampling)

    return {"mae": attempt(make, int(places.size))}


def _gap(question: Question, values: Floats, use: Booleans, resampling: Resampling) -> Figures:
    """The reviewer's Spearman − one human's, paired on the same leave-one-out means."""
    places, _ = rated(question, use, least=2)

    def make() -> Estimate:
        table = agreement.leave_one_out([question.ratings[i] for i in places])
        ours = agreement.leave_one_out_statistic(table, values[places])
        human = agreement.leave_one_out_statistic(table)
        return difference(ours, human, int(places.size), **resampling)

    return {"spearman": attempt(make, int(places.size))}


def _beside_cutoff(
    question: Question,
    reviewer: Reviewer,
    values: Floats,
    use: Booleans,
    resampling: Resampling,
    seen: bool,
) -> Figures:
    """The main figures on the papers that the reviewer may have seen, or on the others."""
    if reviewer.cutoff is None:
        return {}
    part = use & (before(question, reviewer.cutoff) == seen)
    return _scored(question, values, part, resampling) | _others(question, values, part, resampling)
