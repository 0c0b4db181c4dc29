"""A round taken elsewhere, and nothing in it that its reader may not see."""

from __future__ import annotations

import json
from pathlib import Path

import datasets
import mlcroissant
import openreview
import pandas as pd
import pytest
from click.testing import CliRunner
from inspect_ai.analysis import evals_df, samples_df
from inspect_ai.log import read_eval_log

from conference.app.cli import cli
from conference.app.export import notes_of, tables_of, write_inspect, write_notes, write_tables
from conference.app.export.schema import SCHEMA
from conference.app.export.view import view_of
from conference.core.errors import UserError
from conference.core.records import Decision, DeskCheck, Review, Submission
from conference.data.importers.notes import read_notes
from conference.data.tables import HumanReview
from tests.venues.tiny import table, tiny_venue
from venues.round import load_round, prepare, run_round
from venues.state import Round


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "run"
    venue = prepare("workshop", reviewers=8, chairs=2)
    run_round(venue, out=out, papers=table(6), hosts=0, seed=3)
    return out


@pytest.fixture(scope="module")
def round_(folder: Path) -> Round:
    return load_round(folder)


def test_tables_hold_the_whole_round(round_: Round, tmp_path: Path) -> None:
    files = write_tables(view_of(round_, "chairs"), tmp_path)
    assert {path.stem for path in files} == set(SCHEMA)
    reviews = pd.read_parquet(tmp_path / "reviews.parquet")
    assert list(reviews.columns) == list(SCHEMA["reviews"][1])
    assert sorted(reviews["rating_first"]) == sorted(row.rating for row in round_.all(Review))
    decisions = pd.read_parquet(tmp_path / "decisions.parquet")
    assert set(decisions["paper"]) == {row.paper for row in round_.all(Decision)}
    card = (tmp_path / "README.md").read_text()
    about = json.loads((tmp_path / "croissant.json").read_text())
    assert all(f"## {path.stem}" in card for path in files)
    assert {each["@id"] for each in about["distribution"]} == {path.name for path in files}


def test_tables_load_with_datasets_and_by_their_croissant_metadata(
    round_: Round, tmp_path: Path
) -> None:
    write_tables(view_of(round_, "chairs"), tmp_path / "tables")
    about = mlcroissant.Dataset(tmp_path / "tables" / "croissant.json")
    assert not about.metadata.issues.errors
    reviews = round_.all(Review)
    listed = datasets.get_dataset_config_names(str(tmp_path / "tables"))
    found = tables_of(view_of(round_, "chairs"))
    assert set(listed) == {name for name, frame in found.items() if len(frame)} > {"reviews"}
    for name in listed:
        rows = datasets.load_dataset(
            str(tmp_path / "tables"), name, split="train", cache_dir=str(tmp_path / "cache")
        )
        assert rows.column_names == list(SCHEMA[name][1])
    told = list(about.records("reviews"))
    assert [row["reviews/rating_first"] for row in told] == [row.rating for row in reviews]


def test_edits_and_notes_are_what_openreview_takes(round_: Round, tmp_path: Path) -> None:
    write_notes(view_of(round_, "chairs"), tmp_path)
    edits = json.loads((tmp_path / "edits.json").read_text())["edits"]
    notes = json.loads((tmp_path / "notes.json").read_text())["notes"]
    assert len({edit["id"] for edit in edits}) == len(edits) > len(notes)
    for edit in edits:
        taken = openreview.api.Edit.from_json(edit)
        # What a client may not set itself, it does not send.
        assert taken.to_json() | {"domain": edit["domain"], "cdate": edit["cdate"]} == edit | {
            "note": {name: value for name, value in edit["note"].items() if name != "number"}
        }
        assert taken.cdate == edit["cdate"] and taken.note.number == edit["note"].get("number")
    ids = set()
    replies = [reply for note in notes for reply in note["details"]["replies"]]
    for note in [*notes, *replies]:
        taken = openreview.api.Note.from_json(note)
        assert taken.to_json() == {k: v for k, v in note.items() if k not in ("details", "number")}
        assert note["forum"] in ids or note["id"] == note["forum"]
        ids.add(note["id"])
    assert all(reply["replyto"] in ids for reply in replies)
    assert notes_of(edits) == notes


