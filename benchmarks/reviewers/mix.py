"""The mix of the measured papers: how many were accepted, and how much their ratings differ.

Figures on a balanced set (half accepted) and on a venue's natural mix cannot be compared: papers in
a balanced set differ more, so a reviewer with the same errors has higher correlations and
accuracies.
"""

from __future__ import annotations

import msgspec
import numpy as np

from benchmarks.reviewers.question import Question
from conference.core.errors import UserError
from conference.core.seeds import generator
from conference.data.scales import accepted_share
from conference.statistics.estimate import Booleans

BALANCED = (0.45, 0.55)  # Shares accepted that are called balanced.
NEAR = 0.05  # A mix this close to the venue's own share is called natural.
NATURAL = "natural"


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """`accepted` is a share of the decided papers, `spread` the SD of papers' mean ratings on the
    venue's scale, `own` the share that the venue accepted; None if unknown."""

    papers: int
    accepted: float | None
    spread: float | None
    own: float | None

    @property
    def kind(self) -> str:
        """The name of the mix."""
        if self.accepted is None:
            return "undecided papers"
        if self.own is not None and abs(self.accepted - self.own) <= NEAR:
            return "natural mix"
        if BALANCED[0] <= self.accepted <= BALANCED[1]:
            return "balanced mix"
        return "mix of its own" if self.own is not None else "mix of unknown kind"

    def __str__(self) -> str:
        said = [f"{self.papers:,} papers, {self.kind}"]
        if self.accepted is not None:
            venue = "" if self.own is None else f" (the venue: {100 * self.own:.1f} %)"
            said.append(f"{100 * self.accepted:.1f} % accepted{venue}")
        if self.spread is not None:
            said.append(f"SD of the papers' mean ratings {self.spread:.2f}")
        return ", ".join(said)


def mix_of(question: Question, use: Booleans) -> Mix:
    """The mix of the papers of `use`."""
    places = np.flatnonzero(use)
    decided = [question.accepted[i] for i in places if question.accepted[i] is not None]
    means = [question.ratings[i].mean() for i in places if question.ratings[i].size]
    return Mix(
        papers=int(places.size),
        accepted=float(np.mean(decided)) if decided else None,
        spread=float(np.std(means)) if means else None,
        own=own_share(question),
    )


def own_share(question: Question) -> float | None:
    """The share of decided papers that the venue-year accepted; None if not on record."""
    first = question.papers[0]
    same = all((p.venue, p.year) == (first.venue, first.year) for p in question.papers)
    return accepted_share(first.venue, first.year) if same else None


def share_asked(question: Question, asked: str) -> float:
    """The share that `--reweight` asks for: "natural", or a number such as 0.31."""
    if asked == NATURAL:
        if (own := own_share(question)) is None:
            raise UserError(
                f"--reweight natural: the share that {question.name} accepted is not on record; "
                "give it, such as --reweight 0.31."
            )
        return own
    try:
        share = float(asked)
    except ValueError:
        share = np.nan
    if not 0 < share < 1:
        raise UserError(f"--reweight {asked}: give 'natural' or a share between 0 and 1.")
    return share


def drawn_to(question: Question, use: Booleans, share: float, seed: int) -> Booleans:
    """The largest part of `use` with this share of accepted papers, leaving out papers of one class
    at random. Raises `UserError` if a class is missing."""
    accepted = np.array([given is True for given in question.accepted]) & use
    rejected = np.array([given is False for given in question.accepted]) & use
    most = min(accepted.sum() / share, rejected.sum() / (1 - share))
    chosen = np.zeros(use.size, dtype=np.bool_)
    for group, part in ((accepted, share), (rejected, 1 - share)):
        count = min(round(most * part), int(group.sum()))
        if not count:
            raise UserError(
                f"--reweight: {question.name} has no accepted or no rejected papers to measure."
            )
        places = generator(seed, "reweight", part).permutation(np.flatnonzero(group))
        chosen[places[:count]] = True
    return chosen
