"""A fit of the embedded reviewer on the earlier years at hand, kept in the user's cache.

A kept fit is found again by the content of its training papers, of the abstracts that it was
adapted to, and of the code that fits.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from conference.core.files import user_cache
from conference.core.progress import Progress
from reviewers.quality import fitting, letters, model, style, training_overlap, training_papers
from reviewers.quality.model import PaperText, QualityModel

CODE = (fitting, letters, model, style, training_overlap, training_papers)
LIBRARIES = ("numpy", "scipy", "scikit-learn")
PAPERS_A_SECOND = 300  # Of a fit on one quiet core: 35,465 papers in 2 minutes.
DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    BadZipFile,
    zlib.error,
)


class Refit:
    """A fit on `known` papers, the frame that `fitting.fit` takes, for `later` ones."""

    def __init__(self, known: Any, later: Sequence[PaperText]) -> None:
        self._known, self._later = known, later
        self._model: QualityModel | None = None
        self.key = _key(known, later)
        years = sorted({f"{v} {y}" for v, y in zip(known["venue"], known["year"], strict=True)})
        self.trained_on = f"{len(known):,} papers of {', '.join(years)}"

    @property
    def path(self) -> Path:
        """Where the fit is kept."""
        return user_cache() / "fits" / f"{self.key}.npz"

    @property
    def notice(self) -> str:
        """What will be done and how long it takes, for a user who waits."""
        if self.path.is_file():
            return f"embedded: uses its fit on {self.trained_on}, kept as {self.path}."
        minutes = round(len(self._known) / PAPERS_A_SECOND / 60)
        span = f"{minutes} minutes" if minutes > 1 else "a minute"
        return (
            f"embedded: is fitted on {self.trained_on}, about {span} on one core; the "
            f"fit is kept as {self.path} and used again."
        )

    def prepare(self, progress: Progress) -> None:
        """Read the fit, or make it and keep it. A cache that cannot be used costs time alone."""
        self._model = self._model or self._kept()
        if self._model is None:
            self._model = fitting.fit(self._known, self._later, progress)
            self._keep(self._model)

    def model(self) -> QualityModel:
        """The fit, made now where nothing has prepared it."""
        self.prepare(lambda step, done, total: None)
        assert self._model is not None
        return self._model

    def _kept(self) -> QualityModel | None:
        try:
            return model.load(self.path)
        except DAMAGED:
            return None

    def _keep(self, fit: QualityModel) -> None:
        part = self.path.with_suffix(".part.npz")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            model.write(fit, part)
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)


def _key(known: Any, later: Sequence[PaperText]) -> str:
    """A digest of whatever changes the fit."""
    digest = hashlib.sha256(known.to_json(orient="values").encode())
    for paper in later:
        digest.update(f"\x1e{paper.title}\x1f{paper.abstract}".encode())
    for module in CODE:
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(style.FILE.read_bytes())
    digest.update(" ".join(metadata.version(name) for name in LIBRARIES).encode())
    return digest.hexdigest()[:16]
