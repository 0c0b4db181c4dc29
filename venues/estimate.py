"""What a round's model calls would take, estimated before anything is spent.

An upper estimate from stated assumptions, not a measurement: prompts are counted at
`CHARACTERS_A_TOKEN`, answers at `ANSWER` tokens a text field, no answer is asked for twice, and
speeds and prices are those of the venue's `[models]` table.
"""

from __future__ import annotations

import msgspec

from conference.models import is_model, parse_spec, rules_for
from conference.prompts import HERE as HOUSE
from conference.prompts import render
from reviewers.language import SHEET
from reviewers.presets import PROMPTS, load_preset
from venues.forecast import Forecast
from venues.papers import PaperSource
from venues.population import parse_minds
from venues.venue import Venue

CHARACTERS_A_TOKEN = 4
PAPER = 7_000  # tokens of a paper that scientists have yet to write
ANSWER = 150  # tokens of one text field
THREAD = 2_500
MATERIAL = 6_000  # a template's code and task
SCIENTIST_CALLS = 16  # ideas, novelty, code, notes, abstract, sections and their refinements
ROLE = {
    "submit": "scientist", "rebut": "scientist", "camera_ready": "scientist",
    "bid": "reviewer", "calibrate": "reviewer", "review": "reviewer", "discuss": "reviewer",
    "meta_review": "chair", "decide": "chair",
}  # fmt: skip


class Estimate(msgspec.Struct, frozen=True):
    """Calls and tokens of one phase; `cost` by the price table, `hours` by the table's speeds."""

    phase: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost: float
    hours: float


def estimate(venue: Venue, source: PaperSource | None, rows: list[Forecast]) -> list[Estimate]:
    """One row for each phase in which a language model would be asked."""
    paper = _paper_tokens(source)
    form = len(render(PROMPTS, "form", form=venue.form)) // CHARACTERS_A_TOKEN
    house = len(render(HOUSE, "house")) // CHARACTERS_A_TOKEN
    answer = ANSWER * (len(venue.form.texts) + 1)
    found = []
    for row in rows:
        role = ROLE.get(row.phase)
        if role is None or (row.phase == "submit" and source is not None):
            continue
        weights = parse_minds(getattr(venue.minds, role))
        total = sum(weight for weight, _ in weights)
        for weight, name in weights:
            if not is_model(name):
                continue
            spec = parse_spec(name)
            rules, preset = rules_for(spec, venue.models), load_preset(spec.preset)
            tasks = row.tasks * weight / total
            each, prompt, out = {
                "submit": (SCIENTIST_CALLS, house + MATERIAL, 2 * answer),
                "rebut": (1, house + paper + THREAD, answer),
                "camera_ready": (1, house + MATERIAL + THREAD, answer),
                "bid": (-(-venue.bids.offered // SHEET), house + SHEET * 200, 12 * SHEET),
                "calibrate": (venue.calibration.papers, house + 400 + form, ANSWER),
                "review": (
                    preset.ensemble + (preset.ensemble > 1) + preset.reflections - 1,
                    house + paper + form,
                    answer,
                ),
                "discuss": (1, house + paper + THREAD, 2 * ANSWER),
                "meta_review": (1, house + paper + THREAD, 2 * ANSWER),
                "decide": (1, house + 1_000, 10 * ANSWER),
            }[row.phase]
            calls = round(tasks * each)
            given, made = calls * prompt, calls * out
            cost = (given * rules.price_in + made * rules.price_out) / 1e6
            hours = (given / rules.speed_in + made / rules.speed_out) / 3600
            found.append(Estimate(row.phase, calls, given, made, cost, hours))
    return found


def _paper_tokens(source: PaperSource | None) -> int:
    if source is None or source.kind != "table" or not source.table:
        return PAPER
    lengths = [len(row.text or row.abstract) + len(row.title) for row in source.table]
    return sum(lengths) // len(lengths) // CHARACTERS_A_TOKEN
