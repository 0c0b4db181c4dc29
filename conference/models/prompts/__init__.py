"""Prompts: Markdown files with Jinja2, in a folder `prompts` of the package that uses them.

Every prompt about a paper begins with `house.md` and `paper.md` of this folder. All roles' calls
about one paper share that prefix, so that an engine computes it once. `field.md` describes a field
of a form; every package's prompts may include it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from conference.models.defusing import defused
from conference.models.records import Message

HERE = Path(__file__).parent


@cache
def _environment(folder: Path) -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, HERE]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["number"] = lambda value: f"{value:g}"
    environment.filters["defused"] = defused
    return environment


def render(folder: Path, name: str, **values: object) -> str:
    """The prompt `name`.md of a folder. Raises `jinja2.UndefinedError` for a missing value."""
    text: str = _environment(folder).get_template(f"{name}.md").render(**values)
    return text.strip()


def about_paper(
    paper: str,
    title: str,
    text: str,
    instruction: str,
    images: tuple[str, ...] = (),
) -> tuple[Message, ...]:
    """A conversation about a paper: house rules, the paper, then the instruction.

    `text` is data from outside; it is defused, so that it cannot close its fence.
    """
    fenced = render(
        HERE,
        "paper",
        paper=re.sub(r"[^\w.:-]", "_", paper),
        title=defused(title),
        text=defused(text),
    )
    return (
        Message("system", render(HERE, "house")),
        Message("user", f"{fenced}\n\n{instruction}", images),
    )


def without_paper(instruction: str) -> tuple[Message, ...]:
    """A conversation that is not about a particular paper."""
    return (Message("system", render(HERE, "house")), Message("user", instruction))


__all__ = ["HERE", "about_paper", "defused", "render", "without_paper"]
