"""Does a model give each rating as often as its own probabilities say? On papers of a dataset.

    python -m benchmarks.systems.chances vllm:MODEL --data iclr2026@FOLDER [--write FILE]

For each paper the model is asked once for its probabilities of each rating (`#soft`: one prompt, no
sampling) and for many answers to the same prompt, sampled at temperature 1. The probabilities are
of the value after the words that the model writes before it without sampling. A sampled answer may
spell these words in other tokens and then rate differently, so two counts are made: of all answers,
and of those that begin with the same tokens. The test is Pearson's chi-squared of the latter, with
values of fewer than five expected answers joined.
"""

from __future__ import annotations

import asyncio
import platform
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
from rich.console import Console
from scipy.stats import chisquare

from conference.core.commands import run_command
from conference.core.forms import Form
from conference.core.progress import Progress, ProgressDisplay
from conference.core.tasks import TaskKey
from conference.data.reader import read, sample
from conference.models import (
    Asker,
    Cluster,
    Message,
    Model,
    ModelRules,
    Reply,
    Sampling,
    make_model,
    parse_spec,
    running,
)
from conference.models.context import Context
from conference.models.records import Place
from conference.papers.manuscript import Manuscript
from reviewers.language.presets import load_preset
from reviewers.language.review import soft_rating
from venues.venue_file import load_venue

RULES = ModelRules(max_tokens=200)
FEWEST = 5  # expected answers in a class of the test


class Compared(msgspec.Struct, frozen=True):
    """One paper: probabilities, and how many answers gave each value, of all and of those alike."""

    paper: str
    chances: dict[float, float]
    given: dict[float, int]
    alike: dict[float, int]

    @property
    def p(self) -> float:
        """p of the chi-squared test; NaN if fewer than two classes can be formed."""
        count = sum(self.alike.values())
        rows = [(self.alike.get(value, 0), count * c) for value, c in self.chances.items()]
        large = [row for row in rows if row[1] >= FEWEST]
        rest = [row for row in rows if row[1] < FEWEST]
        if rest:
            large.append((sum(seen for seen, _ in rest), sum(due for _, due in rest)))
        if len(large) < 2 or min(due for _, due in large) <= 0:
            return float("nan")
        seen, due = zip(*large, strict=True)
        return float(chisquare(seen, due, sum_check=False).pvalue)

    def off(self, counts: dict[float, int]) -> float:
        """Total variation distance of these answers from the probabilities."""
        count = max(1, sum(counts.values()))
        return sum(abs(counts.get(v, 0) / count - c) for v, c in self.chances.items()) / 2


class Overheard:
    """A model that records its prompts."""

    def __init__(self, inner: Model) -> None:
        self._inner, self.asked = inner, list[tuple[Any, ...]]()
        self.name, self.revision, self.context = inner.name, inner.revision, inner.context
        self.count = inner.count

    async def complete(
        self, messages: tuple[Message, ...], schema: dict[str, Any], sampling: Sampling, group: str
    ) -> Reply:
        self.asked.append((messages, schema, sampling, group))
        return await self._inner.complete(messages, schema, sampling, group)


async def compare(
    inner: Model, form: Form, manuscript: Manuscript, answers: int, folder: Path
) -> Compared:
    """The model's probabilities for one paper, with its sampled answers."""
    key, model = TaskKey("chances", "", manuscript.paper), Overheard(inner)
    asker = Asker(model, RULES, "soft", 0, key)
    chances = await soft_rating(
        manuscript, form, Context(0, folder, key, asyncio.Semaphore(1), asker)
    )
    messages, schema, first, group = model.asked[0]
    drawn = (
        msgspec.structs.replace(first, temperature=1.0, top_p=1.0, seed=seed, logprobs=1)
        for seed in range(answers)
    )
    replies = await asyncio.gather(
        *(inner.complete(messages, schema, each, group) for each in drawn)
    )
    head = head_of(asker.calls[0].places)
    return Compared(
        manuscript.paper,
        chances.of,
        _counted(replies),
        _counted(reply for reply in replies if head_of(reply.places) == head),
    )


def head_of(places: Iterable[Place]) -> tuple[str, ...]:
    """The tokens of an answer before its value."""
    head: list[str] = []
    for place in places:
        if any(char.isdigit() for char in place.token):
            break
        head.append(place.token)
    return tuple(head)


