"""What a round's model calls would take, estimated before anything is spent.

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
from conference.models.reading import PAGE, paper_budget
from reviewers.language.mind import ARCHIVE, SHEET
from reviewers.language.presets import PROMPTS, Preset, examples_text, load_preset
from scientists.language.ideas import calls_a_study
from venues.forecast import Forecast
from venues.papers import PaperSource
from venues.population import chair_count, parse_minds, reviewer_count
from venues.venue import Venue

CHARACTERS_A_TOKEN = 4
PAPER = 7_000  # tokens of a paper that scientists have yet to write
PDF_PAGE = 1_500  # tokens of a full page in two columns
TITLE = 20  # tokens of an earlier paper's title
ANSWER = 150  # tokens of one text field
THREAD = 2_500
MATERIAL = 6_000  # a template's code and task
INSTRUCTION = 500  # tokens of instruction, persona and expertise beside paper and form


class Estimate(msgspec.Struct, frozen=True):
    """Calls and tokens of one phase; `cost` by the price table, `hours` by the table's speeds."""

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


class Work(msgspec.Struct, frozen=True):
    """The calls of a role in a phase: so many, each with so many tokens in and out."""

    phase: str
    role: str
    calls: int
    tokens_in: int
    tokens_out: int


def estimate(
    venue: Venue, source: PaperSource | None, rows: list[Forecast], rounds: int = 1
) -> list[Estimate]:
    """One row for each phase in which a language model would be asked, over all rounds."""
    phases = {row.phase for row in rows} | {"preflight"}
    found: dict[str, Estimate] = {}
    for role in ("scientist", "reviewer", "chair"):
        weights = parse_minds(getattr(venue.minds, role))
        total = sum(weight for weight, _ in weights)
        for weight, name in weights:
            if not is_model(name):
                continue
            spec = parse_spec(name)
            rules, preset = rules_for(spec, venue.models), load_preset(spec.preset)
            for work in _work(venue, source, rules, preset, rounds):
                if work.role == role and work.phase in phases and work.calls:
                    share = 1.0 if work.phase == "preflight" else weight / total
                    row = _priced(work, rounds * share, rules)
                    found[work.phase] = found.get(work.phase, Estimate(work.phase)) + row
    order = ["preflight", *(row.phase for row in rows)]
    return [found[phase] for phase in order if phase in found]


def _priced(work: Work, share: float, rules: ModelRules) -> Estimate:
    calls = round(work.calls * share)
    given, made = calls * work.tokens_in, calls * work.tokens_out
    cost = (given * rules.price_in + made * rules.price_out) / 1e6
    hours = (given / rules.speed_in + made / rules.speed_out) / 3600
    return Estimate(work.phase, calls, given, made, cost, hours)


def _work(
    venue: Venue, source: PaperSource | None, rules: ModelRules, preset: Preset, rounds: int
) -> list[Work]:
    """All that the last of the rounds would ask of models, were every mind one with these rules."""
    written = venue.population.scientists * venue.call.papers_per_scientist
    papers = len(source) if source else written
    authored = 0 if source else papers
    reviewers, chairs = reviewer_count(venue, papers), chair_count(venue, papers)
    reviews = papers * venue.assignment.reviews_per_paper
    form = len(render(PROMPTS, "form", form=venue.form)) // CHARACTERS_A_TOKEN
    house = len(render(HOUSE, "house")) // CHARACTERS_A_TOKEN + INSTRUCTION
    about, answer = house + _paper_tokens(source, rules), ANSWER * (len(venue.form.texts) + 1)
    again = preset.reflections - 1
    passes = preset.ensemble + (preset.ensemble > 1) + again
    shown = len(examples_text(rules.examples, preset.few_shot)) // CHARACTERS_A_TOKEN
    seen = PAGE * preset.images if rules.sees_images else 0
    earlier = TITLE * min(ARCHIVE, (rounds - 1) * papers)
    reviewed = about + form + shown + seen + earlier + answer * (again // 2 + preset.ensemble)
    turns, sheets = venue.discussion.turns, -(-min(venue.bids.offered, papers) // SHEET)
    changed = round(authored * venue.decision.accept_rate)
    return [
        Work("preflight", "scientist", 1, house + form, answer),
        Work("preflight", "reviewer", 1, house + form, answer),
        Work("preflight", "chair", 1, house + form, answer),
        Work("submit", "scientist", authored * calls_a_study(), house + MATERIAL, 2 * answer),
        Work("bid", "reviewer", reviewers * sheets, house + SHEET * 200, 12 * SHEET),
        Work("assign", "chair", papers, about + THREAD, 2 * ANSWER),
        Work("calibrate", "reviewer", reviewers * venue.calibration.papers, house + 400, ANSWER),
        Work("review", "reviewer", reviews * passes, reviewed, answer),
        Work("rebut", "scientist", authored, about + THREAD, answer),
        Work("discuss", "reviewer", turns * reviews, about + THREAD, 2 * ANSWER),
        Work("discuss", "chair", turns * papers, about + THREAD, 2 * ANSWER),
        Work("meta_review", "chair", papers, about + THREAD, 2 * ANSWER),
        Work("meta_review", "chair", chairs, house + THREAD, 2 * ANSWER),
        Work("decide", "chair", 1, house + 1_000, 10 * ANSWER),
        Work("camera_ready", "scientist", changed, house + MATERIAL + THREAD, answer),
    ]


def _paper_tokens(source: PaperSource | None, rules: ModelRules) -> int:
    """Of a paper on average, cut to what the model's context leaves it where that is stated."""
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
    """The pages of a PDF; 0 for one that cannot be opened, which no mind will read."""
    import pypdfium2

    from conference.papers.pdfium import PDFIUM

    try:
        with PDFIUM, pypdfium2.PdfDocument(pdf) as document:
            return len(document)
    except (OSError, pypdfium2.PdfiumError):
        return 0
