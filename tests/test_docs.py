"""Each command, link and example in the README, docs/, CONTRIBUTING.md and benchmarks/ is right."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from benchmarks.studies.study import list_studies, load_study
from conference.app.cli import cli
from venues.minds import load_models
from venues.round import prepare
from venues.venue_file import list_venues

HOME = Path(__file__).parents[1]
PAGES = sorted(
    [HOME / "README.md", HOME / "CONTRIBUTING.md"]
    + [path for folder in ("docs", "benchmarks") for path in (HOME / folder).rglob("*.md")]
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = ("", "bash", "sh", "yaml")
COMMAND = re.compile(r"(?:^|(?<=\s))(?:conference [a-z-]|make [a-z]|python -m [a-z]).*")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
FILE = re.compile(r"(?:\.\./)*([\w-]+/[\w./-]+\.(?:toml|py|md))$")
OTHERS = {  # options of pip, Ray and Slurm
    "--override", "--num-cpus", "--head", "--port", "--node-ip-address", "--block", "--nodes",
    "--ntasks", "--ntasks-per-node", "--cpus-per-task", "--time", "--overlap", "--exclude",
    "--ip-address", "--generate",
}  # fmt: skip
NAMES = {"run": list_venues, "study run": list_studies, "study show": list_studies}
READERS: dict[str, Callable[[str], object]] = {
    "study": load_study, "models": load_models, "venue": prepare,
}  # fmt: skip
PLUGGED = {"lines", "titles"}  # importer and exporter of CONTRIBUTING's package


def commands_of(page: Path) -> list[str]:
    """The commands of this project in code blocks and in code within sentences."""
    text = page.read_text()
    blocks = "\n".join(block for kind, block in BLOCK.findall(text) if kind in SHELL)
    inline = re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
    rows = [*blocks.replace("\\\n", " ").splitlines(), *inline]
    code = (row for row in rows if not row.lstrip().startswith("#"))
    return [found[0].strip() for row in code if (found := COMMAND.search(row))]


LINES = [(page, line) for page in PAGES for line in dict.fromkeys(commands_of(page))]


def check(line: str) -> None:
    """Say what is wrong with a command: AssertionError or click's own error."""
    words = shlex.split(line, comments=True)
    match words:
        case ["make", *_]:
            targets = set(re.findall(r"^([\w-]+):", (HOME / "Makefile").read_text(), re.M))
            assert {word for word in words[1:] if "=" not in word} <= targets
        case ["python", "-m", module, *rest]:
            _check_module(module, rest)
        case ["conference", *rest]:
            _check_click(cli, rest)


def _check_module(name: str, words: list[str]) -> None:
    module = importlib.import_module(name)
    if isinstance(module.main, click.Command):
        return _check_click(module.main, words)
    source = inspect.getsource(module)
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert f'"{option}"' in source, f"{name} has no {option}"


def _check_click(command: click.Command, words: list[str]) -> None:
    """Options and their kinds of value by click's own parser; names of venues and studies."""
    path: list[str] = []
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no command '{words[0]}'"
        command, path, words = found, [*path, words[0]], words[1:]
    context = click.Context(command, help_option_names=["-h", "--help"])
    given, left, _ = command.make_parser(context).parse_args([w for w in words if w != "…"])
    assert not left, f"not understood: {left}"
    for param in command.params:
        values = given.get(param.name or "")
        for value in values if isinstance(values, (list, tuple)) else [values]:
            _check_value(param, value, " ".join(path))


def _check_value(param: click.Parameter, value: Any, command: str) -> None:
    if not isinstance(value, str) or value in PLUGGED or value.isupper() or value == "…":
        return
    if isinstance(param.type, (click.Choice, click.IntRange, click.FloatRange)):
        kind: Any = param.type
        kind.convert(value, param, None)
    if isinstance(param, click.Argument) and command in NAMES and not value.endswith(".toml"):
        assert value in NAMES[command](), f"there is no '{value}'"


@pytest.mark.parametrize(
    ("page", "line"), LINES, ids=[f"{page.name}: {line}" for page, line in LINES]
)
def test_a_command_exists_with_its_options_and_names(page: Path, line: str) -> None:
    check(line)


@pytest.mark.parametrize(
    "line",
    [
        "conference runs", "conference run --paper DATA", "conference run iclr1066",
        "conference export RUN --to paper", "conference review A --panel 0", "make tests",
        "conference study show two_comittees", "python -m reviewers.train quality --year 2024",
        "python -m benchmarks.papers --tables x", "conference watch A B", "conference cost --by",
    ],
)  # fmt: skip
def test_a_wrong_command_would_be_seen(line: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        check(line)


def test_each_page_of_docs_is_read_and_linked_from_the_readme() -> None:
    linked = set(LINK.findall((HOME / "README.md").read_text()))
    pages = {f"docs/{path.name}" for path in (HOME / "docs").glob("*.md")}
    assert len(pages) >= 8 and pages <= linked
    assert {page for page, _ in LINES} >= {HOME / page for page in pages}


def test_each_option_that_a_sentence_names_is_one_of_a_command() -> None:
    known = set(OTHERS) | {"--help"}

    def gather(command: click.Command) -> None:
        known.update(name for param in command.params for name in param.opts)
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                assert found is not None
                gather(found)

    for program in (cli, importlib.import_module("reviewers.train").main):
        gather(program)
    for page in PAGES:
        if page.parent.name in ("docs", HOME.name):
            sentences = BLOCK.sub("", page.read_text())
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", sentences)) <= known, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(HOME).as_posix())
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text()
    assert not [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    named = [found[1] for code in re.findall(r"`([^`\n]+)`", text) if (found := FILE.match(code))]
    ours = [name for name in named if (HOME / name.partition("/")[0]).is_dir()]
    assert not [name for name in ours if not (HOME / name).exists()]


def test_examples_of_venues_studies_and_models_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read: dict[str, int] = {}
    for page in sorted((HOME / "docs").glob("*.md")):
        for name, text in re.findall(
            r"^```toml\n# ([\w.]+)\n(.*?)^```", page.read_text(), re.M | re.S
        ):
            file = tmp_path / name
            file.write_text(text)
            kind = "study" if "outcome" in (said := tomllib.loads(text)) else "models"
            kind = "venue" if "base" in said else kind
            READERS[kind](str(file))
            read[kind] = read.get(kind, 0) + 1
    assert read == {"venue": 2, "study": 2, "models": 2}
