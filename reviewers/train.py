"""Fit reviewers to human reviews.

    python -m reviewers.train quality --data PLACE [--before 2026] [--out FILE]
    python -m reviewers.train families --data PLACE
    python -m reviewers.train panel --data PLACE
    python -m reviewers.train calibration --data PLACE
    python -m reviewers.train language --data PLACE --model FOLDER --out FILE [--finetune]

PLACE is a store of `conference data import`, one dataset of it (STORE/NAME), or raw tables that
conference/data/reader.py can read. `quality` writes coefficients.npz, or a FILE for a reviewer
`embedded:FILE`. `families` prints how well each family of models that was tried predicts each year
from the years before, as in CARD.md. `panel` prints the figures of panel.toml. `calibration` writes
calibration.json. `language` writes a reviewer `fitted:FILE` that uses a local language model.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console

from conference.core.commands import run_command
from conference.core.errors import UserError
from conference.core.files import check_writable
from conference.core.progress import Progress, ProgressDisplay
from conference.data.reader import read_all
from conference.data.scales import scale_of
from conference.models.kept import model_place
from conference.statistics.agreement import icc1
from reviewers.calibration import FILE as CALIBRATION
from reviewers.calibration import CalibrationPaper
from reviewers.fitted.head import choose, words_alone
from reviewers.fitted.head import fit as fit_head
from reviewers.fitted.head import write as write_fitted
from reviewers.fitted.hidden import Reader, check_model, layers_in, states_of
from reviewers.fitted.training import rated_before, rated_from, with_texts
from reviewers.fitted.tuning import Plan, tune
from reviewers.quality.fitting import fit
from reviewers.quality.model import FEWEST_LETTERS, PaperText, load, write
from reviewers.quality.model import FILE as COEFFICIENTS
from reviewers.quality.training_papers import of_use, read_papers, texts_of

CALIBRATION_PAPERS = 40
CALIBRATION_YEARS = (2021, 2022, 2026)


@click.group()
def main() -> None:
    """Fit reviewers to human reviews."""


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--before", default=2026, show_default=True, help="Train on years before this one.")
@click.option("--out", type=click.Path(path_type=Path), default=COEFFICIENTS, help="File to write.")
def quality(data: Path, before: int, out: Path) -> None:
    """Fit the quality model and write its coefficients.

    Later years' abstracts are used only to leave out style measures that have drifted.
    """
    check_writable(out.parent)
    papers = read_papers(data, fates=True, first=True)
    train = of_use(papers[papers["year"] < before])
    if not train["z"].notna().any():
        raise UserError(f"--before {before}: {data} holds no rated paper of an earlier year.")
    years = f"{train['year'].min()} to {train['year'].max()}"
    click.echo(f"fitting on {len(train):,} papers of {years}", err=True)
    with ProgressDisplay(Console(stderr=True)) as shown:
        model = fit(train, texts_of(papers[papers["year"] >= before]), shown.show)
    write(model, out)
    click.echo(f"{out.name}, {out.stat().st_size / 1e6:.1f} MB: {model.card}")


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--year", "years", type=int, multiple=True, default=(2020, 2021, 2022, 2024))
@click.option("--resamples", default=1000, show_default=True)
@click.option("--first", is_flag=True, help="Test on the ratings from before the rebuttal.")
@click.option("--ceiling", is_flag=True, help="Only the shipped model, told its year's ratings.")
@click.option("--shipped", is_flag=True, help="Only the shipped model and its parts.")
def families(
    data: Path, years: tuple[int, ...], resamples: int, first: bool, ceiling: bool, shipped: bool
) -> None:
    """Print Spearman with the mean of the other humans, by family and year."""
    from reviewers.quality.families import compare

    papers = read_papers(data, fates=True, first=True)
    tested = papers[papers["first"]] if first else read_papers(data)
    rows = compare(
        papers, years, resamples=resamples, tested=tested, ceiling=ceiling, shipped=shipped
    )
    with ProgressDisplay(Console(stderr=True)) as shown:
        shown.show("families", 0, None)
        for done, row in enumerate(rows, 1):
            gap = f", less one human {row.gap}" if row.gap else ""
            click.echo(f"{row.year}  {row.family:36s} {row.figure}{gap}")
            shown.show("families", done, None)


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def panel(data: Path) -> None:
    """Print histogram, ICC(1), confidences and predictions of each year's decided papers.

    For a year without decisions on record, of all papers that were not withdrawn.
    """
    for dataset in read_all(data):
        decided = [paper for paper in dataset.papers if paper.accepted is not None]
        counted = decided or [paper for paper in dataset.papers if paper.status == "unknown"]
        ratings = dataset.ratings()
        rated = {p.paper_id: ratings[p.paper_id] for p in counted if p.paper_id in ratings}
        if not rated:
            continue
        groups = [given for given in rated.values() if len(given) > 1]
        click.echo(f"[{dataset.name}] {len(groups)} papers, icc = {icc1(groups):.4f}")
        shares = _shares(np.concatenate(list(rated.values())), 4)
        click.echo(f"  shares = {list(shares.values())} at {list(shares)}")
        used = [paper for paper in counted if paper.paper_id in rated and paper.abstract]
        told = [PaperText(paper.title, paper.abstract or "") for paper in used]
        if told:
            predicted = load().standard(told).mean()
            click.echo(f"  predicted = {predicted:.2f} on {len(told)} papers with an abstract")
        reviews = [review for review in dataset.reviews if review.paper_id in rated]
        sure = [r.confidence for r in reviews if r.rating is not None and r.confidence is not None]
        click.echo(f"  confidence = {_shares(sure, 3)}")


def _shares(values: ArrayLike, digits: int) -> dict[float, float]:
    """Each value's share, lowest first."""
    steps, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    shares = counts / max(1, counts.sum())
    return {float(s): round(float(share), digits) for s, share in zip(steps, shares, strict=True)}


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def calibration(data: Path) -> None:
    """Write papers of three years, spread over their scores, with predictions from earlier
    years."""
    check_writable(CALIBRATION.parent)
    papers = read_papers(data)
    with ProgressDisplay(Console(stderr=True)) as shown:
        chosen = [
            paper
            for year in CALIBRATION_YEARS
            for paper in _known_papers(papers, year, data, shown.show)
        ]
    CALIBRATION.write_bytes(msgspec.json.format(msgspec.json.encode(chosen), indent=0) + b"\n")
    click.echo(f"{CALIBRATION.name}: {len(chosen)} papers")


