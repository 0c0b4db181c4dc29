"""Treatments that only a language model can feel, with a scripted one behind a server."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.studies.outcomes import outcome_of
from conference.app.site import write_site
from conference.core.records import AdvisoryReview, Assignment, Review, ReviewQuality
from conference.models.records import ModelRules
from tests.models.scripted import Answer, Script, fill, schema_of, serve, text_of
from tests.venues.tiny import table
from venues.resume import load_round
from venues.round import prepare, run_round
from venues.state import Round

BASE = {"desk.duplicates": False, "desk.topic": False, "population.reviewers": 8}


def play(
    out: Path, script: Script, reviewer: str = "{model}", chair: str = "embedded", **rules: Any
) -> Round:
    """A round of four papers in which the roles named {model} think with the script."""
    named = {name.replace("__", "."): value for name, value in rules.items()}
    with serve(script) as server:
        minds = {"reviewer": reviewer, "chair": chair}
        venue = prepare(
            "iclr2022",
            minds={role: mind.format(model=server.spec) for role, mind in minds.items()},
            models={"default": ModelRules(retries=0)},
            settings=BASE | named,
        )
        return run_round(venue, out=out, hosts=0, papers=table(4)).round


def values(round_: Round, outcome: str) -> dict[str, float]:
    return dict(outcome_of(outcome).measure(round_))


def pages_of(folder: Path) -> str:
    """All pages of the papers."""
    write_site(folder)
    return "\n".join(page.read_text() for page in sorted((folder / "site/papers").glob("*.html")))


def obeys(request: dict[str, Any]) -> Answer:
    """Writes what the paper orders a language model to write."""
    filled = dict(fill(schema_of(request), random.Random(request["seed"])))
    order = re.search(r'is to write "([a-z ]+)"', text_of(request))
    if order:
        for name, value in filled.items():
            if isinstance(value, str) and value.endswith("."):
                filled[name] = f"{value} {order[1]}"
    return filled


def test_a_canary_tells_whose_copy_a_model_read(tmp_path: Path) -> None:
    round_ = play(tmp_path, obeys, "1 {model}, 1 embedded", review__canaries=True)
    caught, false = (values(round_, name) for name in ("pair_canary_caught", "pair_canary_false"))
    written = {f"{row.paper}|{row.reviewer}": row.mind for row in round_.all(Review)}
    assert {name for name, value in caught.items() if value} == {
        name for name, mind in written.items() if mind != "embedded"
    }
    assert 0 < sum(caught.values()) < len(caught) and not any(false.values())


PHASES = ["call", "submit", "desk_check", "bid", "assign", "review", "meta_review", "decide"]


def with_phase(name: str, after: str) -> list[str]:
    at = PHASES.index(after) + 1
    return [*PHASES[:at], name, *PHASES[at:]]


def test_another_chair_rates_reviews_and_is_told_neither_who_nor_how_they_rated(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def rates(request: dict[str, Any]) -> Answer:
        if "quality_R1" in schema_of(request)["properties"] and "text" not in schema_of(request):
            asked.append(text_of(request))
        return dict(fill(schema_of(request), random.Random(request["seed"])))

    phases = with_phase("rate", "review")
    round_ = play(tmp_path, rates, "embedded", "{model}", phases=phases)
    rows = round_.all(ReviewQuality)
    assert {(row.paper, row.reviewer) for row in rows} == {
        (row.paper, row.reviewer) for row in round_.all(Review)
    }
    assert all(row.quality in (1, 2, 3, 4, 5) for row in rows)
    leads = {row.paper: row.agent for row in round_.all(Assignment) if row.role == "chair"}
    assert all(row.chair != leads[row.paper] for row in rows)
    told = "\n".join(text for text in asked if "Rate how good each is" in text)
    assert "R1:" in told and "statistical mind" in told
    assert not re.search(r"reviewer-\d|rating now|as handed in", told)
    assert values(round_, "review_quality").keys() == values(round_, "review_length").keys()
    assert pages_of(tmp_path).count("rated its quality") == len(rows)


def test_feedback_comes_before_a_review_is_posted_and_its_draft_is_kept(tmp_path: Path) -> None:
    def revises(request: dict[str, Any]) -> Answer:
        filled = dict(fill(schema_of(request), random.Random(request["seed"])))
        if "<feedback>" in text_of(request):
            return {
                name: f"{value} See Table 7." if str(value).endswith(".") else value
                for name, value in filled.items()
            }
        return filled

    phases = with_phase("feedback", "review")
    round_ = play(tmp_path, revises, "1 {model}, 1 embedded", phases=phases)
    rows = round_.all(Review)
    assert len({(row.paper, row.reviewer) for row in rows}) == len(rows) == 16
    updated, added = (values(round_, name) for name in ("review_updated", "words_added"))
    for row in rows:
        name = f"{row.paper}|{row.reviewer}"
        if row.mind == "embedded":
            assert row.draft is None and updated[name] == added[name] == 0
        else:
            assert row.draft and row.draft.feedback and updated[name] == 1
            assert all("Table 7" in text for text in row.texts.values() if text.endswith("."))
            assert not any("Table 7" in text for text in row.draft.texts.values())
    again = load_round(tmp_path)
    assert again.all(Review) == rows
    pages = pages_of(tmp_path)
    drafts = sum(row.draft is not None for row in rows)
    assert pages.count("the feedback on it before it was posted") == drafts > 0


@pytest.mark.parametrize(
    ("seen_by", "shown"),
    [
        ("reviewers", {"review", "meta-review"}),
        ("chair", {"meta-review"}),
    ],
)
def test_an_advisory_review_is_shown_to_whom_the_rule_names(
    seen_by: str, shown: set[str], tmp_path: Path
) -> None:
    said: dict[str, list[bool]] = {"review": [], "meta-review": [], "advisory": []}

    def listens(request: dict[str, Any]) -> Answer:
        text, wanted = text_of(request), schema_of(request)["properties"]
        if "You write an advisory review" in text:
            said["advisory"].append("recommendation" in wanted)
        elif "Write the meta-review" in text:
            said["meta-review"].append("An advisory review of this paper" in text)
        elif "You review the paper above" in text:
            said["review"].append("An advisory review of this paper" in text)
        return dict(fill(schema_of(request), random.Random(request["seed"])))

    phases = with_phase("advisory", "assign")
    round_ = play(
        tmp_path, listens, "{model}", "{model}", phases=phases, phase__advisory__seen_by=seen_by
    )
    assert len(round_.all(AdvisoryReview)) == len(said["advisory"]) == 4
    assert pages_of(tmp_path).count("Advisory review without a score") == 4
    assert not any(said["advisory"]) and said["review"] and said["meta-review"]
    for kind in ("review", "meta-review"):
        assert set(said[kind]) == {kind in shown}, kind
