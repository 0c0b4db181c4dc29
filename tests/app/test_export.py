"""A round taken elsewhere, and nothing in it that its reader may not see."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from conference.app.cli import cli
from conference.app.export import tables_of, write_notes, write_tables
from conference.app.export.tables import CHAIRS_ONLY, SCHEMA
from conference.app.export.view import READERS, view_of
from conference.core.errors import UserError
from conference.core.records import Agent, Decision, Review
from conference.data.importers.notes import read_notes
from tests.venues.tiny import table
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
    assert all(f"data_files: {path.name}" in card for path in files)
    assert {each["@id"] for each in about["distribution"]} == {path.name for path in files}


@pytest.mark.parametrize("reader", READERS)
def test_nobody_but_chairs_sees_who_reviewed_what(
    reader: str, round_: Round, tmp_path: Path
) -> None:
    view = view_of(round_, reader)
    found = tables_of(view)
    write_notes(view, tmp_path)
    text = (tmp_path / "notes.json").read_text()
    text += "".join(frame.to_csv() for frame in found.values())
    agents = round_.all(Agent)
    named = [agent.id for agent in agents if agent.role == "reviewer" and agent.id in text]
    assert not [agent.name for agent in agents if agent.name in text]
    if reader == "chairs":
        assert named and set(CHAIRS_ONLY) <= set(found)
    else:
        assert not named and not set(CHAIRS_ONLY) & set(found)


def test_notes_are_read_back_with_nothing_lost(round_: Round, tmp_path: Path) -> None:
    path = write_notes(view_of(round_, "public"), tmp_path)
    (dataset,) = read_notes(path)
    assert not dataset.damaged
    papers = {paper.title: paper for paper in dataset.papers}
    for submission in round_.papers():
        back = papers[submission.title]
        decision = round_.one(Decision, submission.paper)
        assert decision is not None and back.abstract == submission.abstract
        assert (back.status == "accepted") == decision.accepted
        ratings = sorted(row.rating for row in dataset.reviews if row.paper_id == back.paper_id)
        assert ratings == sorted(row.rating for row in round_.of(Review, submission.paper))
    replies = json.loads(path.read_text())["notes"][0]["details"]["replies"]
    assert {"id", "forum", "replyto", "invitations", "signatures", "readers", "content"} <= set(
        replies[0]
    )


def test_the_command_writes_each_kind_and_imports_notes(folder: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    for kind in ("parquet", "csv", "openreview"):
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
    with pytest.raises(UserError, match="no file of notes"):
        read_notes(tmp_path / "x.json")