def _known_papers(
    papers: Any, year: int, data: Path, progress: Progress
) -> Iterator[CalibrationPaper]:
    """Papers of a year with their ratings and the predictions of a fit on earlier years."""
    told = papers["abstract"].str.len() >= FEWEST_LETTERS
    of_year, earlier = papers["year"] == year, papers[papers["year"] < year]
    rows = papers[of_year & papers["accepted"].notna() & told].sort_values(["mean", "paper_id"])
    if len(rows) < CALIBRATION_PAPERS or earlier.empty:
        raise UserError(
            f"{data}: calibration needs {CALIBRATION_PAPERS} decided papers of {year} with ratings "
            f"and an abstract, and rated papers of earlier years; there are {len(rows)} and "
            f"{len(earlier)}."
        )
    rows = rows.iloc[np.linspace(0, len(rows) - 1, CALIBRATION_PAPERS).astype(int)]
    model = load() if year > load().cutoff else fit(earlier, progress=progress)
    standard = model.standard(texts_of(rows))
    standard -= standard.mean()
    values, _ = scale_of("ICLR", year)
    for row, z in zip(rows.itertuples(), standard, strict=True):
        ratings = tuple(map(float, row.ratings))
        yield CalibrationPaper(row.paper_id, f"ICLR {year}", ratings, round(float(z), 4), values)


@main.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    required=True,
    help="Its folder, or the name of a kept one.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option("--before", default=2026, show_default=True, help="Train on years before this one.")
@click.option("--papers", default=5000, show_default=True, help="How many, drawn; 0 for all.")
@click.option("--layers", default=0, help="How many run; 0 for half of them, with --finetune all.")
@click.option("--tokens", default=512, show_default=True, help="Most that are read of a paper.")
@click.option("--words", type=click.Path(path_type=Path), help="Write what words alone say, a CSV.")
@click.option("--text", is_flag=True, help="Read the text too, where it is the reviewed version.")
@click.option("--finetune", is_flag=True, help="Train the whole model; wants a GPU.")
@click.option("--passes", default=3, show_default=True, help="Of --finetune, at most.")
@click.option("--batch", default=32, show_default=True, help="Of --finetune: papers a step.")
@click.option("--seed", default=0, show_default=True)
def language(
    data: Path, model: Path, out: Path, before: int, papers: int, layers: int, tokens: int,
    words: Path | None, text: bool, finetune: bool, passes: int, batch: int, seed: int,
) -> None:  # fmt: skip
    """Fit a reviewer on a local language model's hidden states of papers, and write it.

    With --words, predictions of TF-IDF and ridge, fitted on the same papers, for papers of --before
    and later are written too, for a benchmark's row `csv:FILE`.

    A stopped run goes on: hidden states are kept in the user's cache, and with --finetune
    checkpoints are next to FILE, where the trained model is written too.
    """
    place = Path(model_place(str(model)))
    check_model(str(place))
    check_writable(out.parent)
    train = rated_before(data, before, papers, seed)
    told = with_texts(data, train) if text else texts_of(train)
    whole = layers_in(str(place))
    used = layers or (whole if finetune else -(-whole // 2))
    reader = Reader(str(place.resolve()), used, tokens, text)
    click.echo(f"fitting on {len(train):,} papers up to {train['year'].max()}", err=True)
    with ProgressDisplay(Console(stderr=True)) as shown:
        if finetune:
            plan = Plan(passes=passes, batch=batch, seed=seed)
            folder = out.resolve().with_suffix("")
            fitted, choice = tune(train, told, reader, plan, folder, shown.show)
        else:
            states = states_of(told, reader, shown.show)
            choice = choose(train, states, reader)
            fitted = fit_head(train, states, reader, choice)
    write_fitted(fitted, out)
    if words:
        later = rated_from(data, before)
        said = words_alone(train, texts_of(later))
        later.assign(score=said)[["paper_id", "score"]].to_csv(words, index=False)
    click.echo(
        f"{choice.year}, from the years before it: Spearman with the mean rating {choice.states}, "
        f"words alone from the same papers {choice.words}; layer {choice.layer}"
    )
    click.echo(f"{out.name}: fitted on {len(train):,} papers, a reviewer fitted:{out}")


if __name__ == "__main__":
    run_command(main)
