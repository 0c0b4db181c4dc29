"""The loop: the same seed gives the same round, killed or not, on any number of hosts."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

import conference.core.ledger
from chairs.calibration import POOLED
from chairs.chair import DecideSight, MetaReviewSight
from conference.core.chain import TIP
from conference.core.errors import UserError
from conference.core.executors import InlineExecutor, unlimited
from conference.core.ledger import open_ledger, read_ledger
from conference.core.records import (
    Absence,
    Agent,
    AnyRecord,
    Assignment,
    CalibrationMap,
    Comment,
    Conflict,
    Decision,
    Failure,
    MetaReview,
    Review,
    Submission,
    encode,
)
from conference.core.tasks import Done, StopRound, Task, TaskKey
from conference.models.costs import Budget
from conference.models.records import Call, calls_to_json
from tests.venues.tiny import table, tiny_venue
from venues.dispatch import make_performer
from venues.instant import InstantReviewer
from venues.phases import steps_of
from venues.phases.decide import tasks as decisions
from venues.phases.meta_review import tasks as meta_reviews
from venues.plan import make_plan, note_plan
from venues.round import Result, load_round, play, prepare, run_round
from venues.spending import read_spending
from venues.state import Round

KILLS = 8
FORK = multiprocessing.get_context("fork")
CALL = Call(
    purpose="meta-review", model="made", revision="1", prompt_sha256="", temperature=0.0,
    top_p=1.0, max_tokens=10, seed=0, tokens_in=40, tokens_out=10,
)  # fmt: skip


def content(folder: Path) -> dict[str, bytes]:
    ledger = read_ledger(folder)
    found = ledger.content()
    ledger.close()
    return found


def in_child(work: Callable[[], Any]) -> int:
    """Run `work` in a forked process and return its exit code (negative for a signal)."""
    child = FORK.Process(target=work)
    child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def run_tiny(folder: Path, hosts: int = 0, **options: Any) -> None:
    run_round(tiny_venue(), out=folder, hosts=hosts, **options)


def test_a_whole_round_comes_out(tmp_path: Path) -> None:
    result = run_round(tiny_venue(), out=tmp_path, hosts=0)
    round_ = result.round
    papers = round_.papers()
    assert len(papers) == 4
    assert {d.paper for d in round_.all(Decision)} == {p.paper for p in papers}
    assert sum(d.accepted for d in round_.all(Decision)) == 2
    for paper in papers:
        assert len(round_.of(Review, paper.paper)) == 3
    again = load_round(tmp_path)
    for step in steps_of(round_.venue):
        assert [t.key for t in step.tasks(round_)] == [t.key for t in step.tasks(round_)]
    assert again.all(Decision) == round_.all(Decision)
    assert run_round(tiny_venue(), out=tmp_path, hosts=0).performed == 0


def test_nobody_reviews_against_a_conflict_or_over_the_load(tmp_path: Path) -> None:
    round_ = run_round(tiny_venue(), out=tmp_path, hosts=0, papers=table(8)).round
    barred = {(row.agent, row.paper) for row in round_.all(Conflict)}
    given = [(row.agent, row.paper) for row in round_.all(Assignment) if row.role == "reviewer"]
    assert barred and not barred & set(given)
    assert len(set(given)) == len(given) == 24
    for agent in round_.agents("reviewer"):
        assert sum(name == agent.id for name, _ in given) <= round_.venue.assignment.max_load


def test_killed_after_every_single_write_the_round_ends_the_same(tmp_path: Path) -> None:
    _run_smallest(tmp_path / "whole")
    truth = content(tmp_path / "whole")
    writes = 0
    for stop_after in range(1, 1000):
        folder = tmp_path / f"killed-{stop_after}"
        died = in_child(partial(_die_after, stop_after, folder))
        if died == 0:
            writes = stop_after - 1
            break
        assert died == -signal.SIGKILL
        before = set(content(folder))
        result = _run_smallest(folder)
        assert content(folder) == truth
        assert result.performed == len(truth) - len(before)
    assert writes >= len(truth)


def _run_smallest(folder: Path) -> Result:
    tiny = tiny_venue(reviewers=4)
    few = msgspec.structs.replace(tiny.population, scientists=2)
    return run_round(msgspec.structs.replace(tiny, population=few), out=folder, hosts=0)


def _die_after(writes: int, folder: Path) -> None:
    """Commit task by task, and kill the process after so many commits."""
    ledger_class = conference.core.ledger.Ledger
    append, left = ledger_class.append, [writes]

    def append_one_by_one(self: Any, finished: Sequence[Done]) -> None:
        for done in finished:
            append(self, [done])
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    ledger_class.append = append_one_by_one  # type: ignore[method-assign]
    _run_smallest(folder)


def test_killed_at_random_times_a_larger_round_ends_the_same(tmp_path: Path) -> None:
    """A few kills; the crash benchmark counts many."""
    start = time.perf_counter()
    _run_many(tmp_path / "whole")
    usual = time.perf_counter() - start
    truth = content(tmp_path / "whole")
    rng = random.Random(4)
    kills = rounds = 0
    while kills < KILLS:
        folder = tmp_path / f"round-{rounds}"
        if in_child(partial(_run_with_alarm, folder, rng.uniform(0.001, usual))) == 0:
            assert content(folder) == truth
            rounds += 1
        else:
            kills += 1
            if (folder / TIP).exists():
                assert content(folder).items() <= truth.items()
    _run_many(folder)
    assert content(folder) == truth


def _run_many(folder: Path) -> Any:
    return run_round(tiny_venue(reviewers=20), out=folder, hosts=0, papers=table(20))


def _run_with_alarm(folder: Path, seconds: float) -> None:
    """A real-time alarm whose default action kills the process wherever it is."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _run_many(folder)


