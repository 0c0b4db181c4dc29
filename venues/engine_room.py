"""The engine room: a run's language models, started and tried before the round needs them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from conference.errors import UserError
from conference.forms import Form
from conference.models import Asker, Model, ModelRules, form_shape, is_model, make_model, parse_spec
from conference.models.engine import Engines
from conference.models.reading import paper_budget
from conference.models.records import Call
from conference.models.shapes import Filled
from conference.prompts import render, without_paper
from conference.tasks import TaskFailed, TaskKey
from reviewers.presets import PROMPTS, examples_text, load_preset
from venues.minds import models_of
from venues.papers import PaperSource
from venues.population import parse_minds
from venues.state import Options
from venues.venue import Venue

NEEDED_DISK = 200 * 2**20
CHARACTERS_A_TOKEN = 4


class EngineRoom:
    """Engines of one run; `open` before the first task that needs them, `close` at the end."""

    def __init__(self, venue: Venue) -> None:
        self.models = models_of(venue)
        self._venue = venue
        self._engines = Engines()

    def open(self, address: str | None, hosts: int) -> None:
        """Start the vLLM engines. Raises `UserError` when one does not load."""
        if any(name.startswith("vllm:") for name in self.models):
            from conference.cluster import connect

            connect(address, hosts)
            self._engines.start(self.models)

    def close(self) -> None:
        self._engines.close()


def preflight(
    venue: Venue,
    source: PaperSource | None,
    options: Options,
    folder: Path,
    models: Mapping[str, ModelRules],
) -> tuple[list[str], list[Call]]:
    """Try everything a long round will need; what was found, in lines, and the calls it took.

    Raises:
        UserError: what is missing, in one sentence.
    """
    lines = [_disk(folder)]
    if source is None:
        lines.append(_typesetter(options))
    longest = _longest(source)
    calls: list[Call] = []
    for role in ("scientist", "reviewer", "chair"):
        for _, name in parse_minds(getattr(venue.minds, role)):
            if role == "reviewer" and is_model(name):
                spec = parse_spec(name)
                few_shot = load_preset(spec.preset).few_shot
                examples_text(models[spec.text].examples, few_shot)
    for name, rules in models.items():
        model = make_model(parse_spec(name), rules)
        lines.append(_context(model, rules, venue.form, longest))
        calls += _try_schema(model, rules, venue.form)
        lines.append(f"{name} ({model.revision}) filled the review form.")
    return lines, calls


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_DISK:
        raise UserError(
            f"{folder}: only {free >> 20} MiB are free there and a round needs "
            f"{NEEDED_DISK >> 20}; free the disk or choose another --out."
        )
    return f"{free >> 30} GiB are free for the round's folder."


def _typesetter(options: Options) -> str:
    from conference.typesetting import check_typesetter

    check_typesetter(options.format)
    return f"Papers are typeset by {options.format}."


def _longest(source: PaperSource | None) -> int:
    """Characters of the longest paper that is known beforehand; 0 when papers will be written."""
    if source is None:
        return 0
    return max((len(row.text or row.abstract) for row in source.table), default=0)


def _context(model: Model, rules: ModelRules, form: Form, longest: int) -> str:
    """Whether form, answer and paper fit; a paper that does not is cut by the rule of `fitting`."""
    needed = model.count(render(PROMPTS, "form", form=form)) + rules.max_tokens
    room = paper_budget(model.context, rules)
    if needed > model.context - room:
        raise UserError(
            f"model '{model.name}': its context of {model.context:,} tokens is too short for the "
            f"review form and an answer of {rules.max_tokens:,} ({needed:,} tokens beside the "
            "paper); lower max_tokens in [models] or choose another model."
        )
    line = f"{model.name}: {room:,} of {model.context:,} tokens are for the paper"
    if longest and longest // CHARACTERS_A_TOKEN > room:
        line += (
            f"; the longest paper has about {longest // CHARACTERS_A_TOKEN:,}, so longer ones keep "
            "abstract, introduction and conclusion, and their other sections are cut alike"
        )
    return line + "."


def _try_schema(model: Model, rules: ModelRules, form: Form) -> list[Call]:
    """One real call on the venue's form."""
    asker = Asker(model, rules, "default", 0, TaskKey("preflight"))
    prompt = render(PROMPTS, "form", form=form)
    messages = without_paper(f"{prompt}\n\nFill in the form for a paper that you make up.")

    async def ask() -> Filled:
        return await asker.ask(messages, form_shape(form), "preflight")

    try:
        asyncio.run(ask())
    except TaskFailed as error:
        raise UserError(f"model '{model.name}' cannot be used: {error}.") from error
    return asker.calls


def encode_calls(calls: list[Call]) -> bytes:
    """The preflight's calls, for the ledger's note of that name."""
    return msgspec.json.encode(calls)
