"""How human reviewers would score a paper, from its title and abstract.

The mean of four linear models, each fitted by `reviewers.quality.fitting` to ratings of ICLR papers
that were standardised within their year: TF-IDF of words and pairs; TF-IDF of the writing with its
rarer words hidden; TF-IDF of runs of letters (`reviewers.quality.letters`); and counted measures of
the writing (`reviewers.quality.style`). A paper without an abstract is scored by a fifth, from its
title and keywords. Full text is not used: in the texts that are available, accepted papers are
camera-ready versions, so that their length alone tells the decision. `CARD.md` says on what the
coefficients were fitted and how well they do on later years; they are modest.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reviewers.quality import letters
from reviewers.quality.style import cleaned, masked, matrix
from reviewers.quality.training_overlap import overlaps

FILE = Path(__file__).parent / "coefficients.npz"
PARTS = ("words", "style", "letters", "writing")
FEWEST_LETTERS = 100  # Shorter abstracts are none: a line, or "TBD".
FARTHEST = 2.5  # Measures are clipped to so many SD.

# What is a token, and how many of them in a row are a term: of a text, and of a masked one.
TOKENS = ((re.compile(r"\b\w\w+\b"), 2), (re.compile(r"\S+"), 3))

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]


class PaperText(msgspec.Struct, frozen=True):
    """What the model reads of a paper; `keywords` only where there is no abstract, `text` never."""

    title: str
    abstract: str
    text: str | None = None
    keywords: tuple[str, ...] = ()


class QualityModel:
    """Fitted coefficients.

    `trained_on` names the venue-years of the training papers; a benchmark on one of them is no
    test. `cutoff` is the last of those years. The array `met` marks the papers of the training.
    """

    reads_text = False

    def __init__(self, arrays: Arrays, card: dict[str, Any]):
        self.arrays, self.card = arrays, card
        self.trained_on: tuple[str, ...] = tuple(card["trained_on"])
        self.cutoff: int = card["cutoff"]
        self._columns: dict[str, dict[str, int]] = {}
        self._numbers: dict[str, Floats] = {}
        self._kept = frozenset(unpacked(arrays["kept"])) if "kept" in arrays else frozenset()

    def predict(self, papers: Sequence[PaperText]) -> Floats:
        """Expected rating mean of each paper in SD units of its year's rating means, (papers,)."""
        expected = np.empty(len(papers))
        full = np.array([has_abstract(paper) for paper in papers], dtype=bool)
        for which, parts in ((full, PARTS), (~full, ("names",))):
            chosen = [papers[at] for at in np.flatnonzero(which)]
            if chosen:
                scores, scale = self.scores(chosen, parts), self.card["scales"]
                standard = [(scores[p] - scale[p]["mean"]) / scale[p]["sd"] for p in parts]
                rule = self.card["full" if len(parts) > 1 else "title"]
                expected[which] = rule["intercept"] + rule["slope"] * np.mean(standard, axis=0)
        return expected

    def standard(self, papers: Sequence[PaperText]) -> Floats:
        """Predictions in units of their own SD over a year, about 0: what a `Panel` takes."""
        mean, sd = float(self.card["mean"]), float(self.card["sd"])
        return (self.predict(papers) - mean) / sd

    def overlap(self, papers: Sequence[PaperText]) -> NDArray[np.bool_]:
        """Which papers it was fitted on, under whatever venue, year and id, (papers,)."""
        return overlaps(((paper.title, paper.abstract) for paper in papers), self.arrays["met"])

    def scores(self, papers: Sequence[PaperText], parts: Sequence[str]) -> dict[str, Floats]:
        """Each part's own prediction, in no common unit."""
        found: dict[str, Floats] = {}
        if "names" in parts:
            found["names"] = self._terms("names", [named(paper) for paper in papers])
        if set(parts) == {"names"}:
            return found
        texts = [joined(paper) for paper in papers]
        if "words" in parts:
            heads = self._terms("heads", [cleaned(paper.title) for paper in papers])
            found["words"] = heads + self._terms("words", texts)
        if "style" in parts:
            found["style"] = self._terms("style", [masked(text, self._kept) for text in texts])
        if "letters" in parts:
            rows = letters.weighted(letters.counted(texts), self._floats("letters_idf"))
            found["letters"] = rows @ self._floats("letters_coef")
        if "writing" in parts:
            measured = measured_of(papers)[:, self.arrays["steady"]]
            measured = normal(measured, self.arrays["quantiles"])
            # Summed row by row: a matrix product rounds a paper otherwise in other company.
            found["writing"] = (measured * self.arrays["writing_coef"]).sum(axis=1)
        return {part: found[part] for part in parts}

    def _terms(self, block: str, texts: list[str]) -> Floats:
        """Each text's terms weighed as `make_vectorizer` does, times their coefficients.

        Written out, as to import scikit-learn takes longer than all else that a review needs.
        """
        if block not in self._columns:
            terms = unpacked(self.arrays[f"{block}_terms"])
            self._columns[block] = {term: column for column, term in enumerate(terms)}
        columns, pattern, longest = self._columns[block], *TOKENS[block == "style"]
        idf, coef = self._floats(f"{block}_idf"), self._floats(f"{block}_coef")
        scores = np.zeros(len(texts))
        for row, text in enumerate(texts):
            found = ngrams(pattern.findall(text.lower()), longest)
            counts = Counter(columns[term] for term in found if term in columns)
            if counts:
                at = np.array(sorted(counts))
                weights = (1 + np.log([counts[column] for column in at])) * idf[at]
                scores[row] = weights @ coef[at] / np.sqrt(weights @ weights)
        return scores

    def _floats(self, name: str) -> Floats:
        """Coefficients, which are kept at half their size, in full."""
        if name not in self._numbers:
            self._numbers[name] = self.arrays[name].astype(np.float64)
        return self._numbers[name]


