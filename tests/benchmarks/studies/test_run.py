"""A study from its file to its answer, with real rounds."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from click.testing import CliRunner

import conference
from benchmarks.studies.conclude import report_again, rests_of
from benchmarks.studies.job import make_job
from benchmarks.studies.results import read_result
from benchmarks.studies.run import round_folder, run_study
from benchmarks.studies.study import Study, list_studies, load_study, venue_of
from conference.app.cli import cli
from conference.core.errors import UserError
from conference.core.ledger import read_ledger
from conference.core.ledger_file import lock_folder
from conference.core.records import Review, Submission
from conference.models.records import ModelRules
from tests.venues.test_cli import conference as conference_command
from venues.resume import load_round

FILE = """
title = "Quota"
question = "What does a lower quota change?"
venue = "workshop"
[design]
replicates = 2
[arm.control]
set = { "population.reviewers" = 14, "desk.duplicates" = false, "desk.topic" = false }
[arm.fewer]
set = { "decision.accept_rate" = 0.25, "decision.oral_rate" = 0.0 }
[outcome]
primary = "accepted"
also = ["rating", "icc"]
"""


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve submissions with human ratings and decisions."""
    rows = [
        {
            "paper_id": f"p{at:02d}",
            "title": f"A study of subject {at}",
            "abstract": f"We study subject {at} with a transformer and find value {at * 7}. " * 4,
            "ratings": [4, 6, 8 if at % 2 else 4],
            "accepted": bool(at % 2),
        }
        for at in range(12)
    ]
    path = tmp_path_factory.mktemp("papers") / "papers.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = tmp_path_factory.mktemp("study") / "quota.toml"
    path.write_text(FILE)
    return load_study(path)


