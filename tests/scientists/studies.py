"""Real studies with a template's experiment at the smallest budget that still trains."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any, TypeVar

from conference.context import Context
from conference.records import Agent, AnyRecord, Call, Record
from conference.tasks import TaskKey
from conference.templates import FOLDER
from scientists.scientist import Past, ResearchSight

R = TypeVar("R", bound=Record)
BUDGET = {"steps": 120, "train_size": 800, "test_size": 400}
AUTHOR = Agent(
    id="scientist-001",
    role="scientist",
    name="Ada Example",
    lab="Example Laboratory",
    mind="embedded",
    topics=("optimisation",),
)


def small_template(folder: Path, ideas: int = 1) -> Path:
    """A copy of the learning-rate template with a small quick budget and its first ideas only."""
    made = folder / "learning_rate"
    shutil.copytree(FOLDER / "learning_rate", made, ignore=shutil.ignore_patterns("__pycache__"))
    text = (made / "template.toml").read_text()
    head, full = text.split("[budget.full]")
    for name, value in BUDGET.items():
        head = re.sub(rf"^{name} = \d+$", f"{name} = {value}", head, flags=re.MULTILINE)
    parts = (head + "[budget.full]" + full).split("[[ideas]]")
    metrics = parts[-1][parts[-1].index("[[metrics]]") :]
    kept = [part.split("[[metrics]]")[0] for part in parts[1 : ideas + 1]]
    (made / "template.toml").write_text("[[ideas]]".join([parts[0], *kept]) + metrics)
    return made


def call_for(template: Path) -> Call:
    """A call for papers with one template."""
    return Call(
        title="Workshop on Tests", text="We invite short papers.", topics=("optimisation",),
        deadlines={}, page_limit=9, templates=(str(template),),
    )  # fmt: skip


def context_for(folder: Path, paper: str, step: str = "submit") -> Context:
    """The surroundings of one task, seeded 0."""
    return Context(
        seed=0, folder=folder, key=TaskKey(step, AUTHOR.id, paper), slots=asyncio.Semaphore(1)
    )


def research(
    folder: Path, template: Path, archive: tuple[Past, ...] = (), seeds: int = 3, **changes: Any
) -> list[AnyRecord]:
    """All records of one embedded study; its files are in `folder`."""
    from scientists.embedded import EmbeddedScientist

    sight = ResearchSight(
        call=call_for(template), paper="paper-001", number=0, budget="quick", seeds=seeds,
        archive=archive, **changes,
    )  # fmt: skip
    context = context_for(folder, "paper-001")
    return asyncio.run(EmbeddedScientist().research(AUTHOR, sight, context))


def one(records: list[AnyRecord], kind: type[R]) -> R:
    """The only record of a kind."""
    (found,) = [record for record in records if isinstance(record, kind)]
    return found
