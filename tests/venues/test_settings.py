"""Any rule of a venue can be set by its dotted name, and nothing else can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from venues.settings import parse_settings, setting_names, with_settings
from venues.venue_file import load_venue

VENUE = load_venue("iclr2022")


def test_a_rule_is_set_and_the_others_stay() -> None:
    changed = with_settings(VENUE, {"assignment.max_load": 9, "population.personas.strict": 2.0})
    assert changed.assignment.max_load == 9
    assert changed.population.personas == {**VENUE.population.personas, "strict": 2.0}
    assert changed.decision == VENUE.decision
    assert with_settings(VENUE, {}) == VENUE


def test_reviews_per_paper_is_found_under_both_its_names() -> None:
    for name in ("review.reviews_per_paper", "assignment.reviews_per_paper"):
        assert with_settings(VENUE, {name: 2}).assignment.reviews_per_paper == 2


@given(st.sampled_from(setting_names(VENUE)))
def test_every_rule_can_be_set_to_what_it_is(name: str) -> None:
    value: object = VENUE
    for part in name.split("."):
        value = getattr(value, part)
    assert with_settings(VENUE, {name: value}) == VENUE


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"assignment.reviews_per_papr": 4}, "did you mean assignment.reviews_per_paper"),
        ({"assignment.max_load": 2.5}, "assignment.max_load: Expected `int`, got `float`"),
        ({"decision.accept_rate": "half"}, "decision.accept_rate: Expected `float`"),
        ({"decision.accept_rate": 1.5}, "decision.accept_rate is 1.5"),
        ({"decision": 5}, "set decision: this is a table of rules"),
        ({"form.rating": "x"}, "set form.rating: unknown rule"),
        ({"name": "x"}, "set name: unknown rule"),
        ({"a.b.c": 1}, "set a.b.c: unknown rule"),
    ],
)
def test_a_wrong_setting_is_one_sentence(settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence.replace("(", r"\(")):
        with_settings(VENUE, settings)


def test_a_command_line_s_settings_are_toml_values_or_plain_text() -> None:
    found = parse_settings(("a.b=4", "c=0.5", "d=[1, 2]", "e=true", "minds.reviewer=2 human, 1 x"))
    assert found == {"a.b": 4, "c": 0.5, "d": [1, 2], "e": True, "minds.reviewer": "2 human, 1 x"}
    for wrong in (("a",), ("=4",), ("a=1", "a=2")):
        with pytest.raises(UserError, match="--set"):
            parse_settings(wrong)
