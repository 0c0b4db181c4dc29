"""Rounds, studies and benchmarks side by side: real rounds, and the command's own words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from conference.app.api import run_round as run_with_site
from conference.app.cli import cli
from conference.app.compare.rounds import RoundsCompared, figures_of
from conference.core.errors import UserError
from conference.core.records import Decision, DeskCheck, Submission
from tests.venues.tiny import table, tiny_venue
from venues.round import prepare, run_round
from venues.state import Round

PAPERS = 10
HOSTILE = "<script>alert(1)</script> [red]bold[/red] \x1b[31m"


def _play(folder: Path, seed: int, rate: float) -> Path:
    rules = {"decision.accept_rate": rate, "decision.oral_rate": 0.0, "review.texts": False}
    venue = prepare("workshop", reviewers=12, chairs=2, settings=rules)
    run_round(venue, out=folder, papers=table(PAPERS), hosts=0, seed=seed)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    out = tmp_path_factory.mktemp("rounds")
    return (_play(out / "half", 1, 0.5), _play(out / "few", 1, 0.2), _play(out / "again", 2, 0.5))


def _run(*words: object) -> str:
    result = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def found(folders: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> RoundsCompared:
    path = tmp_path_factory.mktemp("json") / "numbers.json"
    _run("compare", *folders, "--json", path, "--resamples", 200)
    figures = msgspec.json.decode(path.read_bytes())["figures"]
    return msgspec.convert(figures, RoundsCompared)


def test_only_rules_that_differ_are_told(found: RoundsCompared) -> None:
    assert found.rules == {
        "decision.accept_rate": ("0.5", "0.2", "0.5"), "seed": ("1", "1", "2"),
    }  # fmt: skip


def test_a_lower_rate_flips_decisions_and_touches_no_score(found: RoundsCompared) -> None:
    few, again = found.beside
    assert few.flips is not None and few.flips.only_second == 0
    assert few.flips.only_first == 3 == len(few.changed)
    assert few.flips.inconsistent.value == pytest.approx(0.3)
    assert few.flips.inconsistent.low is not None and few.flips.inconsistent.n == PAPERS
    assert few.rating.value == few.rating.low == few.rating.high == 0
    assert few.icc1.value == 0
    assert again.flips is not None and again.flips.only_first == again.flips.only_second
    assert again.rating.low is not None and again.rating.low < 0 < (again.rating.high or 0)
    assert found.alone[0].agreement["icc1"] == found.alone[1].agreement["icc1"]
    assert found.alone[0].rating.n == PAPERS


def test_page_and_terminal_show_the_same_tables(folders: tuple[Path, ...], tmp_path: Path) -> None:
    said = _run("compare", *folders[:2], "--out", tmp_path / "both.html", "--resamples", 50)
    page = (tmp_path / "both.html").read_text()
    for words in ("Rules that differ", "Decisions", "Papers decided differently in few",
                  "Scores and agreement", "Beside half", "Cost"):  # fmt: skip
        assert words in said and f"<h2>{words}</h2>" in page
    assert "statistical models (embedded minds)" in said and "data:image/svg+xml" in page
    assert "share every draw" in said and "<script" not in page and "http" not in page


def test_hostile_titles_do_nothing(tmp_path: Path) -> None:
    rounds = []
    for number in (0, 1):
        folder = tmp_path / str(number)
        run_round(tiny_venue(), out=folder, papers=table(4), hosts=0, seed=0)
        round_ = Round(tiny_venue(), 0, folder)
        round_.add(Submission(paper=str(at), title=HOSTILE, abstract="") for at in range(2))
        round_.add(
            Decision(paper=str(at), accepted=bool((at + number) % 2), presentation="", score=1,
                     rank=1, reason="") for at in range(2)
        )  # fmt: skip
        rounds.append(round_)
    from rich.console import Console

    from conference.app.compare import compare_rounds, show, write_page

    side = compare_rounds(rounds, ("a", "b"))
    console = Console(record=True, width=120)
    show(side, console)
    told = console.export_text()
    assert "[red]bold[/red]" in told and "\x1b" not in told
    write_page(side, tmp_path / "page.html")
    assert "<script>" not in (tmp_path / "page.html").read_text()


def test_what_the_desk_rejects_in_one_round_and_the_other_accepts_is_a_flip(
    folders: tuple[Path, ...],
) -> None:
    """As in a study's flips; and in a round that stopped before its decisions none is made."""
    rounds = [Round(tiny_venue(), 0, folders[0]) for _ in range(3)]
    for at, round_ in enumerate(rounds):
        round_.add(Submission(paper=name, title=name, abstract="") for name in "abc")
        round_.add(DeskCheck(paper=name, passed=at == 0 or name != "a") for name in "abc")
    for at, round_ in enumerate(rounds[:2]):
        round_.add(
            Decision(paper=name, accepted=name == "a", presentation="", score=1, rank=1, reason="")
            for name in "abc"[at:]
        )
    found = figures_of(rounds, "xyz", resamples=0)
    assert [(each.accepted, each.decided) for each in found.alone] == [(1, 3), (0, 3), (0, 0)]
    flips = found.beside[0].flips
    assert flips is not None and (flips.papers, flips.only_first) == (3, 1)
    assert found.beside[0].changed == (("a", "a", True),)
    assert found.beside[1].flips is None


def test_rounds_without_a_common_paper_say_so(folders: tuple[Path, ...], tmp_path: Path) -> None:
    run_round(tiny_venue(), out=tmp_path / "other", hosts=0)
    said = _run("compare", folders[0], tmp_path / "other", "--resamples", 50)
    assert "No paper is in both" in said and "Papers decided differently" not in said


def test_studies_and_benchmarks_are_told_by_what_lies_in_their_folders(tmp_path: Path) -> None:
    for name, mark in (("s", "plan.json"), ("b", "predictions.parquet"), ("r", "ledger.sqlite")):
        (tmp_path / name).mkdir()
        (tmp_path / name / mark).write_bytes(b"")
    for words, sentence in (
        (("r",), "name two folders or more"),
        (("r", "s"), "give folders of one kind; .*r is a round, .*s is a study"),
        (("b#x", "s"), "b#x is a benchmark"),
        (("r", "nowhere"), "nowhere: no round, study or benchmark here"),
        (("s", "s"), "results.json: not found"),
    ):
        given = [str(tmp_path / word) for word in words]
        with pytest.raises(UserError, match=sentence):
            CliRunner().invoke(cli, ["compare", *given], catch_exceptions=False)


def test_a_site_links_the_rounds_beside_its_own(tmp_path: Path) -> None:
    first = run_with_site(tiny_venue(), out=tmp_path / "first", hosts=0, papers=table(6))
    assert not (tmp_path / "first" / "site" / "compare.html").exists()
    assert "compare.html" not in first.site.read_text()
    rules = msgspec.structs.replace(tiny_venue().decision, accept_rate=0.34)
    second = run_with_site(
        tiny_venue(decision=rules), out=tmp_path / "second", hosts=0, papers=table(6),
        reuse=[tmp_path / "first"],
    )  # fmt: skip
    page = (second.site.parent / "compare.html").read_text()
    assert 'href="compare.html"' in second.site.read_text() and "decision.accept_rate" in page
    both = run_with_site(tiny_venue(), rounds=2, out=tmp_path / "two", hosts=0)
    assert 'href="compare.html"' in both.site.read_text()
    assert "round-2" in (both.site.parent / "compare.html").read_text()
