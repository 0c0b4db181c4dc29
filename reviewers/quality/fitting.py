"""Fits the quality model to human ratings: four ridge regressions and how to combine them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.progress import Progress, no_progress
from reviewers.quality import letters
from reviewers.quality.model import (
    PARTS,
    Arrays,
    Floats,
    PaperText,
    QualityModel,
    has_abstract,
    joined,
    make_vectorizer,
    measured_of,
    named,
    normal,
    packed,
)
from reviewers.quality.style import cleaned, common_words, masked
from reviewers.quality.training_overlap import packed_marks
from reviewers.quality.training_papers import texts_of

# Chosen on ICLR 2019-2022 and 2024, each predicted from the years before it; see CARD.md.
ALPHA = {"words": 20.0, "style": 30.0, "letters": 20.0, "writing": 1500.0, "names": 20.0}
MIN_DF = {"words": 4, "heads": 3, "style": 8, "letters": 10, "names": 3}
HEAD = 0.3  # Weight of the title's own terms beside those of title and abstract.
NO_ABSTRACT = 0.6  # Weight of a paper without an abstract, beside one with it.
COMMON = 0.03  # Share of abstracts that a word is in which is not hidden.
QUANTILES = 101
WEIGHT = 2.0  # Mean weight of a paper that ALPHA goes with: the root of four ratings.
HALF_LIFE = 3.0  # Years after which a paper weighs half.
MOVED = 0.5  # SD by which a measure's mean may lie elsewhere in later abstracts.
SAMPLE = 2000  # Later abstracts that are enough to see it.
ROUNDING = 1e-9  # A spread below this is none.
FITTING = "fitting the reviewer"
STEPS = 2 + 2 * 5  # Of a fit: measures, five regressions on a part and on all papers, marks.


def fit(
    train: Any,
    later: Sequence[PaperText] = (),
    progress: Progress = no_progress,
) -> QualityModel:
    """The model of a frame with venue, year, title, abstract, z, ratings and maybe keywords.

    Fitted on all papers; how far apart its parts' predictions lie, and how much of the
    combination is to be believed, comes from a fit on three of every four and the rated ones of
    the fourth. A paper without ratings counts as one: the mean of those that shared its fate.

    Args:
        later: papers of a later time, unrated; measures that lie elsewhere there are not used.
    """
    step = _steps(progress)
    papers, z = texts_of(train), _standing(train)
    rated = train["ratings"].map(len).to_numpy(dtype=np.float64)
    age = train["year"].max() - train["year"].to_numpy(dtype=np.float64)
    weight = np.sqrt(np.maximum(rated, 1.0)) * 0.5 ** (age / HALF_LIFE)
    has_text = np.array([has_abstract(paper) for paper in papers], dtype=bool)
    measured = measured_of(_of(papers, has_text))
    steady = steady_measures(measured, [paper for paper in later if has_abstract(paper)])
    step()

    def parts(which: NDArray[np.bool_]) -> Arrays:
        rows = measured[which[has_text]]
        return fit_parts(_of(papers, which), z[which], weight[which], rows, steady, step)

    held = (np.arange(len(train)) % 4 == 0) & (rated > 0)
    unseen = _unseen(parts(np.arange(len(train)) % 4 != 0), _of(papers, held))
    card = {
        "trained_on": sorted(
            {f"{v} {y}" for v, y in zip(train["venue"], train["year"], strict=True)}
        ),
        "cutoff": int(train["year"].max()),
        "papers": len(train),
        "unrated": int((rated == 0).sum()),
        "abstracts": int(has_text.sum()),
        "first_ratings": int(train["first"].sum()) if "first" in train else 0,
        **_calibrated(unseen, _of(papers, held), z[held]),
        "fitted": date.today().isoformat(),
    }
    arrays = parts(np.ones(len(train), dtype=bool))
    arrays["met"] = packed_marks((paper.title, paper.abstract) for paper in papers)
    step()
    return QualityModel(arrays, card)


def _steps(progress: Progress) -> Callable[[], None]:
    """A function to call when a step of the fit is done."""
    done = iter(range(1, STEPS + 1))
    progress(FITTING, 0, STEPS)
    return lambda: progress(FITTING, next(done), STEPS)


def _standing(train: Any) -> Floats:
    """z of each paper; of one without ratings, the mean z of the others with its fate."""
    z = train["z"]
    if z.isna().any():
        z = z.fillna(z.groupby(train["status"]).transform("mean"))
    return np.asarray(z, dtype=np.float64)


def steady_measures(now: Floats, later: Sequence[PaperText]) -> NDArray[np.bool_]:
    """Which measures of the writing have much the same mean in later abstracts, (measures,).

    Tools that polish prose have moved the richness of the vocabulary by more than an SD since
    2023; what it said about earlier authors it does not say about the users of a tool.

    Args:
        now: measures of the training papers, (papers, measures).
    """
    if not later:
        return np.ones(now.shape[1], dtype=bool)
    then = measured_of(later[:: -(-len(later) // SAMPLE)])
    quantiles = np.quantile(now, np.linspace(0, 1, QUANTILES), axis=0)
    gap = normal(then, quantiles).mean(axis=0) - normal(now, quantiles).mean(axis=0)
    return np.asarray(np.abs(gap) < MOVED)


def fit_parts(
    papers: list[PaperText],
    z: Floats,
    weight: Floats,
    measured: Floats,
    steady: NDArray[np.bool_],
    step: Callable[[], None] = lambda: None,
) -> Arrays:
    """Coefficients of all parts: weighted ridge regressions of z.

    Args:
        measured: measures of the papers that have an abstract, (papers with one, measures).
        steady: which of them to use.
    """
    weight = weight / weight.mean() * WEIGHT
    arrays: Arrays = {"steady": steady}
    has_text = np.array([has_abstract(paper) for paper in papers])
    texts = [joined(paper) if has_abstract(paper) else named(paper) for paper in papers]
    heads = [cleaned(paper.title) for paper in papers]
    sample_weight = weight * np.where(has_text, 1.0, NO_ABSTRACT)
    _fit_terms(
        arrays, {"words": (texts, 1.0), "heads": (heads, HEAD)}, z, sample_weight, ALPHA["words"]
    )
    step()
    names = {"names": ([named(paper) for paper in papers], 1.0)}
    _fit_terms(arrays, names, z, weight, ALPHA["names"])
    step()
    _fit_letters(arrays, texts, z, sample_weight)
    z, weight, texts = z[has_text], weight[has_text], _of(texts, has_text)
    step()
    kept = common_words(texts, COMMON)
    arrays["kept"] = packed(kept)
    style = {"style": ([masked(text, frozenset(kept)) for text in texts], 1.0)}
    _fit_terms(arrays, style, z, weight, ALPHA["style"])
    step()
    arrays["quantiles"] = np.quantile(measured[:, steady], np.linspace(0, 1, QUANTILES), axis=0)
    scores = normal(measured[:, steady], arrays["quantiles"])
    arrays["writing_coef"] = _ridge(scores, z, weight, ALPHA["writing"])
    step()
    return arrays


def _of(items: list[Any], which: Any) -> list[Any]:
    return [items[at] for at in np.flatnonzero(which)]


def _fit_terms(
    arrays: Arrays, blocks: dict[str, tuple[list[str], float]], z: Floats, weight: Floats, a: float
) -> None:
    """One ridge regression on the TF-IDF of some blocks of text, each with its own factor."""
    from scipy.sparse import hstack

    rows = []
    for block, (texts, factor) in blocks.items():
        vectorizer = make_vectorizer(block, min_df=MIN_DF[block])
        rows.append(vectorizer.fit_transform(texts) * factor)
        arrays[f"{block}_terms"] = packed(vectorizer.get_feature_names_out().tolist())
        arrays[f"{block}_idf"] = vectorizer.idf_.astype(np.float16)
    coef = _ridge(hstack(rows).tocsr(), z, weight, a)
    places = np.cumsum([part.shape[1] for part in rows])[:-1]
    for (block, (_, factor)), own in zip(blocks.items(), np.split(coef, places), strict=True):
        arrays[f"{block}_coef"] = (own * factor).astype(np.float16)


def _fit_letters(arrays: Arrays, texts: list[str], z: Floats, weight: Floats) -> None:
    """A ridge regression on the TF-IDF of runs of letters; rare runs count for nothing."""
    counts = letters.counted(texts)
    texts_with = np.bincount(counts.indices, minlength=letters.BUCKETS)
    idf = np.log((1 + len(texts)) / (1 + texts_with)) + 1
    idf[texts_with < MIN_DF["letters"]] = 0
    arrays["letters_idf"] = idf.astype(np.float16)
    rows = letters.weighted(counts, arrays["letters_idf"])
    arrays["letters_coef"] = _ridge(rows, z, weight, ALPHA["letters"]).astype(np.float16)


def _ridge(rows: Any, z: Floats, weight: Floats, alpha: float) -> Any:
    from sklearn.linear_model import Ridge

    coef = Ridge(alpha).fit(rows, z, sample_weight=weight).coef_
    return np.asarray(coef, dtype=np.float32)


def _unseen(arrays: Arrays, papers: list[PaperText]) -> dict[str, Floats]:
    """Each part's predictions of papers that it was not fitted on; NaN without an abstract."""
    model = QualityModel(arrays, {"trained_on": (), "cutoff": 0})
    has_text = np.array([has_abstract(paper) for paper in papers])
    found = {part: np.full(len(papers), np.nan) for part in PARTS}
    for part, scores in model.scores(_of(papers, has_text), PARTS).items():
        found[part][has_text] = scores
    return found | model.scores(papers, ("names",))


