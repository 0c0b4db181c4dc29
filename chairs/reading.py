"""How a chair reads a paper's thread: levels, weights, and where reviewers differ."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from chairs.calibration import POOLED
from chairs.chair import MetaReviewSight, Thread
from chairs.personas import Persona
from conference.core.forms import Form
from conference.core.records import Review

HERE = Path(__file__).parent
Values = NDArray[Any]


class LevelRules(msgspec.Struct, frozen=True):
    share: float
    named: float


class WeightRules(msgspec.Struct, frozen=True):
    lowest: float


class SeniorRules(msgspec.Struct, frozen=True):
    most: float
    prior: float


class QualityRules(msgspec.Struct, frozen=True):
    step: int


class TextRules(msgspec.Struct, frozen=True):
    signed: str


class Rules(msgspec.Struct, frozen=True):
    """The whole of embedded.toml."""

    level: LevelRules
    weights: WeightRules
    senior: SeniorRules
    texts: TextRules
    quality: QualityRules


@cache
def rules() -> Rules:
    """The constants of the embedded chairs."""
    return msgspec.toml.decode((HERE / "embedded" / "embedded.toml").read_bytes(), type=Rules)


def calibrated(sight: MetaReviewSight) -> bool:
    """Whether reviewers' levels are known from calibration.

    This needs a pooled map with a positive slope, as levels are relative to it.
    """
    return any(fitted.reviewer == POOLED and fitted.slope > 0 for fitted in sight.maps)


def levels_of(sight: MetaReviewSight) -> Values:
    """How much too high each reviewer of the thread rates, in rating units, (reviews,).

    With calibration: a reviewer's map is human = a - b level + b rating, the pooled map human = a +
    b rating (`chairs.calibration.fit_maps`), so level = (a - intercept) / b. Without: a share of
    the level that the reviewer's reviews in the round show.
    """
    if calibrated(sight):
        maps = {fitted.reviewer: fitted for fitted in sight.maps}
        pooled = maps[POOLED]
        found = [
            (pooled.intercept - maps[review.reviewer].intercept) / pooled.slope
            if review.reviewer in maps
            else 0.0
            for review in sight.thread.reviews
        ]
    else:
        share = rules().level.share
        found = [share * sight.severity.get(row.reviewer, 0.0) for row in sight.thread.reviews]
    return np.array(found)


def weights_of(reviews: tuple[Review, ...], form: Form, strength: float) -> Values:
    """Weights of the reviews, summing to 1: higher with confidence, equal if one states none."""
    given = [review.confidence for review in reviews]
    if not form.confidence or any(value is None for value in given):
        return np.full(len(reviews), 1 / len(reviews))
    sure = np.array(given, dtype=float)
    scale = form[form.confidence].values
    raw = 1 + strength * (sure - sure.mean()) / (scale[-1] - scale[0])
    raw = np.maximum(raw, rules().weights.lowest)
    return np.asarray(raw / raw.sum())


def score_of(values: Values, weights: Values, persona: Persona, venue_mean: float) -> float:
    """The weighted mean, moved towards the median (`majority`), then the chair's prior (`own`)."""
    score = float((weights * values).sum())
    score += persona.majority * (float(np.median(values)) - score)
    return score + persona.own * (venue_mean - score)


def widest(thread: Thread, form: Form) -> str:
    """The sub-score on which the reviewers differ most, relative to its scale; "" for none."""
    found, most = "", 0.0
    for field in form.scores:
        given = [row.scores[field.name] for row in thread.reviews if field.name in row.scores]
        if field.name in (form.rating, form.confidence) or len(given) < 2:
            continue
        gap = (max(given) - min(given)) / (field.values[-1] - field.values[0])
        if gap > most:
            label = (field.label or field.name).lower()
            found, most = f"{label} (from {min(given):g} to {max(given):g})", gap
    return found


def point_of(review: Review, side: str, form: Form) -> str:
    """The first line that the review gives against ("weakness") or for ("strength") the paper.

    In a field with both sides, a line begins with "-" or "+".
    """
    mark = "-" if side == "weakness" else "+"
    texts = [(field.name, review.texts.get(field.name, "")) for field in form.texts]
    both = [text for name, text in texts if "weakness" in name and "strength" in name]
    for text in both or [text for name, text in texts if "review" in name]:
        for line in text.splitlines():
            if line.startswith(mark):
                return _sentence(line[1:])
    if not both:
        for name, text in texts:
            if side in name and text.strip():
                return _sentence(text)
    for name, text in texts:
        if "summary" not in name and text.strip():
            return _sentence(text)
    return "No reason is stated."


def _sentence(text: str) -> str:
    line = text.strip().splitlines()[0].strip()
    return line if line.endswith((".", "?", "!")) else f"{line}."
