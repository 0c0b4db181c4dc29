"""Tell a model that refuses a single paper from one that cannot be asked at all."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from benchmarks.reviewers.kept_scores import mask_of
from benchmarks.reviewers.reviewer import Scores


class Refusals:
    """Passes on scores as they come, but holds back refusals until some paper was answered.

    A model that refuses every paper has another problem: it is not loaded, or its context is
    shorter than its settings say. At the `end` its papers count as unanswered, and are asked about
    again. `met` says that it has answered before.
    """

    def __init__(self, pass_on: Callable[[int, Scores], None], met: bool) -> None:
        self._pass_on, self._met = pass_on, met
        self._held: list[tuple[int, Scores]] = []

    def note(self, at: int, said: Scores, refused: bool) -> None:
        if refused and not self._met:
            self._held.append((at, said))
            return
        self._pass_on(at, said)
        if not mask_of(said)[0]:
            self._met = True
            while self._held:
                self._pass_on(*self._held.pop())

    def end(self) -> None:
        for at, said in self._held:
            failed = (msgspec.structs.replace(row, task="unanswered") for row in said.failed)
            mask = np.ones_like(mask_of(said))
            again = msgspec.structs.replace(said, unanswered=mask, failed=tuple(failed))
            self._pass_on(at, again)
