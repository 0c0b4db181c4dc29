"""The embedded reviewer: a statistical mind fitted to human reviews.

Its rating is drawn from the human panel that the venue names (`reviewers.panel`), about what the
quality model predicts for the paper less the cost of the faults that were measured in it. Its words
are the measured facts. It reads no meaning, and every review says so.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.context import Context
from conference.documents.anatomy import measure, novelty
from conference.forms import Field, Form
from conference.manuscript import Manuscript, full_text
from conference.records import (
    Absence,
    Agent,
    AnyRecord,
    BidLevel,
    Bids,
    CalibrationReview,
    Comment,
    Review,
)
from reviewers.findings import Finding, find
from reviewers.panel import Panel, load_panel
from reviewers.quality import PaperText, load
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight

HERE = Path(__file__).parent
NAME = "embedded"
SIGNED = (
    "Composed by a statistical model from measurements of the paper; it does not understand it."
)
BID_NOISE = 0.08
BID_CUTS: tuple[tuple[float, BidLevel], ...] = ((0.30, "Very High"), (0.15, "High"))
BID_LOW = 0.02
ABSENCES = ("did not answer reminders", "fell ill", "withdrew from the committee")
SUBSCORE_NOISE = 0.8  # Sub-scores follow the latent rating with this much noise of their own.


class Reading(msgspec.Struct, frozen=True):
    """What every embedded reviewer measures alike in a paper."""

    quality: float
    findings: tuple[Finding, ...]


class Persona(msgspec.Struct, frozen=True):
    """A row of personas.toml."""

    severity: float
    noise: float
    absent: float
    late: float
    points: int
    stubborn: float
    stresses: tuple[str, ...]


@cache
def persona_of(name: str) -> Persona:
    """The persona by name; "" is neutral."""
    rows = msgspec.toml.decode((HERE / "personas.toml").read_bytes(), type=dict[str, Persona])
    return rows[name or "neutral"]


@lru_cache(maxsize=4096)
def read(manuscript: Manuscript, archive: tuple[str, ...], papers: Path) -> Reading:
    """Measure a paper once for all its reviewers in this process."""
    text = full_text(manuscript, papers)
    anatomy = measure(manuscript.title, manuscript.abstract, text)
    near, nearest = None, ""
    if archive:
        near, at = novelty(manuscript.title, archive)
        nearest = archive[at] if at is not None else ""
    quality = load().standard([PaperText(manuscript.title, manuscript.abstract)])[0]
    return Reading(float(quality), tuple(find(anatomy, manuscript.checks, near, nearest)))


class EmbeddedReviewer:
    """Fulfils `ReviewerMind`."""

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        """A noisy reading of affinity; most papers stay Neutral."""
        noise = context.rng().standard_normal(len(sight.papers)) * BID_NOISE
        levels: dict[str, BidLevel] = {}
        for paper, value, shift in zip(sight.papers, sight.affinities, noise, strict=True):
            felt = value + shift
            for cut, level in BID_CUTS:
                if felt >= cut:
                    levels[paper.paper] = level
                    break
            else:
                if felt < BID_LOW - BID_NOISE:
                    levels[paper.paper] = "Very Low" if felt < BID_LOW - 2 * BID_NOISE else "Low"
        return Bids(reviewer=agent.id, levels=levels)

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        """A filled form, or an absence with its reason."""
        rng, persona = context.rng(), persona_of(agent.persona)
        paper = sight.manuscript.paper
        if rng.random() < sight.absent_rate * persona.absent:
            reason = ABSENCES[int(rng.integers(len(ABSENCES)))]
            return [Absence(paper=paper, reviewer=agent.id, reason=reason)]
        panel = load_panel(sight.panel)
        reading = read(sight.manuscript, sight.archive, context.papers)
        latent = _latent(panel, reading, agent, sight, context, rng)
        late = bool(rng.random() < sight.late_rate * persona.late)
        day = sight.days + int(rng.integers(1, 8)) if late else sight.days - int(rng.integers(0, 6))
        scores = _scores(sight.form, panel, latent, sight.affinity, rng)
        texts = _texts(sight.form, sight.manuscript, reading, persona, latent, rng)
        return [
            Review(
                paper=paper,
                reviewer=agent.id,
                rating=scores[sight.form.rating],
                confidence=scores.get(sight.form.confidence),
                scores=scores,
                texts=texts,
                mind=NAME,
                day=day,
                late=late,
                emergency=sight.emergency,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        """A changed rating with its reason; nothing when the rating stays."""
        rng, panel = context.rng(), load_panel(sight.panel)
        field = sight.form[sight.form.rating]
        if panel.values != field.values:
            panel = _on_scale(panel, field.values)
        others = float(np.mean(sight.other_ratings)) if sight.other_ratings else None
        strength = sight.rebuttal.strength if sight.rebuttal else 0.0
        stubborn = persona_of(agent.persona).stubborn
        after = panel.update(sight.rating, others, strength, rng, stubborn)
        if after == sight.rating:
            return []
        return [
            Comment(
                paper=sight.manuscript.paper,
                agent=agent.id,
                role="reviewer",
                turn=sight.turn,
                text=_why(sight, after, others, strength),
                rating_before=sight.rating,
                rating_after=after,
                mind=NAME,
            )
        ]

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        """Ratings of papers whose human means are known to the venue, not to this mind."""
        panel, rng = load_panel(sight.panel), context.rng()
        found = []
        rows = zip(sight.papers, sight.qualities, sight.human_means, sight.humans, strict=True)
        for manuscript, known, mean, humans in rows:
            quality = known
            if quality is None:
                quality = read(manuscript, (), context.papers).quality
            effect = panel.paper_effect(context.shared_rng("paper-effect", manuscript.paper))
            severity = _severity(panel, agent, context)
            persona = persona_of(agent.persona)
            rating = panel.rating(quality, effect, severity, 0.1, rng, persona.noise)
            found.append(
                CalibrationReview(
                    reviewer=agent.id,
                    paper=manuscript.paper,
                    rating=_snap(rating, panel, sight.form),
                    human_mean=mean,
                    humans=humans,
                )
            )
        return found


def _severity(panel: Panel, agent: Agent, context: Context) -> float:
    """The reviewer's own level: its draw, and its persona's shift in the same units."""
    own = panel.severity(context.shared_rng("severity", agent.id))
    return own + persona_of(agent.persona).severity / max(panel.severity_share, 1e-9) ** 0.5


def _latent(
    panel: Panel,
    reading: Reading,
    agent: Agent,
    sight: ReviewSight,
    context: Context,
    rng: np.random.Generator,
) -> float:
    """The latent rating; faults measured in the paper lower it for every reviewer alike."""
    effect = panel.paper_effect(context.shared_rng("paper-effect", sight.manuscript.paper))
    severity = _severity(panel, agent, context)
    noise = persona_of(agent.persona).noise
    latent = panel.latent(reading.quality, effect, severity, sight.affinity, rng, noise)
    return latent - sum(finding.cost for finding in reading.findings)


def _scores(
    form: Form, panel: Panel, latent: float, affinity: float, rng: np.random.Generator
) -> dict[str, float]:
    """Every score field on its scale: rating and confidence by the panel, the rest about them."""
    scores: dict[str, float] = {}
    for field in form.scores:
        if field.name == form.rating:
            rating = panel.values[int(np.searchsorted(panel.thresholds, latent))]
            scores[field.name] = _snap(rating, panel, form)
        elif field.name == form.confidence:
            scores[field.name] = _clip(float(panel.confidence(affinity, rng)), field)
        else:
            own = (latent + SUBSCORE_NOISE * rng.standard_normal()) / (1 + SUBSCORE_NOISE**2) ** 0.5
            scores[field.name] = _by_latent(own, field)
    return scores


def _snap(rating: float, panel: Panel, form: Form) -> float:
    """A panel's rating on the venue's scale: the same value, or the one at the same place."""
    values = form[form.rating].values
    if rating in values:
        return rating
    place = panel.values.index(rating) / (len(panel.values) - 1)
    return values[round(place * (len(values) - 1))]


def _on_scale(panel: Panel, values: tuple[float, ...]) -> Panel:
    return msgspec.structs.replace(panel, values=values)


def _clip(value: float, field: Field) -> float:
    return min(field.values, key=lambda allowed: (abs(allowed - value), allowed))


def _by_latent(latent: float, field: Field) -> float:
    """A sub-score by the latent value's place: about half of the scale within one SD."""
    share = 1 / (1 + np.exp(-1.6 * latent))
    return field.values[min(int(share * len(field.values)), len(field.values) - 1)]


