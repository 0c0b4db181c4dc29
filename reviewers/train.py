"""Fits what the embedded reviewers know, from human reviews.

    python -m reviewers.train quality --data FOLDER [--before 2024]
    python -m reviewers.train panel --data FOLDER
    python -m reviewers.train calibration --data FOLDER

FOLDER holds papers.parquet and reviews.parquet (see conference/data/SCHEMA.md). `quality` writes
coefficients.npz and CARD.md, after scoring every family tried on each year from the years before
it; `panel` prints the figures of panel.toml; `calibration` writes calibration.json.
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
from reviewers.quality import FILE as COEFFICIENTS
from reviewers.quality import PaperText, QualityModel, joined

FEWEST = 300
CALIBRATION_PAPERS = 40
CALIBRATION_YEARS = (2021, 2022, 2026)
MIN_DF = 8
ALPHA = 20.0


def read_papers(folder: Path) -> Any:
    """Rated papers with an abstract: a frame with `text`, `ratings`, `mean`, `z` within year."""
    import pandas

    papers = pandas.read_parquet(folder / "papers.parquet")
    reviews = pandas.read_parquet(folder / "reviews.parquet")
    ratings = reviews[reviews["rating"].notna()].groupby("paper_id")["rating"].apply(tuple)
    papers = papers[papers["abstract"].notna()].merge(
        ratings.rename("ratings"), left_on="paper_id", right_index=True
    )
    papers = papers[papers["ratings"].map(len) > 1].copy()
    papers["mean"] = papers["ratings"].map(np.mean)
    groups = papers.groupby("year")["mean"]
    papers["z"] = (papers["mean"] - groups.transform("mean")) / groups.transform("std")
    pairs = zip(papers["title"], papers["abstract"], strict=True)
    papers["text"] = [joined(PaperText(title, abstract)) for title, abstract in pairs]
    return papers.sort_values(["year", "paper_id"]).reset_index(drop=True)


def fit(train: Any, alpha: float = ALPHA, min_df: int = MIN_DF) -> QualityModel:
    """Ridge regression of z on TF-IDF of words and pairs, weighted by the number of ratings."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=min_df, ngram_range=(1, 2))
    rows = vectorizer.fit_transform(train["text"])
    weight = np.sqrt(train["ratings"].map(len).to_numpy())
    model = Ridge(alpha).fit(rows, train["z"].to_numpy(), sample_weight=weight)
    years = sorted({f"{v} {y}" for v, y in zip(train["venue"], train["year"], strict=True)})
    # The spread of predictions on papers not fitted, from a fit on half of the papers.
    half = np.arange(len(train)) % 2 == 0
    again = Ridge(alpha).fit(rows[half], train["z"].to_numpy()[half], sample_weight=weight[half])
    unseen = again.predict(rows[~half])
    card = {
        "trained_on": years,
        "cutoff": int(train["year"].max()),
        "papers": len(train),
        "intercept": float(model.intercept_),
        "mean": float(unseen.mean()),
        "sd": float(unseen.std()),
        "alpha": alpha,
        "fitted": date.today().isoformat(),
    }
    terms = vectorizer.get_feature_names_out().tolist()
    return QualityModel(terms, vectorizer.idf_, model.coef_, card)


def predict(model: QualityModel, papers: Any) -> np.ndarray:
    pairs = zip(papers["title"], papers["abstract"], strict=True)
    return model.predict([PaperText(title, abstract) for title, abstract in pairs])


def write(model: QualityModel, path: Path) -> None:
    """Coefficients as a compressed file of arrays."""
    np.savez_compressed(
        path,
        terms=np.frombuffer("\n".join(model._terms).encode(), np.uint8),
        idf=np.asarray(model._idf, np.float32),
        coef=np.asarray(model._coef, np.float32),
        card=np.frombuffer(json.dumps(model.card).encode(), np.uint8),
    )


@click.group()
def main() -> None:
    """Fit what the embedded reviewers know."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--before", default=2024, show_default=True, help="Train on years before this one.")
def quality(data: Path, before: int) -> None:
    """Fit the quality model and write its coefficients."""
    papers = read_papers(data)
    model = fit(papers[papers["year"] < before])
    write(model, COEFFICIENTS)
    click.echo(f"{COEFFICIENTS.name}: {model.card}")


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
        rows = papers[(papers["year"] == year) & papers["accepted"].notna()]
        rows = rows.sort_values(["mean", "paper_id"])
        rows = rows.iloc[np.linspace(0, len(rows) - 1, CALIBRATION_PAPERS).astype(int)]
        model = fit(papers[papers["year"] < year])
        standard = (predict(model, rows) - model.card["mean"]) / model.card["sd"]
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
