"""A reviewer's accuracy where it is most certain, its stability, and its distance from humans.

A probability of acceptance is fitted out of fold to its scores. The decision is the likelier one,
and it is the more certain, the further the probability is from one half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from benchmarks.reviewers.crossfit import Fitted, Places, fittable
from benchmarks.reviewers.figures import Figures, Resampling, ReviewerRow, labels, rated
from benchmarks.reviewers.human import pooled
from benchmarks.reviewers.question import Question, view_of
from benchmarks.reviewers.reviewer import Reviewer, Scores
from conference.core.seeds import generator
from conference.statistics import calibration, decisions, thresholds, weighted
from conference.statistics.agreement import agreement_figures
from conference.statistics.bootstrap import Statistic, attempt, estimate, estimates
from conference.statistics.estimate import Booleans, Estimate, Floats, Undefined

SHARES = np.arange(1, 11) / 10
COVERAGE = tuple(f"at {round(100 * share)} %" for share in SHARES)
TENTH = np.array([0.1])
ENDS = ("top tenth", "bottom tenth")
STATED = "stated tenth"
LEVELS = {"10 %": 0.1, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "90 %": 0.9}
TWICE = 200  # papers that are scored a second time
Whole = Callable[[Statistic], Statistic]


def with_certainty(
    row: ReviewerRow, question: Question, reviewer: Reviewer, scores: Scores, fitted: Fitted,
    use: Booleans, resampling: Resampling,
) -> ReviewerRow:  # fmt: skip
    """A reviewer's row with figures of certainty, stability and distance from single humans."""
    return msgspec.structs.replace(
        row,
        certainty=_certainty(question, scores, fitted, use, resampling),
        reruns={"sd": rerun_sd(question, reviewer, scores, use, resampling)},
        single=_distances(question, fitted.mapped, use, resampling),
    )


def human_certainty(
    row: ReviewerRow, question: Question, use: Booleans, resampling: Resampling
) -> ReviewerRow:
    """The same for the human row: one human's rating as score, and distances between humans."""
    return msgspec.structs.replace(
        row,
        certainty=_of_one_human(question, use, resampling),
        single=_distances(question, None, use, resampling),
    )


def _certainty(
    question: Question, scores: Scores, fitted: Fitted, use: Booleans, resampling: Resampling
) -> Figures:
    """Precision at both ends of the ranking, the coverage-accuracy curve, and the accuracy of the
    decisions with the highest stated confidence."""
    places, label = labels(question, use & np.isfinite(fitted.chance))
    if not fittable(label):
        return _none(int(places.size))
    found = _curve(scores.values[places], fitted.chance[places], label, lambda s: s, places.size,
                   resampling)  # fmt: skip
    said, sure = fitted.said[places] == 1, scores.confidence
    if sure is None or not np.isfinite(sure[places]).all() or np.ptp(sure[places]) == 0:
        return found
    stated = weighted.most_certain(sure[places], said == label, TENTH)
    surest = estimates(stated, (STATED,), int(places.size), **resampling)
    return found | {STATED: decisions.sure(surest[STATED], round(places.size * TENTH[0]))}


def _of_one_human(question: Question, use: Booleans, resampling: Resampling) -> Figures:
    """The same with a single rating as score; each paper counts once."""
    try:
        paper, given, share, accepted = pooled(question, use)
    except Undefined:
        return _none(0)
    n = int(paper[-1]) + 1
    label = accepted[np.r_[True, paper[1:] != paper[:-1]]]
    if not fittable(label):
        return _none(n)
    fold = thresholds.stratified_folds(label, thresholds.FOLDS, resampling["seed"])[paper]
    chance = np.zeros(given.size)
    for held in range(thresholds.FOLDS):
        out = fold != held
        try:
            chance[~out] = calibration.logistic_map(given[out], accepted[out])(given[~out])
        except Undefined:
            chance[~out] = accepted[out].mean()
    return _curve(
        given, chance, accepted, lambda s: weighted.expand(s, paper, share), n, resampling
    )


def _curve(
    given: Floats, chance: Floats, label: Booleans, whole: Whole, n: int, resampling: Resampling
) -> Figures:
    """The share accepted among the tenth with the highest scores, rejected among the lowest, and
    the accuracy of the likelier decision on the most certain papers. `whole` weights by paper."""
    top = whole(weighted.most_certain(given, label, TENTH))
    bottom = whole(weighted.most_certain(-given, ~label, TENTH))
    right = (chance >= 0.5) == label
    curve = whole(weighted.most_certain(np.abs(chance - 0.5), right, SHARES))
    found = (
        estimates(top, ENDS[:1], n, **resampling)
        | estimates(bottom, ENDS[1:], n, **resampling)
        | estimates(curve, COVERAGE, n, **resampling)
    )
    shares = {ENDS[0]: TENTH[0], ENDS[1]: TENTH[0], **dict(zip(COVERAGE, SHARES, strict=True))}
    return {name: decisions.sure(each, round(n * shares[name])) for name, each in found.items()}


