"""The language-model chair: what it is told, and that the reasons of its decisions are true."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from chairs.chair import Candidate, ChairDiscussSight, DecideSight, MetaReviewSight, Thread
from conference.core.forms import with_least
from conference.core.records import (
    Agent,
    AnyRecord,
    CalibrationMap,
    Comment,
    Decision,
    MetaReview,
    Rebuttal,
    Review,
    decode,
)
from conference.core.tasks import Sight, Task, TaskKey
from conference.papers.manuscript import Manuscript
from reviewers.reviewer import DiscussSight
from tests.models.scripted import Answer, Script, Scripted, obedient, schema_of, serve
from tests.models.test_round import RULES
from venues.dispatch import make_performer
from venues.venue_file import load_venue

FORM = load_venue("neurips2025").form
PAPER = Manuscript(paper="p1", title="A title", abstract="An abstract.")
NAMES = ("reviewer-007", "reviewer-009", "reviewer-002")  # The last is an emergency reviewer.
RATINGS = (5.0, 3.0, 2.0)
REVIEWS = tuple(
    Review(
        paper="p1", reviewer=name, rating=rating, confidence=3, mind="m", day=1,
        scores={"overall": rating}, texts={"questions": f"Why {rating:g}?"},
    )
    for name, rating in zip(NAMES, RATINGS, strict=True)
)  # fmt: skip
REPLIES = {"R1": "As table 1 says.", "R3": "As table 3 says."}
REBUTTAL = Rebuttal(paper="p1", author="a", replies=REPLIES)
COMMENTS = (
    Comment(paper="p1", agent="reviewer-002", role="reviewer", turn=1, text="I doubt it."),
    Comment(paper="p1", agent="chair-001", role="chair", turn=1, text="Do you agree?"),
)
THREAD = Thread(
    manuscript=PAPER, reviews=REVIEWS, ratings=RATINGS, rebuttal=REBUTTAL, comments=COMMENTS
)


def perform(server: Scripted, folder: Path, role: Any, sight: Sight) -> list[AnyRecord]:
    agent = Agent(id=f"{role}-002", role=role, name="A", lab="L", mind=server.spec)
    task = Task(TaskKey("step", agent.id, "p1"), sight, agent)
    done = asyncio.run(make_performer(0, str(folder), 0, {"default": RULES})(task))
    return decode(done.records)


def meta_review(server: Scripted, folder: Path, **changes: Any) -> MetaReview:
    sight = MetaReviewSight(thread=THREAD, form=FORM, bar=4.0, venue_mean=3.5, accept_rate=0.3)
    (row,) = perform(server, folder, "chair", msgspec.structs.replace(sight, **changes))
    assert isinstance(row, MetaReview)
    return row


def test_a_chair_is_told_the_scale_and_the_reviewers_own_levels(tmp_path: Path) -> None:
    pooled = CalibrationMap(reviewer="", intercept=1.0, slope=0.5, n=40)
    lenient = msgspec.structs.replace(pooled, reviewer=NAMES[0], intercept=0.5)
    usual = tuple(msgspec.structs.replace(pooled, reviewer=name) for name in NAMES[1:])
    with serve() as server:
        plain = meta_review(server, tmp_path)
        row = meta_review(server, tmp_path, maps=(pooled, lenient, *usual))
        harsh = meta_review(server, tmp_path, severity={NAMES[2]: -1.0})
        without, calibrated, in_round = server.prompts()
    for prompt in (without, calibrated, in_round):
        assert "`overall`" in prompt and "6 = strong accept" in prompt
    assert "own level" not in without and "rest on those, so that" not in without
    assert "R1 (rating now 5, 4.00 without its reviewer's own level" in calibrated
    assert "R2 (rating now 3; as handed in" in calibrated
    assert "R3 (rating now 2, 2." in in_round and "rest on those, so that" in in_round
    # The score is the model's own judgement, whatever it was told.
    assert not any(meta.calibrated for meta in (plain, row, harsh))


def test_a_chair_is_told_what_the_desk_flags(tmp_path: Path) -> None:
    with serve() as server:
        meta_review(server, tmp_path)
        flagged = msgspec.structs.replace(THREAD, flags=("duplicate of p9",))
        meta_review(server, tmp_path, thread=flagged)
        without, told = server.prompts()
    assert "desk tells you: duplicate of p9." in told and "desk tells" not in without


def test_chairs_and_reviewers_read_one_thread_under_the_same_names(tmp_path: Path) -> None:
    sight = DiscussSight(
        manuscript=PAPER, form=FORM, panel="iclr2026", own=REVIEWS[2], rating=RATINGS[2],
        others=REVIEWS[:2], other_ratings=RATINGS[:2], place=2, rebuttal=REBUTTAL,
        comments=COMMENTS, turn=1,
    )  # fmt: skip
    with serve() as server:
        perform(server, tmp_path, "reviewer", sight)
        meta_review(server, tmp_path)
        threads = [
            text.rpartition("<thread>")[2].partition("</thread>")[0] for text in server.prompts()
        ]
        discussed = server.prompts()[0]
    assert threads[0] == threads[1]
    assert "You are R3, whose review is in the thread; your rating stands at 2." in discussed
    for said in (
        "R3 (rating now 2; as handed in: overall 2) [marked automatically: next to no words]:\n"
        "questions: Why 2?",
        "To R1: As table 1 says.\nTo R3: As table 3 says.",
        "R3: I doubt it.",
        "The area chair: Do you agree?",
    ):
        assert said in threads[0]


def test_comments_and_meta_reviews_have_the_venue_s_least_words(tmp_path: Path) -> None:
    """A list of numbers has no words; it is asked for again, and the sentence after it stands."""

    def first_numbers(request: dict[str, Any]) -> Answer:
        again = "cannot be used" in str(request["messages"])
        text = "Table 2 bears the claim out." if again else "1 | 2 | 4 | 6"
        filled: Any = obedient(request)
        return filled | {name: text for name in ("comment", "text") if name in filled}

    form = with_least(FORM, 4)
    discussing = DiscussSight(
        manuscript=PAPER, form=form, panel="iclr2026", own=REVIEWS[2], rating=RATINGS[2],
        others=REVIEWS[:2], other_ratings=RATINGS[:2], place=2, rebuttal=REBUTTAL,
        comments=(), turn=1,
    )  # fmt: skip
    with serve(first_numbers) as server:
        (comment,) = perform(server, tmp_path, "reviewer", discussing)
        (opening,) = perform(
            server, tmp_path, "chair", ChairDiscussSight(thread=THREAD, form=form, turn=1)
        )
        meta = meta_review(server, tmp_path, form=form)
        assert len(server.requests) == 6
    assert isinstance(comment, Comment) and isinstance(opening, Comment)
    for said in (comment, opening, meta):
        assert said.text.startswith("Table 2 bears")


def candidates(*scores: float) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            paper=f"p{number}",
            title=f"Paper {number}",
            score=score,
            score_name="mean rating",
            recommendation="accept",
            spread=0.0,
            ratings=(score,),
        )
        for number, score in enumerate(scores, 1)
    )


def preferring(*priorities: int) -> Script:
    """Gives the papers, in the order shown, these priorities."""

    def script(request: dict[str, Any]) -> Answer:
        answer = obedient(request)
        assert isinstance(answer, dict)
        for number, priority in enumerate(priorities, 1):
            assert f"priority_P{number}" in schema_of(request)["properties"]
            answer[f"priority_P{number}"] = priority
            answer[f"reason_P{number}"] = f"Own reason {number}."
        return answer

    return script


def decide(script: Script, folder: Path, papers: tuple[Candidate, ...]) -> dict[str, Decision]:
    sight = DecideSight(
        candidates=papers, accept_rate=0.5, oral_rate=0.17, spotlight_rate=0.0, best_papers=1,
        scale=(0.0, 5.0, 10.0),
    )  # fmt: skip
    with serve(script) as server:
        rows = perform(server, folder, "program_chair", sight)
        assert all("on a scale from 0 to 10; a senior" in text for text in server.prompts())
    return {row.paper: row for row in rows if isinstance(row, Decision)}


def test_at_the_edge_the_chair_decides_and_the_reason_says_so(tmp_path: Path) -> None:
    papers = candidates(9, 8, 7, 6, 6, 4)
    rows = decide(preferring(1, 8, 2, 9, 7, 3), tmp_path, papers)
    assert [rows[paper.paper].rank for paper in papers] == [1, 2, 3, 4, 5, 6]
    assert {name for name, row in rows.items() if row.accepted} == {"p2", "p4", "p5"}
    assert rows["p1"].reason == (
        "Rank 1 of 6 by mean rating 9.00. Papers at the edge of the quota of 3 were put in order "
        "by the program chair, which rejected this one. The area chair recommended accept. "
        "Own reason 1."
    )
    assert "which accepted this one" in rows["p4"].reason and "spread" not in rows["p4"].reason
    # The prompt asks for a priority in acceptance; honours go by score.
    assert [name for name, row in rows.items() if row.presentation == "oral"] == ["p2"]
    assert [name for name, row in rows.items() if row.award] == ["p2"]


def test_papers_far_from_the_edge_are_decided_by_score(tmp_path: Path) -> None:
    papers = candidates(*range(30, 14, -1))
    rows = decide(preferring(*range(1, 11)), tmp_path, papers)
    first, last = rows["p1"], rows["p16"]
    assert first.accepted and first.presentation == "oral" and first.award
    assert first.reason == "Rank 1 of 16 by mean rating 30.00, within the quota of 8."
    assert not last.accepted and "beyond the quota of 8" in last.reason
    assert {f"p{n}" for n in (1, 2, 3, 9, 10, 11, 12, 13)} == {
        name for name, row in rows.items() if row.accepted
    }