def _texts(
    form: Form,
    manuscript: Manuscript,
    reading: Reading,
    persona: Persona,
    latent: float,
    rng: np.random.Generator,
) -> dict[str, str]:
    """Every text and choice field, from the findings that this reviewer stresses."""
    weight = dict.fromkeys(persona.stresses, 1.5)
    order = sorted(
        reading.findings,
        key=lambda f: -(weight.get(f.subject, 1.0) * rng.random() + f.cost),
    )
    parts = {
        side: [f.text for f in order if f.side == side][: persona.points]
        for side in ("strength", "weakness", "question")
    }
    texts = {field.name: _field(field, manuscript, parts, latent) for field in form.texts}
    last = form.texts[-1].name if form.texts else ""
    if last:
        texts[last] = f"{texts[last]}\n{SIGNED}".strip()
    return texts | {field.name: field.choices[0] for field in form.choices}


def _field(field: Field, manuscript: Manuscript, parts: dict[str, list[str]], latent: float) -> str:
    """One text field, chosen by the words in its name."""
    name = field.name
    good, bad, ask = parts["strength"], parts["weakness"], parts["question"]
    if "summary_of_the_review" in name or "justification" in name:
        return (
            f"{len(good)} point(s) speak for the paper and {len(bad)} against it, as listed above."
        )
    if "summary" in name:
        pages = f", {manuscript.pages} pages" if manuscript.pages else ""
        topic = f" Topic: {manuscript.topic}." if manuscript.topic else ""
        return f"{_first_sentence(manuscript.abstract)} (From the abstract{pages}.){topic}"
    if ("strength" in name and "weakness" in name) or "main_review" in name:
        return "\n".join([*(f"+ {text}" for text in good), *(f"- {text}" for text in bad)])
    if "strength" in name:
        return "\n".join(good) or "No measurement speaks clearly for the paper."
    if "weakness" in name:
        return "\n".join(bad) or "No measurement speaks clearly against the paper."
    if "question" in name:
        return "\n".join(ask) or "None arose from what was measured."
    if "limitation" in name:
        said = [text for text in [*good, *bad] if "imitation" in text]
        return said[0] if said else "Not measured from what was read."
    if not field.required:
        return ""
    chosen = bad if latent < 0 else good
    return (chosen or good or bad or ["Nothing was measured here."])[
        len(name) % max(1, len(chosen))
    ]


def _first_sentence(abstract: str) -> str:
    """The abstract's first sentence, as the authors' own words in quotation marks."""
    first = abstract.strip().split(". ")[0].strip().rstrip(".")
    return f'"{first[:300]}."'


def _why(sight: DiscussSight, after: float, others: float | None, strength: float) -> str:
    """What moved the rating, in numbers."""
    reasons = []
    if sight.rebuttal is not None:
        reasons.append(f"the rebuttal answers {strength:.0%} of the points with data")
    if others is not None:
        reasons.append(f"the other reviewers' ratings average {others:.1f}")
    cause = " and ".join(reasons) or "I read the reviews again"
    return f"I change my rating from {sight.rating:g} to {after:g}: {cause}."


def make() -> Any:
    """The embedded reviewer."""
    return EmbeddedReviewer()