def _none(n: int) -> Figures:
    none = Estimate(None, None, None, n, "too few decisions of both kinds")
    return dict.fromkeys((*ENDS, *COVERAGE), none)


def rerun_sd(
    question: Question, reviewer: Reviewer, scores: Scores, use: Booleans, resampling: Resampling
) -> Estimate:
    """The mean SD between two runs over up to 200 of the papers. Only measured where scoring again
    costs nothing; elsewhere the estimate has no value but a reason."""
    places = np.flatnonzero(use & np.isfinite(scores.values))
    if not reviewer.repeatable:
        return Estimate(None, None, None, int(places.size), "not measured: it was run once")
    chosen = np.sort(generator(resampling["seed"], "reruns").permutation(places)[:TWICE])
    if not chosen.size:
        return Estimate(None, None, None, 0, "none of these papers has a score")
    again = reviewer.score([view_of(question.papers[i]) for i in chosen]).values
    # The sample SD of two values is their distance over the root of 2.
    apart = np.abs(again - scores.values[chosen]) / np.sqrt(2)
    apart = apart[np.isfinite(apart)]  # A second run may leave a paper out.
    n = int(apart.size)
    return attempt(lambda: estimate(weighted.mean(apart), n, **resampling), n)


def steadiness(
    question: Question, runs: Sequence[Scores], use: Booleans, resampling: Resampling
) -> Figures:
    """How stable a reviewer is over its runs, on the papers that each run scored: the SD of a
    paper's scores, the reviewer's ICC(1) with itself, and the share of pairs of runs that decide a
    paper differently.

    A run's decisions are its own if it makes any; else it accepts from the score on that gave the
    first run the real share of accepted papers.
    """
    values = np.stack([run.values for run in runs])
    places = np.flatnonzero(use & np.isfinite(values).all(axis=0))
    n, values = int(places.size), values[:, places]
    if n < 2:
        none = Estimate(None, None, None, n, "fewer than two papers have a score in each run")
        return dict.fromkeys(("sd", "icc", "flips"), none)
    icc = agreement_figures(list(values.T), **resampling)["icc1"]
    yes = _decided(question, runs, places, values)
    share = yes.mean(axis=0)
    count = len(runs)
    flips = 2 * share * (1 - share) * count / (count - 1)
    return {
        "sd": estimate(weighted.mean(values.std(axis=0, ddof=1)), n, **resampling),
        "icc": icc,
        "flips": estimate(weighted.mean(flips), n, **resampling),
    }


def _decided(
    question: Question, runs: Sequence[Scores], places: Places, values: Floats
) -> Booleans:
    own = [run.accept for run in runs]
    if all(made is not None and np.isfinite(made[places]).all() for made in own):
        return np.stack([made[places] == 1 for made in own if made is not None])
    known = [question.accepted[place] for place in places if question.accepted[place] is not None]
    share = float(np.mean(known)) if known else 0.5
    bar = np.quantile(values[0], 1 - share)
    return np.asarray(values >= bar)


def single_distances(question: Question, mapped: Floats | None, use: Booleans) -> (
    tuple[Floats, Places, Floats]
):  # fmt: skip
    """Distances between a reviewer's mapped score and each of the paper's humans, or if `mapped` is
    None between each two humans; with their papers' numbers and weights, which sum to 1 for each
    paper. Raises `Undefined` without any."""
    known = use if mapped is None else use & np.isfinite(mapped)
    places, _ = rated(question, known, least=2 if mapped is None else 1)
    if not places.size or (mapped is not None and not np.isfinite(mapped[places]).all()):
        raise Undefined("no paper has a rating to stand beside")
    found = []
    for place in places:
        human = question.ratings[place]
        if mapped is None:
            apart = np.abs(human[:, None] - human[None, :])
            found.append(apart[~np.eye(human.size, dtype=bool)])
        else:
            found.append(np.abs(human - mapped[place]))
    sizes = np.array([each.size for each in found])
    paper = np.repeat(np.arange(places.size), sizes)
    return np.concatenate(found), paper, np.repeat(1 / sizes, sizes)


def _distances(
    question: Question, mapped: Floats | None, use: Booleans, resampling: Resampling
) -> Figures:
    """Quantiles over single humans of their distance from the reviewer's mapped score."""
    try:
        apart, paper, share = single_distances(question, mapped, use)
    except Undefined as why:
        return dict.fromkeys(LEVELS, Estimate(None, None, None, 0, str(why)))
    levels = weighted.quantiles(apart, paper, share, np.array(list(LEVELS.values())))
    return estimates(levels, tuple(LEVELS), int(paper[-1]) + 1, **resampling)
