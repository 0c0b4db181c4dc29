"""Mixed panels: language models, embedded minds and replayed humans side by side."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from conference.core.errors import UserError
from conference.core.records import Absence, Agent, Comment, Decision, Failure, HumanOutcome, Review
from tests.models.scripted import serve
from tests.models.test_round import RULES
from tests.venues.tiny import table, tiny_venue
from venues.papers import PaperSource
from venues.population import make_scientists
from venues.round import prepare, run_round
from venues.venue import Venue


def rated(papers: int, each: int) -> PaperSource:
    """Papers with so many human ratings each, of which the first lies between the form's steps."""
    rows = table(papers)
    found = []
    for number, row in enumerate(rows.table):
        ratings = [float(2 * ((number + at) % 5)) for at in range(each)]
        ratings[0] = 7.0
        human = HumanOutcome(
            paper=row.paper, ratings=tuple(ratings), confidences=tuple([3.0] * each)
        )
        found.append(msgspec.structs.replace(row, human=human))
    return msgspec.structs.replace(rows, table=tuple(found))


def mixed(reviewer: str, chair: str = "embedded", reviewers: int = 8) -> Venue:
    venue = tiny_venue(reviewers)
    minds = msgspec.structs.replace(venue.minds, reviewer=reviewer, chair=chair)
    rules = msgspec.structs.replace(venue.assignment, reviews_per_paper=3)
    return msgspec.structs.replace(venue, minds=minds, assignment=rules, models={"default": RULES})


def test_weights_make_the_panel_and_humans_say_what_people_said(tmp_path: Path) -> None:
    source = rated(4, 6)
    with serve() as one, serve() as two:
        panel = f"2 {one.spec}, 1 {two.spec}, 1 embedded, 4 human"
        venue = mixed(panel, f"1 {one.spec}, 1 embedded")
        result = run_round(venue, out=tmp_path, hosts=0, papers=source)
        assert one.requests and two.requests
    round_ = result.round
    assert not round_.all(Failure) and len(round_.all(Decision)) == 4
    minds = Counter(agent.mind for agent in round_.agents("reviewer"))
    assert minds == {one.spec: 2, two.spec: 1, "embedded": 1, "human": 4}
    assert {agent.mind for agent in round_.agents("chair")} == {one.spec, "embedded"}
    humans = {row.paper: list(row.human.ratings) for row in source.table if row.human}
    replayed = [review for review in round_.all(Review) if review.mind == "human"]
    assert replayed
    for paper, ratings in humans.items():
        said = [review.rating for review in replayed if review.paper == paper]
        assert not Counter(said) - Counter(ratings), "no person is replayed twice"
    assert all(review.confidence == 3 for review in replayed)
    people = {agent.id for agent in round_.all(Agent) if agent.mind == "human"}
    assert not [comment for comment in round_.all(Comment) if comment.agent in people]


def test_a_person_that_is_not_in_the_data_is_absent_and_replaced(tmp_path: Path) -> None:
    result = run_round(mixed("1 human, 1 embedded"), out=tmp_path, hosts=0, papers=rated(4, 1))
    absent = result.round.all(Absence)
    assert any("no further review of this paper on record (human)" in row.reason for row in absent)
    humans = [row for row in result.round.all(Review) if row.mind == "human"]
    assert {review.rating for review in humans} == {7.0}, (
        "a rating between two steps stays as it is"
    )
    missing = {(row.paper, row.reviewer) for row in absent}
    given = {(review.paper, review.reviewer) for review in result.round.all(Review)}
    assert given and not missing & given
    assert any(review.emergency for review in result.round.all(Review))


@pytest.mark.parametrize("papers", [None, table(3)])
def test_humans_without_human_ratings_are_one_sentence(
    papers: PaperSource | None, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="column `ratings`"):
        run_round(mixed("2 embedded, 1 human"), out=tmp_path, hosts=0, papers=papers)


def test_a_mind_that_is_named_twice_has_the_sum_of_its_weights() -> None:
    venue = prepare("workshop", scientists=6, minds={"scientist": "1 instant, 1 embedded, instant"})
    minds = Counter(agent.mind for agent in make_scientists(venue, 0))
    assert minds == {"instant": 4, "embedded": 2}
