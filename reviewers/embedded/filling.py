"""Fill in an embedded reviewer's form: scores on their scales, texts from findings."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from conference.core.forms import Field, Form
from conference.core.mentions import mentions
from conference.papers.manuscript import Manuscript
from reviewers.embedded.findings import Finding, Subject, counted, wording
from reviewers.embedded.panel import Panel
from reviewers.embedded.reading import Reading

FILE = Path(__file__).parent / "embedded.toml"
Holds = Literal[
    "tally", "both", "summary", "strengths", "weaknesses", "questions", "limitations", "subjects"
]


class BidRules(msgspec.Struct, frozen=True):
    """Lowest affinities of OpenReview's bid levels, and the SD of noise on the affinity."""

    noise: float
    very_high: float
    high: float
    low: float
    very_low: float


class DayRules(msgspec.Struct, frozen=True):
    early: int
    late: int
    absences: tuple[str, ...]


class SubscoreRules(msgspec.Struct, frozen=True):
    noise: float
    steepness: float


class CalibrationRules(msgspec.Struct, frozen=True):
    expertise: float


class FieldRule(msgspec.Struct, frozen=True):
    """What a text field holds if its name contains one of the words."""

    words: tuple[str, ...]
    holds: Holds
    subjects: tuple[Subject, ...] = ()


class TextRules(msgspec.Struct, frozen=True):
    signed: str
    fields: tuple[FieldRule, ...]


class Rules(msgspec.Struct, frozen=True):
    """The whole of embedded.toml."""

    bid: BidRules
    days: DayRules
    subscores: SubscoreRules
    calibration: CalibrationRules
    texts: TextRules


class Emphases(msgspec.Struct, frozen=True):
    """What a reviewer stresses: factors by subject, and how many findings of each side it names."""

    factors: dict[str, float]
    points: int


@cache
def rules() -> Rules:
    """The constants of the embedded reviewer."""
    return msgspec.toml.decode(FILE.read_bytes(), type=Rules)


def fill_scores(
    form: Form, panel: Panel, latent: float, expertise: float, rng: np.random.Generator
) -> dict[str, float]:
    """Every score field: rating and confidence from the panel, sub-scores from the latent rating.

    The draws do not depend on `latent`, so a higher latent rating never lowers a score.
    """
    own = rules().subscores.noise
    share = 1 / math.sqrt(1 + own**2)
    scores: dict[str, float] = {}
    for field, noise in zip(form.scores, rng.standard_normal(len(form.scores)), strict=True):
        if field.name == form.rating:
            scores[field.name] = on_scale(panel.cut(latent), panel, form)
        elif field.name == form.confidence:
            scores[field.name] = _nearest(float(panel.confidence(expertise, rng)), field)
        else:
            scores[field.name] = _by_latent(share * (latent + own * float(noise)), field)
    return scores


def on_scale(rating: float, panel: Panel, form: Form) -> float:
    """A panel's rating on the form's scale: the same value if it has all, else the same
    position."""
    values = form[form.rating].values
    if set(panel.values) <= set(values):
        return rating
    place = panel.values.index(rating) / (len(panel.values) - 1)
    return values[round(place * (len(values) - 1))]


def _nearest(value: float, field: Field) -> float:
    return min(field.values, key=lambda allowed: (abs(allowed - value), allowed))


def _by_latent(latent: float, field: Field) -> float:
    share = 1 / (1 + math.exp(-max(min(rules().subscores.steepness * latent, 50.0), -50.0)))
    return field.values[min(int(share * len(field.values)), len(field.values) - 1)]


def emphases(stresses: tuple[str, ...], points: int, affinity: float) -> Emphases:
    """What a reviewer with these stresses and this affinity stresses."""
    emphasis = wording().emphasis
    factors = dict.fromkeys(stresses, emphasis.persona)
    own = emphasis.experts if affinity >= emphasis.expert else emphasis.others
    for subject in own:
        factors[subject] = factors.get(subject, 1.0) * emphasis.factor
    return Emphases(factors, points)