def test_notes_are_read_back_with_nothing_lost(round_: Round, tmp_path: Path) -> None:
    path, _ = write_notes(view_of(round_, "public"), tmp_path)
    (dataset,) = read_notes(path)
    assert not dataset.damaged
    venue = round_.venue
    assert dataset.name == f"{venue.series.lower() or venue.name}{venue.year}-simulated"
    papers = {paper.title: paper for paper in dataset.papers}
    assert any(round_.rating(row) != row.rating for row in round_.all(Review))
    for submission in round_.papers():
        back = papers[submission.title]
        decision = round_.one(Decision, submission.paper)
        assert decision is not None and back.abstract == submission.abstract
        assert back.keywords == submission.keywords and back.topic == submission.topic
        assert (back.status == "accepted") == decision.accepted
        assert back.presentation == decision.presentation
        reviews = [row for row in dataset.reviews if row.paper_id == back.paper_id]
        assert sorted(map(_read_back, reviews)) == sorted(
            _as_written(round_, row) for row in round_.of(Review, submission.paper)
        )


def _read_back(row: HumanReview) -> tuple[object, ...]:
    texts = {name: text for name, text in row.texts.items() if name != "mind"}
    return (row.rating_initial, row.rating_final, row.confidence, str(sorted(row.scores.items())),
            str(sorted(texts.items())))  # fmt: skip


def _as_written(round_: Round, row: Review) -> tuple[object, ...]:
    scores = {k: v for k, v in row.scores.items() if k not in ("rating", "confidence")}
    texts = {name: text for name, text in row.texts.items() if text}
    return (row.rating, round_.rating(row), row.confidence, str(sorted(scores.items())),
            str(sorted(texts.items())))  # fmt: skip


def test_papers_without_a_decision_and_of_the_desk_are_read_back_as_such(tmp_path: Path) -> None:
    round_ = Round(tiny_venue(), 0, tmp_path)
    for name in ("desk", "open"):
        round_.add([Submission(paper=name, title=f"Paper {name}", abstract="An abstract.")])
    round_.add([DeskCheck(paper="desk", passed=False, reasons=("too long",))])
    (dataset,) = read_notes(write_notes(view_of(round_, "public"), tmp_path)[0])
    assert {paper.title: paper.status for paper in dataset.papers} == {
        "Paper desk": "desk_rejected", "Paper open": "unknown",
    }  # fmt: skip


def test_inspect_reads_a_sample_for_each_review(round_: Round, tmp_path: Path) -> None:
    files = write_inspect(view_of(round_, "chairs"), tmp_path)
    log = read_eval_log(files[0])
    reviews = round_.all(Review)
    assert log.status == "success" and log.samples and len(log.samples) == len(reviews)
    frame = samples_df(files, quiet=True)
    ratings = dict(zip(frame["id"], frame["score_rating"], strict=True))
    assert ratings == {f"{row.paper}.{row.reviewer}": row.rating for row in reviews}
    (table,) = evals_df(files, quiet=True).to_dict("records")
    assert table["model"] == "embedded" and table["total_samples"] == len(reviews)
    mean = sum(row.rating for row in reviews) / len(reviews)
    assert table["score_rating_mean"] == pytest.approx(mean)
    said = log.samples[0].output.completion
    assert all(text in said for text in reviews[0].texts.values())


def test_the_command_writes_each_kind_and_imports_notes(folder: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    for kind in ("parquet", "csv", "openreview", "inspect"):
        out = tmp_path / kind
        run("export", str(folder), "--to", kind, "--out", str(out))
        assert any(out.iterdir())
    notes = str(tmp_path / "openreview" / "notes.json")
    said = run("data", "import", "notes", notes, "--store", str(tmp_path / "s"), "--name", "back")
    assert "back: 6 papers" in said and "0 damaged" in said


def test_an_unknown_reader_is_one_sentence(round_: Round, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--for nobody: choose from public"):
        view_of(round_, "nobody")
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(UserError, match="not a file of notes"):
        read_notes(tmp_path / "x.json")
