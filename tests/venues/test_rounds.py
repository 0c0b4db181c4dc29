"""Several rounds of one venue: rejected papers come back revised, and the archive grows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from conference.app.api import run_round
from conference.app.site.rounds import RoundRow, round_rows, write_rounds
from conference.core.errors import UserError
from conference.core.records import Decision, Experiment, Submission
from tests.venues.tiny import table, tiny_venue
from venues.round import load_round
from venues.rounds import run_rounds
from venues.settings import with_settings
from venues.state import Round


def test_rejected_papers_come_back_revised_and_the_archive_grows(tmp_path: Path) -> None:
    rounds = [result.round for result in run_rounds(tiny_venue(), rounds=3, out=tmp_path, hosts=0)]
    assert [len(round_.archive) for round_ in rounds] == [0, 4, 8]
    for before, after in pairwise(rounds):
        rejected = {row.paper for row in before.all(Decision) if not row.accepted}
        old = {paper.authors[0]: paper for paper in before.papers() if paper.paper in rejected}
        back = {paper.authors[0]: paper for paper in after.all(Submission) if paper.version > 1}
        assert old and set(back) == set(old)
        for author, paper in back.items():
            assert paper.version == old[author].version + 1
            assert paper.title == old[author].title
            assert paper.abstract.startswith(old[author].abstract)
            assert paper.abstract.endswith("Revised after 3 reviews.")
        author = after.agents("scientist")[0].id
        seen = after.archive_for(author)
        assert {past.title for past in seen} >= {paper.title for paper in before.papers()}
        assert all(past.rating_mean is None for past in seen if not past.own)
        assert any(past.own and past.accepted is not None for past in seen)


def test_rounds_go_on_under_another_spelling_of_their_folder_and_in_another_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_rounds(tiny_venue(), rounds=2, out=tmp_path / "here", hosts=0)
    monkeypatch.chdir(tmp_path)
    again = run_rounds(tiny_venue(), rounds=2, out=Path("here"), hosts=0)
    assert [result.performed for result in again] == [0, 0]
    # What a task is told of an earlier round's folder holds in any process.
    where = {entry.folder for entry in again[1].round.archive}
    assert where == {str((tmp_path / "here" / "round-1").resolve())}
    (tmp_path / "here").rename(tmp_path / "there")
    moved = run_rounds(tiny_venue(), rounds=2, out=tmp_path / "there", hosts=0)
    assert [result.performed for result in moved] == [0, 0]


def test_every_rejected_paper_of_an_author_of_several_comes_back(tmp_path: Path) -> None:
    venue = tiny_venue(reviewers=12)
    venue = msgspec.structs.replace(
        venue,
        call=msgspec.structs.replace(venue.call, papers_per_scientist=2),
        decision=msgspec.structs.replace(venue.decision, accept_rate=0.25),
    )
    first, second = (result.round for result in run_rounds(venue, rounds=2, out=tmp_path, hosts=0))
    rejected = {row.paper for row in first.all(Decision) if not row.accepted}
    old = [paper for paper in first.papers() if paper.paper in rejected]
    back = [paper for paper in second.all(Submission) if paper.version > 1]
    assert len({paper.authors for paper in old}) < len(old) == 6
    assert sorted((p.authors, p.title) for p in back) == sorted((p.authors, p.title) for p in old)
    assert len(second.all(Submission)) == 8


def experiment(paper: str, idea: str, hypothesis: str, novelty: float, nearest: str) -> Experiment:
    return Experiment(
        paper=paper, template="grokking", idea=idea, hypothesis=hypothesis, knobs={}, baseline={},
        seeds=(1,), runs=2, metric="loss", effect=-1.0, effect_low=-2.0, effect_high=-0.5,
        conclusion="positive", novelty=novelty, novelty_nearest=nearest,
    )  # fmt: skip


def test_a_narrowing_of_ideas_shows_in_the_report(tmp_path: Path) -> None:
    """A first round of many ideas against one in which all ask the same."""
    asked = ["Xavier groks sooner.", "Dropout delays it.", "More pairs help.", "Cosine wins."]
    rounds = [Round(tiny_venue(), 0, tmp_path / f"round-{number}") for number in (1, 2)]
    rounds[0].add(experiment(f"{at}", f"idea {at}", asked[at], 1.0, "") for at in range(4))
    rounds[1].add(experiment(f"{at}", "xavier", asked[0], 0.3, "Old") for at in range(4))
    # What comes back carries the novelty that it had when nothing was known to compare it with.
    back = Submission(paper="5", title="T", abstract="A", topic="", authors=(), version=2)
    rounds[1].add([back, experiment("5", "xavier", asked[0], 1.0, "")])
    first, second = round_rows(rounds)
    assert first.novelty is None and second.novelty == pytest.approx(0.3)
    assert first.distinct == 1.0 and second.distinct == pytest.approx(0.0)
    assert (first.ideas, second.ideas) == (4, 1)
    assert first.diversity == 2.0 and second.diversity == 0.0
    page = write_rounds(tmp_path, rounds)
    assert "(Goodhart" in page.read_text() and (page.parent / "rounds.svg").is_file()


def test_the_report_over_rounds_has_a_row_for_each(tmp_path: Path) -> None:
    made = run_round(tiny_venue(), rounds=2, out=tmp_path, hosts=0)
    rows = msgspec.json.decode((made.site.parent / "rounds.json").read_bytes(), type=list[RoundRow])
    assert [row.number for row in rows] == [1, 2]
    rejected = [d for d in load_round(tmp_path / "round-1").all(Decision) if not d.accepted]
    assert [row.resubmitted for row in rows] == [0, len(rejected)]
    assert all(row.papers == 4 and row.rating is not None for row in rows)
    assert "round-2" in made.site.read_text()


def spread(out: Path, papers: int = 24, **rules: object) -> list[Round]:
    """Three rounds over which a table of papers is spread."""
    shared = {
        "resubmission.spread": True, "desk.duplicates": False, "decision.accept_rate": 0.2,
        "decision.oral_rate": 0.0, "decision.spotlight_rate": 0.0,
    }  # fmt: skip
    venue = with_settings(tiny_venue(18), shared | rules)
    results = run_rounds(venue, rounds=3, out=out, hosts=0, seed=1, papers=table(papers))
    return [result.round for result in results]


def names(round_: Round) -> set[str]:
    return {paper.paper for paper in round_.all(Submission)}


def test_given_papers_are_spread_and_rejected_ones_come_back_until_patience_ends(
    tmp_path: Path,
) -> None:
    first, second, third = spread(tmp_path / "a")
    rejected = [{row.paper for row in each.all(Decision) if not row.accepted}
                for each in (first, second)]  # fmt: skip
    assert len(names(first)) == 4 and len(names(second)) == 4 + len(rejected[0])
    assert names(second) & names(first) == rejected[0]
    # With a patience of 1 those of the first round come no third time.
    assert names(third) & names(second) == rejected[1] - rejected[0]
    patient = spread(tmp_path / "b", **{"resubmission.patience": 5})
    assert names(patient[2]) & names(patient[0]) and len(names(patient[2])) > len(names(third))


def test_a_flood_adds_papers_and_moves_none_of_the_others(tmp_path: Path) -> None:
    plain = spread(tmp_path / "a", **{"resubmission.patience": 0})
    flooded = spread(tmp_path / "b", **{"resubmission.patience": 0, "resubmission.flood": 0.5})
    for before, after in zip(plain, flooded, strict=True):
        assert names(before) < names(after) and len(names(after)) == 6


def test_too_few_papers_for_the_rounds_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"5 papers spread over 3 rounds .* at least 6 papers"):
        spread(tmp_path, papers=5)
    venue = with_settings(tiny_venue(), {"resubmission.spread": True})
    with pytest.raises(UserError, match="spread needs given papers"):
        run_rounds(venue, rounds=2, out=tmp_path / "x", hosts=0)
