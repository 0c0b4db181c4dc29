"""A measured figure with its uncertainty, or the reason why it is undefined."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class Undefined(ValueError):
    """The measure is undefined on these data; the message states the reason."""


class Estimate(msgspec.Struct, frozen=True):
    """A figure, its 95 % bootstrap interval, and the number of papers it is based on.

    If the figure is undefined, `value` is None and `reason` says why. `low` and `high` are None if
    no interval was asked for, or if it has none for the stated `reason`.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined ({self.reason})"
        if self.low is None or self.high is None:
            return f"{self.value:.3f} (n = {self.n})"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] (n = {self.n})"


def as_floats(values: object, name: str) -> Floats:
    """`values` as a one-dimensional float array; raises `Undefined` if empty or not finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {array.ndim}")
    if array.size == 0:
        raise Undefined(f"there is no {name}")
    if not np.isfinite(array).all():
        raise Undefined(f"{int((~np.isfinite(array)).sum())} of the {name} are not finite numbers")
    return array


def as_labels(values: object) -> Booleans:
    """Decisions as booleans; raises `Undefined` if there is only one class."""
    array = np.asarray(values)
    if array.size == 0:
        raise Undefined("there are no decisions")
    if array.dtype != np.bool_:
        if not np.isin(array, (0, 1)).all():
            raise ValueError("decisions must be true or false")
        array = array.astype(np.bool_)
    if array.all() or not array.any():
        raise Undefined(f"all {array.size} papers were {'accepted' if array.all() else 'rejected'}")
    return array
