"""Each command in the README exists, with each of its options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from conference.app.cli import cli
from reviewers.train import main as train

README = Path(__file__).parents[2] / "README.md"
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OTHERS = {"--override"}  # of pip
PROGRAMS = {"conference": cli, "python -m reviewers.train": train}


def lines() -> list[str]:
    """The commands of this project in code blocks and in code within sentences."""
    text = README.read_text()
    blocks = "\n".join(FENCED.findall(text)).replace("\\\n", " ")
    inline = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    rows = [line.strip().removeprefix("$ ") for line in [*blocks.splitlines(), *inline]]
    return list(
        dict.fromkeys(row for row in rows if row.startswith(tuple(f"{p} " for p in PROGRAMS)))
    )


def resolve(line: str) -> tuple[click.Command, list[str]]:
    """The command that a line runs, and the words that follow its name."""
    program = next(name for name in PROGRAMS if line.startswith(f"{name} "))
    words = shlex.split(line.removeprefix(program), comments=True)
    command: click.Command = PROGRAMS[program]
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no command '{words[0]}'"
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("line", lines())
def test_a_command_of_the_readme_exists_with_its_options(line: str) -> None:
    command, words = resolve(line)
    params = command.get_params(click.Context(command, help_option_names=["-h", "--help"]))
    known = {name for param in params for name in [*param.opts, *param.secondary_opts]}
    known |= {"--help", "-h"}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known


def test_each_option_that_the_readme_names_is_one_of_a_command() -> None:
    known: set[str] = {"--help"}

    def gather(command: click.Command) -> None:
        known.update(name for param in command.params for name in param.opts)
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                assert found is not None
                gather(found)

    for program in PROGRAMS.values():
        gather(program)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README.read_text()))
    assert lines() and named - OTHERS <= known
