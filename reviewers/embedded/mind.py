"""The embedded reviewer: a statistical mind fitted to human reviews.

Its rating is drawn from the human panel that the venue names (`panel.py`), around the quality
model's prediction for the paper minus the cost of measured faults (`findings.toml`). Its texts
state the measured facts. It does not understand the paper, and every review says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import msgspec
import numpy as np

from conference.core.forms import Form
from conference.core.records import (
    Absence,
    Agent,
    AnyRecord,
    BidLevel,
    Bids,
    CalibrationReview,
    Comment,
    Review,
)
from conference.core.seeds import generator
from conference.models.context import Context
from conference.papers.manuscript import Manuscript
from reviewers.attendance import attend
from reviewers.embedded.filling import (
    emphases,
    fill_choices,
    fill_scores,
    fill_texts,
    on_scale,
    rules,
)
from reviewers.embedded.panel import Panel, load_panel
from reviewers.embedded.reading import Reading, Source, quality_of, read, reading_of
from reviewers.personas import Persona, persona_of
from reviewers.quality.model import PaperText, load
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight

NAME = "embedded"


class EmbeddedReviewer:
    """Implements `ReviewerMind`.

    `source` predicts a paper's rating, and `panel_of` gives the panel of a venue-year.
    """

    def __init__(
        self,
        name: str = NAME,
        source: Source = load,
        panel_of: Callable[[str], Panel] = load_panel,
    ) -> None:
        self._name, self._source, self._panel_of = name, source, panel_of

    async def bid(self, agent: Agent, sight: BidSight, context: Context) -> Bids:
        """A noisy reading of affinity; most papers stay Neutral and are left out."""
        noise = context.rng().standard_normal(len(sight.papers)) * rules().bid.noise
        levels: dict[str, BidLevel] = {}
        for paper, affinity, shift in zip(sight.papers, sight.affinities, noise, strict=True):
            level = _level(affinity + float(shift))
            if level != "Neutral":
                levels[paper.paper] = level
        return Bids(reviewer=agent.id, levels=levels)

    async def review(self, agent: Agent, sight: ReviewSight, context: Context) -> list[AnyRecord]:
        """A filled form, or an absence with its reason."""
        rng, persona = context.rng("rating"), persona_of(agent)
        paper = sight.manuscript.paper
        attended = attend(agent, sight, context.rng("attendance"), persona.absent, persona.late)
        if isinstance(attended, Absence):
            return [attended]
        day, late = attended
        panel = self._panel_of(sight.panel)
        reading = await self._reading(sight, context)
        shared, cost = sight.quality, 0.0  # Human ratings include the faults' cost.
        if shared is None:
            assert reading is not None
            cost = reading.cost
            effect = paper_effect(sight.world or context.seed, sight.panel, paper)
            shared = panel.shared(reading.quality - panel.predicted, effect)
        latent = panel.latent(
            shared,
            severity(context.seed, sight.panel, agent.id, persona),
            sight.expertise,
            rng,
            persona.noise,
        )
        scores = fill_scores(sight.form, panel, latent - cost, sight.expertise, rng)
        return [
            Review(
                paper=paper,
                reviewer=agent.id,
                rating=scores[sight.form.rating],
                confidence=scores.get(sight.form.confidence),
                scores=scores,
                texts=_texts(sight, reading, persona, context),
                mind=self._name,
                day=day,
                late=late,
                emergency=sight.emergency,
            )
        ]

    async def discuss(self, agent: Agent, sight: DiscussSight, context: Context) -> list[AnyRecord]:
        """A changed rating with its reason; nothing when the rating stays."""
        panel = self._panel_of(sight.panel)
        field = sight.form[sight.form.rating]
        if panel.values != field.values:
            panel = msgspec.structs.replace(panel, values=field.values)
        others = float(np.mean(sight.other_ratings)) if sight.other_ratings else None
        strength = sight.rebuttal.strength if sight.rebuttal else 0.0
        yielding = persona_of(agent).yielding
        after = panel.update(sight.rating, others, strength, context.rng(), yielding)
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
                mind=self._name,
            )
        ]

    async def calibrate(
        self, agent: Agent, sight: CalibrateSight, context: Context
    ) -> list[CalibrationReview]:
        """Ratings of calibration papers, made without their human means."""
        panel, rng, persona = self._panel_of(sight.panel), context.rng(), persona_of(agent)
        own = severity(context.seed, sight.panel, agent.id, persona)
        found = []
        known = sight.shared or (None,) * len(sight.papers)
        rows = zip(
            sight.papers, sight.qualities, known, sight.human_means, sight.humans, strict=True
        )
        for manuscript, quality, shared, mean, humans in rows:
            if shared is None:
                if quality is None or self._judges_anew(manuscript):
                    quality = await quality_of(manuscript, self._source) - panel.predicted
                effect = paper_effect(sight.world or context.seed, sight.panel, manuscript.paper)
                shared = panel.shared(quality, effect)
            expertise = rules().calibration.expertise
            rating = panel.rating(shared, own, expertise, rng, persona.noise)
            found.append(
                CalibrationReview(
                    reviewer=agent.id,
                    paper=manuscript.paper,
                    rating=on_scale(rating, panel, sight.form),
                    human_mean=mean,
                    humans=humans,
                )
            )
        return found

    async def _reading(self, sight: ReviewSight, context: Context) -> Reading | None:
        """The paper's measurements; None if neither the rating nor a text needs them."""
        if sight.quality is not None and not sight.form.texts:
            return None
        return await read(sight.manuscript, sight.archive, context.papers, self._source)

    def _judges_anew(self, manuscript: Manuscript) -> bool:
        """Whether its own prediction replaces the venue's: it has its own model, which was not
        fitted on this paper."""
        paper = PaperText(manuscript.title, manuscript.abstract)
        return self._source is not load and not self._source().overlap([paper])[0]


