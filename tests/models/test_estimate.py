"""What a dry run tells of calls and tokens is not less than what the round then takes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from conference.errors import UserError
from conference.models.costs import Budget
from tests.models.scripted import serve
from tests.models.test_round import RULES, venue
from tests.venues.tiny import table
from venues.estimate import estimate
from venues.forecast import forecast
from venues.round import run_round
from venues.spending import read_spending


def test_no_phase_takes_more_than_was_estimated(tmp_path: Path) -> None:
    with serve() as server:
        rules, source = venue(server), table(5)
        people = msgspec.structs.replace(rules.population, senior_chairs=1)
        talk = msgspec.structs.replace(rules.discussion, gap=0)
        rules = msgspec.structs.replace(rules, population=people, discussion=talk)
        told = {row.phase: row for row in estimate(rules, source, forecast(rules, source))}
        run_round(rules, out=tmp_path, hosts=0, papers=source)
    spent = read_spending(tmp_path).by_phase
    assert {"preflight", "assign", "review", "discuss", "meta_review", "decide"} <= set(spent)
    for phase, took in spent.items():
        assert told[phase].calls >= took.calls, phase
        assert told[phase].tokens_in >= took.tokens_in, phase
        assert told[phase].tokens_out >= took.tokens_out, phase
        assert told[phase].cost >= took.cost > 0, phase


def test_a_limit_on_costs_without_prices_is_one_sentence(tmp_path: Path) -> None:
    with serve() as server:
        rules = venue(server, price_in=0.0, price_out=0.0)
        with pytest.raises(UserError, match="has no price"):
            run_round(rules, out=tmp_path, hosts=0, papers=table(2), budget=Budget(cost=1.0))
        assert not server.requests
    assert RULES.priced
