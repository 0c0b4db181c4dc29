"""A ridge regression from a model's hidden state to the human rating of a paper.

Layer and penalty are chosen on the last year before the cut-off, with fits on the years before it;
then it is fitted on all papers. A paper's weight is the root of its number of ratings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from conference.core.errors import UserError
from conference.core.progress import Progress, no_progress
from conference.statistics.agreement import icc1
from conference.statistics.estimate import Estimate
from conference.statistics.ratings import rank_figures
from reviewers.fitted.hidden import Reader, digest_of, states_of
from reviewers.quality.model import PaperText
from reviewers.quality.training_overlap import overlaps, packed_marks
from reviewers.quality.training_papers import texts_of

ALPHAS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile)
DIGITS = 4  # of a prediction: further digits depend on the batch in which a paper is read
Floats = NDArray[np.float64]


class Line(msgspec.Struct, frozen=True):
    """A ridge regression on standardised features, folded into one line: `coef` is (width,)."""

    coef: Floats
    intercept: float

    def of(self, features: NDArray[Any]) -> Floats:
        """Predictions for features (papers, width)."""
        return np.asarray(features @ self.coef + self.intercept, dtype=np.float64)


class FittedModel:
    """A fit: a reader, and a line on the states of one of its layers.

    `trained_on` names the venue-years of the training papers, `cutoff` the last of those years;
    `met` holds the training papers' marks. The card describes the fit.
    """

    def __init__(self, line: Line, met: NDArray[np.uint32], card: dict[str, Any]) -> None:
        self.line, self.marks, self.card = line, met, card
        self.reader = Reader(**card["reader"])
        self.reads_text = self.reader.text
        self.trained_on: tuple[str, ...] = tuple(card["trained_on"])
        self.cutoff: int = card["cutoff"]

    def predict(self, papers: Sequence[PaperText], progress: Progress = no_progress) -> Floats:
        """Expected rating mean of each paper in SD units of its year's rating means, (papers,).

        Raises:
            UserError: the language model's folder is missing, or now holds another model.
        """
        self.check()
        states = states_of(papers, self.reader, progress)
        at = self.reader.kept.index(self.card["layer"])
        return np.round(self.line.of(states[:, at].astype(np.float64)), DIGITS)

    def check(self) -> None:
        """Raise `UserError` if the language model's folder is missing or holds another model."""
        if digest_of(self.reader.folder) != self.card["model"]:
            raise UserError(
                f"{self.reader.folder}: this is not the model that the reviewer was fitted on; put "
                "that one back, or fit the reviewer again."
            )

    def standard(self, papers: Sequence[PaperText]) -> Floats:
        """Predictions standardised by their mean and SD over the year they were chosen on."""
        mean, sd = float(self.card["mean"]), float(self.card["sd"])
        return (self.predict(papers) - mean) / sd

    def overlap(self, papers: Sequence[PaperText]) -> NDArray[np.bool_]:
        """Which papers it was fitted on, under any venue, year and id, (papers,)."""
        return overlaps(((paper.title, paper.abstract) for paper in papers), self.marks)


class Choice(msgspec.Struct, frozen=True):
    """The best choice on the last year, its Spearman with the mean rating, and for comparison that
    of words alone (TF-IDF and ridge) fitted on the same papers."""

    year: int
    layer: int
    alpha: float
    states: Estimate
    words: Estimate
    predictions: Floats


def ridge(features: NDArray[Any], z: Floats, weight: Floats, alpha: float) -> Line:
    """Weighted ridge regression of z on standardised features (papers, width), in closed form."""
    share = weight / weight.sum()
    mean = share @ features
    sd = np.sqrt(share @ (features - mean) ** 2) + 1e-9
    rows = (features - mean) / sd
    centre = float(share @ z)
    gram = rows.T @ (rows * weight[:, None]) / weight.mean()
    gram[np.diag_indices_from(gram)] += alpha
    coef = np.linalg.solve(gram, rows.T @ (weight * (z - centre)) / weight.mean()) / sd
    return Line(coef, centre - float(mean @ coef))


def choose(train: Any, states: NDArray[Any], reader: Reader) -> Choice:
    """The layer and penalty that do best on the last year, fitted on the years before it.

    Args:
        train: a frame of `read_papers` with two years or more.
        states: its papers' hidden states, (papers, kept layers, width).
    """
    held = (train["year"] == train["year"].max()).to_numpy()
    z, weight = train["z"].to_numpy(np.float64), weight_of(train)
    best: tuple[float, int, float, Floats] | None = None
    for at, layer in enumerate(reader.kept):
        own = states[:, at].astype(np.float64)
        for alpha in ALPHAS:
            said = ridge(own[~held], z[~held], weight[~held], alpha).of(own[held])
            found = spearman_of(said, z[held])
            if best is None or found > best[0]:
                best = (found, layer, alpha, said)
    assert best is not None
    _, layer, alpha, said = best
    return Choice(
        int(train["year"].max()), layer, alpha,
        rank_figures(said, z[held], ("spearman",))["spearman"],
        words_figure(train, held),
        said,
    )  # fmt: skip


