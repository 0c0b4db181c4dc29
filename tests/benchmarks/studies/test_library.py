"""Every study of the library runs from its file to its answer, at toy size, on one small table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.studies.results import read_result
from benchmarks.studies.run import run_study
from benchmarks.studies.study import list_studies, load_study
from tests.benchmarks.studies.test_twins import paper

PAPERS, REVIEWERS = 24, 40
# Studies of recorded reviewers need tables of their recordings.
LIVE = [
    name
    for name in list_studies()
    if not any(":" in arm.reviewer for arm in load_study(name).arm.values())
]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Papers with full texts, human ratings and decisions."""
    made = [paper(at) for at in range(PAPERS)]
    rows = [
        {
            "paper_id": each.paper, "title": each.title, "abstract": each.abstract,
            "text": each.text, "text_version": "reviewed", "year": 2022,
            "ratings": [5, 6, 8, 6] if at % 3 else [3, 5, 3, 1], "accepted": bool(at % 3),
        }
        for at, each in enumerate(made)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("library") / "papers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.mark.parametrize("name", LIVE)
def test_a_study_of_the_library_runs(name: str, papers: Path, tmp_path: Path) -> None:
    study = load_study(name)
    assert study.source and study.published and study.papers, "say which papers it needs"
    shared = {"population.reviewers": REVIEWERS, "desk.duplicates": False, "desk.topic": False}
    table, _ = run_study(
        study, out=tmp_path, papers=papers, replicates=1, workers=0, settings=shared
    )
    assert set(table["arm"]) == set(study.all_arms())
    result = read_result(tmp_path)
    assert {each.arm for each in result.effects} == set(study.treatments)
    assert {each.outcome for each in result.effects} == set(study.outcomes)
