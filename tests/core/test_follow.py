"""A ledger is followed while it is written: what is new, once; all of it where it was renewed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from conference.core.follow import MOST, Follower, News, being_written
from conference.core.ledger import Ledger, open_ledger
from conference.core.ledger_file import LEDGER, LOCK
from conference.core.records import Incident, encode
from conference.core.tasks import Done, TaskKey


def done(number: int) -> Done:
    record = Incident(kind="test", agent=f"a{number}", paper="p", detail="x")
    return Done(TaskKey("step", f"a{number}"), encode([record]), 1.0)


def numbers(news: News | None) -> list[str]:
    return [row.key.agent for row in news.rows] if news else []


def test_each_row_is_told_once_and_notes_as_they_are(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert follower.look() is None
    ledger = open_ledger(tmp_path)
    ledger.append([done(0), done(1)])
    assert numbers(follower.look()) == ["a0", "a1"] and follower.look() is None
    ledger.append([done(2)])
    ledger.write_note("plan", b"a plan")
    ledger.note_complete("step", [])
    news = follower.look()
    assert news and numbers(news) == ["a2"] and not news.again
    assert news.notes == {"plan": b"a plan"} and news.complete == {"step"}
    ledger.close()
    assert numbers(follower.look()) == []
    assert (tmp_path / LEDGER).is_file() and not (tmp_path / f"{LEDGER}-wal").exists()


def test_a_renewed_ledger_is_told_from_its_beginning(tmp_path: Path) -> None:
    ledger, follower = open_ledger(tmp_path), Follower(tmp_path)
    ledger.append([done(number) for number in range(4)])
    follower.look()
    ledger.retract([TaskKey("step", "a1")])
    news = follower.look()
    assert news and news.again and numbers(news) == ["a0", "a2", "a3"]
    ledger.retract([TaskKey("step", f"a{number}") for number in (0, 2, 3)])
    news = follower.look()
    assert news and news.again and not news.rows
    ledger.append([done(7)])
    news = follower.look()
    assert news and not news.again and numbers(news) == ["a7"]
    ledger.close()


def test_a_long_ledger_is_told_in_parts(tmp_path: Path) -> None:
    ledger, follower = open_ledger(tmp_path), Follower(tmp_path)
    ledger.append([done(number) for number in range(MOST + 5)])
    ledger.close()
    first, second = follower.look(), follower.look()
    assert first and second and first.more and not second.more
    assert numbers(first) + numbers(second) == [f"a{number}" for number in range(MOST + 5)]


def test_a_changed_note_is_left_out(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.write_note("plan", b"a plan")
    ledger._database.execute("update meta set value = zeroblob(64)")
    ledger._database.commit()
    news = Follower(tmp_path).look()
    assert news and news.notes == {}
    ledger.close()


def test_a_round_is_being_written_while_its_process_lives(tmp_path: Path) -> None:
    assert not being_written(tmp_path)
    code = f"""
from pathlib import Path
from conference.core.ledger import open_ledger
ledger = open_ledger(Path({str(tmp_path)!r}))
print("open", flush=True)
input()
"""
    writer = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout and writer.stdout.readline() == "open\n"
    assert being_written(tmp_path)
    writer.kill()
    writer.communicate()
    assert not being_written(tmp_path)


def test_a_look_never_keeps_a_round_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One who looks holds the lock just when the round begins, and has let go at the next try."""
    import fcntl

    open_ledger(tmp_path).close()
    looking = (tmp_path / "round.lock").open()
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr("conference.core.ledger_file.time.sleep", lambda seconds: looking.close())
    ledger: Ledger = open_ledger(tmp_path)
    ledger.close()


@pytest.mark.parametrize("change", ["seconds = 'x'", "records = 'x'", "calls = 5"])
def test_a_row_of_another_kind_is_damage_and_not_the_page_s_end(
    tmp_path: Path, change: str
) -> None:
    ledger = open_ledger(tmp_path)
    ledger.append([done(0)])
    ledger.close()
    database = sqlite3.connect(tmp_path / LEDGER)
    database.execute(f"update tasks set {change}")
    database.commit()
    database.close()
    with pytest.raises(sqlite3.Error, match="row 1 is damaged"):
        Follower(tmp_path).look()


def test_a_pipe_in_the_place_of_the_lock_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LOCK)
    assert not being_written(tmp_path)
