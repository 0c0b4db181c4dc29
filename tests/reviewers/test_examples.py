"""Example reviews drawn from a dataset: seeded, named, and never of a paper under review."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from benchmarks.reviewers.examples import with_examples
from benchmarks.reviewers.question import ask
from benchmarks.reviewers.results import check_folder
from conference.core.errors import UserError
from conference.data.store import save
from conference.data.tables import Dataset, HumanReview, Paper
from conference.models import ModelRules
from reviewers.language.examples import draw, examples_text
from tests.models.scripted import serve
from tests.models.test_round import venue
from tests.venues.tiny import table
from venues.round import run_round

WORDS = " ".join(f"word{n}" for n in range(80))


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Thirty reviewed papers in the store, of which the last has no words in its reviews."""
    monkeypatch.setenv("CONFERENCE_STORE", str(tmp_path / "store"))
    papers = tuple(
        Paper(
            paper_id=f"p{n:02}", venue="ICLR", year=2022, title=f"Study number {n}, revisited",
            abstract=f"What is {n}?", status="accepted" if n % 2 else "rejected",
            decision="", scale=(1.0, 3.0, 5.0, 6.0, 8.0, 10.0),
        )
        for n in range(30)
    )  # fmt: skip
    reviews = tuple(
        HumanReview(
            paper_id=f"p{n:02}", reviewer=r, rating=(3.0, 6.0)[n % 2], confidence=4.0,
            texts={"main_review": f"Said of {n} by {r}: {WORDS}"} if n < 29 else {},
        )
        for n in range(30)
        for r in range(2)
    )  # fmt: skip
    found = Dataset(name="iclr2022", papers=papers, reviews=reviews)
    save(found, tmp_path / "store")
    return found


def test_a_draw_is_seeded_and_leaves_out_papers_under_review(dataset: Dataset) -> None:
    first = draw("iclr2022", 5, 1)
    assert first == draw("iclr2022", 5, 1) and first != draw("iclr2022", 5, 2)
    assert len({row.paper for row in first}) == 5
    assert all(WORDS in str(row.review["main_review"]) for row in first)
    titles = [paper.title.upper() for paper in dataset.papers[2:]]
    assert {row.paper for row in draw("iclr2022", 1, 1, titles)} < {"p00", "p01"}
    page = "Study num-\nber 0, revisited\nAnonymous authors"
    assert [row.paper for row in draw("iclr2022", 1, 1, titles, page)] == ["p01"]
    with pytest.raises(UserError, match="1 example review\\(s\\) are wanted, and 0 of its papers"):
        draw("iclr2022", 1, 1, [paper.title for paper in dataset.papers])
    with pytest.raises(UserError, match="no dataset 'iclr2099'"):
        examples_text("iclr2099", 1)


def test_a_round_shows_a_drawn_review_and_keeps_which(dataset: Dataset, tmp_path: Path) -> None:
    said: list[str] = []
    source = table(2)
    rows = tuple(
        msgspec.structs.replace(row, title=paper.title)
        for row, paper in zip(source.table, dataset.papers, strict=False)
    )
    source = msgspec.structs.replace(source, table=rows)
    with serve() as server:
        rules = venue(server, examples="iclr2022")
        minds = msgspec.structs.replace(
            rules.minds, reviewer=f"{server.spec}#careful", chair="instant"
        )
        rules = msgspec.structs.replace(rules, minds=minds)
        run_round(rules, out=tmp_path / "run", hosts=0, papers=source, say=said.append)
        shown = [text for text in server.prompts() if "Said of" in text]
    (file,) = (tmp_path / "run" / "examples").iterdir()
    line = json.loads(file.read_text())
    assert line["dataset"] == "iclr2022" and line["paper"] not in ("p00", "p01")
    assert any(line["paper"] in each for each in said)
    assert shown and all(line["review"]["main_review"] in text for text in shown)


def test_a_benchmark_of_the_whole_dataset_measures_all_but_the_shown_paper(
    dataset: Dataset, tmp_path: Path
) -> None:
    question, spec = ask(dataset), "openai:m@http://localhost:1/v1"
    models = {spec: ModelRules(examples="iclr2022")}
    kept, told = with_examples(question, [f"{spec}#careful"], models, tmp_path / "out", 3)
    shown = json.loads(Path(told[spec].examples).read_text())["paper"]
    assert {paper.paper_id for paper in kept.papers} == {f"p{n:02}" for n in range(30)} - {shown}
    assert len(kept.ratings) == len(kept.accepted) == 29
    assert shown in kept.notes[-1] and "1 of these papers" in kept.notes[-1]
    part = ask(dataset, size=25, seed=3)
    same, told = with_examples(part, [f"{spec}#careful"], models, tmp_path, 3)
    assert same.papers == part.papers, "there is one that is not measured"
    check_folder(tmp_path / "out")  # The benchmark goes on there, though it has scored nothing yet.
    unshown, _ = with_examples(question, [spec], models, tmp_path, 3)
    assert unshown.papers == question.papers, "its preset shows none"
