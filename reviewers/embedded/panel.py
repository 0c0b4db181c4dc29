"""Draw ratings that are distributed like a human panel's.

A rating is a latent value cut at thresholds. The latent value is the sum of what all reviewers of
a paper share, the reviewer's own severity, and noise:

    y = sqrt(c) (p q + sqrt(1 - p^2) e) + sqrt(s) v + sqrt(1 - c - s) n

where q is the model's prediction in SD units, e the paper's effect that every reviewer sees but the
model cannot predict, v severity and n noise, all of unit variance. The thresholds are the normal
quantiles of the human histogram, and c is chosen so that the cut ratings have the human ICC(1).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.errors import UserError
from conference.data.scales import scale_of, venue_year_of

FILE = Path(__file__).parent / "panel.toml"
NODES = 80
LAY_NOISE, EXPERT_NOISE = 1.15, 0.85  # For reviewers who know the paper's field least and best:
NOISE_SQUARE = 1.0 + (LAY_NOISE - EXPERT_NOISE) ** 2 / 12  # an assumption. Its mean square is 1.
KNOWS = 0.25  # Share of a confidence that depends on expertise, an assumption; the rest is random.


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One venue-year's human panel. `common` is c, `severity_share` s, `predictable` p.

    `predicted` is the model's mean prediction for that venue-year's papers: predictions drift from
    year to year, but a panel's level does not.
    """

    name: str
    values: tuple[float, ...]
    thresholds: tuple[float, ...]
    icc: float
    common: float
    severity_share: float
    predictable: float
    predicted: float
    confidence_values: tuple[int, ...]
    confidence_shares: tuple[float, ...]
    change_up: float
    change_down: float
    measured: str

    def paper_effect(self, rng: np.random.Generator) -> float:
        """The paper's effect, drawn once per paper and seen by all of its reviewers."""
        return float(rng.standard_normal())

    def severity(self, rng: np.random.Generator) -> float:
        """A reviewer's own level, drawn once per reviewer; above 0 is lenient."""
        return float(rng.standard_normal())

    def shared(self, quality: float, paper_effect: float) -> float:
        """What all reviewers of a paper share, of unit variance: predicted and unpredicted part.

        `quality` is the prediction minus its mean, in units of the prediction's own SD.
        """
        p = self.predictable
        return float(p * quality + math.sqrt(1 - p * p) * paper_effect)

    def rating(
        self,
        shared: float,
        severity: float,
        expertise: float,
        rng: np.random.Generator,
        noise: float = 1.0,
    ) -> float:
        """A reviewer's rating on the venue's scale.

        Args:
            shared: what all reviewers of the paper share (`shared`).
            expertise: in [0, 1], see `ReviewSight`; experts are less noisy.
            noise: a persona's factor on the noise.
        """
        return self.cut(self.latent(shared, severity, expertise, rng, noise))

    def cut(self, latent: float) -> float:
        """The rating on the venue's scale to which a latent value is cut."""
        return self.values[bisect_left(self.thresholds, latent)]

    def latent(
        self,
        shared: float,
        severity: float,
        expertise: float,
        rng: np.random.Generator,
        noise: float = 1.0,
    ) -> float:
        """The value before it is cut to the scale, of unit variance over a venue."""
        c, s = self.common, self.severity_share
        factor = LAY_NOISE + (EXPERT_NOISE - LAY_NOISE) * min(max(expertise, 0.0), 1.0)
        own = math.sqrt((1 - c - s) / NOISE_SQUARE) * noise * factor * rng.standard_normal()
        return float(math.sqrt(c) * shared + math.sqrt(s) * severity + own)

    def confidence(self, expertise: float, rng: np.random.Generator) -> int:
        """A confidence with the human shares over all expertise; experts are more confident."""
        draw = (1 - KNOWS) * rng.random() + KNOWS * min(max(expertise, 0.0), 1.0)
        place = bisect_left(_cumulative(self.confidence_shares), _share_below(draw))
        return self.confidence_values[min(place, len(self.confidence_values) - 1)]

    def update(
        self,
        rating: float,
        mean_of_others: float | None,
        rebuttal_strength: float,
        rng: np.random.Generator,
        yielding: float = 1.0,
    ) -> float:
        """The rating after rebuttal and discussion: the same, or a step towards the others."""
        place = self.values.index(rating)
        above = mean_of_others is not None and mean_of_others > rating
        up = self.change_up * (0.5 + rebuttal_strength) * (1.5 if above else 0.6) * yielding
        down = self.change_down * (2.0 if mean_of_others is not None and not above else 0.2)
        draw = rng.random()
        if draw < up:
            place = min(place + 1, len(self.values) - 1)
        elif draw > 1 - down * yielding:
            place = max(place - 1, 0)
        return self.values[place]


