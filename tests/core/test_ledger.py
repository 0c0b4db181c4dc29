"""The ledger: what is written comes back, and damage never passes for data."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.chain import TIP
from conference.core.errors import UserError
from conference.core.ledger import open_ledger, read_ledger
from conference.core.ledger_file import LEDGER
from conference.core.records import Absence, Review, encode
from conference.core.tasks import Done, TaskKey


def done(number: int, text: str = "late") -> Done:
    record = Absence(paper=f"p{number}", reviewer="r1", reason=text)
    return Done(TaskKey("review", "r1", f"p{number}"), encode([record]), 0.25)


def fill(folder: Path, rows: int = 20) -> None:
    ledger = open_ledger(folder)
    for number in range(rows):
        ledger.append([done(number, "because " * 20)])
    ledger.write_note("plan", b"a plan")
    ledger.close()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_ledger_on_a_disk_that_is_read_only_can_be_looked_at(tmp_path: Path) -> None:
    fill(tmp_path, rows=3)
    look = (
        "import sys; from pathlib import Path; from conference.core.ledger import read_ledger;"
        "ledger = read_ledger(Path(sys.argv[1])); print(len(ledger), ledger.read_note('plan'))"
    )
    bound = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", sys.executable, "-c", look]
    seen = subprocess.run([*bound, str(tmp_path)], capture_output=True, text=True)
    assert seen.stdout.split("\n")[0] == "3 b'a plan'", seen.stderr


texts = st.text(max_size=40)
reviews = st.builds(
    Review,
    paper=texts,
    reviewer=texts,
    rating=st.floats(allow_nan=False, allow_infinity=False),
    confidence=st.none() | st.integers(1, 5).map(float),
    scores=st.dictionaries(texts, st.integers(0, 10).map(float), max_size=3),
    texts=st.dictionaries(texts, texts, max_size=3),
    mind=texts,
    day=st.integers(0, 100),
)


@settings(max_examples=30)
@given(rows=st.lists(st.lists(reviews, max_size=3), max_size=6))
def test_what_is_written_comes_back(
    rows: list[list[Review]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    ledger = open_ledger(folder)
    ledger.append([Done(TaskKey("s", str(i)), encode(list(r))) for i, r in enumerate(rows)])
    ledger.close()
    again = read_ledger(folder)
    assert len(again) == len(rows)
    for i, records in enumerate(rows):
        assert again.records(TaskKey("s", str(i))) == records
    again.close()


def test_a_task_is_never_written_twice(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.append([done(1)])
    for rows in ([done(2), done(1)], [done(2), done(2)]):
        with pytest.raises(ValueError, match="twice"):
            ledger.append(rows)
    assert done(2).key not in ledger
    ledger.close()
    assert len(read_ledger(tmp_path)) == 1


def same_or_refused(folder: Path, truth: dict[str, bytes]) -> bool:
    """Whether damage was found; data that comes back changed fails the test."""
    try:
        ledger = read_ledger(folder)
        content, plan = ledger.content(), ledger.read_note("plan")
        ledger.close()
    except UserError:
        return True
    assert content == truth
    assert plan == b"a plan"
    return False


def test_flipped_bytes_are_found_or_harmless(tmp_path: Path) -> None:
    fill(tmp_path)
    path = tmp_path / LEDGER
    whole = path.read_bytes()
    truth = read_ledger(tmp_path).content()
    found = 0
    for at in range(0, len(whole), max(1, len(whole) // 400)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        found += same_or_refused(tmp_path, truth)
    assert found > 50


def test_a_ledger_cut_short_is_found(tmp_path: Path) -> None:
    fill(tmp_path)
    path = tmp_path / LEDGER
    whole = path.read_bytes()
    truth = read_ledger(tmp_path).content()
    for at in range(0, len(whole), max(1, len(whole) // 100)):
        path.write_bytes(whole[:at])
        assert same_or_refused(tmp_path, truth), f"cut at {at} of {len(whole)} passed"


def test_a_lost_tail_of_the_write_ahead_log_is_found(tmp_path: Path) -> None:
    code = f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_ledger import done
        from conference.core.ledger import open_ledger
        ledger = open_ledger(Path({str(tmp_path)!r}))
        for number in range(5):
            ledger.append([done(number)])
        os._exit(9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    log = tmp_path / f"{LEDGER}-wal"
    log.write_bytes(log.read_bytes()[:-3000])
    with pytest.raises(UserError, match="missing at its end"):
        read_ledger(tmp_path)


def test_a_note_of_the_end_that_had_no_room_is_no_damage(tmp_path: Path) -> None:
    fill(tmp_path, rows=3)
    (tmp_path / TIP).write_text("")
    ledger = open_ledger(tmp_path)
    ledger.append([done(3)])
    ledger.close()
    assert len(read_ledger(tmp_path)) == 4
    (tmp_path / TIP).write_text("4")
    with pytest.raises(UserError, match="damaged"):
        read_ledger(tmp_path)


@pytest.mark.parametrize("tip", [b"\0" * 78, b"", None])
def test_a_note_of_the_end_that_the_power_took_is_no_damage(
    tmp_path: Path, tip: bytes | None
) -> None:
    fill(tmp_path, rows=3)
    (tmp_path / TIP).unlink()
    if tip is not None:
        (tmp_path / TIP).write_bytes(tip)
    assert len(read_ledger(tmp_path)) == 3


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_in_the_place_of_the_note_is_one_sentence(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    fill(tmp_path, rows=3)
    (tmp_path / TIP).unlink()
    make(tmp_path / TIP)
    for opened in (open_ledger, read_ledger):
        with pytest.raises(UserError, match="damaged"):
            opened(tmp_path)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / LEDGER)
    database.execute("create table people (name text)")
    database.commit()
    database.close()
    before = (tmp_path / LEDGER).read_bytes()
    with pytest.raises(UserError, match="not the ledger of a round"):
        open_ledger(tmp_path)
    assert (tmp_path / LEDGER).read_bytes() == before


@pytest.mark.parametrize("value", [5, "text", None, b"short"])
def test_a_note_of_any_kind_is_the_one_written_or_damage(tmp_path: Path, value: object) -> None:
    fill(tmp_path, rows=1)
    database = sqlite3.connect(tmp_path / LEDGER)
    database.execute("create table new (name text primary key, value)")
    database.execute("insert into new values ('plan', ?)", (value,))
    database.execute("drop table meta")
    database.execute("alter table new rename to meta")
    database.commit()
    database.close()
    with pytest.raises(UserError, match="note 'plan'"):
        read_ledger(tmp_path).read_note("plan")


def test_a_stopped_ledger_where_nothing_may_be_written_is_told_and_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, rows=3)
    (tmp_path / f"{LEDGER}-wal").write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for a user who is not root
    with pytest.raises(UserError, match="copy the folder"):
        read_ledger(tmp_path)


def test_a_folder_that_may_not_be_seen_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(UserError, match="cannot be read \\(Permission denied\\)"):
        read_ledger(tmp_path)


def test_a_changed_row_is_found_even_when_the_file_is_sound(tmp_path: Path) -> None:
    fill(tmp_path)
    database = sqlite3.connect(tmp_path / LEDGER)
    with database:
        database.execute("update tasks set records = x'5b5d' where seq = 7")
    database.close()
    with pytest.raises(UserError, match="row 7"):
        open_ledger(tmp_path)


def test_a_missing_ledger_with_a_tip_is_found(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / LEDGER).unlink()
    with pytest.raises(UserError, match=TIP):
        open_ledger(tmp_path)


def test_a_second_run_is_refused_and_takes_over_when_the_first_is_dead(tmp_path: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from conference.core.ledger import open_ledger
        ledger = open_ledger(Path({str(tmp_path)!r}))
        print("open", flush=True)
        time.sleep(600)
    """
    first = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "open\n"
    with pytest.raises(UserError, match="another run"):
        open_ledger(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    open_ledger(tmp_path).close()


def test_an_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written") as caught:
        open_ledger(tmp_path / "file" / "run")
    assert "\n" not in str(caught.value)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A quota on the database stands for a disk without room."""
    ledger = open_ledger(tmp_path)
    ledger.append([done(0)])
    pages = ledger._database.execute("pragma page_count").fetchone()[0]
    ledger._database.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(UserError, match="cannot be written"):
        ledger.append([done(number, "x" * 4000) for number in range(1, 50)])
    ledger.close()
    again = open_ledger(tmp_path)
    assert list(again.content()) == [str(done(0).key)]
    again.append([done(1)])
    again.close()


def test_retracted_tasks_leave_a_sound_chain(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    ledger = open_ledger(tmp_path)
    ledger.retract([done(1).key, done(4).key])
    ledger.append([done(1)])
    ledger.close()
    again = read_ledger(tmp_path)
    assert len(again) == 4 and done(4).key not in again
    again.close()


def test_the_calls_of_retracted_tasks_stay_known_apart_from_the_others(tmp_path: Path) -> None:
    first, second = b'[{"cost":1.0}]', b'[{"cost":2.0}]'
    ledger = open_ledger(tmp_path)
    for calls in (first, second):
        ledger.append([msgspec.structs.replace(done(1), calls=calls), done(2)])
        ledger.retract([done(1).key, done(2).key])
    ledger.append([done(1)])
    ledger.close()
    again = read_ledger(tmp_path)
    assert list(again.retracted()) == [(done(1).key, first), (done(1).key, second)]
    assert list(again.calls()) == []
    again.close()


def test_a_ledger_that_cannot_be_written_loses_nothing_when_tasks_are_retracted(
    tmp_path: Path,
) -> None:
    fill(tmp_path, 5)
    ledger = open_ledger(tmp_path)
    ledger._database.execute("pragma query_only = on")
    with pytest.raises(UserError, match="cannot be written"):
        ledger.retract([done(1).key])
    ledger.close()
    again = read_ledger(tmp_path)
    assert len(again) == 5
    again.close()


def test_records_of_another_version_are_one_sentence(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.append([Done(done(1).key, b'[{"type":"Verdict"}]')])
    for look in (lambda: list(ledger.rows()), lambda: ledger.records(done(1).key)):
        with pytest.raises(UserError, match="another version") as caught:
            look()
        assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    ledger.close()


def test_times_are_kept_but_are_no_content(tmp_path: Path) -> None:
    for name in ("a", "b"):
        ledger = open_ledger(tmp_path / name)
        ledger.append([done(1)])
        ledger.close()
        time.sleep(0.01)
    first, second = read_ledger(tmp_path / "a"), read_ledger(tmp_path / "b")
    assert first.content() == second.content()
    assert next(first.rows()).finished != next(second.rows()).finished