def _texts(
    sight: ReviewSight, reading: Reading | None, persona: Persona, context: Context
) -> dict[str, str]:
    if reading is None or not sight.form.texts:
        return fill_choices(sight.form)
    stressed = emphases(persona.stresses, persona.points, sight.affinity)
    return fill_texts(sight.form, sight.manuscript, reading, stressed, context.rng("texts"))


def written(manuscript: Manuscript, text: str | None, form: Form, seed: int = 0) -> dict[str, str]:
    """A neutral reviewer's texts on a paper outside a round, without the line that labels their
    author."""
    persona = persona_of(Agent(id="", role="reviewer", name="", lab=""))
    stressed = emphases(persona.stresses, persona.points, 0.0)
    rng = generator(seed, "texts", manuscript.paper)
    said = fill_texts(form, manuscript, reading_of(manuscript, text), stressed, rng)
    signed = rules().texts.signed
    return {field: words.removesuffix(signed).strip() for field, words in said.items()}


@lru_cache(maxsize=65536)
def paper_effect(seed: int, panel: str, paper: str) -> float:
    """The part of a paper's quality that the model cannot predict: one draw per paper and seed."""
    return load_panel(panel).paper_effect(generator(seed, "paper-effect", paper))


@lru_cache(maxsize=65536)
def severity(seed: int, panel: str, reviewer: str, persona: Persona) -> float:
    """A reviewer's own level: one draw per round, plus its persona's shift.

    The panel multiplies severity by the root of its share; a persona's shift is in latent SD, so it
    is divided by that root.
    """
    fitted: Panel = load_panel(panel)
    own = fitted.severity(generator(seed, "severity", reviewer))
    return own + persona.severity / math.sqrt(max(fitted.severity_share, 1e-9))


def _level(felt: float) -> BidLevel:
    """OpenReview's bid level at an affinity with the reviewer's noise."""
    cuts = rules().bid
    if felt >= cuts.high:
        return "Very High" if felt >= cuts.very_high else "High"
    if felt < cuts.low:
        return "Very Low" if felt < cuts.very_low else "Low"
    return "Neutral"


def _why(sight: DiscussSight, after: float, others: float | None, strength: float) -> str:
    """What moved the rating, in numbers."""
    reasons = []
    if sight.rebuttal is not None:
        reasons.append(f"the rebuttal answers {strength:.0%} of the points with data")
    if others is not None:
        reasons.append(f"the other reviewers' ratings average {others:.1f}")
    cause = " and ".join(reasons) or "I read the reviews again"
    return f"I change my rating from {sight.rating:g} to {after:g}: {cause}."


def make() -> EmbeddedReviewer:
    """The embedded reviewer."""
    return EmbeddedReviewer()
