"""Two reviewers of two benchmark folders, paired on the papers that both have scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.reviewers.report import PREDICTIONS
from benchmarks.reviewers.results import read_result
from conference.errors import UserError
from conference.measures import agreement, decisions, weighted
from conference.measures.bootstrap import attempt, difference, estimate
from conference.measures.estimate import Estimate, as_labels

FEWEST = 20


class Comparison(msgspec.Struct, frozen=True):
    """First, second and first less second in one measure."""

    measure: str
    first: Estimate
    second: Estimate
    difference: Estimate


class Compared(msgspec.Struct, frozen=True):
    """A comparison of two reviewers; `n` papers are shared."""

    first: str
    second: str
    n: int
    rows: list[Comparison]


def compare(first: str, second: str, *, resamples: int = 1000, seed: int = 0) -> Compared:
    """Compare FOLDER or FOLDER#REVIEWER with another. Raises `UserError` with fewer than 20 shared
    papers, or where the two stand on different ratings of a paper."""
    names, frames = zip(*(_predictions(spec) for spec in (first, second)), strict=True)
    both = frames[0].merge(frames[1], on="paper_id", suffixes=("_a", "_b"))
    both = both[np.isfinite(both["score_a"]) & np.isfinite(both["score_b"])]
    both = both.sort_values("paper_id")
    if len(both) < FEWEST:
        raise UserError(
            f"{first} and {second} share {len(both)} scored papers; a comparison needs {FEWEST}."
        )
    for left, right, paper in zip(
        both["ratings_a"], both["ratings_b"], both["paper_id"], strict=True
    ):
        if sorted(left) != sorted(right):
            raise UserError(
                f"paper {paper} has other ratings in {first} than in {second}; run both on the "
                "same data."
            )
    rows = [
        _row(name, *statistics, n=len(both), resamples=resamples, seed=seed)
        for name, statistics in _statistics(both).items()
    ]
    return Compared(names[0], names[1], len(both), rows)


def _predictions(spec: str) -> tuple[str, Any]:
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
    frame = pd.read_parquet(Path(folder) / PREDICTIONS)
    return name, frame[(frame["reviewer"] == name) & frame["measured"]]


def _statistics(both: Any) -> dict[str, tuple[Any, Any]]:
    """Measure name to a maker for each side; a maker may raise `Undefined`."""
    scores = [both[f"score_{side}"].to_numpy(np.float64) for side in "ab"]
    mapped = [both[f"score_on_scale_{side}"].to_numpy(np.float64) for side in "ab"]
    said = [both[f"accept_fitted_{side}"].to_numpy() for side in "ab"]
    accepted = both["accepted_a"].to_numpy()
    sets = [np.asarray(given, np.float64) for given in both["ratings_a"]]
    truth = np.array([given.mean() if given.size else np.nan for given in sets])
    found: dict[str, tuple[Any, Any]] = {}
    if all(value is not None for value in accepted):
        label = accepted.astype(bool)
        found["AUROC"] = tuple(lambda v=v: weighted.auroc(v, as_labels(label)) for v in scores)  # type: ignore[assignment]
        if all(value is not None for side in said for value in side):
            found["balanced accuracy"] = tuple(
                lambda v=v: decisions.statistic("balanced_accuracy", label, v.astype(bool))
                for v in said
            )  # type: ignore[assignment]
    if np.isfinite(truth).all():
        found["Spearman with the human mean"] = tuple(
            lambda v=v: weighted.spearman(v, truth) for v in scores
        )  # type: ignore[assignment]
        found["MAE to the human mean"] = tuple(
            lambda v=v: weighted.mean(np.abs(v - truth)) for v in mapped
        )  # type: ignore[assignment]
        if all(given.size > 1 for given in sets):
            table = agreement.leave_one_out(sets)
            found["Spearman with the other humans"] = tuple(
                lambda v=v: agreement.leave_one_out_statistic(table, v) for v in scores
            )  # type: ignore[assignment]
    return found


def _row(name: str, one: Any, other: Any, *, n: int, resamples: int, seed: int) -> Comparison:
    drawn = {"resamples": resamples, "seed": seed}

    def alone(make: Any) -> Estimate:
        return attempt(lambda: estimate(make(), n, **drawn), n)

    return Comparison(
        name, alone(one), alone(other), attempt(lambda: difference(one(), other(), n, **drawn), n)
    )
