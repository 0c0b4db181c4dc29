"""Every command with wrong input: one sentence, no traceback, a status that is not 0."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from conference.app.cli import cli
from tests.benchmarks.made import refused, venue_year

NOBODY = "openai:m@http://localhost:1/v1"

# Of each command: its words, and what the sentence names. TEXT is a file of plain words, EMPTY an
# empty folder, UNDER a path below a file, DATA a folder of tables, NONE a path that is not there.
CASES: dict[str, list[tuple[str, str]]] = {
    "run": [
        ("run nowhere", "nowhere"),
        ("run NONE.toml", "NONE.toml"),
        ("run EMPTY.toml", "EMPTY.toml"),
        ("run TEXT.toml", "TEXT.toml"),
        ("run --papers NONE", "NONE"),
        ("run --papers TEXT", "TEXT"),
        ("run --papers EMPTY", "EMPTY"),
        ("run --out UNDER", "UNDER"),
        ("run --out TEXT", "TEXT"),
        ("run --models NONE", "NONE"),
        ("run --models EMPTY", "EMPTY"),
        ("run --models TEXT", "TEXT"),
        ("run --calibration NONE", "NONE"),
        ("run --calibration EMPTY", "EMPTY"),
        ("run --literature local:NONE", "NONE"),
        ("run --literature local:EMPTY", "EMPTY"),
        ("run --literature nowhere", "nowhere"),
        ("run --reviewer nobody", "nobody"),
        ("run --reviewer openai:", "openai:"),
        ("run --reviewer openai:m@http://localhost:1/v1#none", "none"),
        ("run --seed many", "--seed"),
        ("run --format word", "--format"),
        ("run --nothing", "--nothing"),
    ],
    "compare": [
        ("compare NONE EMPTY", "NONE"),
        ("compare EMPTY TEXT", "EMPTY"),
        ("compare TEXT", "compare"),
    ],
    "watch": [
        ("watch NONE", "NONE"),
        ("watch EMPTY", "EMPTY"),
        ("watch TEXT", "TEXT"),
        ("watch EMPTY --port many", "--port"),
    ],
    "venues": [
        ("venues nowhere", "nowhere"),
        ("venues NONE.toml", "NONE.toml"),
        ("venues EMPTY.toml", "EMPTY.toml"),
        ("venues TEXT.toml", "TEXT.toml"),
    ],
    "benchmark": [
        ("benchmark", "--data"),
        ("benchmark --data nowhere --store EMPTY", "nowhere"),
        ("benchmark --data nowhere --store TEXT", "TEXT"),
        ("benchmark --data iclr2026@NONE", "NONE"),
        ("benchmark --data iclr2026@EMPTY", "EMPTY"),
        ("benchmark --data iclr2026@TEXT", "TEXT"),
        ("benchmark --data iclr2025@DATA", "iclr2026"),
        ("benchmark --data iclr2026@DATA --out UNDER", "UNDER"),
        ("benchmark --data iclr2026@DATA --out TEXT", "TEXT"),
        ("benchmark --data iclr2026@DATA --out DATA", "DATA"),
        ("benchmark --data iclr2026@DATA --models NONE", "NONE"),
        ("benchmark --data iclr2026@DATA --models EMPTY", "EMPTY"),
        ("benchmark --data iclr2026@DATA --reviewer nobody", "nobody"),
        ("benchmark --data iclr2026@DATA --reviewer csv:NONE", "NONE"),
        ("benchmark --data iclr2026@DATA --reviewer csv:EMPTY", "EMPTY"),
        ("benchmark --data iclr2026@DATA --reviewer csv:TEXT", "TEXT"),
        ("benchmark --data iclr2026@DATA --reviewer embedded:NONE", "NONE"),
        ("benchmark --data iclr2026@DATA --reviewer embedded:EMPTY", "EMPTY"),
        ("benchmark --data iclr2026@DATA --reviewer ai-scientist:TEXT", "TEXT"),
        ("benchmark --data iclr2026@DATA --reviewer tfidf", "import earlier years"),
        ("benchmark --data iclr2026@DATA --need nothing", "--need"),
        ("benchmark nothing", "nothing"),
    ],
    "benchmark probe": [
        ("benchmark probe nobody --data iclr2026@DATA --out UNDER", "nobody"),
        ("benchmark probe openai:m --data nowhere --store EMPTY", "nowhere"),
        (
            "benchmark probe openai:m@http://localhost:1/v1 --data iclr2026@DATA --out UNDER",
            "UNDER",
        ),
        (
            "benchmark probe openai:m@http://localhost:1/v1 --data iclr2026@DATA --models NONE",
            "NONE",
        ),
        ("benchmark probe", "MODEL"),
    ],
    "benchmark compare": [
        ("benchmark compare NONE NONE", "NONE"),
        ("benchmark compare TEXT TEXT", "TEXT"),
        ("benchmark compare EMPTY EMPTY", "EMPTY"),
        ("benchmark compare EMPTY", "B"),
    ],
    "data import": [
        ("data import nothing NONE", "nothing"),
        ("data import table NONE", "NONE"),
        ("data import table EMPTY", "EMPTY"),
        ("data import table TEXT", "TEXT"),
        ("data import table DATA --store UNDER", "UNDER"),
        ("data import table DATA --store TEXT", "TEXT"),
        ("data import table DATA --scale x --store EMPTY", "--scale"),
        ("data import table DATA --name ../x --store EMPTY", "--name"),
        ("data import ai-scientist NONE", "NONE"),
        ("data import ai-scientist EMPTY", "EMPTY"),
        ("data import ai-scientist TEXT", "TEXT"),
        ("data import peerread NONE", "NONE"),
        ("data import peerread EMPTY", "EMPTY"),
        ("data import peerread TEXT", "TEXT"),
        ("data import pdfs EMPTY", "--ratings"),
        ("data import pdfs EMPTY --ratings NONE --scale 1-10", "NONE"),
        ("data import pdfs EMPTY --ratings EMPTY --scale 1-10", "EMPTY"),
        ("data import openreview nowhere", "nowhere"),
    ],
    "data list": [("data list --store TEXT", "TEXT")],
    "data show": [
        ("data show nowhere --store EMPTY", "nowhere"),
        ("data show nowhere --store TEXT", "TEXT"),
        ("data show", "NAME"),
    ],
    "study list": [("study list more", "more")],
    "study show": [
        ("study show nowhere", "nowhere"),
        ("study show NONE.toml", "NONE.toml"),
        ("study show EMPTY.toml", "EMPTY.toml"),
        ("study show TEXT.toml", "TEXT.toml"),
    ],
    "study run": [
        ("study run nowhere", "nowhere"),
        ("study run TEXT.toml", "TEXT.toml"),
        ("study run EMPTY.toml", "EMPTY.toml"),
    ],
    "study polish": [
        ("study polish nobody --papers DATA --out NONE", "nobody"),
        (f"study polish {NOBODY} --papers NONE --out EMPTY/a", "NONE"),
        (f"study polish {NOBODY} --papers TEXT --out EMPTY/a", "TEXT"),
        (f"study polish {NOBODY} --papers DATA --venue iclr2026 --out TEXT", "TEXT"),
        (f"study polish {NOBODY} --papers DATA --venue iclr2026 --out TEXT/out", "TEXT"),
        (f"study polish {NOBODY} --papers DATA --venue iclr2026 --out NONE", "localhost:1"),
        (f"study polish {NOBODY} --papers DATA --venue nowhere --out NONE", "nowhere"),
    ],
    "study power": [
        ("study power nowhere", "nowhere"),
        ("study power TEXT.toml", "TEXT.toml"),
    ],
    "study report": [
        ("study report NONE", "NONE"),
        ("study report TEXT", "TEXT"),
        ("study report EMPTY", "EMPTY"),
    ],
    "review": [
        ("review NONE", "NONE"),
        ("review EMPTY", "EMPTY"),
        ("review TEXT --venue nowhere", "nowhere"),
        ("review TEXT --reviewer nothing", "nothing"),
        ("review TEXT --out TEXT", "TEXT"),
    ],
    "export": [
        ("export NONE", "NONE"),
        ("export TEXT", "TEXT"),
        ("export EMPTY --for nobody", "EMPTY"),
    ],
    "site": [("site NONE", "NONE"), ("site TEXT", "TEXT"), ("site EMPTY", "EMPTY")],
    "cost": [("cost NONE", "NONE"), ("cost TEXT", "TEXT"), ("cost EMPTY", "EMPTY")],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wrong")
    for name in ("TEXT", "TEXT.toml"):
        (folder / name).write_text("Just some words, and an = sign.\n")
    for name in ("EMPTY", "EMPTY.toml"):
        (folder / name).mkdir()
    venue_year(folder / "DATA", papers=40)
    return folder


@pytest.mark.parametrize(
    ("words", "named"),
    [pytest.param(*case, id=case[0]) for rows in CASES.values() for case in rows],
)
def test_wrong_input_is_one_sentence(
    words: str, named: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    before = sorted(path.name for path in place.rglob("*"))
    sentence = refused(*words.replace("UNDER", "TEXT/out").split())
    assert named.replace("UNDER", "TEXT/out") in sentence
    assert sorted(path.name for path in place.rglob("*")) == before, "something was left behind"


def commands(group: click.Group, name: str = "") -> Iterator[str]:
    """The names of all commands under a group that can be run."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{name}{word}"
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{word} ")


def test_every_command_is_tried() -> None:
    assert set(commands(cli)) == set(CASES)
