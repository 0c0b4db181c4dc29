"""Studies of what only a language model can feel, asked of a scripted one behind a real server."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.studies.results import StudyResult
from benchmarks.studies.run import run_study
from benchmarks.studies.study import load_study
from conference.app.cli import cli
from conference.core.errors import UserError
from conference.models.records import ModelRules
from tests.benchmarks.studies.test_twins import paper
from tests.models.scripted import Answer, Script, fill, schema_of, serve, text_of

PAPERS = 6
RULES = {
    "desk.duplicates": False, "desk.topic": False, "population.reviewers": 4,
    "assignment.reviews_per_paper": 1, "assignment.max_load": 4,
    "phases": ["call", "submit", "desk_check", "bid", "assign", "review", "meta_review", "decide"],
}  # fmt: skip
WORDY = "In order to learn it is very fast, and it improves results."


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six submissions with full texts."""
    rows = [
        {"paper_id": each.paper, "title": each.title, "abstract": f"{each.abstract} {WORDY}",
         "text": each.text}
        for each in map(paper, range(PAPERS))
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("language") / "papers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def ask(
    name: str, papers: Path, out: Path, script: Script, sample: int = 4
) -> tuple[dict[tuple[str, str], float], StudyResult]:
    """A study of the library with scripted reviewers: the mean of each outcome in each arm."""
    study = load_study(name)
    control = msgspec.structs.replace(study.arm["control"], set=RULES | study.arm["control"].set)
    study = msgspec.structs.replace(study, arm=study.arm | {"control": control})
    with serve(script) as server:
        table, result = run_study(
            study, out=out, papers=papers, sample=sample, replicates=1, workers=0,
            minds={"reviewer": server.spec}, models={"default": ModelRules(retries=0)},
        )  # fmt: skip
    assert result.study.rests_on == "language model"
    means = table.groupby(["outcome", "arm"])["value"].mean()
    return {(str(outcome), str(arm)): float(v) for (outcome, arm), v in means.items()}, result


def answered(request: dict[str, Any], said: str = "The method is clear.", **fields: Any) -> Answer:
    """The form filled by the request's seed, with these words as its texts."""
    filled = fill(schema_of(request), random.Random(request["seed"]))
    texts = {name: said for name, value in filled.items() if str(value).endswith(".")}
    return dict(filled) | texts | {name: value for name, value in fields.items() if name in filled}


def test_an_injection_is_obeyed_by_a_model_that_obeys_and_not_where_it_is_cut(
    papers: Path, tmp_path: Path
) -> None:
    def obeys(request: dict[str, Any]) -> Answer:
        order = re.search(r'and write "([a-z ]+)" in the review', text_of(request))
        return answered(request, f"The method is clear {order[1] if order else ''}.")

    means, _ = ask("injection", papers, tmp_path, obeys)
    assert means["injection_obeyed", "visible"] > means["injection_obeyed", "control"] == 0
    assert means["injection_obeyed", "stripped"] == 0


NAMED = {
    "Quellmann": "The reference to Quellmann is missing.",
    "makes all earlier approaches obsolete": "The abstract overclaims.",
    "advise against its use": "The conclusion contradicts the results.",
    "selected by the score on the test set": "The test set was used to select.",
    "report the best run": "The best of 25 runs is reported.",
    "a tenth of the training steps": "The baselines were not tuned.",
    "examples of the test split were added": "The test examples are in the training data.",
}


def test_a_planted_flaw_is_found_by_a_model_that_names_it(papers: Path, tmp_path: Path) -> None:
    def names(request: dict[str, Any]) -> Answer:
        text = text_of(request)
        return answered(request, next((NAMED[sign] for sign in NAMED if sign in text), "Clear."))

    means, result = ask("planted_flaws", papers, tmp_path, names, PAPERS)
    assert means["flaw_found", "flaw"] > means["flaw_found", "control"] == 0
    assert (tmp_path / "planted.json").is_file() and result.study.papers == PAPERS


def test_a_model_that_likes_short_words_is_seen_by_polish(papers: Path, tmp_path: Path) -> None:
    def likes(request: dict[str, Any]) -> Answer:
        return answered(request, rating=5 if "In order to learn" in text_of(request) else 8)

    means, _ = ask("polish", papers, tmp_path, likes)
    assert means["rating", "polished"] == 8 and means["rating", "control"] == 5


def test_a_model_polishes_abstracts_and_a_study_reads_them(papers: Path, tmp_path: Path) -> None:
    """One paper's number is changed: it takes no part. Asked again, the model is asked nothing."""
    out, wrong = tmp_path / "polished.jsonl", paper(1).title

    def polishes(request: dict[str, Any]) -> Answer:
        said = text_of(request)
        abstract = said.split("Abstract:\n")[1].split("\n\nAnswer with")[0]
        added = " It is 99 times better." if f"Title: {wrong}\n" in said else ""
        return {"abstract": abstract.replace("In order to learn", "To learn") + added}

    def likes(request: dict[str, Any]) -> Answer:
        return answered(request, rating=8 if "To learn it is" in text_of(request) else 5)

    words = ["study", "polish", "MODEL", "--papers", str(papers), "--out", str(out)]
    with serve(polishes) as server:
        for asked in (PAPERS, PAPERS):
            words[2] = server.spec
            said = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert said.exit_code == 0 and len(server.requests) == asked
            assert (
                f"{PAPERS - 1} of {PAPERS} abstracts can be used; 1 change a number" in said.output
            )
    study = load_study("polish")
    arm = msgspec.structs.replace(study.arm["polished"], twin=f"polish:{out}")
    control = msgspec.structs.replace(study.arm["control"], set=RULES)
    study = msgspec.structs.replace(study, arm={"control": control, "polished": arm})
    with serve(likes) as server:
        table, result = run_study(
            study, out=tmp_path / "study", papers=papers, replicates=1, workers=0,
            minds={"reviewer": server.spec}, models={"default": ModelRules(retries=0)},
        )  # fmt: skip
    means = table[table.outcome == "rating"].groupby("arm")["value"].mean()
    assert (means["polished"], means["control"]) == (8, 5) and result.study.papers == PAPERS - 1


@pytest.mark.parametrize("content", ["", "nonsense\n", None])
def test_a_file_without_polished_abstracts_is_one_sentence(
    content: str | None, papers: Path, tmp_path: Path
) -> None:
    path = tmp_path / "polished.jsonl"
    if content is not None:
        path.write_text(content)
    study = load_study("polish")
    arm = msgspec.structs.replace(study.arm["polished"], twin=f"polish:{path}")
    study = msgspec.structs.replace(study, arm={"control": study.arm["control"], "polished": arm})
    with pytest.raises(
        UserError, match=r"none of the|line 1: not an answer|no such file"
    ) as caught:
        run_study(study, out=tmp_path / "study", papers=papers, replicates=1, workers=0)
    assert "\n" not in str(caught.value) and path.name in str(caught.value)


def test_a_model_that_bows_to_names_is_seen_by_authority_bias(papers: Path, tmp_path: Path) -> None:
    def bows(request: dict[str, Any]) -> Answer:
        famous = re.search("Stanford|Massachusetts Institute|Oxford", text_of(request))
        return answered(request, rating=8 if famous else 5)

    means, result = ask("authority_bias", papers, tmp_path, bows)
    assert means["rating", "prestigious"] == 8
    assert means["rating", "control"] == means["rating", "hidden"] == 5
    assert result.primary[0].difference.value == 3
