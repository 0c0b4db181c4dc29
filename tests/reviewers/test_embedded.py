"""The embedded reviewer: valid forms, the paper's own facts, ratings that follow faults."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.core.forms import Field, Form, check_form, problems, without_texts
from conference.core.records import Absence, Agent, Check, Comment, Rebuttal, Review, encode
from conference.core.tasks import TaskKey
from conference.models.context import Context
from conference.papers.anatomy import measure
from conference.papers.manuscript import Manuscript
from reviewers.embedded import reading
from reviewers.embedded.filling import rules
from reviewers.embedded.findings import cost_of, find, wording
from reviewers.embedded.mind import make
from reviewers.embedded.panel import load_panel
from reviewers.personas import persona_of
from reviewers.reviewer import BidSight, CalibrateSight, DiscussSight, ReviewSight
from venues.venue_file import load_venue

MIND = make()
VENUES = ("workshop", "iclr2022", "iclr2026", "neurips2025", "icml2025")
FORM = load_venue("iclr2026").form
ABSTRACT = (
    "We study how the learning rate changes grokking on modular arithmetic. Across 5 runs the "
    "delay falls by 31.5% while test accuracy may stay at 99.2%. The XQTR protocol is described."
)
BODY = """Introduction
We compare with a baseline. Random seeds are reported, with a standard deviation for each.
Experiments
Figure 1 and Figure 2 show the delay of 31.5% over 5 runs. Table 1 lists accuracy.
Limitations
The limitations are named here.
References
[1] A. Author. A first paper on grokking. 2021.
[2] B. Author. A second paper on learning rates. 2022.
[3] C. Author. A third paper on modular arithmetic. 2023.
"""


def paper(name: str = "p1", **changes: Any) -> Manuscript:
    row = Manuscript(paper=name, title="Learning rates and grokking", abstract=ABSTRACT)
    return msgspec.structs.replace(row, **changes)


def look_at(manuscript: Manuscript, archive: tuple[str, ...], papers: Path) -> reading.Reading:
    return asyncio.run(reading.read(manuscript, archive, papers))


def agent(name: str = "r1", persona: str = "") -> Agent:
    return Agent(id=name, role="reviewer", name=name, lab="", persona=persona)


def context(reviewer: str = "r1", name: str = "p1", seed: int = 0, step: str = "review") -> Context:
    return Context(seed, Path("nowhere"), TaskKey(step, reviewer, name), asyncio.Semaphore(1))


def sight(manuscript: Manuscript, **changes: Any) -> ReviewSight:
    row = ReviewSight(
        manuscript=manuscript,
        form=FORM,
        panel="iclr2026",
        affinity=0.1,
        expertise=0.5,
        days=21,
        absent_rate=0.0,
        late_rate=0.0,
    )
    return msgspec.structs.replace(row, **changes)


def review(
    seen: ReviewSight, reviewer: str = "r1", seed: int = 0, persona: str = ""
) -> Review | Absence:
    where = context(reviewer, seen.manuscript.paper, seed)
    (row,) = asyncio.run(MIND.review(agent(reviewer, persona), seen, where))
    assert isinstance(row, Review | Absence)
    return row


def given_review(seen: ReviewSight, reviewer: str = "r1", **options: Any) -> Review:
    row = review(seen, reviewer, **options)
    assert isinstance(row, Review)
    return row


TEXT_NAMES = (
    "summary", "strengths", "weaknesses", "strengths_and_weaknesses", "questions", "limitations",
    "main_review", "summary_of_the_review", "relation_to_prior_work", "clarity", "anything_else",
)  # fmt: skip


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form with any scales, any choices and any of the usual and unusual text fields."""
    scale = st.lists(st.integers(-20, 20), min_size=2, max_size=10, unique=True)
    fields = [
        Field(name=f"score{at}", kind="score", values=tuple(map(float, sorted(values))))
        for at, values in enumerate(draw(st.lists(scale, min_size=1, max_size=5)))
    ]
    fields += [
        Field(name=name, kind="text", required=draw(st.booleans()))
        for name in draw(st.lists(st.sampled_from(TEXT_NAMES), unique=True, max_size=6))
    ]
    if draw(st.booleans()):
        fields.append(Field(name="flag", kind="choice", choices=("No", "Yes")))
    rating = draw(st.integers(0, sum(f.kind == "score" for f in fields) - 1))
    others = ["", *(f.name for f in fields if f.kind == "score" and f.name != f"score{rating}")]
    form = Form(
        field=tuple(draw(st.permutations(fields))),
        rating=f"score{rating}",
        confidence=draw(st.sampled_from(others)),
    )
    check_form(form, "made")
    return form


