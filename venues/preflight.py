"""The preflight: try a round's language models before the round needs them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from conference.core.errors import UserError
from conference.core.forms import Form
from conference.core.ledger import Ledger
from conference.core.tasks import TaskFailed, TaskKey
from conference.models import Asker, Model, ModelRules, form_shape, is_model, make_model, parse_spec
from conference.models.chances import ask_chances
from conference.models.costs import Budget
from conference.models.prompts import render, without_paper
from conference.models.reading import LEAST, beside, paper_budget
from conference.models.records import Call, calls_from_json, calls_to_json
from reviewers.language.examples import examples_text
from reviewers.language.presets import PROMPTS, Preset, load_preset
from venues.papers import PaperSource
from venues.phases.call import call_of
from venues.population import parse_minds
from venues.state import Round
from venues.venue import Venue

TRIES = 2  # times that a server is asked again in the preflight
OTHERS = 3000  # tokens of a study's prompts beside the template's material


def preflight(
    venue: Venue,
    source: PaperSource | None,
    models: Mapping[str, ModelRules],
    say: Callable[[str], None],
    calls: list[Call],
) -> None:
    """Try each model on the review form, and say what was found.

    Its calls are added to `calls`, including those of a model that cannot be used.

    Raises:
        UserError: a model cannot be used; the sentence says why.
    """
    presets: dict[str, list[Preset]] = defaultdict(list)
    for _, name in parse_minds(venue.minds.reviewer):
        if is_model(name):
            spec = parse_spec(name)
            presets[spec.text].append(load_preset(spec.preset))
    writers = {name for _, name in parse_minds(venue.minds.scientist)} if source is None else set()
    for name, rules in models.items():
        # Few retries here, so that a server that is down is reported soon.
        model = make_model(
            parse_spec(name), msgspec.structs.replace(rules, retries=min(rules.retries, TRIES))
        )
        say(_context(model, rules, presets[name], venue.form, _longest(source)))
        if name in {writer.partition("#")[0] for writer in writers}:
            _material_fits(model, rules, venue)
        soft = any(preset.soft for preset in presets[name])
        _try_schema(model, rules, venue.form, calls, soft)
        say(f"{name} ({model.revision}) filled the review form.")
    for table in sorted(venue.models.keys() - models.keys() - {"default"}):
        say(f"[models] has settings for '{table}', but no mind uses that model.")


def _longest(source: PaperSource | None) -> str:
    """The longest text of a paper in a table; "" for PDFs and papers still to be written."""
    texts = (row.text or row.abstract for row in source.table) if source else ()
    return max(texts, key=len, default="")


def _material_fits(model: Model, rules: ModelRules, venue: Venue) -> None:
    """Raise `UserError` when a template's code and three answers exceed the model's context."""
    from scientists.language.ideas import material
    from scientists.templates import load_template

    for name in venue.call.templates:
        read = material(load_template(name), call_of(venue))
        needed = model.count(read) + 3 * rules.max_tokens + OTHERS
        if needed > model.context:
            raise UserError(
                f"model '{model.name}': its context of {model.context:,} tokens is too short for "
                f"research on the template '{name}' with answers of {rules.max_tokens:,} "
                f"({needed:,} tokens); lower max_tokens in [models] or choose another model."
            )


def _context(
    model: Model, rules: ModelRules, presets: Sequence[Preset], form: Form, longest: str
) -> str:
    """A sentence on how many tokens are left for a paper; longer papers are cut (`fitting`).

    Raises `UserError` when form, answer and presets leave too few.
    """
    needed = model.count(render(PROMPTS, "form", form=form)) + rules.max_tokens
    room = paper_budget(model.context, rules)
    if needed > model.context - room:
        raise UserError(
            f"model '{model.name}': its context of {model.context:,} tokens is too short for the "
            f"review form and an answer of {rules.max_tokens:,} ({needed:,} tokens beside the "
            "paper); lower max_tokens in [models] or choose another model."
        )
    room -= max((_beside(model, rules, preset) for preset in presets), default=0)
    if room < LEAST:
        raise UserError(
            f"model '{model.name}': its context of {model.context:,} tokens leaves too little for "
            "a paper beside the page images, examples and earlier answers of its reviewers' "
            "preset; choose another preset, lower max_tokens or set sees_images = false in "
            "[models], or choose another model."
        )
    line = f"{model.name}: {room:,} of {model.context:,} tokens are for the paper"
    found = model.count(longest) if longest else 0
    if found:
        line += f"; the longest has {found:,}"
    if found and found <= room:
        return f"{line}."
    return (
        f"{line}; a longer one keeps abstract, introduction and conclusion, and its other sections "
        "are cut alike."
    )


def _beside(model: Model, rules: ModelRules, preset: Preset) -> int:
    images = preset.images if rules.sees_images else 0
    examples = examples_text(rules.examples, preset.few_shot)
    return beside(model, rules, images, preset.reflections - 1, examples)


def _try_schema(model: Model, rules: ModelRules, form: Form, calls: list[Call], soft: bool) -> None:
    """Call the model once on the venue's form; with `soft`, once more for rating probabilities."""
    asker = Asker(model, rules, "default", 0, TaskKey("preflight"))
    prompt = render(PROMPTS, "form", form=form)
    messages = without_paper(f"{prompt}\n\nFill in the form for a paper that you make up.")

    async def ask() -> None:
        await asker.ask(messages, form_shape(form), "preflight")
        if soft:
            await ask_chances(asker, messages, form[form.rating])

    try:
        asyncio.run(ask())
    except TaskFailed as error:
        raise UserError(f"model '{model.name}' cannot be used: {error}.") from error
    finally:
        calls += asker.calls


def try_models(
    round_: Round,
    models: Mapping[str, ModelRules],
    ledger: Ledger,
    budget: Budget,
    say: Callable[[str], None],
) -> None:
    """Run the preflight; note its calls in the ledger and count them in the budget."""
    calls: list[Call] = []
    try:
        preflight(round_.venue, round_.source, models, say, calls)
    finally:
        before = calls_from_json(ledger.read_note("preflight") or b"[]")
        ledger.write_note("preflight", calls_to_json([*before, *calls]))
        budget.note([calls_to_json(calls)])
