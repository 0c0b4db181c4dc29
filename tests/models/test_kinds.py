"""Every command with every kind of model or reviewer, in every role: run once, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.reviewers.results import read_result
from benchmarks.studies.outcome_table import read_outcomes
from conference.core.records import (
    Agent,
    Decision,
    Failure,
    MetaReview,
    Rebuttal,
    Review,
    Submission,
)
from conference.models import known_kinds
from tests.benchmarks.made import conference, refused, scores, venue_year
from tests.models.checkpoint import make_checkpoint
from tests.models.scripted import serve
from tests.scientists.studies import light_template
from tests.venues.test_papers import rows, write
from venues.round import load_round

pytestmark = pytest.mark.timeout(900)
ROLES = ("scientist", "reviewer", "chair")
WORKS = ""

# Which kind does what: WORKS, or the words with which it is refused.
IN_A_ROUND = {
    "vllm": dict.fromkeys(ROLES, WORKS),
    "openai": dict.fromkeys(ROLES, WORKS),
    "transformers": dict.fromkeys(ROLES, WORKS),
    "replay": dict.fromkeys(ROLES, WORKS),
    "embedded": dict.fromkeys(ROLES, WORKS),
    "human": {
        "scientist": "only reviewers are replayed",
        "reviewer": WORKS,
        "chair": "only reviewers are replayed",
    },
    "csv": {  # A round of it is played in tests/venues/test_recorded.py.
        "scientist": "only reviewers are replayed",
        "reviewer": WORKS,
        "chair": "only reviewers are replayed",
    },
}
IN_A_BENCHMARK = {
    "vllm": WORKS,
    "openai": WORKS,
    "transformers": WORKS,
    "replay": "repeats the calls of a round",
    "embedded": WORKS,
    "csv": WORKS,
    "human": "the humans are in every table",
}
IN_A_PROBE = {
    "vllm": WORKS,
    "openai": WORKS,
    "transformers": WORKS,
    "replay": "repeats the calls of a round",
    "embedded": "there is no kind 'embedded'",
    "csv": "there is no kind 'csv'",
    "human": "there is no kind 'human'",
}

IN_A_REVIEW = {
    "vllm": WORKS,
    "openai": WORKS,
    "transformers": WORKS,
    "replay": "repeats the calls of a round",
    "embedded": WORKS,
    "csv": "replays ratings of a data set's papers",
    "human": "replays ratings of a data set's papers",
}
IN_A_STUDY = {
    "vllm": WORKS,
    "openai": WORKS,
    "transformers": WORKS,
    "replay": "repeats the calls of a round",
    "embedded": WORKS,
    "csv": WORKS,  # A study of it is run in tests/venues/test_recorded.py.
    "human": WORKS,
}
STUDY = """
title = "Quota"
question = "What does a lower quota change?"
source = "made for the tests"
venue = "{venue}"
[design]
replicates = 1
[arm.control]
set = {{ "desk.duplicates" = false, "discussion.turns" = 0, "population.reviewers" = 8 }}
[arm.fewer]
set = {{ "decision.accept_rate" = 0.25, "decision.oral_rate" = 0.0, "decision.best_papers" = 0 }}
[outcome]
primary = "rating"
"""

SETTINGS = "[default]\nmax_tokens = 1500\nlongest_text = 48\nattempts = 12\n"
VENUE = """
base = "workshop"
[call]
templates = ["{template}"]
seeds = 2
[population]
scientists = 1
reviewers = 3
chairs = 2
[desk]
topic = false
[assignment]
reviews_per_paper = 2
[calibration]
papers = 2
[discussion]
turns = 1
gap = 1
"""


class Workplace:
    """What all commands are given: a venue, data, settings, and a spec for each kind of model."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self.settings = folder / "models.toml"
        self.settings.write_text(SETTINGS)
        self.venue = folder / "small.toml"
        self.venue.write_text(VENUE.format(template=light_template(folder)))
        self.papers = write(folder / "papers.jsonl", rows())
        tables = folder / "tables"
        self.data = f"iclr2026@{tables}"
        table = venue_year(tables, papers=20)
        tiny = make_checkpoint(folder / "tiny")
        self.specs = {
            "vllm": f"vllm:{tiny}",  # of the shared engine, where it is asked
            "openai": server,
            "transformers": f"transformers:{tiny}",
            "replay": f"replay:{folder / 'openai'}",
            "csv": f"csv:{scores(folder / 'scores.csv', table, table['quality'])}",
            "embedded": "embedded",
            "human": "human",
        }

    def run(self, kind: str, roles: Any, *more: object) -> list[object]:
        """The words of a round in which a kind of mind has these roles."""
        minds = [word for role in roles for word in (f"--{role}", self.specs[kind])]
        out = ("--out", self.folder / kind)
        return ["run", self.venue, *minds, "--models", self.settings, *out, *more]

    def benchmark(self, kind: str) -> list[object]:
        spec, out = self.specs[kind], self.folder / f"benchmark-{kind}"
        words = ["--data", self.data, "--reviewer", spec, "--models", self.settings]
        return ["benchmark", *words, "--resamples", 20, "--out", out]

    def review(self, kind: str) -> list[object]:
        paper = self.folder / "paper.md"
        paper.write_text(
            "# Small steps\n\n## Abstract\n\nWe take small steps.\n\n" + "Steps. " * 60
        )
        words = ["--reviewer", self.specs[kind], "--chair", self.specs[kind], "--panel", 2]
        chair = words if kind in known_kinds() else [*words[:2], *words[4:]]
        return ["review", paper, *chair, "--venue", self.venue, "--models", self.settings]

    def study(self, kind: str) -> list[object]:
        study, out = self.folder / "quota.toml", self.folder / f"study-{kind}"
        study.write_text(STUDY.format(venue=self.venue))
        words = ["--papers", self.papers, "--reviewer", self.specs[kind], "--workers", 0]
        return ["study", "run", study, *words, "--models", self.settings, "--out", out]

    def probe(self, kind: str) -> list[object]:
        spec, out = self.specs[kind], self.folder / f"probe-{kind}"
        settings = self.folder / "short.toml"  # A random model goes on until it is cut off.
        settings.write_text("[default]\nmax_tokens = 40\n")
        words = ["--data", self.data, "--models", settings, "--papers", 2]
        return ["benchmark", "probe", spec, *words, "--out", out]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    with serve() as server:
        yield Workplace(tmp_path_factory.mktemp("kinds"), server.spec)