@settings(max_examples=60)
@given(
    form=forms(),
    panel=st.sampled_from(["iclr2022", "iclr2026", "neurips2025", "icml2025"]),
    abstract=st.one_of(st.just(""), st.just(ABSTRACT), st.text(max_size=200)),
    seed=st.integers(0, 1000),
    persona=st.sampled_from(["", "irresponsible", "thorough", "malicious"]),
)
def test_any_form_is_filled_with_values_on_its_scales(
    form: Form, panel: str, abstract: str, seed: int, persona: str
) -> None:
    seen = sight(paper(abstract=abstract), form=form, panel=panel)
    row = given_review(seen, seed=seed, persona=persona)
    assert problems(form, row.scores, row.texts) == []
    assert row.rating == row.scores[form.rating]
    assert row.confidence == row.scores.get(form.confidence)
    if form.texts:
        assert sum(rules().texts.signed in text for text in row.texts.values()) == 1


@pytest.mark.parametrize("name", VENUES)
def test_the_venues_own_forms_are_filled(name: str) -> None:
    venue = load_venue(name)
    for number in range(5):
        seen = sight(paper(f"p{number}"), form=venue.form, panel=venue.panel.like)
        row = given_review(seen)
        assert problems(venue.form, row.scores, row.texts) == []


def test_what_speaks_for_a_paper_is_in_no_field_of_what_speaks_against_it() -> None:
    venue = load_venue("agentreview")
    row = given_review(sight(paper(), form=venue.form, panel=venue.panel.like))
    lines = set(row.texts["reasons_to_accept"].splitlines())
    assert lines and not lines & set(row.texts["reasons_to_reject"].splitlines())


def test_the_same_task_gives_the_same_review_in_any_order() -> None:
    seen = [sight(paper(f"p{number}")) for number in range(6)]
    first = [review(row, name) for row in seen for name in ("r1", "r2")]
    second = [review(row, name) for row in reversed(seen) for name in ("r2", "r1")]
    assert first == second[::-1]
    assert first != [review(row, name, seed=1) for row in seen for name in ("r1", "r2")]


def test_reviewers_of_one_paper_differ_in_scores_and_in_points() -> None:
    rows = [given_review(sight(paper()), f"r{number}") for number in range(12)]
    assert len({row.rating for row in rows}) > 1
    assert len({row.texts["weaknesses"] + row.texts["strengths"] for row in rows}) > 1


def test_what_is_read_does_not_depend_on_who_asks() -> None:
    alone = look_at(paper(), (), Path("nowhere"))
    crowd = [
        look_at(paper(f"p{number}", title=f"Other {number}"), (), Path()) for number in range(3)
    ]
    assert look_at(paper(), (), Path("nowhere")) == alone
    assert all(row.quality != alone.quality for row in crowd)


def test_failed_checks_lower_the_ratings_and_are_named() -> None:
    check = Check(paper="p", name="claims_match", passed=False, detail="0.31 is said, 0.22 is run")
    clean, faulty, named = [], [], 0
    for number in range(60):
        name = f"p{number}"
        for reviewer in ("r1", "r2", "r3"):
            clean.append(given_review(sight(paper(name)), reviewer).rating)
            row = given_review(sight(paper(name, checks=(check,))), reviewer)
            faulty.append(row.rating)
            named += "0.31 is said, 0.22 is run" in row.texts["weaknesses"]
    assert np.mean(faulty) < np.mean(clean) - 0.3
    assert all(low <= high for low, high in zip(faulty, clean, strict=True))
    assert named / len(faulty) > 0.5


def test_findings_name_what_was_measured_in_this_text() -> None:
    anatomy = measure("Learning rates and grokking", ABSTRACT, f"{ABSTRACT}\n{BODY}")
    said = "\n".join(finding.text for finding in find(anatomy, ()))
    assert anatomy.references == 3
    assert "2 figures, 1 table" in said
    assert "3 references" in said
    assert f"{len(anatomy.abstract_numbers)} numbers" in said
    assert "XQTR" in said
    assert "no ablation is mentioned" in said
    assert "no seed" not in said
    assert f"baselines or comparisons are named ({anatomy.signs['baselines']} place" in said  # type: ignore[index]


