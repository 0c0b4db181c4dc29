"""Estimate calls, tokens, cost and hours of a round's language models before it runs.

An upper estimate from stated assumptions, not a measurement: prompts are counted at
`CHARACTERS_A_TOKEN`, PDFs at `PDF_PAGE` tokens a page, answers at `ANSWER` tokens a text field, no
answer is asked for twice, and speeds and prices are those of the venue's `[models]` table.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from conference.models import ModelRules, is_model, parse_spec, rules_for
from conference.models.prompts import HERE as HOUSE
from conference.models.prompts import render
from conference.models.reading import paper_budget
from reviewers.language.presets import PROMPTS, Preset, load_preset
from reviewers.language.review import ARCHIVE
from venues.forecast import size_of
from venues.papers import PaperSource
from venues.phase import CHARACTERS_A_TOKEN, Calls, Tokens
from venues.phases import phases_of
from venues.population import parse_minds
from venues.venue import Venue

PAPER = 7_000  # tokens of a paper that scientists have yet to write
PDF_PAGE = 1_500  # tokens of a full page in two columns
TITLE = 20  # tokens of an earlier paper's title
ANSWER = 150  # tokens of one text field
THREAD = 2_500
MATERIAL = 6_000  # a template's code and task
INSTRUCTION = 500  # tokens of instruction, persona and expertise beside paper and form


class Estimate(msgspec.Struct, frozen=True):
    """Calls and tokens of one phase; `cost` and `hours` by the model's prices and speeds."""

    phase: str
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    hours: float = 0.0

    def __add__(self, other: Estimate) -> Estimate:
        names = [name for name in self.__struct_fields__ if name != "phase"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Estimate(self.phase, **sums)


def estimate(venue: Venue, source: PaperSource | None, rounds: int = 1) -> list[Estimate]:
    """One row for each phase that would call a language model, summed over all rounds."""
    size = size_of(venue, source)
    found: dict[str, Estimate] = {}
    for role in ("scientist", "reviewer", "chair"):
        weights = parse_minds(getattr(venue.minds, role))
        total = sum(weight for weight, _ in weights)
        for weight, name in weights:
            if not is_model(name):
                continue
            spec = parse_spec(name)
            rules = rules_for(spec, venue.models)
            tokens = _tokens(
                venue, source, rules, load_preset(spec.preset), (rounds - 1) * size.papers
            )
            trial = Calls(role, 1, tokens.house + tokens.form, tokens.answer)
            works = [("preflight", trial, 1.0)]
            for phase in phases_of(venue):
                works += [(phase.name, work, weight / total) for work in phase.calls(size, tokens)]
            for phase_name, work, share in works:
                if work.role == role and work.calls:
                    row = _priced(phase_name, work, rounds * share, rules)
                    found[phase_name] = found.get(phase_name, Estimate(phase_name)) + row
    return [found[name] for name in ("preflight", *venue.phases) if name in found]


def _priced(phase: str, work: Calls, share: float, rules: ModelRules) -> Estimate:
    calls = round(work.calls * share)
    given, made = calls * work.tokens_in, calls * work.tokens_out
    cost = (given * rules.price_in + made * rules.price_out) / 1e6
    hours = (given / rules.speed_in + made / rules.speed_out) / 3600
    return Estimate(phase, calls, given, made, cost, hours)


def _tokens(
    venue: Venue, source: PaperSource | None, rules: ModelRules, preset: Preset, earlier: int
) -> Tokens:
    """Lengths of prompts in the last round; `earlier` is how many papers the rounds before had."""
    return Tokens(
        house=len(render(HOUSE, "house")) // CHARACTERS_A_TOKEN + INSTRUCTION,
        paper=_paper_tokens(source, rules),
        form=len(render(PROMPTS, "form", form=venue.form)) // CHARACTERS_A_TOKEN,
        text=ANSWER,
        answer=ANSWER * (len(venue.form.texts) + 1),
        thread=THREAD,
        material=MATERIAL,
        earlier=TITLE * min(ARCHIVE, earlier),
        rules=rules,
        preset=preset,
    )


def _paper_tokens(source: PaperSource | None, rules: ModelRules) -> int:
    """The mean length of a paper, each cut to what a stated model context leaves for it."""
    if source is None:
        lengths = [PAPER]
    elif source.kind == "pdf":
        lengths = [PDF_PAGE * _pages(pdf) for pdf in source.pdfs]
    else:
        texts = (f"{row.title}{row.text or row.abstract}" for row in source.table)
        lengths = [len(text) // CHARACTERS_A_TOKEN for text in texts]
    if rules.context:
        most = paper_budget(rules.context, rules)
        lengths = [min(length, most) for length in lengths]
    return sum(lengths) // len(lengths)


@cache
def _pages(pdf: Path) -> int:
    """The number of pages of a PDF; 0 for one that cannot be opened."""
    import pypdfium2

    from conference.papers.pdfium import PDFIUM

    try:
        with PDFIUM, pypdfium2.PdfDocument(pdf) as document:
            return len(document)
    except (OSError, pypdfium2.PdfiumError):
        return 0
