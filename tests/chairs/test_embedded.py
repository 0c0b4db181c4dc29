"""The embedded chairs: weighted scores, exact quotas, monotone ranks, texts that name numbers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chairs.chair import (
    Candidate,
    ChairDiscussSight,
    DecideSight,
    MetaReviewSight,
    SeniorSight,
    Thread,
)
from chairs.embedded.mind import make
from chairs.personas import persona_of
from conference.core.errors import UserError
from conference.core.records import (
    Agent,
    CalibrationMap,
    Comment,
    Decision,
    MetaReview,
    Rebuttal,
    Review,
)
from conference.core.tasks import TaskKey
from conference.models.context import Context
from conference.papers.manuscript import Manuscript
from venues.venue_file import load_venue

MIND = make()
FORM = load_venue("iclr2026").form
PERSONAS = ("inclusive", "conformist", "authoritarian")
RATINGS = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)


def agent(persona: str = "") -> Agent:
    return Agent(id="c1", role="chair", name="c1", lab="", persona=persona)


def context() -> Context:
    return Context(0, Path("nowhere"), TaskKey("meta_review", "c1"), asyncio.Semaphore(1))


def thread(
    ratings: tuple[float, ...], confidences: tuple[float, ...] | None = None, **changes: Any
) -> Thread:
    sure = confidences or (3.0,) * len(ratings)
    reviews = tuple(
        Review(
            paper="p1",
            reviewer=f"r{at}",
            rating=rating,
            confidence=sure[at],
            scores={"rating": rating, "confidence": sure[at], "soundness": 1.0 + at % 4},
            texts={
                "summary": "A summary.",
                "strengths": f"Strength {at}.",
                "weaknesses": f"Weakness {at}.",
                "questions": "A question?",
            },
            mind="embedded",
            day=1,
        )
        for at, rating in enumerate(ratings)
    )
    manuscript = Manuscript(paper="p1", title="A title", abstract="An abstract.")
    row = Thread(manuscript=manuscript, reviews=reviews, ratings=ratings)
    return msgspec.structs.replace(row, **changes)


def meta(seen: Thread, persona: str = "", **changes: Any) -> MetaReview:
    row = MetaReviewSight(thread=seen, form=FORM, bar=5.0, venue_mean=4.2)
    row = msgspec.structs.replace(row, **changes)
    return asyncio.run(MIND.meta_review(agent(persona), row, context()))


def test_confident_reviews_weigh_more_and_the_weights_are_recorded() -> None:
    row = meta(thread((2.0, 8.0), (1.0, 5.0)))
    assert row.weights["r1"] > row.weights["r0"]
    assert sum(row.weights.values()) == pytest.approx(1, abs=1e-3)
    assert row.score > 5
    assert meta(thread((2.0, 8.0))).score == pytest.approx(5)


def test_reviews_without_confidence_weigh_alike() -> None:
    seen = thread((2.0, 4.0, 8.0))
    bare = tuple(msgspec.structs.replace(review, confidence=None) for review in seen.reviews)
    row = meta(msgspec.structs.replace(seen, reviews=bare))
    assert set(row.weights.values()) == {round(1 / 3, 4)}


def test_personas_read_differently() -> None:
    seen = thread((2.0, 2.0, 2.0, 10.0))
    scores = {persona: meta(seen, persona).score for persona in PERSONAS}
    assert scores["inclusive"] == pytest.approx(4)
    assert scores["conformist"] < scores["inclusive"]
    assert abs(scores["authoritarian"] - 4.2) < abs(scores["inclusive"] - 4.2)
    with pytest.raises(UserError, match="no persona 'kind'"):
        persona_of(Agent(id="a", role="chair", name="a", lab="", persona="kind"))


def test_a_map_takes_out_a_reviewers_level_on_the_venues_own_scale() -> None:
    pooled = CalibrationMap(reviewer="", intercept=3.0, slope=0.5, n=40)
    lenient = CalibrationMap(reviewer="r0", intercept=2.5, slope=0.5, n=10)
    usual = CalibrationMap(reviewer="r1", intercept=3.0, slope=0.5, n=10)
    row = meta(thread((6.0, 4.0)), maps=(pooled, lenient, usual))
    assert row.score == pytest.approx(4.5)  # 6 is 1 too high: (5 + 4) / 2
    assert row.calibrated
    assert "+1.00" in row.text
    both = meta(thread((6.0, 6.0)), maps=(pooled, lenient, lenient))
    assert both.score < 6


def test_levels_come_from_the_round_where_nothing_was_calibrated() -> None:
    harsh = meta(thread((4.0, 4.0)), severity={"r0": -2.0, "r1": -2.0})
    assert 4 < harsh.score < 6
    assert not harsh.calibrated
    assert meta(thread((4.0, 4.0))).score == pytest.approx(4)


def test_the_meta_review_names_division_rebuttal_and_bar() -> None:
    moved = Comment(
        paper="p1", agent="r0", role="reviewer", turn=1, text="Up.", rating_before=2.0,
        rating_after=4.0,
    )  # fmt: skip
    reply = Rebuttal(paper="p1", author="s", replies={"r0": "See table 2."}, strength=0.6)
    row = meta(thread((4.0, 8.0, 6.0), rebuttal=reply, comments=(moved,)))
    assert "4, 8, 6" in row.text
    assert "soundness (from 1 to 3)" in row.text
    assert "2 to 4" in row.text
    assert "60%" in row.text
    assert "Main point against: Weakness 0." in row.text
    assert "Main point for: Strength 1." in row.text
    assert row.recommendation == ("accept" if row.score >= 5 else "reject")
    assert "expected bar 5.00: accept." in row.text


def test_discussion_opens_with_what_divides_the_reviewers() -> None:
    seen = ChairDiscussSight(thread=thread((2.0, 8.0, 4.0)), form=FORM, turn=1)
    (row,) = asyncio.run(MIND.discuss(agent(), seen, context()))
    assert "from 2 to 8, a gap of 6" in row.text
    assert "Weakness 0." in row.text
    assert "Strength 1." in row.text
    assert "soundness (from 1 to 3)" in row.text
    assert row.turn == 1
    assert row.rating_after is None


def test_marked_lines_tell_the_side_where_one_field_holds_both() -> None:
    form = load_venue("neurips2025").form
    seen = thread((2.0, 6.0))
    reviews = tuple(
        msgspec.structs.replace(
            row, texts={"strengths_and_weaknesses": f"+ Good {at}.\n- Bad {at}."}
        )
        for at, row in enumerate(seen.reviews)
    )
    sight = ChairDiscussSight(
        thread=msgspec.structs.replace(seen, reviews=reviews), form=form, turn=1
    )
    (row,) = asyncio.run(MIND.discuss(agent(), sight, context()))
    assert "The lowest rests on: Bad 0." in row.text
    assert "The highest rests on: Good 1." in row.text


def notes(count: int, chair_mean: float) -> list[float]:
    rows = tuple(
        MetaReview(paper=f"p{at}", chair="c1", score=chair_mean, recommendation="reject", text="")
        for at in range(count)
    )
    seen = SeniorSight(
        meta_reviews=rows, chair="c1", chair_mean=chair_mean, venue_mean=5.0, venue_sd=1.0
    )
    found = asyncio.run(MIND.senior_notes(agent(), seen, context()))
    assert [note.paper for note in found] == [row.paper for row in rows]
    return [note.adjustment for note in found]


def test_a_harsh_chair_is_lifted_by_a_share_that_grows_with_its_papers() -> None:
    few, many = notes(2, 3.0), notes(40, 3.0)
    assert len(set(few)) == 1
    assert 0 < few[0] < many[0] < 2.0
    assert notes(40, 7.0)[0] == pytest.approx(-many[0])
    assert set(notes(5, 5.0)) == {0}


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Candidate, ...]:
    sets = draw(
        st.lists(
            st.lists(st.sampled_from(RATINGS), min_size=1, max_size=4), min_size=1, max_size=40
        )
    )
    order = draw(st.permutations(range(len(sets))))
    return tuple(candidate(f"p{at:03d}", tuple(sets[at])) for at in order)


def candidate(name: str, ratings: tuple[float, ...]) -> Candidate:
    score = float(np.mean(ratings))
    return Candidate(
        paper=name,
        title=name,
        score=round(score, 6),
        score_name="mean rating",
        recommendation="accept" if score >= 5 else "reject",
        spread=round(float(np.std(ratings)), 6),
        ratings=ratings,
    )


def decide(papers: tuple[Candidate, ...], **rates: Any) -> list[Decision]:
    given_rates = {"accept_rate": 0.3, "oral_rate": 0.02, "spotlight_rate": 0.05, "best_papers": 1}
    seen = DecideSight(candidates=papers, **(given_rates | rates))
    return asyncio.run(MIND.decide(agent(), seen, context()))


@settings(max_examples=80)
@given(
    papers=candidates(),
    accept=st.floats(0, 1),
    oral=st.floats(0, 1),
    spotlight=st.floats(0, 1),
    best=st.integers(0, 5),
)
def test_quotas_are_kept_exactly(
    papers: tuple[Candidate, ...], accept: float, oral: float, spotlight: float, best: int
) -> None:
    rows = decide(
        papers, accept_rate=accept, oral_rate=oral, spotlight_rate=spotlight, best_papers=best
    )
    n, quota = len(papers), round(accept * len(papers))
    assert sorted(row.rank for row in rows) == list(range(1, n + 1))
    assert {row.paper for row in rows} == {paper.paper for paper in papers}
    accepted = [row for row in rows if row.accepted]
    assert len(accepted) == quota
    assert sum(row.presentation == "oral" for row in rows) == min(round(oral * n), quota)
    orals = min(round(oral * n), quota)
    assert sum(row.presentation == "spotlight" for row in rows) == min(
        round(spotlight * n), quota - orals
    )
    assert all((row.presentation != "") == row.accepted for row in rows)
    assert sum(row.award != "" for row in rows) == min(best, quota)
    worst = min((row.score for row in accepted), default=np.inf)
    assert all(row.score <= worst for row in rows if not row.accepted)


@settings(max_examples=60)
@given(papers=candidates(), at=st.integers(0, 39), persona=st.sampled_from(PERSONAS))
def test_raising_all_ratings_of_a_paper_never_worsens_it(
    papers: tuple[Candidate, ...], at: int, persona: str
) -> None:
    old = papers[at % len(papers)]
    raised = tuple(RATINGS[min(RATINGS.index(rating) + 1, 5)] for rating in old.ratings)
    if raised == old.ratings:
        return
    before = {row.paper: row.rank for row in decide(papers)}
    new = candidate(old.paper, raised)
    after = {row.paper: row.rank for row in decide(tuple(new if p == old else p for p in papers))}
    assert after[old.paper] <= before[old.paper]
    assert meta(thread(raised), persona).score >= meta(thread(old.ratings), persona).score


def test_ties_are_broken_by_spread_then_id_and_the_reason_says_so() -> None:
    papers = (
        candidate("p2", (2.0, 8.0)),
        candidate("p3", (4.0, 6.0)),
        candidate("p1", (2.0, 8.0)),
        candidate("p4", (8.0, 8.0)),
    )
    rows = {row.paper: row for row in decide(papers, accept_rate=0.5)}
    assert [rows[name].rank for name in ("p4", "p3", "p1", "p2")] == [1, 2, 3, 4]
    assert rows["p4"].reason == "Rank 1 of 4 by mean rating 8.00, within the quota of 2."
    assert "3 papers have this score" in rows["p3"].reason
    assert "have this score" not in rows["p4"].reason
    assert "recommended accept" in rows["p1"].reason
    assert list(rows.values()) == decide(papers[::-1], accept_rate=0.5)
