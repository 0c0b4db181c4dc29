"""Real studies with a template's experiment at the smallest budget that still trains."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from conference.core.records import Agent, AnyRecord, Call, Record
from conference.core.tasks import TaskKey
from conference.models.context import Context
from scientists.embedded.mind import as_written
from scientists.experiments import Outcome
from scientists.scientist import Past, ResearchSight
from scientists.study import Question, Written, plan
from scientists.templates import FOLDER, load_template

R = TypeVar("R", bound=Record)
LIGHT = Path(__file__).with_name("light")
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


def light_template(folder: Path) -> Path:
    """`small_template` with scripts that load no library and train nothing.

    For tests of what is done with an experiment: real scripts are run by the templates' own tests.
    """
    made = small_template(folder)
    for script in ("experiment.py", "plot.py"):
        shutil.copyfile(LIGHT / script, made / script)
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
    from scientists.embedded.mind import EmbeddedScientist

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


PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 120" width="360pt" height="120pt">'
    b'<text x="9" y="60" style="font-size:8px">loss</text></svg>'
)


def written(
    gap: float,
    noise: float = 0.01,
    seeds: int = 3,
    template_name: str = "learning_rate",
    idea_number: int = 0,
    **changes: Any,
) -> Written:
    """A study of a template's idea whose treatment measured `gap` more, made up."""
    template = load_template(template_name)
    idea = template.ideas[idea_number]
    question = Question(
        template=template,
        idea=idea,
        treatment=template.settings({**idea.baseline, **idea.knobs}),
        baseline=template.settings(idea.baseline),
        novelty=1.0,
        nearest="",
    )
    runs = plan(question, "quick", [101 + 7 * at for at in range(seeds)])
    results = [
        {
            "config": {key: run[key] for key in ("knobs", "seed", "budget")},
            "metrics": {
                metric.name: 0.5137
                + 0.0173 * place
                + (gap + noise * at if run["label"] == "treatment" else 0)
                for place, metric in enumerate(template.metrics)
            },
        }
        for at, run in enumerate(runs)
    ]
    outcome = Outcome(results, [("loss", "The loss.", PICTURE), ("rate", "Rates.", PICTURE)], [])
    study = as_written(question, runs, outcome, "quick", "Workshop on Tests")
    return msgspec.structs.replace(study, **changes)


def figures_of(study: Written) -> dict[str, bytes]:
    return {name: PICTURE for name, _ in study.captions}