@cache
def _cumulative(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(accumulate(shares))


def _share_below(draw: float) -> float:
    """The distribution of (1 - k) u + k v for independent uniform u and v, with k = KNOWS."""
    nearest = min(draw, 1 - draw)
    if nearest >= KNOWS:
        return (draw - KNOWS / 2) / (1 - KNOWS)
    tail = nearest**2 / (2 * KNOWS * (1 - KNOWS))
    return tail if draw < 0.5 else 1 - tail


@cache
def _entries() -> dict[str, Any]:
    entries: dict[str, Any] = msgspec.toml.decode(FILE.read_bytes())
    return entries


@cache
def load_panel(name: str) -> Panel:
    """The panel of a venue-year. Raises `UserError` for an unknown one."""
    entries = _entries()
    if name not in entries or name == "defaults":
        known = ", ".join(key for key in entries if key != "defaults")
        raise UserError(f"panel.like: there is no panel '{name}'; choose from {known}.")
    own = entries[name]
    data = entries["defaults"] | entries.get(own.get("like", ""), {}) | own
    shares = np.array(data["shares"]) / np.sum(data["shares"])
    thresholds = _thresholds(shares)
    values, stage = scale_of(*venue_year_of(name))
    common = fit_common(np.array(values), thresholds, data["icc"])
    quiet = 0.0 if stage == "after_discussion" else 1.0
    confidence = {int(key): share for key, share in data["confidence"].items()}
    total = sum(confidence.values())
    return Panel(
        name=name,
        values=values,
        thresholds=tuple(float(cut) for cut in thresholds),
        icc=data["icc"],
        common=common,
        severity_share=min(data["severity"], 0.9 * (1 - common)),
        predictable=data["predictable"],
        predicted=data["predicted"],
        confidence_values=tuple(confidence),
        confidence_shares=tuple(share / total for share in confidence.values()),
        change_up=quiet * data["change_up"],
        change_down=quiet * data["change_down"],
        measured=data["measured"],
    )


def _thresholds(shares: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(np.cumsum(shares)[:-1], 1e-9, 1 - 1e-9)))


def fit_common(values: np.ndarray, thresholds: np.ndarray, icc: float) -> float:
    """The share of latent variance that reviewers share, so that cut ratings have this ICC(1)."""
    from scipy.optimize import brentq

    return float(brentq(lambda c: cut_icc(values, thresholds, c) - icc, 1e-4, 0.98))


def cut_icc(values: np.ndarray, thresholds: np.ndarray, common: float) -> float:
    """ICC(1) of ratings cut from latent values with this shared part (Gauss-Hermite)."""
    from scipy.special import ndtr

    node, weight = np.polynomial.hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    cuts = np.concatenate([[-np.inf], thresholds, [np.inf]])
    edges = ndtr((cuts[None, :] - np.sqrt(common) * node[:, None]) / np.sqrt(1 - common))
    share = np.diff(edges, axis=1)
    mean = share @ values
    centre = weight @ mean
    between = weight @ (mean - centre) ** 2
    whole = weight @ (share @ values**2) - centre**2
    return float(between / whole)