def test_every_sentence_holds_a_measured_fact() -> None:
    """Papers whose measurements all differ share no strength but those that quote a sign."""
    other = "Our novel and comprehensive approach is superior. It was tried once, in 2020, by hand."
    texts = []
    for abstract in (ABSTRACT, other):
        anatomy = measure("A title", abstract)
        texts.append({finding.text for finding in find(anatomy, ())})
    assert not texts[0] & texts[1]


def test_a_text_without_the_usual_signs_costs_and_a_usual_one_costs_nothing() -> None:
    bare = measure("A title", ABSTRACT, f"{ABSTRACT}\nNothing else is here.")
    full = measure("A title", ABSTRACT, f"{ABSTRACT}\n{BODY}")
    costs = [cost_of(find(row, ()), full_text=True) for row in (bare, full)]
    assert costs[0] > 0.2
    assert costs[0] > costs[1]
    assert cost_of(find(measure("A title", ABSTRACT), ()), full_text=False) == 0


def test_novelty_is_judged_against_the_archive() -> None:
    archive = ("Learning rates and grokking", "Vision transformers for maps")
    same = look_at(paper(), archive, Path("nowhere"))
    far = look_at(paper(title="Protein folding by hand"), archive, Path("nowhere"))
    assert any('"Learning rates and grokking"' in f.text for f in same.findings)
    assert same.cost == pytest.approx(wording().phrases["near"][0].cost)
    assert far.cost == 0
    assert any("2 titles compared" in finding.text for finding in far.findings)


def test_absence_and_lateness_come_at_the_venues_rates() -> None:
    seen = [sight(paper(f"p{n}"), absent_rate=0.2, late_rate=0.3) for n in range(400)]
    rows = [review(row) for row in seen]
    absent = [row for row in rows if isinstance(row, Absence)]
    late = [row for row in rows if isinstance(row, Review) and row.late]
    assert 0.13 < len(absent) / 400 < 0.27
    assert all(row.reason for row in absent)
    assert 0.21 < len(late) / (400 - len(absent)) < 0.39
    for row in rows:
        if isinstance(row, Review):
            assert (row.day > 21) == row.late


def test_a_strict_reviewer_rates_lower_and_an_unknown_persona_is_an_error() -> None:
    seen = [sight(paper(f"p{number}")) for number in range(80)]
    means = [
        np.mean([given_review(row, persona=persona).rating for row in seen])
        for persona in ("strict", "neutral", "benign")
    ]
    assert means[0] < means[1] < means[2]
    with pytest.raises(UserError, match="no persona 'grumpy'"):
        persona_of(Agent(id="a", role="reviewer", name="a", lab="", persona="grumpy"))


def test_ratings_have_the_spread_of_the_human_panel() -> None:
    """Six reviewers with levels of their own on papers of one quality follow the histogram."""
    panel = load_panel("iclr2026")
    rows = [
        given_review(sight(paper(f"p{n}")), f"r{n % 50}-{at}").rating
        for n in range(300)
        for at in range(4)
    ]
    sets = np.array(rows).reshape(300, 4)
    assert 1.4 < sets.std(axis=1, ddof=1).mean() < 2.0
    between = sets.mean(axis=1).var(ddof=1)
    within = sets.var(axis=1, ddof=1).mean()
    icc = (4 * between - within) / (4 * between + 3 * within)
    assert abs(icc - panel.icc) < 0.1


def test_bids_follow_affinity_and_leave_most_papers_out() -> None:
    papers = tuple(paper(f"p{number}") for number in range(400))
    affinities = tuple(0.35 if number < 40 else 0.05 for number in range(400))
    seen = BidSight(papers=papers, affinities=affinities)
    bids = asyncio.run(MIND.bid(agent(), seen, context("r1", "", step="bid")))
    near = [bids.levels.get(f"p{number}") for number in range(40)]
    far = [bids.levels.get(f"p{number}") for number in range(40, 400)]
    assert sum(level in ("Very High", "High") for level in near) > 35
    assert sum(level is None for level in far) > 0.6 * 360
    assert sum(level in ("Low", "Very Low") for level in near) == 0
    assert "Neutral" not in bids.levels.values()


