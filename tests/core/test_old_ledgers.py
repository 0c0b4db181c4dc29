"""A ledger that an earlier version wrote opens, and its round can be looked at and taken over."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from conference.app.site import write_site
from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.core.ledger_file import LEDGER
from conference.core.migrations import VERSION
from conference.core.records import Decision, Review
from venues.round import load_round

LEDGERS = sorted((Path(__file__).parent / "ledgers").iterdir())


def test_there_is_a_ledger_of_every_earlier_version() -> None:
    assert {path.name for path in LEDGERS} >= {str(version) for version in range(VERSION)}


@pytest.mark.parametrize("kept", LEDGERS, ids=lambda path: f"version {path.name}")
def test_it_opens_and_its_site_is_written(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    round_ = load_round(folder)
    assert len(round_.all(Decision)) == 3 and len(round_.all(Review)) == 9
    assert write_site(folder).is_file()


def test_a_ledger_of_a_newer_version_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(LEDGERS[0], folder)
    with sqlite3.connect(folder / LEDGER) as database:
        database.execute(f"pragma user_version = {VERSION + 1}")
    with pytest.raises(UserError, match="newer version of Conference"):
        read_ledger(folder)
