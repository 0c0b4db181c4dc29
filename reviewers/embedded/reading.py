"""What embedded reviewers measure in a paper, the same for all of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.papers.anatomy import measure
from conference.papers.manuscript import Manuscript, full_text
from reviewers.embedded.findings import Finding, Nearest, cost_of, find
from reviewers.quality.model import PaperText, load

KEPT = 8192  # Readings kept in a process, for a paper's other reviews and a study's next round.
PREDICTED = 65536  # Predictions kept in a process.


class Reading(msgspec.Struct, frozen=True):
    """A paper's measurements. `quality` is in SD units of the model, `cost` in latent SD."""

    quality: float
    findings: tuple[Finding, ...]
    cost: float
    abstract_words: int
    words: int | None


class Forecaster(Protocol):
    """What predicts a paper's rating: the quality model, or a fit on a language model."""

    @property
    def reads_text(self) -> bool: ...

    def standard(self, papers: Sequence[PaperText]) -> NDArray[np.float64]: ...

    def overlap(self, papers: Sequence[PaperText]) -> NDArray[np.bool_]: ...


Source = Callable[[], Forecaster]


class Archive:
    """Titles of earlier papers as TF-IDF vectors, to compare a paper with all at once."""

    def __init__(self, titles: tuple[str, ...]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.titles = titles
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        try:
            self._rows: Any = self._vectorizer.fit_transform(titles)
        except ValueError:  # No title has a word other than stop words.
            self._rows = None

    def nearest(self, title: str) -> Nearest:
        """The earlier title with the highest cosine similarity, the first in a tie."""
        if self._rows is None:
            return Nearest(0.0, self.titles[0], len(self.titles))
        near = (self._rows @ self._vectorizer.transform([title]).T).toarray().ravel()
        at = int(near.argmax())
        return Nearest(float(near[at]), self.titles[at], len(self.titles))


async def read(
    manuscript: Manuscript, archive: tuple[str, ...], papers: Path, source: Source = load
) -> Reading:
    """Measure a paper once for all its reviewers in this process.

    Args:
        archive: titles of earlier papers; without any, novelty is left out.
        papers: the folder of parsed documents.
        source: where the forecast comes from.
    """
    folder = papers if manuscript.document else None  # None lets rounds of a study share readings.
    text = full_text(manuscript, folder) if folder and source().reads_text else None
    quality = await quality_of(manuscript, source, text)
    return _read(manuscript, _archive(archive) if archive else None, folder, quality)


_predicted: dict[tuple[Source, PaperText], float] = {}
_wanted: dict[Source, dict[PaperText, None]] = defaultdict(dict)


async def quality_of(
    manuscript: Manuscript, source: Source = load, text: str | None = None
) -> float:
    """The model's prediction for a paper, in SD units of its predictions.

    Tasks under way at the same time first all ask for their papers, and the model then reads these
    together: a quarter of the work of reading one by one, with the same results.
    """
    named = () if manuscript.abstract else manuscript.keywords
    paper = PaperText(manuscript.title, manuscript.abstract, text, named)
    if (source, paper) not in _predicted:
        _wanted[source][paper] = None
        await asyncio.sleep(0)
    if (source, paper) not in _predicted:
        together = list(_wanted.pop(source))
        if len(_predicted) > PREDICTED:
            _predicted.clear()
        said = source().standard(together).tolist()
        _predicted.update(((source, each), z) for each, z in zip(together, said, strict=True))
    return _predicted[source, paper]


@lru_cache(maxsize=4)
def _archive(titles: tuple[str, ...]) -> Archive:
    return Archive(titles)


@lru_cache(maxsize=KEPT)
def _read(
    manuscript: Manuscript, archive: Archive | None, papers: Path | None, quality: float
) -> Reading:
    text = full_text(manuscript, papers) if papers else None
    nearest = archive.nearest(manuscript.title) if archive else None
    return reading_of(manuscript, text, nearest, quality)


def reading_of(
    manuscript: Manuscript, text: str | None, nearest: Nearest | None = None, quality: float = 0.0
) -> Reading:
    """A paper's measurements; `text` is its full text, or None."""
    anatomy = measure(manuscript.title, manuscript.abstract, text)
    findings = tuple(find(anatomy, manuscript.checks, nearest))
    return Reading(
        quality=quality,
        findings=findings,
        cost=cost_of(findings, full_text=text is not None),
        abstract_words=anatomy.abstract_words,
        words=anatomy.words,
    )
