"""Compare two reviewers of two benchmark folders on the papers that both have scored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.mix import Mix
from benchmarks.reviewers.report import PREDICTIONS
from benchmarks.reviewers.results import read_result
from conference.core.errors import UserError
from conference.statistics import agreement, decisions, weighted
from conference.statistics.bootstrap import Statistic, attempt, difference, estimate
from conference.statistics.estimate import Estimate, Undefined, as_labels

FEWEST = 20
Maker = Callable[[], Statistic]


class Comparison(msgspec.Struct, frozen=True):
    """First, second and first − second in one measure."""

    measure: str
    first: Estimate
    second: Estimate
    difference: Estimate


class Compared(msgspec.Struct, frozen=True):
    """A comparison of two reviewers on `n` shared papers; each measure has its own number of
    papers, as decisions or second ratings may be missing. `mixes` are of the first folder, the
    second, and the shared papers; `warnings` are about them."""

    first: str
    second: str
    n: int
    rows: list[Comparison]
    mixes: tuple[Mix | None, Mix | None, Mix]
    warnings: list[str]


def compare(first: str, second: str, *, resamples: int = 1000, seed: int = 0) -> Compared:
    """Compare FOLDER or FOLDER#REVIEWER with another. Raises `UserError` for fewer than 20 shared
    papers, or when a paper has different ratings or decisions in the two."""
    names, frames, folders = zip(*map(_predictions, (first, second)), strict=True)
    both = frames[0].merge(frames[1], on="paper_id", suffixes=("_a", "_b"))
    both = both[np.isfinite(both["score_a"]) & np.isfinite(both["score_b"])]
    both = both.sort_values("paper_id")
    if len(both) < FEWEST:
        raise UserError(
            f"{first} and {second} share {len(both)} scored papers; a comparison needs {FEWEST}."
        )
    _check_truths(both, first, second)
    rows = [
        _row(name, *statistics, n=n, resamples=resamples, seed=seed)
        for name, (n, statistics) in _statistics(both, seed).items()
    ]
    own = next((mix.own for mix in folders if mix), None)
    mixes = (*folders, _shared_mix(both, own))
    return Compared(names[0], names[1], len(both), rows, mixes, _warnings(*mixes))


def _check_truths(both: Any, first: str, second: str) -> None:
    """Raise `UserError` if a paper's ratings or decision differ between the folders."""
    ratings = zip(both["ratings_a"], both["ratings_b"], strict=True)
    decided = [both[f"accepted_{side}"].map({True: 1, False: 0}).fillna(-1) for side in "ab"]
    differ = {
        "ratings": np.array([sorted(left) != sorted(right) for left, right in ratings]),
        "decisions": (decided[0] != decided[1]).to_numpy(),
    }
    for what, which in differ.items():
        if which.any():
            paper = both["paper_id"].iloc[int(which.argmax())]
            raise UserError(
                f"paper {paper} has other {what} in {first} than in {second}; run both on the "
                "same data."
            )


def _shared_mix(both: Any, own: float | None) -> Mix:
    decided = both["accepted_a"].dropna()
    means = [np.mean(given) for given in both["ratings_a"] if len(given)]
    return Mix(
        papers=len(both),
        accepted=float(decided.astype(float).mean()) if len(decided) else None,
        spread=float(np.std(means)) if means else None,
        own=own,
    )


def _warnings(first: Mix | None, second: Mix | None, shared: Mix) -> list[str]:
    """A warning if the two folders' mixes differ: with the same errors, figures are higher on a
    balanced set, so the two reports' figures cannot be compared."""
    said = [mix.kind if mix else "mix not recorded" for mix in (first, second)]
    if said[0] != said[1]:
        return [
            f"A was measured on a {said[0]}, B on a {said[1]}: figures of their own reports are "
            f"not to be set against each other; those above are of the {shared.papers:,} shared "
            f"papers alone ({shared.kind})"
        ]
    return []


def _predictions(spec: str) -> tuple[str, Any, Mix | None]:
    import pandas as pd

    folder, _, wanted = spec.partition("#")
    result = read_result(Path(folder))
    reviewers = [row.name for row in result.rows if row.kind == "reviewer"]
    names = [row.name for row in result.rows if row.kind != "human"]
    if wanted and wanted not in names:
        raise UserError(f"{spec}: no reviewer '{wanted}' there; there are {', '.join(names)}.")
    if not wanted and len(reviewers) != 1:
        raise UserError(
            f"{spec}: it holds {len(reviewers)} reviewers; name one, as in "
            f"'{folder}#{(reviewers or names)[0]}'."
        )
    name = wanted or reviewers[0]
    path = Path(folder) / PREDICTIONS
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); run the benchmark again.") from error
    return name, frame[(frame["reviewer"] == name) & frame["measured"]], result.mix


def _statistics(both: Any, seed: int) -> dict[str, tuple[int, tuple[Maker, Maker]]]:
    """By measure, its number of papers and a maker for each side, which may raise `Undefined`."""
    decided = both[both["accepted_a"].notna()]
    rated = both[both["ratings_a"].map(len) > 0]
    shared = both[both["ratings_a"].map(len) > 1]
    label = decided["accepted_a"].to_numpy(dtype=bool)
    truth = np.array([np.mean(given) for given in rated["ratings_a"]], dtype=np.float64)
    sets = [np.asarray(given, np.float64) for given in shared["ratings_a"]]

    def sides(frame: Any, column: str, make: Callable[[Any], Statistic]) -> tuple[Maker, Maker]:
        first, second = (frame[f"{column}_{side}"].to_numpy(dtype=np.float64) for side in "ab")
        return lambda: make(first), lambda: make(second)

    def judged(values: Any) -> Statistic:
        # Thresholds are fitted on the shared papers, anew in each resample: those of the folders'
        # reports were fitted on other papers, and would count as known.
        return decisions.cross_fitted_statistic("balanced_accuracy", label, values, seed=seed)

    return {
        "AUROC": (
            len(decided),
            sides(decided, "score", lambda values: weighted.auroc(values, as_labels(label))),
        ),
        "balanced accuracy": (len(decided), sides(decided, "score", judged)),
        "Spearman with the human mean": (
            len(rated), sides(rated, "score", lambda values: _correlated(values, truth)),
        ),
        "MAE to the human mean": (
            len(rated),
            sides(rated, "score_on_scale", lambda values: weighted.mean(np.abs(values - truth))),
        ),
        "Spearman with the other humans": (
            len(shared),
            sides(
                shared, "score",
                lambda v: agreement.leave_one_out_statistic(agreement.leave_one_out(sets), v),
            ),
        ),
    }  # fmt: skip


def _correlated(values: Any, truth: Any) -> Statistic:
    if not truth.size:
        raise Undefined("no paper has a rating")
    return weighted.spearman(values, truth)


def _row(name: str, one: Any, other: Any, *, n: int, resamples: int, seed: int) -> Comparison:
    drawn = {"resamples": resamples, "seed": seed}

    def alone(make: Any) -> Estimate:
        return attempt(lambda: estimate(make(), n, **drawn), n)

    return Comparison(
        name, alone(one), alone(other), attempt(lambda: difference(one(), other(), n, **drawn), n)
    )
