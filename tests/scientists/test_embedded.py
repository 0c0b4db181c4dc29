"""One real study from question to paper, and its revision after reviews."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from conference.core.files import EXPERIMENTS, PAPERS
from conference.core.records import AnyRecord, Check, Experiment, Review, Submission
from scientists.embedded.mind import MORE_SEEDS, EmbeddedScientist
from scientists.scientist import RebutSight, ReviseSight
from scientists.wording import number
from tests.scientists.studies import AUTHOR, call_for, context_for, one, research, small_template


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def done(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[AnyRecord]]:
    folder = tmp_path_factory.mktemp("round")
    return folder, research(folder, template)


def failed(records: list[AnyRecord]) -> list[str]:
    return [f"{r.name}: {r.detail}" for r in records if isinstance(r, Check) and not r.passed]


def test_a_study_ends_in_a_paper_whose_checks_pass(done: tuple[Path, list[AnyRecord]]) -> None:
    folder, records = done
    paper, experiment = one(records, Submission), one(records, Experiment)
    assert failed(records) == []
    assert paper.pages >= 4 and paper.version == 1 and paper.authors == (AUTHOR.id,)
    assert (folder / PAPERS / paper.pdf).read_bytes().startswith(b"%PDF")
    assert len(experiment.seeds) == 3 and experiment.runs == 6
    assert (folder / EXPERIMENTS / experiment.files["results"]).is_file()


def test_a_rebuttal_quotes_the_experiment_as_the_paper_prints_it(
    done: tuple[Path, list[AnyRecord]],
) -> None:
    folder, records = done
    paper, experiment = one(records, Submission), one(records, Experiment)
    review = Review(
        paper=paper.paper, reviewer="R1", rating=2.0, confidence=3.0, scores={},
        texts={"weaknesses": "- How large is the effect of the treatment?"}, mind="embedded", day=1,
    )  # fmt: skip
    sight = RebutSight(submission=paper, reviews=(review,), names=("R1",), experiment=experiment)
    context = context_for(folder, paper.paper)
    reply = asyncio.run(EmbeddedScientist().rebut(AUTHOR, sight, context)).replies["R1"]
    low, high = number(experiment.effect_low), number(experiment.effect_high)
    printed = " ".join((folder / PAPERS / paper.document).read_text().split())
    assert f"95 % interval {low} to {high}" in reply and low in printed and high in printed
    without = msgspec.structs.replace(sight, experiment=None)
    bare = asyncio.run(EmbeddedScientist().rebut(AUTHOR, without, context)).replies["R1"]
    assert "no measurement that answers this" in bare


def test_a_rejected_paper_is_revised_after_its_reviews(
    done: tuple[Path, list[AnyRecord]], template: Path
) -> None:
    folder, records = done
    first, before = one(records, Submission), one(records, Experiment)
    review = Review(
        paper=first.paper, reviewer="R1", rating=2.0, confidence=3.0, scores={},
        texts={"weaknesses": "- Three seeds are few to tell the arms apart."}, mind="embedded",
        day=1,
    )  # fmt: skip
    sight = ReviseSight(
        submission=first, reviews=(review,), rebuttal=None, meta_review="", call=call_for(template),
        resubmission="paper-007", experiment=before,
    )  # fmt: skip
    context = context_for(folder, "paper-007")
    made = asyncio.run(EmbeddedScientist().revise(AUTHOR, sight, context))
    paper, after = one(made, Submission), one(made, Experiment)
    assert paper.paper == "paper-007" and paper.version == 2
    assert len(after.seeds) == len(before.seeds) + MORE_SEEDS
    assert set(before.seeds) < set(after.seeds) and failed(made) == []
    text = (folder / PAPERS / paper.document).read_text()
    assert "changes after the reviews" in text.lower() and "more seeds were run" in text
