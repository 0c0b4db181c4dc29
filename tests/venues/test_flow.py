"""Papers at their own pace: the same round as step by step, whatever ends first."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from conference.core.executors import InlineExecutor, unlimited
from conference.core.ledger import Ledger, open_ledger, read_ledger
from conference.core.records import Absence, Agent, Comment, Failure, Rebuttal, Review, encode
from conference.core.tasks import Done, StopRound, Task
from conference.models.costs import Budget
from tests.venues.tiny import tiny_venue
from venues.dispatch import make_performer
from venues.plan import make_plan, note_plan
from venues.round import load_round, play, prepare
from venues.state import Round
from venues.venue import Venue


class Uneven:
    """Takes tasks out of the queue in a random order, a few at a time, and loses some reviews."""

    def __init__(self, seed: int, folder: Path, first: Callable[[Task], bool] = bool) -> None:
        self._inner = InlineExecutor(lambda: make_performer(0, str(folder), 0))
        self._random, self._first = random.Random(seed), first

    def perform(
        self, tasks: Sequence[Task], room: Callable[[], int] = unlimited
    ) -> Iterator[list[Done]]:
        assert isinstance(tasks, deque)
        while tasks and room():
            size = self._random.randint(1, 3)
            chosen = self._random.sample(list(tasks), min(size, len(tasks)))
            chosen = [task for task in chosen if self._first(task)] or chosen
            for task in chosen:
                tasks.remove(task)
            yield [self._lost(done) for group in self._inner.perform(chosen) for done in group]

    def _lost(self, done: Done) -> Done:
        key = done.key
        if key.step != "review" or key.agent != "reviewer-001":
            return done
        return Done(key, encode([Absence(paper=key.paper, reviewer=key.agent, reason="ill")]))

    def close(self) -> None:
        self._inner.close()


def discussing(emergency: bool = True) -> Venue:
    venue = prepare(tiny_venue(reviewers=12), scientists=9)
    return msgspec.structs.replace(
        venue,
        discussion=msgspec.structs.replace(venue.discussion, gap=1, turns=2),
        review=msgspec.structs.replace(venue.review, emergency=emergency),
    )


def played(
    folder: Path,
    seed: int,
    overlap: bool,
    venue: Venue | None = None,
    budget: Budget | None = None,
    first: Callable[[Task], bool] = bool,
) -> Round:
    venue = venue or discussing()
    ledger = open_ledger(folder)
    executor = Uneven(seed, folder, first)
    round_ = Round(venue, 0, folder)
    note_plan(ledger, make_plan(venue, 0))
    try:
        play(round_, ledger, lambda _: executor, lambda *_: None, budget, overlap=overlap)
    finally:
        executor.close()
        ledger.close()
    return round_


def kept(folder: Path) -> tuple[dict[str, bytes], dict[str, object], list[str]]:
    """What a ledger holds, the order and digests of its whole steps, and its keys as written."""
    ledger = read_ledger(folder)
    steps = dict.fromkeys(row.key.step for row in ledger.rows())
    whole = {step: (ledger.complete_step(step), ledger.seen(step)) for step in steps}
    found = ledger.content(), whole, [str(row.key) for row in ledger.rows()]
    ledger.close()
    return found


@pytest.mark.parametrize("emergency", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_papers_at_their_own_pace_give_the_same_round(
    seed: int, emergency: bool, tmp_path: Path
) -> None:
    venue = discussing(emergency)
    if seed == 0:  # These talk in discussions, too.
        venue = prepare(venue, minds={"reviewer": "embedded", "chair": "embedded"})
    one = played(tmp_path / "steps", seed, False, venue)
    other = played(tmp_path / "pace", seed + 10, True, venue)
    content, whole, order = kept(tmp_path / "steps")
    same, as_whole, mixed = kept(tmp_path / "pace")
    assert same == content and as_whole == whole and mixed != order
    assert bool(one.all(Comment)) == (seed == 0)
    assert one.all(Absence) and one.all(Rebuttal) and any(k.startswith("discuss.2/") for k in order)
    for kind in (Review, Rebuttal, Comment, Agent):
        assert other.all(kind) == one.all(kind)
        assert load_round(tmp_path / "pace").all(kind) == one.all(kind)


def test_a_paper_goes_on_while_another_is_still_reviewed(tmp_path: Path) -> None:
    """One whose reviewer is absent waits for all reviews, and only such a one."""
    late: list[str] = []

    def first(task: Task) -> bool:
        late[:] = late or [task.key.paper] if task.key.step == "review" else late
        return task.key.paper not in late

    round_ = played(tmp_path, 0, True, first=first)
    order = kept(tmp_path)[2]
    last = max(at for at, key in enumerate(order) if key.startswith("review/"))
    early = {key.split("/")[2] for key in order[:last] if key.startswith("discuss.1/")}
    short = {absence.paper for absence in round_.all(Absence)}
    assert early and short and not early & short
    assert all(at > last for at, key in enumerate(order) if key.startswith("review.emergency"))
    assert all(at > last for at, key in enumerate(order) if key.startswith("meta_review/"))


@pytest.mark.parametrize("writes", range(20, 140, 13))
def test_a_round_that_is_stopped_goes_on_at_each_papers_place(
    writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    append, left = Ledger.append, [writes]

    def mortal(self: Ledger, finished: Sequence[Done]) -> None:
        append(self, finished)
        left[0] -= len(finished)
        if left[0] <= 0:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Ledger, "append", mortal)
        played(tmp_path / "stopped", 1, True)
    played(tmp_path / "stopped", 2, writes % 2 == 0)
    played(tmp_path / "steps", 3, False)
    assert kept(tmp_path / "stopped")[:2] == kept(tmp_path / "steps")[:2]


def test_a_limit_stops_papers_at_their_own_pace_and_they_go_on(tmp_path: Path) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 60
        return now[0]

    with pytest.raises(StopRound, match=r"--max-hours 1 is reached"):
        played(tmp_path / "a", 1, True, budget=Budget(hours=1, clock=clock))
    played(tmp_path / "a", 1, True)
    played(tmp_path / "b", 1, False)
    assert kept(tmp_path / "a")[:2] == kept(tmp_path / "b")[:2]


def test_a_step_that_mostly_failed_ends_the_round_when_what_is_under_way_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Uneven._lost

    def failing(self: Uneven, done: Done) -> Done:
        if done.key.step != "rebut" and not done.key.step.startswith("discuss"):
            return lost(self, done)
        key = done.key
        row = Failure(task=str(key), agent=key.agent, paper=key.paper, reason="no answer")
        return Done(key, encode([row]))

    monkeypatch.setattr(Uneven, "_lost", failing)
    with pytest.raises(StopRound, match="no answer; run the same command with --retry-failed"):
        played(tmp_path, 1, True)
    assert not any(key.startswith("meta_review") for key in kept(tmp_path)[2])