class Shuffled:
    """An executor that hands results back in a random order and in groups of random size."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._inner = InlineExecutor(lambda: make_performer(0, str(folder), 0))
        self._random = random.Random(seed)

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        finished = [done for group in self._inner.perform(tasks) for done in group]
        self._random.shuffle(finished)
        while finished:
            size = self._random.randint(1, 5)
            yield finished[:size]
            del finished[:size]

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_finishing_changes_nothing(seed: int, tmp_path: Path) -> None:
    run_tiny(tmp_path / "ordered")
    folder = tmp_path / "shuffled"
    ledger = open_ledger(folder)
    executor = Shuffled(seed, folder)
    played = Round(tiny_venue(), 0, folder)
    note_plan(ledger, make_plan(tiny_venue(), 0))
    play(played, ledger, lambda _: executor, lambda *_: None)
    executor.close()
    ledger.close()
    assert content(folder) == content(tmp_path / "ordered")
    for found in (load_round(folder), load_round(tmp_path / "ordered")):
        for kind in (Review, Comment, Submission, Agent):
            assert found.all(kind) == played.all(kind), "as it was played, whatever ended first"


def test_another_seed_gives_another_round(tmp_path: Path) -> None:
    run_tiny(tmp_path / "a")
    run_tiny(tmp_path / "b", seed=1)
    assert content(tmp_path / "a") != content(tmp_path / "b")


def test_rounds_that_differ_in_one_rule_share_the_other_draws(tmp_path: Path) -> None:
    venue = tiny_venue()
    stricter = msgspec.structs.replace(
        venue, decision=msgspec.structs.replace(venue.decision, accept_rate=0.25)
    )
    run_round(venue, out=tmp_path / "a", hosts=0)
    run_round(stricter, out=tmp_path / "b", hosts=0)
    first, second = content(tmp_path / "a"), content(tmp_path / "b")
    differ = {key for key in first if first[key] != second.get(key)}
    assert differ and all(key.startswith(("decide", "meta_review", "camera")) for key in differ)


def test_another_venue_or_seed_is_refused(tmp_path: Path) -> None:
    run_tiny(tmp_path)
    with pytest.raises(UserError, match="seed"):
        run_tiny(tmp_path, seed=5)
    other = tiny_venue(title="Another")
    with pytest.raises(UserError, match=r"venue\.title"):
        run_round(other, out=tmp_path, hosts=0)
    with pytest.raises(UserError, match="papers"):
        run_round(tiny_venue(), out=tmp_path, hosts=0, papers=table(4))


@pytest.mark.parametrize("strange", ["rule", "record", "step"])
def test_a_round_of_another_version_is_one_sentence(strange: str, tmp_path: Path) -> None:
    plan = msgspec.to_builtins(make_plan(tiny_venue(), 0))
    if strange == "rule":
        plan["venue"]["renamed"] = plan["venue"].pop("assignment")
    ledger = open_ledger(tmp_path)
    ledger.write_note("plan", msgspec.json.encode(plan))
    records = b'[{"type":"Verdict"}]' if strange == "record" else b"[]"
    ledger.append([Done(TaskKey("verdict" if strange == "step" else "decide"), records)])
    ledger.close()
    with pytest.raises(UserError, match="another version") as caught:
        load_round(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_a_number_that_json_has_not_is_a_failure_and_the_round_can_be_opened(
    number: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = InstantReviewer.review

    async def endless(self: Any, agent: Any, sight: Any, context: Any) -> list[AnyRecord]:
        made = await honest(self, agent, sight, context)
        odd = agent.id == "reviewer-001"
        return [msgspec.structs.replace(row, confidence=number) for row in made] if odd else made

    monkeypatch.setattr(InstantReviewer, "review", endless)
    run_tiny(tmp_path)
    failures = load_round(tmp_path).all(Failure)
    assert failures and {failure.agent for failure in failures} == {"reviewer-001"}
    assert f"confidence is {number}" in failures[0].reason


def test_absent_reviewers_are_replaced(tmp_path: Path) -> None:
    venue = tiny_venue()
    folder = tmp_path / "run"
    ledger = open_ledger(folder)
    inner = InlineExecutor(lambda: make_performer(0, str(folder), 0))

    class Unreliable:
        """Loses the reviews of one reviewer."""

        def perform(
            self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
        ) -> Iterator[list[Done]]:
            for group in inner.perform(tasks):
                yield [self.lose(done) for done in group]

        def lose(self, done: Done) -> Done:
            key = done.key
            if key.step != "review" or key.agent != "reviewer-001":
                return done
            gone = Absence(paper=key.paper, reviewer=key.agent, reason="ill")
            return Done(key, encode([gone]))

        def close(self) -> None:
            inner.close()

    round_ = Round(venue, 0, folder)
    play(round_, ledger, lambda _: Unreliable(), lambda *_: None)
    ledger.close()
    lost = {row.paper for row in round_.all(Absence)}
    assert lost
    for paper in round_.papers():
        reviews = round_.of(Review, paper.paper)
        assert len(reviews) == 3
        assert any(review.emergency for review in reviews) == (paper.paper in lost)


def test_a_failed_meta_review_stops_the_round_and_can_be_retried(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    ledger = open_ledger(folder)
    inner = InlineExecutor(lambda: make_performer(0, str(folder), 0))

    class Failing:
        def perform(
            self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
        ) -> Iterator[list[Done]]:
            for group in inner.perform(tasks):
                yield [self.fail(done) for done in group]

        def fail(self, done: Done) -> Done:
            if done.key.step != "meta_review":
                return done
            key = done.key
            reason = Failure(task=str(key), agent=key.agent, paper=key.paper, reason="no answer")
            return Done(key, encode([reason]), calls=calls_to_json([CALL]))

        def close(self) -> None:
            inner.close()

    note_plan(ledger, make_plan(tiny_venue(), 0))
    with pytest.raises(StopRound, match="no answer"):
        play(Round(tiny_venue(), 0, folder), ledger, lambda _: Failing(), lambda *_: None)
    ledger.close()
    with pytest.raises(StopRound):
        run_round(tiny_venue(), out=folder, hosts=0)
    # What the failed tasks took stays spent when they are tried again.
    with pytest.raises(StopRound, match=r"--max-tokens 200 is reached \(200 spent\)"):
        run_round(tiny_venue(), out=folder, hosts=0, retry_failed=True, budget=Budget(tokens=200))
    run_round(tiny_venue(), out=folder, hosts=0)
    spent = read_spending(folder)
    assert spent.total.tokens == spent.by_phase["meta_review"].tokens == 200
    assert spent.by_role["chair"].calls == len(spent.by_paper) == 4
    run_tiny(tmp_path / "whole")
    assert content(folder) == content(tmp_path / "whole")


def test_no_submission_under_review_is_one_sentence(tmp_path: Path) -> None:
    venue = tiny_venue()
    nothing = msgspec.structs.replace(
        venue, population=msgspec.structs.replace(venue.population, scientists=0)
    )
    with pytest.raises(UserError, match="nothing to review"):
        run_round(nothing, out=tmp_path, hosts=0)


def test_desk_rejected_papers_are_not_reviewed(tmp_path: Path) -> None:
    source = table(6)
    soup = msgspec.structs.replace(
        source.table[0], paper="soup", title="A soup", abstract="Carrots and onions are boiled."
    )
    source = msgspec.structs.replace(source, table=(*source.table, soup))
    round_ = run_round(tiny_venue(), out=tmp_path, hosts=0, papers=source).round
    assert "soup" in {paper.paper for paper in round_.all(Submission)}
    assert "soup" not in {paper.paper for paper in round_.papers()}
    assert not round_.of(Review, "soup")


def test_calibrated_scores_rest_on_the_maps_of_the_paper_s_reviewers_and_of_all(
    tmp_path: Path,
) -> None:
    tiny = tiny_venue()
    minds = msgspec.structs.replace(tiny.minds, reviewer="embedded", chair="embedded")
    venue = msgspec.structs.replace(tiny, minds=minds)
    round_ = run_round(venue, out=tmp_path, hosts=0, papers=table(6)).round
    maps = {fitted.reviewer for fitted in round_.all(CalibrationMap)}
    assert POOLED in maps
    for task in meta_reviews(round_):
        assert isinstance(task.sight, MetaReviewSight)
        reviewers = {review.reviewer for review in task.sight.thread.reviews}
        assert {fitted.reviewer for fitted in task.sight.maps} == (reviewers | {POOLED}) & maps
    told = any(fitted.slope > 0 for fitted in round_.all(CalibrationMap))
    name = "calibrated score" if told else "score of the meta-review"
    assert all(f"by {name} " in row.reason for row in round_.all(Decision))


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("calibrated", ["calibrated score", "score of the meta-review"]),
        ("mean_rating", ["mean rating", "mean rating"]),
    ],
)
def test_each_paper_s_score_is_called_what_it_is(
    rule: str, names: list[str], tmp_path: Path
) -> None:
    """In a mixed panel some chairs compute the score from calibrated ratings, and others judge."""
    tiny = tiny_venue()
    venue = msgspec.structs.replace(
        tiny, decision=msgspec.structs.replace(tiny.decision, score=rule)
    )
    round_ = Round(venue, 0, tmp_path)
    round_.add([Agent(id="program-chair", role="program_chair", name="A", lab="L")])
    for paper, calibrated in (("p1", True), ("p2", False)):
        review = Review(
            paper=paper, reviewer="r", rating=4, confidence=3, scores={}, texts={}, mind="m", day=1
        )
        meta = MetaReview(
            paper=paper, chair="c", score=5, recommendation="accept", text="", calibrated=calibrated
        )
        round_.add([Submission(paper=paper, title=paper, abstract=""), review, meta])
    (task,) = decisions(round_)
    assert isinstance(task.sight, DecideSight)
    assert [paper.score_name for paper in task.sight.candidates] == names


def test_recent_co_authors_are_conflicts(tmp_path: Path) -> None:
    round_ = run_round(tiny_venue(reviewers=14), out=tmp_path, hosts=0).round
    papers = {paper.paper: paper for paper in round_.all(Submission)}
    found = [row for row in round_.all(Conflict) if row.reason == "recent co-author"]
    assert found
    for row in found:
        assert set(papers[row.paper].authors) & set(round_.agent(row.agent).coauthors)
    assigned = {(row.agent, row.paper) for row in round_.all(Assignment)}
    assert not assigned & {(row.agent, row.paper) for row in found}


def test_a_round_of_scores_alone_decides_the_same(tmp_path: Path) -> None:
    rounds = {}
    for texts in (True, False):
        venue = prepare("iclr2022", settings={"review.texts": texts})
        rounds[texts] = run_round(venue, out=tmp_path / str(texts), papers=table(30), hosts=0).round
    whole, bare = rounds[True], rounds[False]
    assert [row.scores for row in bare.all(Review)] == [row.scores for row in whole.all(Review)]
    assert bare.all(Decision) == whole.all(Decision)
    names = {field.name for field in whole.venue.form.choices}
    assert all(set(row.texts) == names for row in bare.all(Review))
    assert all(row.text.count(". ") == 0 for row in bare.all(MetaReview))
    assert load_round(tmp_path / "False").all(Review) == bare.all(Review)