def fill_texts(
    form: Form,
    manuscript: Manuscript,
    reading: Reading,
    stressed: Emphases,
    rng: np.random.Generator,
) -> dict[str, str]:
    """Every text and choice field. The last text says that a statistical mind wrote the review."""
    order = _ordered(reading.findings, stressed, rng)
    named: dict[str, list[Finding]] = {
        side: [finding for finding in order if finding.side == side][: stressed.points]
        for side in ("strength", "weakness", "question")
    }
    texts, used = {}, set[str]()
    for field in form.texts:
        texts[field.name] = _text(field, manuscript, reading, named, order, used)
    if texts:
        last = form.texts[-1].name
        texts[last] = f"{texts[last]}\n{rules().texts.signed}".strip()
    return texts | fill_choices(form)


def fill_choices(form: Form) -> dict[str, str]:
    """The first choice of each choice field."""
    return {field.name: field.choices[0] for field in form.choices}


def _ordered(
    findings: tuple[Finding, ...], stressed: Emphases, rng: np.random.Generator
) -> list[Finding]:
    """The findings in order of cost plus a random weight, which is higher for stressed subjects."""
    draws = rng.random(len(findings))
    factors = stressed.factors
    weights = [
        factors.get(finding.subject, 1.0) * float(draw) + finding.cost
        for finding, draw in zip(findings, draws, strict=True)
    ]
    places = sorted(range(len(findings)), key=lambda at: -weights[at])
    return [findings[at] for at in places]


@cache
def _rule(name: str) -> FieldRule | None:
    for rule in rules().texts.fields:
        if any(word in name.lower() for word in rule.words):
            return rule
    return None


def _text(
    field: Field,
    manuscript: Manuscript,
    reading: Reading,
    named: dict[str, list[Finding]],
    order: list[Finding],
    used: set[str],
) -> str:
    """One text field. Optional fields for which there is no rule stay empty."""
    rule = _rule(field.name)
    good, bad = named["strength"], named["weakness"]
    match rule.holds if rule else "":
        case "tally":
            return _tally(good, bad, reading)
        case "both":
            marked = [*(f"+ {f.text}" for f in good), *(f"- {f.text}" for f in bad)]
            return "\n".join(marked) or _nothing(reading)
        case "summary":
            return _summary(manuscript, reading)
        case "strengths":
            return _lines(good) or _no_point("for", reading)
        case "weaknesses":
            return _lines(bad) or _no_point("against", reading)
        case "questions":
            return _lines(named["question"]) or f"None arose from {_read(reading)}."
        case "limitations":
            said = [f for f in order if mentions(f.text, ("limitation",)) and f.side != "question"]
            return _lines(said[:1]) or f"Not to be judged from {_read(reading)}."
    if not field.required:
        return ""
    subjects = rule.subjects if rule else ()
    chosen = _on(subjects, [f for f in order if f.side != "question"], used)
    return _lines(chosen) or _nothing(reading)


def _on(subjects: tuple[Subject, ...], order: list[Finding], used: set[str]) -> list[Finding]:
    """Up to two findings on the subjects that no field has used; else one that was used."""
    fitting = [finding for finding in order if not subjects or finding.subject in subjects]
    chosen = [finding for finding in fitting if finding.text not in used][:2] or fitting[:1]
    used.update(finding.text for finding in chosen)
    return chosen


def _lines(findings: list[Finding]) -> str:
    return "\n".join(finding.text for finding in findings)


def _read(reading: Reading) -> str:
    """What was read, with its length."""
    if reading.words is not None:
        return f"the text's {counted(reading.words, 'word')}"
    return f"title and abstract ({counted(reading.abstract_words, 'word')})"


def _nothing(reading: Reading) -> str:
    return f"Nothing that was measured in {_read(reading)} speaks to this."


def _no_point(side: str, reading: Reading) -> str:
    measured = counted(len(reading.findings), "finding")
    return f"None of {measured} from {_read(reading)} speaks {side} the paper."


def _tally(good: list[Finding], bad: list[Finding], reading: Reading) -> str:
    return (
        f"{counted(len(good), 'point')} named for the paper and {len(bad)} against it, "
        f"from {_read(reading)}."
    )


def _summary(manuscript: Manuscript, reading: Reading) -> str:
    """The abstract's first sentence, quoted, as a statistical mind cannot summarise."""
    first = manuscript.abstract.strip().split(". ")[0].strip().rstrip(".")
    quoted = f'"{first[:300]}."' if first else f'"{manuscript.title}"'
    source = "abstract" if first else "title"
    pages = f", {counted(manuscript.pages, 'page')}" if manuscript.pages else ""
    topic = f" Topic: {manuscript.topic}." if manuscript.topic else ""
    return f"{quoted} (From the {source}{pages}.){topic}"