def _counted(replies: Iterable[Reply]) -> dict[float, int]:
    values = (msgspec.json.decode(reply.text, type=dict[str, float]) for reply in replies)
    return dict(Counter(next(iter(value.values())) for value in values))


def measure(
    spec: str, manuscripts: Sequence[Manuscript], answers: int, progress: Progress
) -> tuple[str, list[Compared]]:
    """The model's revision, and each paper compared."""
    form = load_venue(load_preset("soft").form).form
    with running({spec: RULES}, Cluster(), progress), tempfile.TemporaryDirectory() as name:
        model = make_model(parse_spec(spec), RULES)
        found = []
        with asyncio.Runner() as runner:
            for at, manuscript in enumerate(manuscripts):
                progress("papers", at, len(manuscripts))
                found.append(runner.run(compare(model, form, manuscript, answers, Path(name))))
        progress("papers", len(manuscripts), len(manuscripts))
        return model.revision, found


def report(spec: str, revision: str, rows: Sequence[Compared], answers: int, data: str) -> str:
    """The figures as Markdown."""
    lines = [
        "# A model's chances of a rating, and how often it gives each",
        "",
        f"Made by `python -m benchmarks.systems.chances {spec} --data {data} --papers {len(rows)} "
        f"--answers {answers}` on {platform.machine()}, model revision {revision[:24]}: "
        f"{answers:,} answers a paper, {answers * len(rows):,} in all, sampled at temperature 1.",
        "",
        "A cell is the chance, then the share of the answers that begin in the same tokens, then "
        "the share of all answers. *Off* is the total variation distance from the chances, *by "
        "chance* what sampling alone would make it on average.",
        "",
    ]
    values = list(rows[0].chances)
    lines += [
        "| paper | " + " | ".join(f"{value:g}" for value in values)
        + " | begin alike | off, alike | by chance | off, all | p |",
        "|---" * (len(values) + 6) + "|",
    ]  # fmt: skip
    for row in rows:
        cells = " | ".join(_cell(row, value) for value in values)
        count = sum(row.alike.values())
        lines.append(
            f"| {row.paper} | {cells} | {count:,} | {row.off(row.alike):.3f} | "
            f"{_by_chance(row, count):.3f} | {row.off(row.given):.3f} | {row.p:.3f} |"
        )
    return "\n".join(lines) + "\n"


def _cell(row: Compared, value: float) -> str:
    shares = (
        counts.get(value, 0) / max(1, sum(counts.values())) for counts in (row.alike, row.given)
    )
    return " ".join(f"{share:.3f}" for share in (row.chances[value], *shares))


def _by_chance(row: Compared, count: int) -> float:
    """The mean distance of `count` draws from the probabilities that they are drawn with."""
    chances = np.array(list(row.chances.values()))
    drawn = np.random.default_rng(0).multinomial(max(1, count), chances / chances.sum(), 1000)
    return float((abs(drawn / max(1, count) - chances).sum(axis=1) / 2).mean())


@click.command()
@click.argument("model")
@click.option("--data", required=True, help="DATASET@PLACE, as `conference benchmark` takes it.")
@click.option("--papers", default=4, show_default=True)
@click.option("--answers", default=500, show_default=True, help="Sampled answers a paper.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the report to this file.")
def main(model: str, data: str, papers: int, answers: int, write: Path | None) -> None:
    """Compare a model's chances of each rating with its sampled ratings."""
    name, _, place = data.partition("@")
    dataset, _ = read(Path(place), name)
    with_abstract = [paper for paper in dataset.papers if paper.abstract]
    chosen, _ = sample(with_abstract, papers, 0, lambda paper: paper.paper_id)
    manuscripts = [
        Manuscript(paper=p.paper_id, title=p.title, abstract=p.abstract or "", document="")
        for p in chosen
    ]
    with ProgressDisplay(Console(stderr=True)) as display:
        revision, rows = measure(model, manuscripts, answers, display.show)
    text = report(model, revision, rows, answers, name)
    click.echo(text)
    if write:
        write.write_text(text)


if __name__ == "__main__":
    run_command(main)
