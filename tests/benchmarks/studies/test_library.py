"""Every study of the library runs from its file to its answer, at toy size, on small tables."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from benchmarks.studies.results import read_result
from benchmarks.studies.run import run_study
from benchmarks.studies.run_all import sizes
from benchmarks.studies.study import Study, list_studies, load_study
from tests.benchmarks.studies.test_twins import paper
from tests.models.scripted import serve
from tests.scientists.studies import light_template

PAPERS = 24
WORDY = "In order to learn it is very fast, and it improves results."
SIZES = {
    "collusion": 24, "assignment_randomisation": 24, "resubmission_load": 16, "monoculture": 24,
    "model_family_mix": 24, "hidden_injection": 4, "injection": 6, "planted_flaws": 6,
}  # fmt: skip
# Outcomes that are read in the reviews' texts.
TEXTS = ("flaw_found", "injection_obeyed", "pair_canary_caught", "review_quality", "review_length")
STEPS = {2022: (1, 3, 5, 6, 8, 10), 2026: (0, 2, 4, 6, 8, 10)}
CONFIGURATIONS = (
    "claude-3-5-sonnet-20240620_temp_0_1_reflect_5_ensemble_5_pages_all",
    "gpt-4o-2024-05-13_temp_0_1_fewshot_1_reflect_5_ensemble_5_pages_all",
    "gpt-4o-2024-05-13_temp_0_1_pages_all",
    "gpt-4o-2024-05-13_temp_0_1_reflect_5_ensemble_5_pages_all",
    "gpt-4o-2024-05-13_temp_0_1_reflect_5_pages_all",
    "gpt-4o-mini-2024-07-18_temp_0_1_fewshot_1_reflect_5_ensemble_5_pages_all",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like those of real data: papers of two years with full texts, first and last ratings
    of four people, decisions, and of 2022 six recorded models' ratings."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("library")
    papers, reviews, models, texts = [], [], [], []
    for year, steps in STEPS.items():
        for at in range(PAPERS):
            made, quality = paper(at), float(rng.normal(5.3, 1.5))
            name = f"{made.paper}-{year}"
            papers.append(
                {"paper_id": name, "venue": "ICLR", "year": year, "title": made.title,
                 "abstract": f"{made.abstract} {WORDY}",
                 "status": "accepted" if quality > 5.3 else "rejected",
                 "accepted": quality > 5.3}
            )  # fmt: skip
            texts.append({"paper_id": name, "title": made.title, "text": made.text})
            for who in range(4):
                first, last = (
                    min(steps, key=lambda step: abs(step - each))
                    for each in quality + rng.normal(0, 1, 2)
                )
                reviews.append(
                    {"paper_id": name, "year": year, "reviewer": who, "rating": float(last),
                     "rating_initial": float(first), "confidence": 3.0}
                )  # fmt: skip
            if year == 2022:
                said = np.clip(np.round(quality + 1 + rng.normal(0, 1, 6)), 1, 10)
                models += [
                    {"config": config, "paper_id": name, "Overall": score, "Confidence": 4.0,
                     "Decision": "Accept" if score > 5 else "Reject"}
                    for config, score in zip(CONFIGURATIONS, said, strict=True)
                ]  # fmt: skip
    for file, rows in (
        ("papers", papers), ("reviews", reviews), ("ai_scientist_llm_reviews", models),
        ("fulltext_iclr2022", texts[:PAPERS]), ("fulltext_iclr2026", texts[PAPERS:]),
    ):  # fmt: skip
        pd.DataFrame(rows).to_parquet(folder / f"{file}.parquet")
    return folder


def check(study: Study, out: Path, table: pd.DataFrame) -> None:
    """Every arm and outcome is there, and the report."""
    assert set(table["arm"]) == set(study.all_arms())
    result = read_result(out)
    assert {each.arm for each in result.effects} == set(study.treatments)
    assert {each.outcome for each in result.effects} == set(study.outcomes)
    assert (out / "report.html").is_file() and all(result.answer)


def from_people(name: str) -> bool:
    return not any("scientists" in needs for needs in load_study(name).needs)


def test_make_studies_has_a_size_for_every_study() -> None:
    assert {size.study or name for name, size in sizes().items()} == set(list_studies())
    for name, size in sizes().items():
        load_study(size.study or name, size.venue or None, size.arms, size.outcomes)


@pytest.mark.parametrize("name", [each for each in list_studies() if from_people(each)])
def test_a_study_of_the_library_runs(name: str, data: Path, tmp_path: Path) -> None:
    study = load_study(name)
    assert study.source and study.published and study.papers, "say which papers it needs"
    shared = {"desk.duplicates": False, "desk.topic": False}
    if not set(TEXTS) & set(study.outcomes):
        shared["review.texts"] = False
    table, _ = run_study(
        study, out=tmp_path, papers=data, replicates=1, workers=0, settings=shared,
        sample=SIZES.get(name, 12),
    )  # fmt: skip
    check(study, tmp_path, table)


def test_scientists_models_are_compared(tmp_path: Path) -> None:
    """With a scripted model in place of each arm's own, and real runs of a light template."""
    study = load_study("scientist_models")
    template = light_template(tmp_path)
    shared = {
        "call.templates": [str(template)], "call.seeds": 2, "population.scientists": 1,
        "population.reviewers": 6, "review.texts": False, "desk.topic": False,
    }  # fmt: skip
    with serve() as server:
        arms = {
            name: msgspec.structs.replace(arm, scientist=server.spec) if arm.scientist else arm
            for name, arm in study.arm.items()
            if name != "large"  # of one script, it would be the same as "small"
        }
        study = msgspec.structs.replace(study, arm=arms)
        table, result = run_study(
            study, out=tmp_path / "s", replicates=1, workers=0, settings=shared
        )
    check(study, tmp_path / "s", table)
    values = table.groupby(["outcome", "arm"])["value"].mean()
    assert values["paper_finished", "control"] == values["experiment_passed", "control"] == 1
    assert values["tokens", "small"] > 0 == values["tokens", "more_seeds"]
    assert result.study.rests_on == "language model"
