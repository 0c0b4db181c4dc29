"""Recorded reviewers: what people and other systems said, replayed in mixes and in seats."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.core.records import (
    Absence,
    Assignment,
    CalibrationReview,
    Decision,
    HumanOutcome,
    Review,
)
from conference.core.tasks import TaskKey
from tests.venues.tiny import table
from venues.papers import PaperSource
from venues.phases import steps_of
from venues.round import Result, prepare, run_round
from venues.venue import Venue

NAMES = [f"p{number:03d}" for number in range(6)]
MODELS = "config,paper_id,Overall,Confidence,Decision\n"


def humans(each: int = 4) -> PaperSource:
    """Six papers with `each` human ratings; the first rating of a paper was another before."""
    rows = table(6)
    found = []
    for number, row in enumerate(rows.table):
        ratings = tuple(float(1 + (number + at) % 5 * 2) for at in range(each))
        human = HumanOutcome(
            paper=row.paper,
            ratings=ratings,
            first_ratings=(1.0, *ratings[1:]),
            confidences=(3.0,) * each,
        )
        found.append(msgspec.structs.replace(row, human=human))
    return msgspec.structs.replace(rows, table=tuple(found), fingerprint=f"humans {each}")


def venue(reviewer: str, **settings: object) -> Venue:
    rules = {"assignment.reviews_per_paper": 4, "calibration.papers": 0, "population.chairs": 2}
    return prepare("workshop", minds={"reviewer": reviewer}, settings={**rules, **settings})


def play(rules: Venue, out: Path, source: PaperSource | None = None, **options: object) -> Result:
    return run_round(rules, out=out, papers=source or humans(), hosts=0, seed=3, **options)  # type: ignore[arg-type]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def scores(path: Path, papers: list[str], score: float = 7.0) -> Path:
    lines = [f"{name},{score},4,A good paper." for name in papers]
    return written(path, "paper_id,gpt,confidence,main\n" + "\n".join(lines) + "\n")


def said(result: Result, start: str) -> list[Review]:
    return [review for review in result.round.all(Review) if review.mind.startswith(start)]


def test_another_systems_ratings_stand_beside_people_s_and_what_is_missing_is_absent(
    tmp_path: Path,
) -> None:
    path = scores(tmp_path / "gpt.csv", NAMES[:4])
    rules = venue(f"3 human, 1 csv:{path}#gpt", **{"assignment.seats": True})
    result = play(rules, tmp_path / "out")
    found = {review.paper: review for review in said(result, "csv:")}
    assert sorted(found) == NAMES[:4] and {row.mind for row in found.values()} == {
        "csv:gpt.csv#gpt"
    }
    assert {(row.rating, row.confidence) for row in found.values()} == {(7.0, 4.0)}
    absent = result.round.all(Absence)
    assert {row.paper for row in absent} == set(NAMES[4:])
    assert all("no further review of this paper on record (csv:gpt.csv#gpt)" in row.reason
               for row in absent)  # fmt: skip
    assert len(result.round.all(Decision)) == 6, "ratings between the scale's steps are discussed"


def test_long_form_gives_each_of_its_reviewers_and_their_words(tmp_path: Path) -> None:
    rows = [f"{name},{who},{2 + 2 * at},{who} says" for name in NAMES
            for at, who in enumerate("ab")]  # fmt: skip
    path = written(tmp_path / "two.csv", "paper_id,reviewer,score,text\n" + "\n".join(rows) + "\n")
    result = play(venue(f"2 human, 2 csv:{path}", **{"assignment.seats": True}), tmp_path / "out")
    found = said(result, "csv:")
    for name in NAMES:
        both = {row.rating: " ".join(row.texts.values()) for row in found if row.paper == name}
        assert sorted(both) == [2, 4] and "a says" in both[2] and "b says" in both[4]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("paper_id,score\np000,12\n", r"line 2: 12 is not within the venue's \w+, 0 to 10"),
        ("paper_id,score,confidence\np000,7,9\n", "9 is not within the venue's confidence, 1 to 5"),
        ("paper_id,score\np000,good\n", "line 2: score is 'good'"),
        ("paper_id,grade\np000,7\n", "name the scores' column"),
        ("paper_id,score\nq9,7\n", "no record of any paper of the round"),
    ],
)
def test_records_that_cannot_be_replayed_are_one_sentence(
    text: str, wrong: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "x.csv", text)
    with pytest.raises(UserError, match=wrong):
        play(venue(f"1 human, 1 csv:{path}"), tmp_path / "out")


@pytest.mark.parametrize(
    ("minds", "wrong"),
    [
        ("csv:nowhere.csv", "there is no file 'nowhere.csv'"),
        ("human:last", "there is no mind 'human:last'"),
    ],
)
def test_a_recorded_mind_that_is_not_there_is_one_sentence(
    minds: str, wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=wrong):
        play(venue(minds), tmp_path / "out")


def contents(folder: Path, rules: Venue) -> dict[TaskKey, bytes]:
    ledger = read_ledger(folder)
    try:
        return {
            key: digest
            for step in steps_of(rules)
            for key, digest in ledger.seen(step.name).items()
        }
    finally:
        ledger.close()


def test_the_files_content_is_in_the_plan_and_in_the_tasks_that_replay_it(tmp_path: Path) -> None:
    path = scores(tmp_path / "gpt.csv", NAMES)
    rules = venue(f"3 human, 1 csv:{path}#gpt", **{"assignment.seats": True})
    play(rules, tmp_path / "one")
    text = path.read_text()
    written(path, text.replace("p002,7.0", "p002,7.5"))
    with pytest.raises(UserError, match="holds a round with recorded"):
        play(rules, tmp_path / "one")
    play(rules, tmp_path / "two", reuse=[tmp_path / "one"])
    before, after = contents(tmp_path / "one", rules), contents(tmp_path / "two", rules)
    changed = {key for key in before if before[key] != after.get(key) and key.step == "review"}
    assert {key.paper for key in changed} == {"p002"} and len(changed) == 1


def test_a_configuration_is_a_seat(tmp_path: Path) -> None:
    lines = [f"{config},{name},{score},4,Accept" for config, score in (("a_1", 7), ("a_2", 4))
             for name in NAMES]  # fmt: skip
    path = written(tmp_path / "llm.csv", MODELS + "\n".join(lines) + "\n")
    minds = f"2 human, 1 ai-scientist:{path}#a_1, 1 ai-scientist:{path}#a_2"
    result = play(venue(minds, **{"assignment.seats": True}), tmp_path / "out")
    for name in NAMES:
        panel = Counter(row.mind for row in result.round.of(Review, name))
        one, two = "ai-scientist:llm.csv#a_1", "ai-scientist:llm.csv#a_2"
        assert panel == {"human": 2, one: 1, two: 1}
    with pytest.raises(UserError, match="2 configurations have 'a_' in the name; name one of"):
        play(venue(f"1 human, 1 ai-scientist:{path}#a_"), tmp_path / "no")


@pytest.mark.parametrize("other", ["csv", "embedded"])
def test_the_people_who_stay_are_the_same_as_the_dose_rises(other: str, tmp_path: Path) -> None:
    path = written(tmp_path / "s.csv", "paper_id,reviewer,score\n" + "".join(
        f"{name},{at},{2 + at}\n" for name in NAMES for at in range(4)))  # fmt: skip
    mind = f"csv:{path}" if other == "csv" else other
    panels = []
    for dose in range(5):
        parts = [f"{4 - dose} human"] * (dose < 4) + [f"{dose} {mind}"] * (dose > 0)
        result = play(venue(", ".join(parts), **{"assignment.seats": True}), tmp_path / str(dose))
        panels.append(
            {
                name: [
                    (row.reviewer, row.rating)
                    for row in result.round.of(Review, name)
                    if row.mind == "human"
                ]
                for name in NAMES
            }
        )
    for name in NAMES:
        sizes = [len(panel[name]) for panel in panels]
        assert sizes == [4, 3, 2, 1, 0]
        for more, fewer in pairwise(panels):
            assert more[name][: len(fewer[name])] == fewer[name]


def test_another_committee_seats_other_people(tmp_path: Path) -> None:
    rules = venue("4 human", **{"assignment.seats": True})
    panels = [
        {
            name: sorted(
                row.rating
                for row in run_round(
                    rules, out=tmp_path / str(seed), papers=humans(6), hosts=0, seed=seed
                ).round.of(Review, name)
            )
            for name in NAMES[:3]
        }
        for seed in (1, 2)
    ]
    assert panels[0] != panels[1]


def test_seats_keep_loads_and_conflicts_and_say_what_does_not_fit(tmp_path: Path) -> None:
    rules = venue("4 human", **{"assignment.seats": True, "assignment.max_load": 3})
    result = play(rules, tmp_path / "out")
    rows = [row for row in result.round.all(Assignment) if row.role == "reviewer"]
    assert max(Counter(row.agent for row in rows).values()) <= 3
    order = {agent.id: at for at, agent in enumerate(result.round.agents("reviewer"))}
    seats = Counter((row.paper, order[row.agent] % 4) for row in rows)
    assert set(seats.values()) == {1} and len(seats) == 24
    with pytest.raises(UserError, match="are 3 seats and assignment"):
        play(venue("3 human", **{"assignment.seats": True}), tmp_path / "three")


def test_first_ratings_change_in_the_discussion_as_they_did(tmp_path: Path) -> None:
    rules = venue("4 human:first", **{"assignment.seats": True, "discussion.gap": 9})
    round_ = play(rules, tmp_path / "out").round
    for row in humans().table:
        assert row.human
        reviews = round_.of(Review, row.paper)
        assert sorted(each.rating for each in reviews) == sorted(row.human.first_ratings)  # type: ignore[type-var]
        assert sorted(round_.ratings(row.paper)) == sorted(row.human.ratings)


def test_recorded_reviewers_are_calibrated_on_papers_that_are_not_under_review(
    tmp_path: Path,
) -> None:
    path = scores(tmp_path / "gpt.csv", [*NAMES, "c1", "c2", "c3"])
    lines = [
        {"paper_id": name, "title": name, "abstract": "words", "ratings": [3, 6, 6]}
        for name in ("c1", "c2", "c3")
    ]
    known = tmp_path / "known.jsonl"
    known.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
    rules = venue(
        f"3 human, 1 csv:{path}#gpt",
        **{"assignment.seats": True, "calibration.papers": 3, "calibration.source": str(known)},
    )
    result = play(rules, tmp_path / "out")
    mind = {agent.id: agent.mind for agent in result.round.agents("reviewer")}
    rows = result.round.all(CalibrationReview)
    filed = [row for row in rows if mind[row.reviewer].startswith("csv:")]
    people = [row for row in rows if mind[row.reviewer] == "human"]
    assert {row.paper for row in rows} == {"c1", "c2", "c3"}
    assert {(row.rating, row.human_mean) for row in filed} == {(7.0, 5.0)}
    assert {(row.rating, row.human_mean) for row in people} <= {(3.0, 6.0), (6.0, 4.5)}
