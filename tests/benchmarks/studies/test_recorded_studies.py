"""Studies of recorded reviewers, from the file to the section in STUDIES.md."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.studies.results import read_result
from benchmarks.studies.run import run_study
from benchmarks.studies.study import Study, list_studies, load_study
from benchmarks.studies.summary import write_summary
from conference.core.errors import UserError

TABLE = "ratings.jsonl"
STUDY = """
title = "Seats"
question = "What does a model in a seat change?"
source = "made"
published = "nothing"
rests = "data"
venue = "iclr2022"
only = "recorded"
[design]
replicates = 2
[arm.control]
reviewer = "2 human, 1 csv:{scores}"
[arm.control.set]
"assignment.seats" = true
"assignment.reviews_per_paper" = 3
"decision.score" = "mean_rating"
phases = ["call", "submit", "desk_check", "bid", "assign", "review", "meta_review", "decide"]
[arm.models]
reviewer = "1 human, 2 csv:{scores}"
[outcome]
primary = "accepted"
also = ["error_correlation", "effective_reviewers", "human_overlap", "rating"]
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study]:
    """A study of 12 papers, of which 10 have all records."""
    folder = tmp_path_factory.mktemp("seats")
    rng = np.random.default_rng(1)
    lines, scores = [], ["paper_id,reviewer,score"]
    for at in range(12):
        quality = float(rng.normal(5.5, 2))
        given = [min((1, 3, 5, 6, 8, 10), key=lambda step: abs(step - quality - noise))
                 for noise in rng.normal(0, 1, 4)]  # fmt: skip
        words = " ".join(f"term{at}x{place}" for place in range(30))
        row = {"paper_id": f"p{at}", "title": f"Paper {at}", "abstract": words, "ratings": given}
        row["decision"] = "Accept (Poster)" if quality > 6 else "Reject"
        lines.append(msgspec.json.encode(row))
        models = rng.normal(quality / 2 + 3, 1, 2) if at < 10 else []
        scores += [f"p{at},{who},{np.clip(score, 1, 10):.1f}" for who, score in enumerate(models)]
    (folder / TABLE).write_bytes(b"\n".join(lines))
    (folder / "scores.csv").write_text("\n".join(scores))
    (folder / "study.toml").write_text(STUDY.replace("{scores}", str(folder / "scores.csv")))
    study = load_study(folder / "study.toml")
    run_study(study, out=folder / "out", papers=folder / TABLE, workers=0)
    return folder, study


def test_only_papers_with_all_records_are_studied(finished: tuple[Path, Study]) -> None:
    import pandas as pd

    table = pd.read_parquet(finished[0] / "out" / "outcomes.parquet")
    assert set(table.loc[table.outcome == "rating", "unit"]) == {f"p{at}" for at in range(10)}
    assert {"error_correlation", "effective_reviewers", "human_overlap"} <= set(table.outcome)
    overlap = table.loc[table.outcome == "human_overlap", "value"]
    assert overlap.between(0, 1).all()


def test_a_record_that_no_paper_has_is_named(finished: tuple[Path, Study], tmp_path: Path) -> None:
    """As where the records name papers otherwise than the papers themselves do."""
    folder, _ = finished
    renamed = tmp_path / "renamed.csv"
    renamed.write_text((folder / "scores.csv").read_text().replace("\np", "\nforum?id=p"))
    study = tmp_path / "study.toml"
    scores = folder / "scores.csv"
    study.write_text(STUDY.replace("{scores}", str(scores), 1).replace("{scores}", str(renamed)))
    said = rf"0 of its 12 papers have 2 of csv:.*{renamed.name}; give records by the ids"
    with pytest.raises(UserError, match=said):
        run_study(load_study(study), out=tmp_path / "out", papers=folder / TABLE, workers=0)
    assert not (tmp_path / "out").exists()


def test_a_changed_record_is_another_plan(finished: tuple[Path, Study]) -> None:
    folder, study = finished
    path = folder / "scores.csv"
    before = path.read_text()
    path.write_text(before + "\np11,0,5\n")
    try:
        with pytest.raises(UserError, match="another plan"):
            run_study(study, out=folder / "out", papers=folder / TABLE, workers=0)
    finally:
        path.write_text(before)


def test_a_summary_replaces_its_own_section_and_keeps_the_others(
    finished: tuple[Path, Study], tmp_path: Path
) -> None:
    page = tmp_path / "STUDIES.md"
    page.write_text("# Old head\n\n## Another\n\nIts own words.\n\n## Seats\n\nOld.\n")
    for _ in range(2):
        write_summary([finished[0] / "out"], page)
        text = page.read_text()
        assert text.count("## Seats") == text.count("## Another") == 1
        assert "Its own words." in text and "Old." not in text
    assert "decisions changed, %" in text and "It rests on data" in text
    found = [each for each in read_result(finished[0] / "out").effects if each.found]
    assert ("Also found to change" in text) == any(not each.primary for each in found)


@pytest.mark.parametrize("name", list_studies())
def test_a_shipped_study_says_where_it_comes_from(name: str) -> None:
    study = load_study(name)
    assert study.source and study.published and study.expects and study.question.endswith("?")
