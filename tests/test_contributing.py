"""The examples of CONTRIBUTING.md are a package of somebody else, and are run as they stand."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from benchmarks.studies.outcomes import outcome_of
from benchmarks.studies.twins.twin import twin_of
from conference.app.export.view import view_of
from conference.core import registry
from conference.core.errors import UserError
from conference.core.records import Agent, Check, Decision, Failure, Review, Submission
from conference.data.importers.importer import Options
from tests.venues.tiny import table
from venues import minds, phases
from venues.forecast import forecast
from venues.round import Result, prepare, run_round

GUIDE = Path(__file__).parent.parent / "CONTRIBUTING.md"
EXAMPLE = re.compile(r"^```(?:python|toml)\n# ([\w.]+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The examples as files, with what an installer makes of their pyproject.toml."""
    site = tmp_path_factory.mktemp("site")
    for name, text in EXAMPLE.findall(GUIDE.read_text()):
        (site / name).write_text(text)
    about = site / "mine-1.0.dist-info"
    about.mkdir()
    project = tomllib.loads((site / "pyproject.toml").read_text())["project"]
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in parts.items())
            for group, parts in project["entry-points"].items()
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        _forget()
        yield site
    _forget()


def _forget() -> None:
    registry.forget()
    phases.forget()
    minds.mind_of.cache_clear()


@pytest.fixture(scope="module")
def result(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    rules = prepare(package / "mine.toml", scientists=0, reviewers=9)
    assert forecast(rules, table(6))["brief"].what == "look for brief reviews"
    return run_round(rules, out=tmp_path_factory.mktemp("run"), hosts=0, papers=table(6), seed=3)


def test_venue_persona_phase_mind_and_model_take_part_in_a_round(result: Result) -> None:
    round_ = result.round
    assert not round_.all(Failure) and len(round_.all(Decision)) == 6
    by_mind = {
        mind: [r for r in round_.all(Review) if r.mind == mind] for mind in ("coin", "echo:loud")
    }
    assert all(by_mind.values())
    assert all("Echo number" in str(review.texts) for review in by_mind["echo:loud"])
    personas = {agent.persona: agent.traits for agent in round_.agents("reviewer")}
    assert personas["neutral"] == {} and personas["contrarian"]["severity"] == -0.8
    assert personas["contrarian"]["noise"] > 0, "taken from the persona that it is like"
    brief = [check for check in round_.all(Check) if check.name == "brief review"]
    words = [len(" ".join(review.texts.values()).split()) for review in round_.all(Review)]
    assert len(brief) == sum(count < 80 for count in words) > 0


def test_an_outcome_and_a_twin_serve_studies(result: Result, package: Path) -> None:
    values = dict(outcome_of("review_words").measure(result.round))
    assert len(values) == len(result.round.all(Review)) and min(values.values()) > 0
    twin, detail = twin_of("shout:title")
    paper = table(1).table[0]
    changed = twin.change(paper, detail, np.random.default_rng(0))
    assert changed is not None and changed.title == paper.title.upper() != paper.title


def test_an_importer_reads_its_source(package: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("One | About one. | 3,5\nTwo | About two. | 6\n")
    read = registry.load(registry.IMPORTERS, "lines", "data import")
    (dataset,) = read(str(tmp_path / "mine.txt"), Options(cache=tmp_path, scale=(1, 3, 5, 6)))
    assert {name: list(given) for name, given in dataset.ratings().items()} == {
        "p0": [3, 5], "p1": [6],
    }  # fmt: skip


def test_an_exporter_writes_a_round(result: Result, package: Path, tmp_path: Path) -> None:
    write = registry.load(registry.EXPORTERS, "titles", "--to")
    (path,) = write(view_of(result.round, "public"), tmp_path / "out")
    titles = [paper.title for paper in result.round.all(Submission)]
    assert path.read_text().splitlines() == titles and len(titles) == 6


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("words = 80", "wrds = 80", "phase.brief: .*unknown field `wrds`"),
        ("words = 80", 'words = "few"', "phase.brief.words: Expected `int`"),
        ('"brief", ', "", r"\[phase.brief\] belongs to no phase"),
        ('"review", "brief"', '"brief", "review"', "'brief' without 'review' before it"),
        ('like = "strict"', 'like = "strickt"', "persona.contrarian.like: no persona 'strickt'"),
        ("severity = -0.8", 'severity = "low"', "persona.contrarian.severity: Expected `float`"),
        ("contrarian = 1.0", "contrarion = 1.0", r"describe it in \[persona.contrarion\]"),
    ],
)
def test_a_wrong_line_is_one_sentence(
    old: str, new: str, sentence: str, package: Path, tmp_path: Path
) -> None:
    text = (package / "mine.toml").read_text()
    assert old in text
    (tmp_path / "wrong.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=sentence) as caught:
        prepare(tmp_path / "wrong.toml")
    assert "\n" not in str(caught.value)


def test_an_agent_of_a_ledger_from_before_has_no_traits() -> None:
    old = b'{"id":"a","role":"reviewer","name":"a","lab":"","type":"Agent"}'
    assert msgspec.json.decode(old, type=Agent).traits == {}