def discuss(seed: int, rating: float, others: tuple[float, ...], strength: float) -> list[Any]:
    own = msgspec.structs.replace(given_review(sight(paper())), rating=rating)
    reply = Rebuttal(paper="p1", author="s1", replies={"r1": "Here it is."}, strength=strength)
    seen = DiscussSight(
        manuscript=paper(),
        form=FORM,
        panel="iclr2026",
        own=own,
        rating=rating,
        others=(own,) * len(others),
        other_ratings=others,
        place=0,
        rebuttal=reply,
        comments=(),
        turn=1,
    )
    return asyncio.run(MIND.discuss(agent(), seen, context(seed=seed, step="discuss.1")))


def test_some_ratings_change_mostly_up_and_by_one_step() -> None:
    rows = [row for seed in range(600) for row in discuss(seed, 4.0, (4.0, 6.0, 4.0), 0.5)]
    assert 0.08 < len(rows) / 600 < 0.35
    for row in rows:
        assert isinstance(row, Comment)
        assert row.rating_before == 4
        assert row.rating_after in (2, 6)
        assert f"from 4 to {row.rating_after:g}" in row.text
    ups = sum(row.rating_after == 6 for row in rows)
    assert ups > 0.8 * len(rows)


def test_calibration_shares_the_papers_effect_and_keeps_the_humans_apart() -> None:
    def calibrate(reviewer: str, means: tuple[float, ...]) -> list[float]:
        seen = CalibrateSight(
            form=FORM,
            panel="iclr2026",
            papers=tuple(paper(f"c{n}", title="", abstract="") for n in range(150)),
            qualities=tuple(0.0 for _ in range(150)),
            human_means=means,
            humans=(4,) * 150,
        )
        rows = asyncio.run(
            MIND.calibrate(agent(reviewer), seen, context(reviewer, "", step="calibrate"))
        )
        assert [row.human_mean for row in rows] == list(means)
        return [row.rating for row in rows]

    first = calibrate("r1", (5.0,) * 150)
    assert set(first) <= set(FORM["rating"].values)
    assert first == calibrate("r1", (1.0,) * 150)
    others = np.mean([calibrate(f"r{n}", (5.0,) * 150) for n in range(2, 12)], axis=0)
    assert np.corrcoef(first, others)[0, 1] > 0.1


def test_the_reviews_texts_are_not_stock() -> None:
    """A strength or weakness in a review is one of the findings of that very paper."""
    measured = look_at(paper(), (), Path("nowhere"))
    known = {finding.text for finding in measured.findings}
    for number in range(10):
        row = given_review(sight(paper()), f"r{number}")
        for name in ("strengths", "weaknesses"):
            for line in row.texts[name].splitlines():
                assert line in known or re.match(r"None of \d+ findings", line)


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 12))
def test_a_review_does_not_hang_on_the_tasks_beside_it(order: list[int], at_once: int) -> None:
    """Tasks that are under way at once have their papers read together, to the same last bit."""
    seen = [sight(paper(f"p{n}", abstract=f"{ABSTRACT} It holds for {n} layers.")) for n in order]

    async def given_together(chosen: list[ReviewSight]) -> list[bytes]:
        reading._predicted.clear()
        reading._read.cache_clear()
        where = [context("r1", each.manuscript.paper) for each in chosen]
        pairs = zip(chosen, where, strict=True)
        return [
            encode(row)
            for row in await asyncio.gather(*(MIND.review(agent(), *pair) for pair in pairs))
        ]

    parts = [seen[at : at + at_once] for at in range(0, len(seen), at_once)]
    together = [row for part in parts for row in asyncio.run(given_together(part))]
    assert together == [row for each in seen for row in asyncio.run(given_together([each]))]


def test_without_texts_the_scores_are_the_same() -> None:
    for quality in (None, 0.4):
        seen = sight(paper(), quality=quality)
        whole = given_review(seen)
        bare = given_review(msgspec.structs.replace(seen, form=without_texts(FORM)))
        assert bare.scores == whole.scores
        assert whole.texts and set(bare.texts) == {field.name for field in FORM.choices}
