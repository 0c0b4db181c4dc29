"""Shapes: what their schemas allow is read, what the form forbids is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.core.forms import Field, Form, with_least
from conference.models.records import ModelRules
from conference.models.shapes import form_shape, struct_shape
from scientists.language.ideas import Idea, Novelty, idea_shape
from scientists.language.plotting import PlotEdits
from scientists.language.writing import Front, Notes, Revision, Section
from scientists.templates import list_templates, load_template
from tests.models.checkpoint import make_checkpoint
from tests.models.scripted import fill
from venues.venue_file import list_venues, load_venue


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
        ("rating", "high", "rating"),
        ("rating", "5: between", "rating is 5"),
        ("rating", "6 or 8", "rating"),
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


@pytest.mark.parametrize("written", ["6", "6: above the bar", "6 (weak accept)"])
def test_a_score_in_quotes_with_its_meaning_is_that_score(written: str) -> None:
    form = load_venue("iclr2026").form
    filled = fill(form_shape(form).schema, random.Random(0)) | {form.rating: written}
    assert form_shape(form).read(json.dumps(filled)).scores[form.rating] == 6


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


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        ([], "queries"),
        (["rates"], "queries"),
        (["rates", "steps", "seeds", "data"], "queries"),
        (["rates", " Rates "], "there twice"),
        (["rates", " "], "empty"),
    ],
)
def test_an_idea_comes_with_two_or_three_different_queries(queries: list[str], said: str) -> None:
    """Read so even where a server does not guide its model by the schema."""
    shape = idea_shape(load_template("learning_rate"))
    filled = {**fill(shape.schema, random.Random(0)), "queries": queries}
    with pytest.raises(ValueError, match=said):
        shape.read(json.dumps(filled))


def test_a_bound_keeps_control_characters_out() -> None:
    bounded = struct_shape(Notes).bounded(60)
    assert bounded["properties"]["notes"]["pattern"].endswith("{1,60}$")
    assert struct_shape(Notes).bounded(0)["properties"]["notes"] == {"type": "string"}


@pytest.mark.parametrize("longest", [1, 60, 128, 129, 300, 2001])
def test_a_bound_of_any_length_guides_decoding(longest: int, tmp_path: Path) -> None:
    """By the library that vLLM guides with, which fails on more than 128 repetitions."""
    xgrammar = pytest.importorskip("xgrammar")
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(make_checkpoint(tmp_path))
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer))
    schema = json.dumps(struct_shape(Notes).bounded(longest))
    grammar = xgrammar.GrammarCompiler(info).compile_json_schema(schema, any_whitespace=False)

    def taken(length: int) -> bool:
        answer = json.dumps({"notes": "x" * length})
        return bool(xgrammar.GrammarMatcher(grammar).accept_string(answer))

    blocks = -(-longest // 128)
    assert taken(1) and taken(longest - blocks + 1)
    assert not taken(0) and not taken(longest + 1)


def test_the_longest_bound_is_one_that_can_be_kept() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"longest_text": 16_385}, ModelRules)
    assert "{0,127}" in str(struct_shape(Notes).bounded(16_384))


def test_endless_repetition_and_too_few_words_are_no_answer() -> None:
    least = Field(name="summary", kind="text", least=5)
    shape = form_shape(Form(field=(least, Field(name="notes", kind="text")), rating=""))
    good = {"thoughts": "", "summary": "One two three four five.", "notes": "None."}
    assert shape.read(json.dumps(good)).texts["notes"] == "None."
    with pytest.raises(ValueError, match="summary has fewer than 5 words"):
        shape.read(json.dumps(good | {"summary": "UNKNOWN"}))
    with pytest.raises(ValueError, match="notes says 'and it is' over and over"):
        shape.read(json.dumps(good | {"notes": "and it is, " * 9}))


def test_a_form_s_shape_is_said_in_the_order_of_its_answer() -> None:
    form = Form(
        field=(
            Field(name="rating", kind="score", values=(1.0, 1.5)),
            Field(name="fit", kind="choice", choices=("good", "poor")),
            Field(name="note", kind="text"),
        ),
        rating="rating",
    )
    assert '"note": text of at least 3 words' in form_shape(with_least(form, 3)).asked
    assert form_shape(form, reflecting=True).asked == (
        'Answer with one JSON object: {"thoughts": text, "note": text, "fit": "good" | "poor", '
        '"rating": 1 | 1.5, "done": true | false}'
    )
