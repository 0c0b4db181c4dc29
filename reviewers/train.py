"""Fits what the embedded reviewers know, from human reviews.

    python -m reviewers.train quality --data FOLDER [--before 2023]
    python -m reviewers.train families --data FOLDER
    python -m reviewers.train panel --data FOLDER
    python -m reviewers.train calibration --data FOLDER

FOLDER holds papers.parquet and reviews.parquet (see conference/data/SCHEMA.md). `quality` writes
coefficients.npz; `families` prints how every family of models that was tried does on each year
from the years before it, as CARD.md gives it; `panel` prints the figures of panel.toml;
`calibration` writes calibration.json.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from reviewers.calibration import FILE as CALIBRATION
from reviewers.calibration import CalibrationPaper
from reviewers.quality import (
    FEWEST_LETTERS,
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
from reviewers.quality import FILE as COEFFICIENTS
from reviewers.writing import cleaned, common_words, masked

CALIBRATION_PAPERS = 40
CALIBRATION_YEARS = (2021, 2022, 2026)
# Chosen on ICLR 2019-2022, each predicted from the years before it; see CARD.md.
ALPHA = {"words": 20.0, "style": 30.0, "writing": 1500.0, "names": 20.0}
MIN_DF = {"words": 4, "heads": 3, "style": 8, "names": 3}
HEAD = 0.3  # Weight of the title's own terms beside those of title and abstract.
UNTOLD = 0.6  # Weight of a paper whose abstract is not on record.
COMMON = 0.03  # Share of abstracts that a word is in which is not hidden.
QUANTILES = 101


def read_papers(folder: Path) -> Any:
    """Rated papers, a frame with title, abstract ("" where none), keywords, ratings, mean and z.

    `ratings` is a tuple of two or more on the venue's scale, `mean` their mean, and `z` that mean
    in SD of the venue-year's means about their mean.
    """
    import pandas

    papers = pandas.read_parquet(folder / "papers.parquet")
    reviews = pandas.read_parquet(folder / "reviews.parquet")
    ratings = reviews[reviews["rating"].notna()].groupby("paper_id")["rating"].apply(tuple)
    papers = papers.merge(ratings.rename("ratings"), left_on="paper_id", right_index=True)
    papers = papers[papers["ratings"].map(len) > 1].copy()
    papers["mean"] = papers["ratings"].map(np.mean)
    groups = papers.groupby(["venue", "year"])["mean"]
    papers["z"] = (papers["mean"] - groups.transform("mean")) / groups.transform("std")
    papers["abstract"] = papers["abstract"].fillna("")
    keywords = papers["keywords"].fillna("")
    papers["keywords"] = [tuple(word for word in row.split(";") if word) for row in keywords]
    return papers.sort_values(["year", "paper_id"]).reset_index(drop=True)


def texts_of(papers: Any) -> list[PaperText]:
    """What the model reads of a frame's papers; the column `keywords` may be missing."""
    keywords = papers["keywords"] if "keywords" in papers else [()] * len(papers)
    rows = zip(papers["title"], papers["abstract"], keywords, strict=True)
    return [PaperText(title, abstract, None, tuple(words)) for title, abstract, words in rows]


def fit(train: Any) -> QualityModel:
    """The model of a frame with venue, year, title, abstract, z, ratings and maybe keywords.

    Fitted on all papers; how far apart its parts' predictions lie, and how much of the
    combination is to be believed, comes from a fit on three of every four and the fourth.
    """
    papers, z = texts_of(train), train["z"].to_numpy(dtype=np.float64)
    weight = np.sqrt(train["ratings"].map(len).to_numpy(dtype=np.float64))
    seen = np.arange(len(train)) % 4 != 0
    unseen = _unseen(fit_parts(_of(papers, seen), z[seen], weight[seen]), _of(papers, ~seen))
    card = {
        "trained_on": sorted(
            {f"{v} {y}" for v, y in zip(train["venue"], train["year"], strict=True)}
        ),
        "cutoff": int(train["year"].max()),
        "papers": len(train),
        "abstracts": sum(map(has_abstract, papers)),
        **_calibrated(unseen, _of(papers, ~seen), z[~seen]),
        "fitted": date.today().isoformat(),
    }
    return QualityModel(fit_parts(papers, z, weight), card)


def fit_parts(papers: list[PaperText], z: Floats, weight: Floats) -> Arrays:
    """Coefficients of all parts: ridge regressions of z, weighted by the root of the ratings."""
    arrays: Arrays = {}
    told = np.array([has_abstract(paper) for paper in papers])
    texts = [joined(paper) if has_abstract(paper) else named(paper) for paper in papers]
    heads = [cleaned(paper.title) for paper in papers]
    faith = weight * np.where(told, 1.0, UNTOLD)
    _fit_terms(arrays, {"words": (texts, 1.0), "heads": (heads, HEAD)}, z, faith, ALPHA["words"])
    names = {"names": ([named(paper) for paper in papers], 1.0)}
    _fit_terms(arrays, names, z, weight, ALPHA["names"])
    full, z, weight = _of(papers, told), z[told], weight[told]
    texts = _of(texts, told)
    kept = common_words(texts, COMMON)
    arrays["kept"] = packed(kept)
    style = {"style": ([masked(text, frozenset(kept)) for text in texts], 1.0)}
    _fit_terms(arrays, style, z, weight, ALPHA["style"])
    measured = measured_of(full)
    arrays["quantiles"] = np.quantile(measured, np.linspace(0, 1, QUANTILES), axis=0)
    scores = normal(measured, arrays["quantiles"])
    arrays["writing_coef"] = _ridge(scores, z, weight, ALPHA["writing"])
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


