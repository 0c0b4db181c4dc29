"""Fits that a benchmark makes on the available earlier years, kept in the user's cache.

A kept fit is found by a digest of its training papers and of the fitting code.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Generic, TypeVar
from zipfile import BadZipFile

from benchmarks.reviewers.question import Question
from conference.core.files import user_cache
from conference.core.progress import Progress, no_progress
from reviewers.quality.training_overlap import marks_of

LIBRARIES = ("numpy", "scipy", "scikit-learn")
DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile, zlib.error,
)  # fmt: skip
Fitted = TypeVar("Fitted")


class KeptFit(Generic[Fitted]):
    """A fit called `name`, kept under a `key` that depends on all that it is made from.

    `trained_on` describes its training papers. `make` fits, `read` and `write` handle its file;
    `seconds` is about how long fitting takes on an idle core.
    """

    def __init__(
        self,
        name: str,
        trained_on: str,
        key: str,
        seconds: float,
        make: Callable[[Progress], Fitted],
        read: Callable[[Path], Fitted],
        write: Callable[[Fitted, Path], None],
    ) -> None:
        self.name, self.trained_on, self.key, self._seconds = name, trained_on, key, seconds
        self._make, self._read, self._write = make, read, write
        self._fitted: Fitted | None = None

    @property
    def path(self) -> Path:
        """The file in which the fit is kept."""
        return user_cache() / "fits" / f"{self.key}.npz"

    @property
    def notice(self) -> str:
        """A sentence for the user on what will be done and how long it takes."""
        if self.path.is_file():
            return f"{self.name}: uses its fit on {self.trained_on}, kept as {self.path}."
        minutes = round(self._seconds / 60)
        span = f"{minutes} minutes" if minutes > 1 else "a minute"
        return (
            f"{self.name}: is fitted on {self.trained_on}, about {span} on one core; the fit is "
            f"kept as {self.path} and used again."
        )

    def prepare(self, progress: Progress) -> None:
        """Read the fit, or make and keep it. An unusable cache only costs time."""
        if self._fitted is None:
            self._fitted = self._kept()
        if self._fitted is None:
            self._fitted = self._make(progress)
            self._keep(self._fitted)

    def fitted(self) -> Fitted:
        """The fit, made now if it was not prepared."""
        self.prepare(no_progress)
        assert self._fitted is not None
        return self._fitted

    def _kept(self) -> Fitted | None:
        try:
            return self._read(self.path)
        except DAMAGED:
            return None

    def _keep(self, fitted: Fitted) -> None:
        part = self.path.with_suffix(".part.npz")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            self._write(fitted, part)
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)


def tested_marks(question: Question) -> frozenset[int]:
    """The marks of the tested papers; papers with one of them must not be in a fit."""
    return frozenset().union(*(marks_of(view.title, view.abstract) for view in question.views))


def key_of(content: Iterable[str], code: Sequence[Path]) -> str:
    """A digest of training content, of the files that fit, and of the libraries."""
    digest = hashlib.sha256()
    for part in content:
        digest.update(part.encode())
        digest.update(b"\x1e")
    for path in code:
        digest.update(path.read_bytes())
    digest.update(" ".join(metadata.version(name) for name in LIBRARIES).encode())
    return digest.hexdigest()[:16]