@pytest.fixture(scope="module")
def out(study: Study, papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "quota"
    run_study(study, out=folder, papers=papers, workers=0)
    return folder


def test_it_writes_a_tidy_table_a_report_and_a_ledger_for_each_round(out: Path) -> None:
    table = pd.read_parquet(out / "outcomes.parquet")
    assert set(table["arm"]) == {"control", "aa", "fewer"}
    assert set(table["outcome"]) == {"accepted", "rating", "icc"}
    decided = table[table["outcome"] == "accepted"].groupby(["arm", "replicate"])["value"].sum()
    assert set(decided["control"]) == {6.0} and set(decided["fewer"]) == {3.0}
    for name in ("report.html", "results.json", "table.md", "table.tex", "plan.json"):
        assert (out / name).stat().st_size
    for arm in ("control", "aa", "fewer"):
        ledger = read_ledger(out / "arms" / arm / "001")
        assert (
            json.loads(ledger.read_note("plan") or b"{}")["options"]["study"]
            == (json.loads((out / "plan.json").read_text())["hash"])
        )
        ledger.close()


def test_a_lower_quota_leaves_every_rating_as_it_was(out: Path) -> None:
    table = pd.read_parquet(out / "outcomes.parquet")
    ratings = table[table["outcome"] == "rating"].set_index(["arm", "replicate", "unit"])["value"]
    assert ratings["fewer"].equals(ratings["control"])
    assert not ratings["aa"].equals(ratings["control"])


def test_it_goes_on_where_it_stopped_and_ends_the_same(
    study: Study, papers: Path, out: Path, tmp_path: Path
) -> None:
    class Stop(Exception):
        pass

    def stop(step: str, done: int, total: int) -> None:
        if done == 1:
            raise Stop

    with pytest.raises(Stop):
        run_study(study, out=tmp_path / "again", papers=papers, workers=0, progress=stop)
    assert not (tmp_path / "again" / "results.json").exists()
    table, _ = run_study(study, out=tmp_path / "again", papers=papers, workers=0)
    pd.testing.assert_frame_equal(table, pd.read_parquet(out / "outcomes.parquet"))


def test_a_plan_that_changed_is_refused(study: Study, papers: Path, out: Path) -> None:
    changed = msgspec.structs.replace(study, question="another")
    with pytest.raises(UserError, match="another plan"):
        run_study(changed, out=out, papers=papers, workers=0)
    with pytest.raises(UserError, match="another plan"):
        run_study(study, out=out, papers=papers, workers=0, seed=1)


def test_a_changed_venue_file_or_model_is_another_plan(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    """Else the replicates that lack would be run by other rules than those that are there."""
    venue = tmp_path / "mine.toml"
    mine = msgspec.structs.replace(study, venue=str(venue))
    asked = partial(make_job, mine, tmp_path, str(papers), 0, 0, None, None)

    def plan(temperature: float, words: int) -> str:
        venue.write_text(f'base = "workshop"\n[review]\nleast_words = {words}\n')
        return asked({"openai:x": ModelRules(temperature=temperature)}, 2)[0].plan

    assert plan(0.5, 20) == plan(0.5, 20)
    assert len({plan(0.5, 20), plan(0.9, 20), plan(0.5, 30)}) == 3


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"accepted"', '"acceptd"', "did you mean 'accepted'"),
        ('"icc"', '"nothing"', "unknown 'nothing'"),
        ("decision.accept_rate", "decision.acept_rate", "did you mean decision.accept_rate"),
        ("0.25", '"low"', "decision.accept_rate: Expected .float"),
        ("[arm.control]", "[arm.base]", r"there is no table \[arm.control\]"),
        ("[arm.fewer]", "[arm.aa]", "arm.aa is run by itself"),
        (
            '"decision.accept_rate" = 0.25, "decision.oral_rate" = 0.0',
            '"population.reviewers" = 14, "desk.duplicates" = false, "desk.topic" = false',
            "arm.fewer is the same as arm.control",
        ),
        (
            "[outcome]",
            "[arm.fewer_again]\ncommittee = 2\n[outcome]",
            "arm.fewer_again is to be another committee under the rules of arm.fewer, and",
        ),
        ("[arm.fewer]", '[arm."a/b"]', "an arm is called 'a/b'; use letters"),
        ("[arm.fewer]", f"[arm.{'x' * 300}]", "at most 60, since a folder"),
        ("[arm.fewer]", "[arm.fewer]\ncommittee = 0", r"arm\.fewer\.committee: Expected"),
        (
            '"decision.accept_rate" = 0.25',
            '"decision" = 1',
            "set decision: this is a table of rules",
        ),
        ("[design]", 'rests = "facts"\n[design]', "rests: .*choose from data, language model"),
        ("replicates = 2", "replicates = 0", "replicates"),
        ("replicates = 2", 'replicates = 2\nunit = "person"', "design.unit"),
        ("title =", "titel =", "titel"),
        ('venue = "workshop"', 'venue = "nowhere"', "nowhere"),
    ],
)
def test_a_wrong_file_is_one_sentence(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    assert old in FILE
    path = tmp_path / "wrong.toml"
    path.write_text(FILE.replace(old, new))
    with pytest.raises(UserError, match=sentence) as caught:
        load_study(path)
    assert str(path) in str(caught.value)


def test_an_outcome_that_the_papers_cannot_give_is_refused_before_anything_runs(
    study: Study, tmp_path: Path
) -> None:
    pd.DataFrame({"title": ["a"], "abstract": ["b"]}).to_parquet(tmp_path / "bare.parquet")
    asked = msgspec.structs.replace(
        study, outcome=msgspec.structs.replace(study.outcome, also=("agreement",))
    )
    with pytest.raises(UserError, match="'agreement' needs human decisions"):
        run_study(asked, out=tmp_path / "x", papers=tmp_path / "bare.parquet", workers=0)
    assert not (tmp_path / "x").exists()


def test_a_study_is_asked_of_another_venue(tmp_path: Path) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(FILE)
    study = load_study(path, "iclr2026")
    assert study.venue == "iclr2026" and study.title == "Quota (iclr2026)"
    assert venue_of(study, "fewer").name == "iclr2026"
    with pytest.raises(UserError, match="nowhere"):
        load_study(path, "nowhere")


def test_every_study_of_the_package_has_sound_arms() -> None:
    for name in list_studies():
        study = load_study(name)
        assert study.question and study.source
        for arm in study.all_arms():
            assert venue_of(study, arm)


def smallest_effects(table: str) -> list[float]:
    """The last column of what `conference study power` prints."""
    return [float(line.split("│")[-2]) for line in table.splitlines() if line.startswith("│")]


def test_the_commands_show_run_report_and_compare(papers: Path, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(FILE)

    def said(*words: str) -> str:
        result = CliRunner().invoke(cli, ["study", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert set(list_studies()) <= set(said("list").split()), "names are whole on narrow terminals"
    assert "rating" in said("list", "--outcomes")
    assert {"flaw:wrong_sign", "hedging:add"} <= set(said("list", "--twins").split())
    shown = said("show", str(path))
    assert "What does a lower quota change?" in shown
    assert "desk.duplicates = false" in shown, "rules stand as a study's file has them"
    bracketed = tmp_path / "bracketed.toml"
    bracketed.write_text(FILE.replace("a lower quota", "[/quota]"))
    assert "What does [/quota] change?" in said("show", str(bracketed))
    for name, which in (
        ("hidden_injection", "40 of them drawn"),
        ("informed_panels", "only those that people rated and decided on"),
        ("resubmission_load", "of 8 rounds, the last measured"),
    ):
        assert which in " ".join(said("show", name).split())
    dry = said("run", str(path), "--papers", str(papers), "--dry-run", "--out", str(tmp_path / "d"),
               "--sample", "11")  # fmt: skip
    assert "counted once" in " ".join(dry.split()) and not (tmp_path / "d").exists()
    assert "note: " in dry and "taken is a sample of 11 of 12 papers" in dry, "as before a round"
    asked = ("power", str(path), "--out", str(out))
    usual = said(*asked, "--outcome", "rating")
    assert "smallest effect on rating" in usual
    assert "alpha 0.05" in " ".join(usual.split())
    strict = tmp_path / "strict.toml"
    strict.write_text(f"{FILE}\n[analysis]\nalpha = 0.01\n")
    harder = said("power", str(strict), "--out", str(out), "--outcome", "rating")
    for easy, hard in zip(smallest_effects(usual), smallest_effects(harder), strict=True):
        assert hard > easy, "the study's own alpha is planned with"
    with pytest.raises(UserError, match=r"'accepte' of the pilot: not measured; it has accepted, "):
        CliRunner().invoke(cli, ["study", *asked, "--outcome", "accepte"], catch_exceptions=False)
    shared = ("--set", "desk.topic=true", "--papers", str(papers), "--out", str(tmp_path / "d"))
    with pytest.raises(UserError, match="the study's control sets it to false, which all arms"):
        CliRunner().invoke(cli, ["study", "run", str(path), *shared], catch_exceptions=False)
    with pytest.raises(UserError, match=r"'accepted' of the pilot: .* by the venue's rule"):
        CliRunner().invoke(cli, ["study", *asked], catch_exceptions=False)
    with pytest.raises(UserError, match="holds the study “Quota”, not “Polish”"):
        CliRunner().invoke(cli, ["study", "power", "polish", *asked[2:]], catch_exceptions=False)
    assert "Report:" in said("report", str(out))
    page = tmp_path / "both.html"
    said("report", str(out), str(out), "--out", str(page))
    assert "Quota" in page.read_text()


def test_the_a_a_arm_reviews_the_same_papers_where_scientists_write_them(tmp_path: Path) -> None:
    """Another committee meets what the control's scientists wrote, not other papers."""
    path = tmp_path / "written.toml"
    path.write_text(FILE.replace('also = ["rating", "icc"]', 'also = ["rating"]'))
    shared = {"population.scientists": 4, "desk.duplicates": False, "desk.topic": False}
    minds = dict.fromkeys(("scientist", "reviewer", "chair"), "instant")
    run_study(load_study(path), out=tmp_path / "w", workers=0, settings=shared, minds=minds)
    written: dict[tuple[str, int], list[Submission]] = {}
    rated = {}
    for arm in ("control", "aa", "fewer"):
        for replicate in (0, 1):
            round_ = load_round(round_folder(tmp_path / "w", arm, replicate))
            written[arm, replicate] = round_.all(Submission)
            rated[arm, replicate] = [row.rating for row in round_.all(Review)]
    for replicate in (0, 1):
        assert written["control", replicate] == written["aa", replicate]
        assert written["control", replicate] == written["fewer", replicate]
        assert rated["control", replicate] != rated["aa", replicate]
    assert written["control", 0] != written["control", 1]


def test_only_the_named_arms_are_run(tmp_path: Path) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(FILE.replace("[outcome]", "[arm.third]\ncommittee = 2\n[outcome]"))
    assert load_study(path).treatments == ("fewer", "third")
    assert load_study(path, arms=["third"]).treatments == ("third",)
    with pytest.raises(UserError, match="no arm 'fourth'; choose from fewer, third"):
        load_study(path, arms=["fourth"])


def test_arms_that_come_to_the_same_and_too_few_papers_are_refused_before_anything_runs(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    said = {"decision.accept_rate": 0.5}  # as the venue has it
    arms = study.arm | {"fewer": msgspec.structs.replace(study.arm["fewer"], set=said)}
    same = msgspec.structs.replace(study, arm=arms)
    with pytest.raises(UserError, match=r"arm\.fewer does not differ from the control"):
        run_study(same, out=tmp_path / "x", papers=papers, workers=0)
    arms["fewer"] = msgspec.structs.replace(arms["fewer"], set={"panel.world": 7})  # a study's own
    with pytest.raises(UserError, match=r"arm\.fewer does not differ from the control"):
        run_study(same, out=tmp_path / "x", papers=papers, workers=0)
    with pytest.raises(UserError, match=r"3 papers are too few: .* 2 SD .* power 0\.\d\d; give"):
        run_study(study, out=tmp_path / "x", papers=papers, sample=3, workers=0)
    assert not (tmp_path / "x").exists()


def test_a_study_of_decided_papers_takes_those_alone(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    """Withdrawn papers and those without ratings are left out, and the report says so."""
    rows = pd.read_parquet(papers)
    rows["ratings"] = [None if at == 0 else row for at, row in enumerate(rows["ratings"])]
    rows["accepted"] = [None if at in (1, 2) else bool(row) for at, row in enumerate(rows.accepted)]
    rows.to_parquet(tmp_path / "some.parquet")
    only = msgspec.structs.replace(study, only="decided")
    chosen = partial(make_job, only, tmp_path / "x", seed=0, minds=None, settings=None, models=None)
    job, arms = chosen(papers=str(tmp_path / "some.parquet"), sample=0, replicates=2)
    assert arms.control is not None
    assert {row.paper for row in arms.control.table} == {f"p{at:02d}" for at in range(3, 12)}
    assert any("3 of 12 papers have no rating or no decision" in note for note in job.notes)
    _, drawn = chosen(papers=str(tmp_path / "some.parquet"), sample=5, replicates=2)
    assert drawn.control is not None and len(drawn.control.table) == 5
    for arm in study.all_arms():
        assert drawn.sources[arm] is drawn.control
    with pytest.raises(UserError, match="chooses among given papers; give --papers"):
        chosen(papers="", sample=0, replicates=2)
    rows.assign(accepted=None).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(UserError, match="no paper has human ratings and a decision"):
        chosen(papers=str(tmp_path / "none.parquet"), sample=0, replicates=2)


def test_only_the_named_outcomes_are_measured(papers: Path, tmp_path: Path) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(FILE)
    asked = ["study", "run", str(path), "--papers", str(papers), "--workers", "0", "--replicates"]
    asked += ["1", "--outcomes", "rating, within_sd", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    table = pd.read_parquet(tmp_path / "out" / "outcomes.parquet")
    assert set(table["outcome"]) == {"rating", "within_sd"}
    effects = read_result(tmp_path / "out").effects
    assert [(each.outcome, each.primary) for each in effects] == [
        ("rating", True), ("within_sd", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--outcomes", ","], "--outcomes ',' names nothing; give names"),
        (["--outcomes", "agreemnt"], "did you mean 'agreement'"),
        (["--arms", "other"], "there is no arm 'other'; choose from fewer"),
        (["--set", "decision.accept=1"], "set decision.accept: unknown rule"),
        (["--set", "decision.accept_rate=high"], "decision.accept_rate: Expected `float`"),
        (["--set", "population.reviewers=9"], "--set population.reviewers: the study's control"),
        (["--replicates", "0"], "--replicates"),
        (["--sample", "0"], "--sample"),
        (["--max-cost", "-1"], "--max-cost"),
        (["--max-cost", "nan"], "--max-cost"),
        (["--sample", "1"], "1 paper is too few: it finds a difference of 2 SD"),
        (["--papers", "nowhere"], "--papers nowhere: no such file or folder"),
        (["--set", "assignment.reviews_per_paper=9"], "arm.control: venue 'workshop': 12 papers"),
        (["--reviewer", "nothing"], "there is no mind 'nothing'; choose from embedded"),
    ],
)
def test_bad_arguments_are_one_sentence_before_anything_runs(
    words: list[str], sentence: str, papers: Path, tmp_path: Path
) -> None:
    path = tmp_path / "quota.toml"
    path.write_text(FILE)
    asked = ["study", "run", str(path), "--papers", str(papers), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, [*asked, *words])
    said = done.output if isinstance(done.exception, SystemExit) else str(done.exception)
    assert done.exit_code and isinstance(done.exception, UserError | SystemExit)
    assert sentence in said and not (tmp_path / "out").exists()


def test_an_arm_whose_rounds_cannot_be_is_refused_before_the_controls_are_run(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    def asked(**rules: Any) -> Study:
        fewer = msgspec.structs.replace(study.arm["fewer"], set=rules)
        return msgspec.structs.replace(study, arm=study.arm | {"fewer": fewer})

    many = asked(**{"assignment.reviews_per_paper": 9})
    with pytest.raises(UserError, match=r"arm\.fewer: .* 12 papers with 9 reviews each are 108"):
        run_study(many, out=tmp_path / "x", papers=papers, workers=0)
    rows = pd.read_parquet(papers).drop(columns=["ratings", "accepted"])
    rows.to_parquet(tmp_path / "bare.parquet")
    with pytest.raises(UserError, match=r"arm\.fewer: panel\.informed needs the human ratings"):
        run_study(
            asked(**{"panel.informed": True}), out=tmp_path / "x",
            papers=tmp_path / "bare.parquet", workers=0,
        )  # fmt: skip
    assert not (tmp_path / "x").exists()


def test_a_bar_in_a_paper_s_id_is_refused_before_anything_runs(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    table = pd.read_parquet(papers)
    table["paper_id"] = table["paper_id"].str.replace("p", "p|")
    table.to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(UserError, match=r"paper_id 'p\|00' holds '\|'"):
        run_study(study, out=tmp_path / "out", papers=tmp_path / "bars.parquet", workers=0)
    assert not (tmp_path / "out").exists()


def test_a_study_of_whole_rounds_has_a_report(papers: Path, tmp_path: Path) -> None:
    path = tmp_path / "rounds.toml"
    path.write_text(
        FILE.replace('primary = "accepted"\nalso = ["rating", "icc"]', 'primary = "icc"')
    )
    _, result = run_study(load_study(path), out=tmp_path / "out", papers=papers, workers=0)
    assert result.study.papers == 12 and result.effects[0].outcome == "icc"
    assert report_again(tmp_path / "out").study.papers == 12


def test_a_report_is_written_again_where_the_venue_s_file_is_not(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    """A study's folder can be copied away, and its venue is often named from another folder."""
    venue = tmp_path / "mine.toml"
    venue.write_text('base = "workshop"\n')
    mine = msgspec.structs.replace(study, venue=str(venue))
    _, result = run_study(mine, out=tmp_path / "out", papers=papers, replicates=1, workers=0)
    venue.unlink()
    assert report_again(tmp_path / "out") == result


def test_it_runs_in_a_notebook(papers: Path, tmp_path: Path) -> None:
    """A notebook's cells run inside an event loop."""
    path = tmp_path / "quota.toml"
    path.write_text(FILE)

    async def cell() -> Any:
        minds = dict.fromkeys(("reviewer", "chair"), "instant")
        return conference.run_study(
            path, out=tmp_path / "out", papers=papers, replicates=1, workers=0, minds=minds
        )

    outcomes = asyncio.run(cell())
    assert list(outcomes.columns) == ["arm", "replicate", "unit", "outcome", "value"]


def test_it_rests_on_data_only_where_reviewers_have_some(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    said = msgspec.structs.replace(study, rests="data")
    asked = partial(make_job, out=tmp_path, papers=str(papers), sample=0, seed=0, models=None)
    for rules, minds, rests in (
        ({}, {}, "assumption"),
        ({"panel.informed": True}, {}, "data"),
        ({}, {"reviewer": "human"}, "data"),
    ):
        job, _ = asked(said, settings=rules, minds=minds, replicates=2)
        assert rests_of(job) == rests


def test_recorded_papers_without_a_recorded_reviewer_are_refused(
    study: Study, papers: Path, tmp_path: Path
) -> None:
    only = msgspec.structs.replace(study, only="recorded")
    with pytest.raises(UserError, match="no arm has such a reviewer; name one"):
        run_study(only, out=tmp_path / "x", papers=papers, workers=0)


def test_a_folder_whose_plan_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    for words in (["report", str(tmp_path)], ["power", "polish", "--out", str(tmp_path)]):
        with pytest.raises(UserError, match=r"plan\.json: not a study's plan"):
            CliRunner().invoke(cli, ["study", *words], catch_exceptions=False)


def test_a_folder_of_something_else_and_a_damaged_table_are_one_sentence(
    study: Study, papers: Path, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"holds ledger\.sqlite but no study; choose another"):
        run_study(study, out=out / "arms" / "control" / "000", papers=papers, workers=0)
    copy = shutil.copytree(out, tmp_path / "copy")
    (copy / "tables" / "aa-001.parquet").write_bytes(b"x")
    with pytest.raises(UserError, match=r"aa-001\.parquet: not a readable Parquet file; delete"):
        run_study(study, out=copy, papers=papers, workers=0)


def test_rounds_that_others_write_are_one_sentence_from_ray_too(
    papers: Path, tmp_path: Path
) -> None:
    """Of two replicates that fail Ray would show the second one's traceback."""
    path, out = tmp_path / "quota.toml", tmp_path / "out"
    path.write_text(FILE)
    with ExitStack() as locks:
        for replicate in range(2):
            locks.enter_context(closing(lock_folder(round_folder(out, "control", replicate))))
        result = conference_command(
            "study", "run", str(path), "--papers", str(papers), "--workers", "2",
            "--out", str(out),
        )  # fmt: skip
    assert result.returncode == 2
    assert "another run is writing this round" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert "_replicate_of" not in result.stdout + result.stderr


def test_the_answer_says_that_another_quota_accepts_fewer(out: Path) -> None:
    assert "The share of papers accepted changes: “fewer” −.250" in read_result(out).answer[0]
