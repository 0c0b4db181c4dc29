"""Forecast how much work each phase of a round would do."""

from __future__ import annotations

from venues.papers import PaperSource
from venues.phase import Forecast, Size
from venues.phases import phases_of
from venues.population import chair_count, reviewer_count
from venues.venue import Venue, check_capacity


def size_of(venue: Venue, source: PaperSource | None) -> Size:
    """How many papers and people a round will have; without a source, scientists write papers."""
    written = venue.population.scientists * venue.call.papers_per_scientist
    papers = len(source) if source else written
    return Size(
        venue=venue,
        papers=papers,
        authored=0 if source else papers,
        reviewers=reviewer_count(venue, papers),
        chairs=chair_count(venue, papers),
    )


def forecast(venue: Venue, source: PaperSource | None) -> dict[str, Forecast]:
    """Each phase's forecast, in order. Raises `UserError` when reviewers' loads are too small."""
    size = size_of(venue, source)
    check_capacity(venue, size.papers, size.reviewers, f"venue '{venue.name}'")
    return {phase.name: phase.forecast(size) for phase in phases_of(venue)}
