"""The AI Scientist's files: its own formats go through, and the figures are those of a count by
hand with NumPy, pandas and scikit-learn."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from benchmarks.reviewers.recorded import short_name
from benchmarks.reviewers.results import Result, read_result
from conference.statistics.estimate import Estimate
from tests.benchmarks.made import conference, refused

SHARED = Path(__file__).parents[3] / "shared" / "data" / "public"
TABLES = Path(os.environ.get("CONFERENCE_DATA", SHARED))
ONE_SHOT = "gpt-4o-2024-05-13_temp_0_1_fewshot_1_reflect_5_ensemble_5_pages_all"
NAME = "AI Scientist gpt-4o (1-shot, 5 refl., ens. 5)"
DECISIONS = ("Reject", "Accept (Poster)", "Accept (Spotlight)", "Accept (Oral)")


def run(folder: Path, ratings: Path, *reviews: object) -> Result:
    """Import the ratings and benchmark the recorded reviews at threshold 6, by command."""
    store = ("--store", folder / "store")
    status, _, complaint = conference("data", "import", "ai-scientist", ratings, *store)
    assert status == 0, complaint
    specs = [part for file in reviews for part in ("--reviewer", f"ai-scientist:{file}")]
    status, _, complaint = conference(
        "benchmark", "--data", "ai-scientist-iclr2022", *specs, "--threshold", 6, *store,
        "--resamples", 50, "--out", folder / "out",
    )  # fmt: skip
    assert status == 0, complaint
    return read_result(folder / "out")


def check(result: Result, name: str, frame: pd.DataFrame) -> None:
    """`frame` has a row a paper: ratings (list), accepted, Overall."""
    accepted, overall = frame["accepted"].to_numpy(bool), frame["Overall"].to_numpy(float)
    said = overall >= 6
    row = next(row for row in result.rows if row.name == name)
    assert row.n == len(frame)
    true, false = said[accepted].mean(), said[~accepted].mean()
    expected = {
        "balanced_accuracy": (true + 1 - false) / 2,
        "accuracy": (said == accepted).mean(),
        "f1": metrics.f1_score(accepted, said),
        "fpr": false,
        "fnr": 1 - true,
    }
    near(row.decision["at 6"], expected)
    near(row.scores, {"auroc": metrics.roc_auc_score(accepted, overall)})
    panels = [np.array(given, dtype=float) for given in frame["ratings"]]
    pairs = np.array([pair for p in panels for pair in itertools.permutations(p, 2)])
    errors = [abs(p[i] - np.delete(p, i).mean()) for p in panels for i in range(p.size)]
    sizes = np.array([p.size for p in panels])
    means = np.array([p.mean() for p in panels])
    grand = np.concatenate(panels).mean()
    between = (sizes * (means - grand) ** 2).sum() / (len(panels) - 1)
    within = sum(((p - p.mean()) ** 2).sum() for p in panels) / (sizes.sum() - len(panels))
    usual = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(panels) - 1)
    human = result.rows[0].agreement
    near(
        human,
        {
            "pairwise_pearson": np.corrcoef(pairs.T)[0, 1],
            "icc1": (between - within) / (between + (usual - 1) * within),
            "within_paper_sd": np.mean([p.std() for p in panels]),
            "loo_mae": np.mean(errors),
        },
    )


def near(figures: dict[str, Estimate], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        found = figures[name]
        assert found.value == pytest.approx(value, abs=1e-9), name
        assert found.low is not None and found.high is not None
        assert found.low <= found.high


@pytest.mark.parametrize("index", ["paper_id", ""])
def test_its_own_files_go_through(tmp_path: Path, index: str) -> None:
    """ratings_subset.tsv with columns 0 to 6, and one CSV a configuration."""
    rng = np.random.default_rng(4)
    ids = [f"x{number:03d}" for number in range(50)]
    quality = rng.normal(size=50)
    rows, panels = [], []
    for value in quality:
        felt = 5.4 + 1.3 * value + rng.normal(0, 1.3, size=int(rng.integers(3, 6)))
        given = np.array([min((1, 3, 5, 6, 8, 10), key=lambda s, x=x: abs(s - x)) for x in felt])
        panels.append(list(given))
        rows.append([*map(float, given), *[np.nan] * (7 - given.size)])
    accepted = np.array([np.mean(panel) for panel in panels]) > 5.6
    ratings = pd.DataFrame(rows, index=ids, columns=list("0123456"))
    ratings["decision"] = [DECISIONS[1 + n % 3] if a else "Reject" for n, a in enumerate(accepted)]
    ratings.to_csv(tmp_path / "ratings_subset.tsv", sep="\t", index_label=index)
    overall = np.clip(np.rint(5.5 + quality + rng.normal(0, 1, 50)), 1, 10).astype(int)
    reviews = pd.DataFrame(
        {"Summary": 'Says, "much".\nOn lines.', "Overall": overall, "Confidence": 4,
         "Decision": np.where(overall > 6, "Accept", "Reject")}, index=ids,
    )  # fmt: skip
    reviews.to_csv(tmp_path / f"{ONE_SHOT}.csv", index_label=index)
    result = run(tmp_path, tmp_path / "ratings_subset.tsv", tmp_path / f"{ONE_SHOT}.csv")
    frame = pd.DataFrame({"ratings": panels, "accepted": accepted, "Overall": overall})
    check(result, NAME, frame)
    own = next(row for row in result.rows if row.name == NAME).decision["own"]
    assert own["accuracy"].value == pytest.approx(((overall > 6) == accepted).mean())


def test_the_shared_half_of_its_benchmark_goes_through(tmp_path: Path) -> None:
    ratings = TABLES / "ai_scientist_iclr2022_subset.parquet"
    reviews = TABLES / "ai_scientist_llm_reviews.parquet"
    if not (ratings.is_file() and reviews.is_file()):
        pytest.skip(f"no AI Scientist tables in {TABLES}; name their folder in CONFERENCE_DATA")
    result = run(tmp_path, ratings, reviews)
    recorded = pd.read_parquet(reviews)
    human = pd.read_parquet(ratings)[["paper_id", "ratings", "accepted"]]
    assert sum(row.kind == "reviewer" for row in result.rows) == recorded["config"].nunique()
    for config, part in recorded.groupby("config"):
        check(result, short_name(str(config)), human.merge(part, on="paper_id"))
    assert result.panel.independent_reviewers.low is not None


def test_one_configuration_can_be_chosen_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    from benchmarks.reviewers.recorded import from_ai_scientist

    frame = pd.DataFrame(
        {"config": ["a-2024-01-01_temp_0_1_pages_all", "b"], "paper_id": ["p", "p"],
         "Overall": [5.0, 6.0], "Decision": ["Reject", "Accept"]}
    )  # fmt: skip
    file = tmp_path / "r.parquet"
    frame.to_parquet(file)
    assert [each.name for each in from_ai_scientist(f"{file}#b")] == ["AI Scientist b"]
    assert [each.name for each in from_ai_scientist(f"{file}#a-2024")] == ["AI Scientist a"]
    ratings = tmp_path / "ratings.tsv"
    lines = [f"q{n}\t{5 if n % 2 else 6}\t5\tReject" for n in range(30)]
    ratings.write_text("\n".join(["paper_id\t0\t1\tdecision", *lines]))
    store = ("--store", tmp_path / "store")
    assert conference("data", "import", "ai-scientist", ratings, *store)[0] == 0
    sentence = refused(
        "benchmark", "--data", "ai-scientist-iclr2022", "--reviewer", f"ai-scientist:{file}#gpt9",
        *store,
    )  # fmt: skip
    assert "no configuration has 'gpt9'" in sentence


def test_a_review_without_a_score_is_refused_and_not_filled_in(tmp_path: Path) -> None:
    from benchmarks.reviewers.recorded import from_ai_scientist
    from conference.core.errors import UserError

    file = tmp_path / "config.csv"
    file.write_text("paper_id,Overall,Decision\np1,6,Accept\np2,,Reject\n")
    with pytest.raises(UserError, match=r"paper p2 \(config\): 'Overall' is empty"):
        from_ai_scientist(str(file))
    file.write_text("paper_id,Overall,Decision\np1,6,Accept\np2,5,Perhaps\n")
    with pytest.raises(UserError, match=r"paper p2 \(config\): Decision 'Perhaps' is neither"):
        from_ai_scientist(str(file))