def has_abstract(paper: PaperText) -> bool:
    return len(paper.abstract) >= FEWEST_LETTERS


def joined(paper: PaperText) -> str:
    """Title and abstract as they are read."""
    return cleaned(f"{paper.title}. {paper.abstract}")


def named(paper: PaperText) -> str:
    """Title and keywords as they are read where there is no abstract."""
    return cleaned(f"{paper.title} {' '.join(paper.keywords)}")


def make_vectorizer(block: str, **given: Any) -> Any:
    """The TF-IDF of a block, to fit it: masked text has its tokens between spaces."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pattern, longest = TOKENS[block == "style"]
    return TfidfVectorizer(
        sublinear_tf=True, token_pattern=pattern.pattern, ngram_range=(1, longest), **given
    )


def ngrams(tokens: Sequence[str], longest: int) -> Iterator[str]:
    """Runs of one to so many tokens."""
    for size in range(1, longest + 1):
        for start in range(len(tokens) - size + 1):
            yield " ".join(tokens[start : start + size])


def measured_of(papers: Sequence[PaperText]) -> Floats:
    """Measures of the writing, (papers, measures)."""
    return matrix([paper.title for paper in papers], [cleaned(paper.abstract) for paper in papers])


def normal(measured: Floats, quantiles: NDArray[Any]) -> Floats:
    """Measures as normal scores of their place among the training papers' quantiles.

    Ties stand in the middle of their quantiles.
    """
    from scipy.special import ndtri

    places = np.linspace(0.0, 1.0, len(quantiles))
    scores = np.empty(measured.shape)
    for column, marks in enumerate(quantiles.astype(np.float64).T):
        values = measured[:, column]
        above = np.interp(values, marks, places)
        below = -np.interp(-values, -marks[::-1], -places[::-1])
        scores[:, column] = (above + below) / 2
    return np.asarray(np.clip(ndtri(scores), -FARTHEST, FARTHEST), dtype=np.float64)


def packed(terms: Sequence[str]) -> NDArray[np.uint8]:
    """Terms as the bytes of lines."""
    return np.frombuffer("\n".join(terms).encode(), np.uint8)


def unpacked(lines: NDArray[Any]) -> list[str]:
    """The terms that `packed` packed."""
    return lines.tobytes().decode().split("\n")


@cache
def load(path: Path = FILE) -> QualityModel:
    """The committed model, or another that `reviewers.train` wrote.

    Raises:
        ValueError, OSError, KeyError: the file holds none.
    """
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    if missing := {"met", "letters_coef"} - arrays.keys():
        raise ValueError(f"it lacks {' and '.join(sorted(missing))}: another version wrote it")
    card = json.loads(arrays.pop("card").tobytes().decode())
    return QualityModel(arrays, card)


def write(model: QualityModel, path: Path) -> None:
    """Coefficients as a compressed file of arrays."""
    card = np.frombuffer(json.dumps(model.card).encode(), np.uint8)
    np.savez_compressed(path, allow_pickle=False, **model.arrays, card=card)