def _calibrated(unseen: dict[str, Floats], papers: list[PaperText], z: Floats) -> dict[str, Any]:
    """Scales of the parts, the line from their mean to z, and the spread of what comes out."""
    has_text = np.array([has_abstract(paper) for paper in papers])
    scales = {
        part: {"mean": float(np.nanmean(own)), "sd": _spread(own)} for part, own in unseen.items()
    }
    standard = {p: (own - scales[p]["mean"]) / scales[p]["sd"] for p, own in unseen.items()}
    mixed = np.mean([standard[part][has_text] for part in PARTS], axis=0)
    slope, intercept = _line(mixed, z[has_text])
    title_slope, title_intercept = _line(standard["names"], z)
    expected = intercept + slope * mixed
    return {
        "scales": scales,
        "full": {"slope": slope, "intercept": intercept},
        "title": {"slope": title_slope, "intercept": title_intercept},
        "mean": float(expected.mean()),
        "sd": _spread(expected),
    }


def _spread(values: Floats) -> float:
    """The SD; 1 where all are the same but for rounding, as of titles that hardly differ: such a
    part stays at nought and moves nothing."""
    spread = float(np.nanstd(values))
    return spread if spread > ROUNDING else 1.0


def _line(x: Floats, z: Floats) -> tuple[float, float]:
    """Slope and intercept; flat where x says nothing."""
    if x.std() <= ROUNDING:
        return 0.0, float(z.mean())
    slope, intercept = np.polyfit(x, z, 1)
    return float(slope), float(intercept)
