"""Text affinities on the gold-standard expertise set, beside the published methods.

    python -m benchmarks.affinity --data FOLDER

FOLDER holds goldstandard_expertise, goldstandard_papers and goldstandard_profiles as Parquet: the
data of Stelmakh, Wieting, Neubig and Shah, "A gold standard dataset for the reviewer assignment
problem" (2023), with the similarities that they computed. No label is used to fit any method here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from conference.affinity import affinities
from conference.errors import UserError

RESAMPLES = 1000
PUBLISHED = {
    "sim_specter_mfr": "SPECTER+MFR",
    "sim_specter": "SPECTER",
    "sim_tpms": "TPMS",
    "sim_acl": "ACL",
    "sim_elmo": "ELMo",
}
Score = Callable[[NDArray[Any]], float]
OVER: dict[str, Score] = {
    "max": lambda near: float(near[0]),
    "mean": lambda near: float(near.mean()),
    "top 3": lambda near: float(near[:3].mean()),
}


def pair_losses(expertise: NDArray[Any], scores: NDArray[Any]) -> tuple[float, float]:
    """One reviewer's weighted ranking loss and its greatest possible value.

    Each pair of papers in the wrong order costs the difference of their expertise; a tie costs
    half of it (Stelmakh et al. 2023, section 4).
    """
    gap = expertise[:, None] - expertise[None, :]
    order = np.sign(scores[:, None] - scores[None, :])
    upper = np.triu(np.abs(gap), 1)
    wrong = np.where(order * np.sign(gap) < 0, 1.0, np.where(order == 0, 0.5, 0.0))
    return float((upper * wrong).sum()), float(upper.sum())


def weighted_loss(parts: NDArray[Any]) -> float:
    """The loss over reviewers from rows of (loss, greatest loss); 0 is perfect, 0.5 is chance."""
    return float(parts[:, 0].sum() / parts[:, 1].sum())


def read_gold(folder: Path) -> tuple[Any, dict[str, str], dict[str, list[str]]]:
    """The expertise table, each paper's text, and each reviewer's own papers."""
    import pandas

    try:
        expertise, papers, profiles = (
            pandas.read_parquet(folder / f"goldstandard_{name}.parquet")
            for name in ("expertise", "papers", "profiles")
        )
    except OSError as error:
        raise UserError(
            f"--data {folder}: the gold-standard files are not there ({error})."
        ) from error
    text = papers["title"].fillna("") + "\n" + papers["abstract"].fillna("")
    own = profiles.groupby("reviewer")["paper_id"].apply(list).to_dict()
    return expertise, dict(zip(papers["paper_id"], text, strict=True)), own


def losses(expertise: Any, scores: NDArray[Any]) -> NDArray[Any]:
    """Rows of (loss, greatest loss), one for each reviewer."""
    place = expertise.groupby("reviewer").indices
    truth = expertise["expertise"].to_numpy()
    return np.array([pair_losses(truth[rows], scores[rows]) for rows in place.values()])


def ours(expertise: Any, texts: dict[str, str], own: dict[str, list[str]]) -> NDArray[Any]:
    """The product's affinities for the rows of the expertise table."""
    reviewers, papers = list(own), list(texts)
    table = affinities(
        [[texts[paper] for paper in own[name]] for name in reviewers],
        [texts[paper] for paper in papers],
    )
    dense = np.zeros((len(reviewers), len(papers)))
    dense[table.row, table.col] = table.data
    row = {name: at for at, name in enumerate(reviewers)}
    col = {name: at for at, name in enumerate(papers)}
    pairs = zip(expertise["reviewer"], expertise["paper_id"], strict=True)
    return np.array([dense[row[name], col[paper]] for name, paper in pairs])


def others(
    expertise: Any, texts: dict[str, str], own: dict[str, list[str]]
) -> dict[str, NDArray[Any]]:
    """Every other text method that was tried, each with three ways to sum up own papers."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    column = {paper: at for at, paper in enumerate(texts)}
    spaces: dict[str, Any] = {}
    for name, extra in {
        "words": {"stop_words": "english"},
        "words and pairs": {"stop_words": "english", "ngram_range": (1, 2)},
        "character 3-5-grams": {"analyzer": "char_wb", "ngram_range": (3, 5)},
    }.items():
        tfidf = TfidfVectorizer(sublinear_tf=True, min_df=2, **extra).fit_transform(texts.values())
        spaces[f"TF-IDF, {name}"] = tfidf.toarray()
        latent = TruncatedSVD(200, random_state=0).fit_transform(tfidf)
        spaces[f"LSA of 200 dimensions, {name}"] = normalize(latent)
    found = {}
    for name, space in spaces.items():
        near = []
        for reviewer, paper in zip(expertise["reviewer"], expertise["paper_id"], strict=True):
            mine = space[[column[each] for each in own[reviewer]]]
            near.append(np.sort(mine @ space[column[paper]])[::-1])
        for over, score in OVER.items():
            found[f"{name}, {over}"] = np.array([score(values) for values in near])
    return found


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
def main(data: Path) -> None:
    """Print the weighted ranking loss of each method with a bootstrap interval over reviewers."""
    expertise, texts, own = read_gold(data)
    rows = {f"{label} (published)": expertise[name].to_numpy() for name, label in PUBLISHED.items()}
    rows["conference.affinity"] = ours(expertise, texts, own)
    rows |= others(expertise, texts, own)
    rng = np.random.default_rng(0)
    click.echo(f"{len(own)} reviewers, {len(expertise)} judgements; 95 % interval over reviewers\n")
    for name, scores in sorted(
        rows.items(), key=lambda row: weighted_loss(losses(expertise, row[1]))
    ):
        parts = losses(expertise, scores)
        draws = [
            weighted_loss(parts[rng.integers(0, len(parts), len(parts))]) for _ in range(RESAMPLES)
        ]
        low, high = np.quantile(draws, [0.025, 0.975])
        click.echo(f"{weighted_loss(parts):.3f}  [{low:.3f}, {high:.3f}]  {name}")


if __name__ == "__main__":
    main()
