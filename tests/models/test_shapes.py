"""Shapes: what their schemas allow is read, what the form forbids is refused."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.models.shapes import form_shape, struct_shape
from conference.templates import list_templates, load_template
from scientists.ideas import Idea, Novelty, idea_shape
from scientists.plotting import PlotEdits
from scientists.writing import Front, Notes, Revision, Section
from tests.models.scripted import fill
from venues.venue import list_venues, load_venue


@pytest.mark.parametrize("kind", [Novelty, PlotEdits, Front, Notes, Revision, Section])
@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_a_struct_s_schema_allows_is_read(kind: type, seed: int) -> None:
    shape = struct_shape(kind)
    assert set(shape.schema["required"]) == set(kind.__struct_fields__)
    assert isinstance(shape.read(json.dumps(fill(shape.schema, random.Random(seed)))), kind)


@pytest.mark.parametrize("name", list_venues())
@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_a_form_s_schema_allows_is_a_valid_review(name: str, seed: int) -> None:
    form = load_venue(name).form
    shape = form_shape(form)
    filled = shape.read(json.dumps(fill(shape.schema, random.Random(seed))))
    assert filled.scores[form.rating] in form[form.rating].values


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rating", 5, "rating is 5"),
        ("rating", "6", "rating"),
        ("rating", None, "rating"),
        ("rating", True, "rating"),
        ("rating", float("nan"), "rating"),
        ("summary", "  ", "summary is empty"),
        ("summary", ["a"], "summary"),
        ("extra", "x", "extra is not on the form"),
    ],
)
def test_what_the_form_forbids_is_refused(field: str, value: object, said: str) -> None:
    shape = form_shape(load_venue("workshop").form)
    filled = {**fill(shape.schema, random.Random(0)), field: value}
    with pytest.raises(ValueError, match=said):
        shape.read(json.dumps(filled))


@pytest.mark.parametrize("name", list_templates())
@settings(deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_idea_has_each_knob_in_its_range(name: str, seed: int) -> None:
    template = load_template(name)
    shape = idea_shape(template)
    filled = fill(shape.schema, random.Random(seed))
    if filled["treatment"] == filled["baseline"]:
        with pytest.raises(ValueError, match="the same"):
            shape.read(json.dumps(filled))
        return
    assert isinstance(shape.read(json.dumps(filled)), Idea)
    filled["treatment"][template.knobs[0].name] = "no value"
    with pytest.raises(ValueError, match=template.knobs[0].name):
        shape.read(json.dumps(filled))


def test_a_bound_keeps_control_characters_out() -> None:
    bounded = struct_shape(Notes).bounded(60)
    assert bounded["properties"]["notes"]["pattern"].endswith("{1,60}$")
    assert struct_shape(Notes).bounded(0)["properties"]["notes"] == {"type": "string"}