def words_figure(train: Any, held: NDArray[np.bool_]) -> Estimate:
    """Spearman on the held papers of words alone, fitted on the others."""
    said = words_alone(train[~held], texts_of(train[held]))
    truth = train["z"].to_numpy(np.float64)[held]
    return rank_figures(said, truth, ("spearman",))["spearman"]


def fit(train: Any, states: NDArray[Any], reader: Reader, choice: Choice) -> FittedModel:
    """The model with a line fitted on all papers of a frame, with the choice's layer and
    penalty."""
    z, weight = train["z"].to_numpy(np.float64), weight_of(train)
    own = states[:, reader.kept.index(choice.layer)].astype(np.float64)
    return packed_up(train, ridge(own, z, weight, choice.alpha), reader, choice)


def packed_up(train: Any, line: Line, reader: Reader, choice: Choice) -> FittedModel:
    """The model of a line, with the marks of its training papers and its card."""
    held = train[train["year"] == choice.year]
    papers = texts_of(train)
    card = {
        "reader": msgspec.structs.asdict(reader),
        "model": digest_of(reader.folder),
        "layer": choice.layer,
        "alpha": choice.alpha,
        "trained_on": sorted(
            {f"{v} {y}" for v, y in zip(train["venue"], train["year"], strict=True)}
        ),
        "cutoff": int(train["year"].max()),
        "papers": len(train),
        "chosen_on": choice.year,
        "spearman": choice.states.value,
        "predictable": _predictable(choice.predictions, held),
        "mean": float(choice.predictions.mean()),
        "sd": float(choice.predictions.std()) or 1.0,
        "fitted": date.today().isoformat(),
    }
    return FittedModel(line, packed_marks((p.title, p.abstract) for p in papers), card)


def weight_of(train: Any) -> Floats:
    """The root of each paper's number of ratings, (papers,)."""
    return np.asarray(np.sqrt(train["ratings"].map(len).to_numpy(np.float64)))


def spearman_of(said: Floats, z: Floats) -> float:
    from scipy.stats import spearmanr

    found = float(spearmanr(said, z).statistic)
    return found if math.isfinite(found) else -1.0


def words_alone(train: Any, others: Sequence[PaperText]) -> Floats:
    """Predictions for other papers by ridge on TF-IDF of words and pairs, fitted on `train`."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=3)
    rows = vectorizer.fit_transform([_plain(paper) for paper in texts_of(train)])
    weight = weight_of(train)
    model = Ridge(alpha=10.0).fit(
        rows, train["z"].to_numpy(np.float64), sample_weight=weight / weight.mean()
    )
    said = model.predict(vectorizer.transform([_plain(paper) for paper in others]))
    return np.asarray(said, dtype=np.float64)


def _plain(paper: PaperText) -> str:
    return f"{paper.title}\n{paper.abstract}"


def _predictable(said: Floats, held: Any) -> float:
    """Correlation with the latent quality that a panel shares, in [0, 0.95]: the correlation with
    mean ratings over the root of their reliability (Spearman-Brown of ICC(1))."""
    ratings = [np.asarray(row, dtype=np.float64) for row in held["ratings"]]
    single, k = icc1(ratings), float(np.mean([row.size for row in ratings]))
    reliability = k * single / (1 + (k - 1) * single)
    if not reliability > 0 or said.std() == 0:
        return 0.0
    found = np.corrcoef(said, held["z"].to_numpy(np.float64))[0, 1] / math.sqrt(reliability)
    return float(np.clip(found, 0.0, 0.95))


def write(model: FittedModel, path: Path) -> None:
    """Write a fit as a compressed file of arrays."""
    card = np.frombuffer(json.dumps(model.card).encode(), np.uint8)
    np.savez_compressed(
        path, allow_pickle=False, coef=model.line.coef,
        intercept=np.array(model.line.intercept), met=model.marks, card=card,
    )  # fmt: skip


@cache
def load(path: Path) -> FittedModel:
    """A fit that `reviewers.train language` wrote.

    Raises:
        UserError: the file has no fit.
    """
    try:
        with np.load(path) as file:
            card = json.loads(file["card"].tobytes().decode())
            line = Line(file["coef"], float(file["intercept"]))
            return FittedModel(line, file["met"], card)
    except DAMAGED as error:
        raise UserError(
            f"{path}: it holds no fitted reviewer ({error}); make one with python -m "
            "reviewers.train language --data PLACE --model FOLDER --out FILE."
        ) from error


def ready(path: Path) -> FittedModel:
    """The fit in a file. Raises `UserError` if its language model is missing."""
    model = load(path)
    model.check()
    return model