def test_the_tables_name_every_kind() -> None:
    kinds = {*known_kinds(), "csv", "embedded", "human"}
    assert set(IN_A_ROUND) == set(IN_A_BENCHMARK) == set(IN_A_PROBE) == kinds
    assert set(IN_A_REVIEW) == set(IN_A_STUDY) == kinds
    assert all(tuple(roles) == ROLES for roles in IN_A_ROUND.values())


REFUSED = [
    *(("run", kind, role) for kind, roles in IN_A_ROUND.items() for role in ROLES if roles[role]),
    *(("benchmark", kind, "reviewer") for kind, words in IN_A_BENCHMARK.items() if words),
    *(("probe", kind, "") for kind, words in IN_A_PROBE.items() if words),
    *(("review", kind, "reviewer") for kind, words in IN_A_REVIEW.items() if words),
    *(("study", kind, "reviewer") for kind, words in IN_A_STUDY.items() if words),
]


@pytest.mark.parametrize(("command", "kind", "role"), REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    command: str, kind: str, role: str, workplace: Workplace
) -> None:
    if command == "run":
        assert IN_A_ROUND[kind][role] in refused(*workplace.run(kind, (role,)))
    elif command == "benchmark":
        assert IN_A_BENCHMARK[kind] in refused(*workplace.benchmark(kind))
    elif command == "review":
        assert IN_A_REVIEW[kind] in refused(*workplace.review(kind))
    elif command == "study":
        assert IN_A_STUDY[kind] in refused(*workplace.study(kind))
    else:
        assert IN_A_PROBE[kind] in refused(*workplace.probe(kind))


