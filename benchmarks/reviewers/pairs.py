"""Compare reviewers with each other and with shortcuts, on the papers that both have scored."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from benchmarks.reviewers.crossfit import Fitted
from benchmarks.reviewers.figures import labels, rated
from benchmarks.reviewers.question import Question
from benchmarks.reviewers.results import Gap, Panel
from conference.statistics import agreement, panels, weighted
from conference.statistics.bootstrap import Statistic, attempt, difference, estimate
from conference.statistics.estimate import Booleans, Estimate, Floats, as_labels

MEASURES = ("AUROC", "ρ others")


def gap(
    question: Question,
    first: tuple[str, Floats],
    second: tuple[str, Floats],
    use: Booleans,
    measure: str,
    *,
    resamples: int,
    seed: int,
) -> Gap:
    """`first` − `second` in one of `MEASURES`, by paired bootstrap over papers."""
    shared = use & np.isfinite(first[1]) & np.isfinite(second[1])
    n = int(shared.sum())

    def make() -> Estimate:
        one, other = (_statistic(question, given[1], shared, measure) for given in (first, second))
        places = _places(question, shared, measure)
        return difference(one, other, int(places.size), resamples=resamples, seed=seed)

    return Gap(first[0], second[0], measure, attempt(make, n))


def _places(question: Question, use: Booleans, measure: str) -> np.ndarray:
    return labels(question, use)[0] if measure == "AUROC" else rated(question, use, least=2)[0]


def _statistic(question: Question, values: Floats, use: Booleans, measure: str) -> Statistic:
    if measure == "AUROC":
        places, label = labels(question, use)
        return weighted.auroc(values[places], as_labels(label))
    places, _ = rated(question, use, least=2)
    table = agreement.leave_one_out([question.ratings[i] for i in places])
    given = values[places]
    if (given == given[0]).all():
        # A constant score ranks nothing: its correlation is taken as 0.
        return lambda block: np.zeros(block.shape[0])
    return agreement.leave_one_out_statistic(table, given)


def panel(
    question: Question, fitted: dict[str, Fitted], use: Booleans, *, resamples: int, seed: int
) -> Panel:
    """How many independent reviewers the panel is worth, from the correlation of errors.

    An error is the mapped score − the human mean.
    """
    names = sorted(fitted)
    places, truth = rated(question, use)
    if len(names) < 2:
        none = Estimate(None, None, None, int(places.size), "a panel needs two reviewers")
        return Panel(names, none, none)
    errors = np.stack([fitted[name].mapped[places] - truth for name in names], axis=1)
    errors = errors[np.isfinite(errors).all(axis=1)]
    n = int(errors.shape[0])

    def correlation() -> Estimate:
        value = panels.error_correlation(errors)
        return estimate(_together(errors), n, value=value, resamples=resamples, seed=seed)

    def worth() -> Estimate:
        value, together = panels.independent_reviewers(errors), _together(errors)

        def of(block: Floats) -> Floats:
            shared = 1 + (len(names) - 1) * together(block)
            return np.where(shared > 0, len(names) / shared, np.nan)

        return estimate(of, n, value=value, resamples=resamples, seed=seed)

    return Panel(names, attempt(correlation, n), attempt(worth, n))


def _together(errors: Floats) -> Statistic:
    """The mean correlation of two reviewers' errors, (papers, reviewers)."""
    pairs = [weighted.pearson(one, other) for one, other in combinations(errors.T, 2)]
    return lambda block: np.mean([pair(block) for pair in pairs], axis=0)


def verdicts(reviewers: Sequence[str], shortcuts: Sequence[Gap], final_texts: bool) -> list[str]:
    """One sentence per reviewer: does it beat every shortcut, with the interval above 0?

    `final_texts` says that some full texts are final versions, so that shortcuts measured on them
    (length, references) know the decision.
    """
    found = []
    for name in reviewers:
        closest = [one for measure in MEASURES if (one := _closest(name, measure, shortcuts))]
        if not closest:
            continue
        beaten = all((gap.difference.low or 0) > 0 for gap in closest)
        parts = "; ".join(
            f"{gap.measure}: {_said(gap.difference)} over '{gap.second}' on "
            f"{gap.difference.n:,} papers"
            for gap in closest
        )
        leak = final_texts and any("text" in g.second or "ref" in g.second for g in closest)
        why = " (that shortcut is measured on final versions, which give the decision away)"
        end = (
            "" if beaten
            else ": on these papers it has shown nothing beyond what a shortcut knows"
        )  # fmt: skip
        verb = "beats every shortcut" if beaten else "does NOT clearly beat every shortcut"
        found.append(f"{name} {verb} ({parts}){end}{why if leak and not beaten else ''}.")
    return found


def _closest(name: str, measure: str, shortcuts: Sequence[Gap]) -> Gap | None:
    """The gap to the shortcut that the reviewer beats by least; None without one."""
    known = [
        gap for gap in shortcuts
        if gap.first == name and gap.measure == measure and gap.difference.value is not None
    ]  # fmt: skip
    return min(known, key=lambda gap: _least(gap.difference), default=None)


def _least(found: Estimate) -> float:
    """The lower end of the interval, or the value without one."""
    return next(end for end in (found.low, found.value, 0.0) if end is not None)


def _said(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