def _ridge(rows: Any, z: Floats, weight: Floats, alpha: float) -> Any:
    from sklearn.linear_model import Ridge

    coef = Ridge(alpha).fit(rows, z, sample_weight=weight).coef_
    return np.asarray(coef, dtype=np.float32)


def _unseen(arrays: Arrays, papers: list[PaperText]) -> dict[str, Floats]:
    """Each part's predictions of papers that it was not fitted on; NaN without an abstract."""
    model = QualityModel(arrays, {"trained_on": (), "cutoff": 0})
    told = np.array([has_abstract(paper) for paper in papers])
    found = {part: np.full(len(papers), np.nan) for part in PARTS}
    for part, scores in model.scores(_of(papers, told), PARTS).items():
        found[part][told] = scores
    return found | model.scores(papers, ("names",))


def _calibrated(unseen: dict[str, Floats], papers: list[PaperText], z: Floats) -> dict[str, Any]:
    """Scales of the parts, the line from their mean to z, and the spread of what comes out."""
    told = np.array([has_abstract(paper) for paper in papers])
    scales = {
        part: {"mean": float(np.nanmean(own)), "sd": float(np.nanstd(own))}
        for part, own in unseen.items()
    }
    standard = {p: (own - scales[p]["mean"]) / scales[p]["sd"] for p, own in unseen.items()}
    mixed = np.mean([standard[part][told] for part in PARTS], axis=0)
    slope, intercept = np.polyfit(mixed, z[told], 1)
    title_slope, title_intercept = np.polyfit(standard["names"], z, 1)
    expected = intercept + slope * mixed
    return {
        "scales": scales,
        "full": {"slope": float(slope), "intercept": float(intercept)},
        "title": {"slope": float(title_slope), "intercept": float(title_intercept)},
        "mean": float(expected.mean()),
        "sd": float(expected.std()),
    }


def write(model: QualityModel, path: Path) -> None:
    """Coefficients as a compressed file of arrays."""
    card = np.frombuffer(json.dumps(model.card).encode(), np.uint8)
    np.savez_compressed(path, allow_pickle=False, **model.arrays, card=card)


@click.group()
def main() -> None:
    """Fit what the embedded reviewers know."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--before", default=2023, show_default=True, help="Train on years before this one.")
def quality(data: Path, before: int) -> None:
    """Fit the quality model and write its coefficients."""
    papers = read_papers(data)
    model = fit(papers[papers["year"] < before])
    write(model, COEFFICIENTS)
    size = COEFFICIENTS.stat().st_size / 1e6
    click.echo(f"{COEFFICIENTS.name}, {size:.1f} MB: {model.card}")


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--year", "years", type=int, multiple=True, default=(2019, 2020, 2021, 2022))
@click.option("--resamples", default=1000, show_default=True)
@click.option("--first", is_flag=True, help="Test on the ratings from before the rebuttal.")
def families(data: Path, years: tuple[int, ...], resamples: int, first: bool) -> None:
    """Print Spearman with the mean of the other humans, by family and year."""
    from reviewers.families import before_rebuttal, compare

    papers = read_papers(data)
    tested = before_rebuttal(papers, data) if first else papers
    for row in compare(papers, years, resamples=resamples, tested=tested):
        gap = f", less one human {row.gap}" if row.gap else ""
        click.echo(f"{row.year}  {row.family:36s} {row.figure}{gap}")


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def panel(data: Path) -> None:
    """Print histogram, ICC(1) and confidences of decided papers, year by year."""
    import pandas

    from conference.measures.agreement import icc1

    papers = pandas.read_parquet(data / "papers.parquet")
    decided = set(papers.loc[papers["accepted"].notna(), "paper_id"])
    reviews = pandas.read_parquet(data / "reviews.parquet")
    reviews = reviews[reviews["paper_id"].isin(decided) & reviews["rating"].notna()]
    for year, rows in reviews.groupby("year"):
        groups = [g.to_numpy() for _, g in rows.groupby("paper_id")["rating"] if len(g) > 1]
        shares = rows["rating"].value_counts(normalize=True).sort_index()
        sure = rows["confidence"].value_counts(normalize=True).sort_index()
        click.echo(f"[iclr{year}] {len(groups)} papers, icc = {icc1(groups):.4f}")
        click.echo(
            f"  shares = {[round(float(share), 4) for share in shares]} at {list(shares.index)}"
        )
        click.echo(f"  confidence = { {int(k): round(float(v), 3) for k, v in sure.items()} }")


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def calibration(data: Path) -> None:
    """Write known papers of three years, spread over their scores, with predictions from before."""
    papers = read_papers(data)
    chosen: list[CalibrationPaper] = []
    for year in CALIBRATION_YEARS:
        told = papers["abstract"].str.len() >= FEWEST_LETTERS
        rows = papers[(papers["year"] == year) & papers["accepted"].notna() & told]
        rows = rows.sort_values(["mean", "paper_id"])
        rows = rows.iloc[np.linspace(0, len(rows) - 1, CALIBRATION_PAPERS).astype(int)]
        model = fit(papers[papers["year"] < year])
        standard = model.standard(texts_of(rows))
        values = tuple(
            sorted(
                {r for ratings in papers.loc[papers["year"] == year, "ratings"] for r in ratings}
            )
        )
        chosen += [
            CalibrationPaper(
                row.paper_id, f"ICLR {year}", tuple(map(float, row.ratings)), round(float(z), 4),
                tuple(float(value) for value in values),
            )
            for row, z in zip(rows.itertuples(), standard, strict=True)
        ]  # fmt: skip
    CALIBRATION.write_bytes(msgspec.json.format(msgspec.json.encode(chosen), indent=0) + b"\n")
    click.echo(f"{CALIBRATION.name}: {len(chosen)} papers")


if __name__ == "__main__":
    main()
