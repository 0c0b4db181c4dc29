"""How human reviewers would score a paper, from its title and abstract.

A linear model on TF-IDF of words, fitted by `reviewers.train` to ratings of ICLR papers, each year
standardised on its own. Full text is not used: in the texts that are to be had, accepted papers are
camera-ready versions, so that their length alone tells the decision. `CARD.md` says on what the
coefficients were fitted and how well they do on later years; they are modest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).parent / "coefficients.npz"


class PaperText(msgspec.Struct, frozen=True):
    """What the model reads of a paper. `text` is accepted for other models and not used here."""

    title: str
    abstract: str
    text: str | None = None
    keywords: tuple[str, ...] = ()


class QualityModel:
    """Fitted coefficients.

    `trained_on` names the venue-years of the training papers; a benchmark on one of them is no
    test. `cutoff` is the last of those years.
    """

    def __init__(
        self, terms: Sequence[str], idf: NDArray[Any], coef: NDArray[Any], card: dict[str, Any]
    ):
        self.card = card
        self.trained_on: tuple[str, ...] = tuple(card["trained_on"])
        self.cutoff: int = card["cutoff"]
        self._terms, self._idf, self._coef = terms, idf, coef
        self._vectorizer: Any = None

    def predict(self, papers: Sequence[PaperText]) -> NDArray[np.float64]:
        """Expected rating mean of each paper in SD units of its year's rating means, (papers,)."""
        if self._vectorizer is None:
            self._vectorizer = make_vectorizer(self._terms, self._idf)
        rows = self._vectorizer.transform([joined(paper) for paper in papers])
        return np.asarray(rows @ self._coef + self.card["intercept"], dtype=np.float64)

    def standard(self, papers: Sequence[PaperText]) -> NDArray[np.float64]:
        """Predictions in units of their own SD over a year, about 0: what a `Panel` takes."""
        mean, sd = float(self.card["mean"]), float(self.card["sd"])
        return (self.predict(papers) - mean) / sd


def joined(paper: PaperText) -> str:
    """The text that is read."""
    return f"{paper.title}. {paper.abstract}"


def make_vectorizer(terms: Sequence[str], idf: NDArray[Any]) -> Any:
    """The TF-IDF of the fitted terms."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=list(terms), ngram_range=(1, 2))
    vectorizer.idf_ = idf
    return vectorizer


@cache
def load(path: Path = FILE) -> QualityModel:
    """The committed model, or another that `reviewers.train` wrote."""
    with np.load(path) as file:
        terms = file["terms"].tobytes().decode().split("\n")
        card = json.loads(file["card"].tobytes().decode())
        idf, coef = file["idf"].astype(np.float64), file["coef"].astype(np.float64)
    return QualityModel(terms, idf, coef, card)
