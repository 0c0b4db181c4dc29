"""The language-model reviewer: its preset holds in every call, and it is told its scale."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from conference.app.site import write_site
from conference.core.errors import UserError
from conference.core.records import Failure, Review
from conference.models import ModelRules
from reviewers.language.presets import load_preset
from tests.models.scripted import Scripted, schema_of, serve, text_of
from tests.models.test_round import venue
from tests.venues.test_papers import rows, write
from tests.venues.tiny import table
from venues.examples import with_examples
from venues.round import run_round
from venues.state import Options, Round
from venues.venue_file import load_venue


@pytest.mark.parametrize("preset", ["default", "agentreview", "ai_scientist"])
def test_a_preset_holds_in_every_call_of_its_reviewer(preset: str, tmp_path: Path) -> None:
    human = write(tmp_path / "human.jsonl", rows())
    examples = write(tmp_path / "examples.jsonl", [{"title": "T", "text": "X", "review": {"a": 1}}])
    with serve() as server:
        rules = venue(server, examples=str(examples), temperature=0.33)
        spec = f"{server.spec}#{preset}"
        rules = msgspec.structs.replace(
            rules,
            minds=msgspec.structs.replace(rules.minds, reviewer=spec, chair="instant"),
            discussion=msgspec.structs.replace(rules.discussion, gap=0),
        )
        run_round(
            rules, out=tmp_path / "run", hosts=0, papers=table(2),
            options=Options(calibration=str(human)),
        )  # fmt: skip
        asked = {
            "bid": [r for r in server.requests if "P1" in schema_of(r)["properties"]],
            "calibrate": [r for r in server.requests if "title and abstract alone" in text_of(r)],
            "discuss": [r for r in server.requests if "comment" in schema_of(r)["properties"]],
        }
    known = load_preset(preset)
    for purpose, requests in asked.items():
        assert requests, purpose
        for request in requests:
            assert request["temperature"] == (
                0.33 if known.temperature is None else known.temperature
            )
            if known.says and purpose != "bid":
                assert known.says in text_of(request)


def soft_round(server: Scripted, out: Path) -> Round:
    rules = venue(server)
    minds = msgspec.structs.replace(rules.minds, reviewer=f"{server.spec}#soft", chair="instant")
    rules = msgspec.structs.replace(rules, minds=minds)
    return run_round(rules, out=out, hosts=0, papers=table(2)).round


def test_a_soft_rating_stands_beside_the_written_one(tmp_path: Path) -> None:
    """The scripted server finds each value of the scale equally likely."""
    with serve() as server:
        round_ = soft_round(server, tmp_path)
    values = np.array(round_.venue.form[round_.venue.form.rating].values)
    reviews = round_.all(Review)
    assert reviews and not round_.all(Failure)
    for review in reviews:
        assert review.rating in values
        assert review.soft_rating == pytest.approx(values.mean())
        assert review.soft_spread == pytest.approx(values.std())
    asked = [request for request in server.requests if request.get("logprobs")]
    assert len(asked) == len(reviews) + 1  # and the preflight's
    assert {request["temperature"] for request in asked} == {0.0}
    write_site(tmp_path)
    (page,) = (tmp_path / "site").glob(f"**/{reviews[0].paper}.html")
    assert f"soft rating {values.mean():.2f} ± {values.std():.2f}" in page.read_text()
    with serve() as server:
        plain = run_round(
            venue(server), out=tmp_path / "plain", hosts=0, papers=table(2)
        ).round.all(Review)
    assert {review.soft_rating for review in plain} == {None}


def test_a_soft_rating_from_a_server_without_probabilities_ends_before_the_round(
    tmp_path: Path,
) -> None:
    with serve(tells=False) as server, pytest.raises(UserError, match="returns no probabilities"):
        soft_round(server, tmp_path)


@pytest.mark.parametrize("name", ["neurips2025", "icml2025", "iclr2026"])
def test_in_the_discussion_the_rating_is_named_with_its_scale(name: str, tmp_path: Path) -> None:
    form = load_venue(name).form
    field = form[form.rating]
    with serve() as server:
        rules = venue(server)
        rules = msgspec.structs.replace(
            rules, form=form, discussion=msgspec.structs.replace(rules.discussion, gap=0)
        )
        run_round(rules, out=tmp_path, hosts=0, papers=table(2))
        talks = [text for text in server.prompts() if "whose review is in the thread" in text]
    assert talks
    for text in talks:
        said = text.rpartition("</thread>")[2]
        assert f"Change your `{field.name}`" in said
        assert f"one of {', '.join(f'{value:g}' for value in field.values)}" in said
        assert all(f"{value} = {words}" in said for value, words in field.anchors.items())


def test_hosts_find_the_examples_from_another_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"default": ModelRules(examples="examples.jsonl"), "vllm:A": ModelRules()}
    shown = with_examples(given, 0, tmp_path, print)
    assert shown["default"].examples == str(tmp_path / "examples.jsonl")
    assert shown["vllm:A"] == given["vllm:A"]
