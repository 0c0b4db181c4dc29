"""The other systems' orders of a round's calls: the same calls, with other prefixes."""

from __future__ import annotations

import pytest

from benchmarks.recording import Asked
from benchmarks.systems.throughput import PEERS, Row, by_paper, covered, together
from conference.models import Message, Sampling
from conference.models.records import PAPER_END

PAPERS = {name: f"# {name}\nwhat it says\n{PAPER_END}" for name in ("one", "two")}
ASKS = ("You are strict. Fill the form.", "You are kind. Fill the form.")


def asked(text: str) -> Asked:
    messages = (Message("system", "A venue."), Message("user", text))
    return Asked(messages, {}, Sampling(temperature=0.0, top_p=1.0, max_tokens=9, seed=1))


CALLS = [asked("Bid on these.")] + [asked(f"{PAPERS[p]}\n\n{ask}") for ask in ASKS for p in PAPERS]


def test_calls_come_paper_by_paper_and_those_about_none_last() -> None:
    for order in PEERS.values():
        made = [row.messages[1].text for row in by_paper(CALLS, order)]
        assert len(made) == len(CALLS) and made[-1] == "Bid on these."
        about = [next(name for name in PAPERS if PAPERS[name] in text) for text in made[:-1]]
        assert about == ["one", "one", "two", "two"]
        assert all(any(ask in text for ask in ASKS) for text in made[:-1])
        assert [row.messages[1].text for row in by_paper(CALLS, order, papers=1)] == made[:2]


def test_one_has_the_paper_last_and_the_other_shares_no_prefix() -> None:
    scientist, agents = (by_paper(CALLS, order)[:-1] for order in PEERS.values())
    assert all(row.messages[1].text.endswith(PAPER_END) for row in scientist)
    systems = [row.messages[0].text for row in agents]
    assert systems[0] != systems[1] and systems[0].splitlines()[0] != systems[1].splitlines()[0]
    assert all(row.messages[1].text.startswith("# ") for row in agents)


def test_the_seconds_of_steps_that_overlap_count_once() -> None:
    assert covered([(0.0, 2.0), (1.0, 3.0), (1.5, 1.7), (5.0, 6.0)]) == 4.0
    assert covered([]) == 0.0


def test_a_row_says_how_full_the_engine_was() -> None:
    row = Row("a round", 3, 10.0, 30, 0, 9, ((0.0, 4.0), (2.0, 4.0), (6.0, 8.0)))
    assert (row.at_once, row.empty) == pytest.approx((0.8, 0.4))
    both = together([row, Row("a round", 1, 10.0, 10, 0, 3, ((20.0, 30.0),))])
    assert (both.calls, both.at_once, both.empty) == pytest.approx((4, 0.9, 0.2))
