"""How a study asks its question, and on what its answer rests."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from benchmarks.studies.outcome_table import Unit

Rests = Literal["data", "language model", "assumption"]


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """How a study asks its question.

    `unit` is the unit of analysis: reviews are averaged within it. `margin` is the largest
    difference without practical interest, in the primary outcome's own units, for its equivalence
    test.
    `randomised` says that the arms are exchangeable if the treatment does nothing, so that a
    permutation test holds.
    """

    primary: str
    also: tuple[str, ...] = ()
    unit: Unit = "paper"
    replicates: int = 1
    alpha: Annotated[float, msgspec.Meta(gt=0, lt=0.5)] = 0.05
    correction: Literal["holm", "none"] = "holm"
    margin: Annotated[float, msgspec.Meta(gt=0)] | None = None
    randomised: bool = True
    seed: int = 0

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The primary outcome first."""
        return (self.primary, *(name for name in self.also if name != self.primary))
