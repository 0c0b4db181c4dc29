"""Forms: what is on the scale passes, anything else is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conference.core.forms import problems
from venues.venue_file import load_venue

FORM = load_venue("iclr2026").form
SCORES = {field.name: field.values[0] for field in FORM.scores}
TEXTS = {field.name: "text" for field in FORM.texts} | {
    field.name: field.choices[0] for field in FORM.choices
}


def test_a_filled_form_has_no_problems() -> None:
    assert problems(FORM, SCORES, TEXTS) == []


@given(value=st.floats(allow_nan=True))
def test_a_score_off_its_scale_is_named(value: float) -> None:
    found = problems(FORM, SCORES | {"rating": value}, TEXTS)
    assert found == ([] if value in FORM["rating"].values else found)
    assert bool(found) == (value not in FORM["rating"].values)


def test_missing_empty_and_unknown_fields_are_named() -> None:
    assert problems(FORM, {}, TEXTS)[0].endswith("is missing")
    for nothing in (" ", "{{{", ", "):
        assert "summary is empty" in problems(FORM, SCORES, TEXTS | {"summary": nothing})
    assert "grade is not on the form" in problems(FORM, SCORES | {"grade": 1.0}, TEXTS)
    flag = FORM.choices[0].name
    assert any(flag in line for line in problems(FORM, SCORES, TEXTS | {flag: "Maybe"}))
