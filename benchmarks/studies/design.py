"""A study's statistical design, and what its answer can rest on."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from benchmarks.studies.outcome_table import Unit

Rests = Literal["data", "language model", "assumption"]


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A study's statistical design.

    `unit` is the unit of analysis: reviews are averaged within it. `margin` is the smallest
    difference of practical interest, in the primary outcome's own units, for its equivalence test.
    `randomised` says that arms are exchangeable if the treatment does nothing, so that sign flips
    give a valid test; otherwise a t test is used.
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
