"""The rounds in a folder: one round, several of a venue, or the arms and replicates of a study."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.studies.outcome_table import FILE
from benchmarks.studies.plan import PLAN, Planned
from benchmarks.studies.run import ARMS
from conference.app.watch.study_view import StudyView, group_view
from conference.app.watch.tally import Tally
from conference.app.watch.view import RoundView, finished, round_view
from conference.core.errors import UserError
from conference.core.follow import Follower, being_written
from conference.core.ledger import RETRACTED, UNDER_WAY
from conference.core.ledger_file import LEDGER
from conference.models.costs import Spent, spent_on
from conference.models.records import calls_from_json
from venues.phases import phases_of
from venues.plan import Plan
from venues.state import UnderWay

LOOKS = 5  # reads of a ledger per update of the page, so that a large one shows as it is read
BETWEEN = 20.0  # seconds without a change after which a study without a running round has stopped


class WatchedRound:
    """A round's sums, which `look` updates."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.version = 0
        self.tally = Tally()
        self.plan: Plan | None = None
        self._follower = Follower(folder)
        self._notes: dict[str, bytes] = {}
        self._complete: frozenset[str] = frozenset()
        self._extra = Spent()
        self._problem = ""
        self._running = False

    def look(self) -> None:
        """Read what is new in the ledger, and whether a process is writing it."""
        before = (self._running, self._problem)
        self._running = being_written(self.folder)
        try:
            for _ in range(LOOKS):
                if not self._take():
                    break
            self._problem = ""
        except (sqlite3.Error, msgspec.MsgspecError, OSError) as error:
            self._problem = f"{self.folder / LEDGER}: cannot be read ({error})."
        self.version += before != (self._running, self._problem)

    def _take(self) -> bool:
        """Read one batch of news; return whether there is more."""
        news = self._follower.look()
        if news is None:
            return False
        self.version += 1
        if news.again:
            self.tally = Tally()
        for row in news.rows:
            self.tally.add(row)
        if news.notes != self._notes:
            self._notes, noted = dict(news.notes), news.notes.get("plan")
            self.plan = msgspec.json.decode(noted, type=Plan) if noted else None
            self._extra = _beside(self._notes)
        self._complete = news.complete
        return news.more

    @property
    def state(self) -> str:
        if self.plan and finished(self.plan, self._complete):
            return "finished"
        if self._running:
            return "running"
        return "stopped" if self.plan else "waiting"

    @property
    def spent(self) -> Spent:
        return sum(self.tally.models.values(), self._extra)

    @property
    def share(self) -> float:
        """The share of the round's steps that are complete."""
        if self.plan is None:
            return 0.0
        steps = [step.name for phase in phases_of(self.plan.venue) for step in phase.steps]
        return sum(step in self._complete for step in steps) / len(steps)

    def view(self, now: float) -> RoundView:
        """The round as the page shows it."""
        folder = str(self.folder)
        if self.plan is None:
            return RoundView(name=self.name, folder=folder, state=self.state, problem=self._problem)
        noted = self._notes.get(UNDER_WAY)
        work = msgspec.json.decode(noted, type=UnderWay) if noted else None
        found = round_view(
            self.name, folder, self.state, self.plan, self.tally, self._complete, work, self._extra,
            now,
        )  # fmt: skip
        return msgspec.structs.replace(found, problem=self._problem)


def _beside(notes: dict[str, bytes]) -> Spent:
    """What was spent on the preflight and on removed tasks."""
    stored = [notes.get("preflight", b"[]")]
    if RETRACTED in notes:
        rows = msgspec.json.decode(notes[RETRACTED], type=list[tuple[Any, msgspec.Raw]])
        stored += [bytes(calls) for _, calls in rows]
    return sum((spent_on(calls_from_json(calls)) for calls in stored), Spent())


class Watcher:
    """All rounds in a folder, searched again at each look because they come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rounds: dict[str, WatchedRound] = {}
        self._lock = threading.Lock()
        self._moved = 0.0

    def look(self, name: str) -> tuple[object, RoundView | StudyView]:
        """The view of a round by its name, or of all rounds for "" or an unknown name; before it a
        version that changes when the view does."""
        with self._lock:
            found = rounds_in(self.folder)
            for each in found.keys() - self._rounds.keys():
                self._rounds[each] = WatchedRound(each, found[each])
            self._rounds = {each: self._rounds[each] for each in found}
            wanted = [name] if name in found else list(found)
            before = sum(each.version for each in self._rounds.values())
            for each in wanted:
                self._rounds[each].look()
            if sum(each.version for each in self._rounds.values()) != before:
                self._moved = time.time()
            if len(wanted) == 1 and (name in found or "" in found):
                one = self._rounds[wanted[0]]
                return (one.name, one.version), one.view(time.time())
            view = self._all()
            versions = tuple((each.name, each.version) for each in self._rounds.values())
            return (versions, view.state), view

    def _all(self) -> StudyView:
        study = _study(self.folder)
        rounds = [*self._rounds.values()]
        resting = time.time() - self._moved > BETWEEN
        on = any(each.state == "running" for each in rounds)
        if study is None:
            done = bool(rounds) and all(each.state == "finished" for each in rounds)
            state = (
                "running"
                if on
                else ("finished" if done else "waiting" if not rounds else "stopped")
            )
            groups = [group_view(each.name, "", [each], 1) for each in rounds]
            return StudyView(folder=str(self.folder), state=state, groups=groups)
        by_arm: dict[str, list[WatchedRound]] = defaultdict(list)
        for each in rounds:
            by_arm[each.name.partition("/")[0]].append(each)
        replicates = int(study.chosen["replicates"])
        groups = [
            group_view(arm, rules.label, by_arm[arm], replicates)
            for arm, rules in study.study.all_arms().items()
        ]
        done = (self.folder / FILE).is_file() and not on
        state = "finished" if done else "running" if on or not resting else "stopped"
        return StudyView(
            folder=str(self.folder), state=state, groups=groups, study=True,
            title=study.study.title, question=study.study.question, rests=study.study.rests,
        )  # fmt: skip


def rounds_in(folder: Path) -> dict[str, Path]:
    """The rounds in a folder by name: "" for the folder itself, `round-1`, or `ARM/000`."""
    if os.path.isfile(folder / LEDGER):  # noqa: PTH113 (Path's raises where nothing may be seen)
        return {"": folder}
    several = sorted(folder.glob(f"round-*/{LEDGER}"), key=lambda path: _number(path.parent.name))
    found = {path.parent.name: path.parent for path in several}
    for path in sorted((folder / ARMS).glob(f"*/*/{LEDGER}")):
        found[f"{path.parent.parent.name}/{path.parent.name}"] = path.parent
    return found


def check_watchable(folder: Path) -> None:
    """Raise `UserError` if the folder has neither a round nor a study."""
    if not rounds_in(folder) and not os.path.isfile(folder / PLAN):  # noqa: PTH113
        raise UserError(
            f"{folder}: there is no round or study here; name the folder of one, such as "
            "runs/workshop."
        )


def _number(name: str) -> int:
    rest = name.rpartition("-")[2]
    return int(rest) if rest.isdecimal() else 0


def _study(folder: Path) -> Planned | None:
    try:
        return msgspec.json.decode((folder / PLAN).read_bytes(), type=Planned)
    except (OSError, msgspec.MsgspecError):
        return None