def start(kind: str, workplace: Workplace, request: pytest.FixtureRequest) -> None:
    if kind == "vllm":
        workplace.specs["vllm"] = request.getfixturevalue("engine")


def with_engine(kinds: Iterable[str]) -> list[Any]:
    """The kinds as parameters; those that ask the shared engine, in its group."""
    group = pytest.mark.xdist_group("engine")
    return [pytest.param(kind, marks=[group] if kind == "vllm" else []) for kind in kinds]


@pytest.mark.parametrize(
    "kind",
    with_engine(kind for kind, roles in IN_A_ROUND.items() if not any(roles.values())),
)
def test_a_kind_plays_every_role_of_a_round(
    kind: str, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    start(kind, workplace, request)
    if kind == "replay" and not (workplace.folder / "openai").is_dir():
        assert conference(*workplace.run("openai", ROLES, "--hosts", 0))[0] == 0
    status, _, complaint = conference(*workplace.run(kind, ROLES, "--hosts", 0))
    assert status == 0, complaint
    round_ = load_round(workplace.folder / kind)
    assert not round_.all(Failure)
    assert {agent.mind for agent in round_.all(Agent)} == {workplace.specs[kind]}
    assert len(round_.all(Submission)) == len(round_.all(MetaReview)) == 1
    assert len(round_.all(Decision)) == 1 and round_.all(Rebuttal)
    assert {review.mind for review in round_.all(Review)} == {workplace.specs[kind]}


def test_people_s_ratings_are_replayed_in_a_round(workplace: Workplace) -> None:
    words = workplace.run("human", ("reviewer",), "--papers", workplace.papers, "--hosts", 0)
    status, _, complaint = conference(*words)
    assert status == 0, complaint
    round_ = load_round(workplace.folder / "human")
    assert "human" in {review.mind for review in round_.all(Review)}


@pytest.mark.parametrize(
    "kind", with_engine(kind for kind, words in IN_A_BENCHMARK.items() if not words)
)
def test_a_kind_is_measured(
    kind: str, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    start(kind, workplace, request)
    status, _, complaint = conference(*workplace.benchmark(kind))
    assert status == 0, complaint
    result = read_result(workplace.folder / f"benchmark-{kind}")
    name = "scores" if kind == "csv" else workplace.specs[kind]
    assert name in {row.name for row in result.rows} and result.measured == 20


@pytest.mark.parametrize(
    "kind", with_engine(kind for kind, words in IN_A_PROBE.items() if not words)
)
def test_a_kind_is_probed(kind: str, workplace: Workplace, request: pytest.FixtureRequest) -> None:
    start(kind, workplace, request)
    status, shown, complaint = conference(*workplace.probe(kind))
    assert status == 0, complaint
    assert "answers could not be used" in shown and "Kept: " in shown
    assert kind != "openai" or "2 papers; 0 answers" in shown


@pytest.mark.parametrize(
    "kind", with_engine(kind for kind, words in IN_A_REVIEW.items() if not words)
)
def test_a_kind_reviews_one_paper(
    kind: str, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    start(kind, workplace, request)
    status, shown, complaint = conference(*workplace.review(kind))
    assert status == 0, complaint
    assert "Review 2" in shown and "Meta-review" in shown and "is missing" not in shown


@pytest.mark.parametrize(
    "kind",
    with_engine(kind for kind, words in IN_A_STUDY.items() if not words and kind != "csv"),
)
def test_a_kind_sits_on_a_study_s_panel(
    kind: str, workplace: Workplace, request: pytest.FixtureRequest
) -> None:
    start(kind, workplace, request)
    status, _, complaint = conference(*workplace.study(kind))
    assert status == 0, complaint
    table = read_outcomes(workplace.folder / f"study-{kind}")
    ratings = table.set_index(["arm", "unit"])["value"]
    assert ratings["fewer"].equals(ratings["control"])
    round_ = load_round(workplace.folder / f"study-{kind}" / "arms" / "control" / "000")
    assert {review.mind for review in round_.all(Review)} == {workplace.specs[kind]}
