"""Panels of whole rounds on real papers look like the human panels of their venue-year."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from conference.core.records import Review
from conference.statistics.agreement import icc1, pooled_sd
from reviewers.embedded.panel import load_panel
from venues.papers import open_papers
from venues.round import prepare, run_round

DATA = Path(
    os.environ.get("CONFERENCE_DATA")
    or Path(__file__).resolve().parents[3] / "shared" / "data" / "public"
)
PAPERS = 500


@pytest.mark.timeout(300)
@pytest.mark.skipif(not (DATA / "papers.parquet").is_file(), reason="no human review data here")
@pytest.mark.parametrize(("name", "spread"), [("iclr2026", 1.712), ("iclr2022", 1.353)])
def test_a_round_s_panels_have_the_year_s_level_spread_and_reliability(
    name: str, spread: float, tmp_path: Path
) -> None:
    """Whatever the model thinks of a year's papers, and however near its reviewers are to them.

    `spread` is the pooled within-paper SD of the human ratings of that year's decided papers.
    """
    venue = prepare(name)
    venue = msgspec.structs.replace(
        venue, phases=("call", "submit", "desk_check", "bid", "assign", "review")
    )
    source = open_papers(DATA, venue)
    source = msgspec.structs.replace(source, table=source.table[:PAPERS])
    round_ = run_round(venue, out=tmp_path / "run", papers=source, hosts=0).round
    panels = [
        np.array([review.rating for review in round_.of(Review, paper.paper)])
        for paper in round_.papers()
    ]
    panel, given = load_panel(name), np.concatenate(panels)
    seen = np.array([(given == value).mean() for value in panel.values])
    meant = np.diff([0.0, *map(_normal, panel.thresholds), 1.0])
    assert np.abs(seen - meant).sum() < 0.10
    assert given.mean() == pytest.approx(meant @ np.array(panel.values), abs=0.15)
    assert pooled_sd(panels) == pytest.approx(spread, rel=0.05)
    assert icc1(panels) == pytest.approx(panel.icc, abs=0.07)


def _normal(value: float) -> float:
    from scipy.stats import norm

    return float(norm.cdf(value))
