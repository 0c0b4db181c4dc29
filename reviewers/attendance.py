"""Whether and when a reviewer delivers, drawn from the venue's rates for any mind."""

from __future__ import annotations

import numpy as np

from conference.core.records import Absence, Agent
from reviewers.embedded.filling import rules
from reviewers.reviewer import ReviewSight


def attend(
    agent: Agent, sight: ReviewSight, rng: np.random.Generator, absent: float, late: float
) -> Absence | tuple[int, bool]:
    """An absence with its reason, or the simulated day of the review and whether it is late.

    `absent` and `late` multiply the venue's rates.
    """
    days = rules().days
    absent_draw, late_draw = rng.random(2)
    if absent_draw < sight.absent_rate * absent:
        reason = days.absences[int(rng.integers(len(days.absences)))]
        return Absence(paper=sight.manuscript.paper, reviewer=agent.id, reason=reason)
    is_late = bool(late_draw < sight.late_rate * late)
    shift = rng.integers(1, days.late + 1) if is_late else -rng.integers(days.early + 1)
    return max(0, sight.days + int(shift)), is_late
