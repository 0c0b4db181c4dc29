"""What a study leaves: a page with its answer, plots, tables that set, results to read back."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from markupsafe import escape

from benchmarks.studies.design import Design
from benchmarks.studies.effects import effects
from benchmarks.studies.report import write_comparison, write_report
from benchmarks.studies.results import StudyInfo, StudyResult, read_result
from conference.core.errors import UserError
from tests.app.browser import CHROMIUM, looking
from tests.benchmarks.studies.made import study

INFO = StudyInfo(
    title="Do more <reviewers> help & how?",
    question="Does a fourth reviewer change ratings?",
    source="arXiv 2109.09774",
    published="25.9 % of decisions inconsistent (43 of 166)",
    expects="less inconsistency",
    rests_on="assumption",
    plan_hash="5f" * 32,
    venue="iclr2022",
    papers=40,
    replicates=8,
)
DESIGN = Design(primary="rating", also=("accepted", "agreement"), replicates=8, margin=0.2)


def written(
    folder: Path, effect: float, design: Design = DESIGN, outcomes: Any = None, **arms: Any
) -> StudyResult:
    table = study(effect=effect, seed=5, **arms) if outcomes is None else outcomes
    found = effects(table, design, INFO.rests_on)
    return write_report(folder, INFO, table, found, design)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A study with an effect, one without, and one of the decision with two arms of odd names."""
    made = tuple(tmp_path_factory.mktemp("studies") / name for name in ("found", "none", "flips"))
    written(made[0], 0.5)
    written(made[1], 0.0, msgspec.structs.replace(DESIGN, margin=1.0))
    decided = msgspec.structs.replace(DESIGN, primary="accepted", also=("rating",))
    written(made[2], 0.3, decided, arms=("one_&_50%", "审_$x$"))
    return made


def test_the_answer_is_two_sentences_from_the_effects(folders: tuple[Path, ...]) -> None:
    found, none, flips = map(read_result, folders)
    value = found.primary[0].difference.value
    assert value is not None
    said = f"{value:.3f}".replace("0.", ".", 1)
    assert "Under “treatment” rating rises from 4.7" in found.answer[0] and said in found.answer[0]
    assert "power .8" in found.answer[1] and "A/A" in found.answer[1]
    assert "was not found to change" in none.answer[0]
    assert "lies within ± 1.000 (equivalence test" in none.answer[1]
    assert "under “one & 50%” and " in flips.answer[0] and "differ from the" in flips.answer[0]
    assert flips.answer[1].startswith("Compared with that, fewer change under “one & 50%” (−")
    page = (folders[0] / "report.html").read_text(encoding="utf-8")
    assert all(str(escape(sentence)) in page for sentence in found.answer)
    for known in ("5f" * 32, INFO.published, INFO.source, "It rests on an assumption"):
        assert known in page
    assert "Do more &lt;reviewers&gt; help &amp; how?" in page


def test_a_share_that_too_few_papers_can_show_to_differ_is_said_so(tmp_path: Path) -> None:
    rows = [
        (arm, replicate, f"p{paper}", "found", float(arm == "treatment" and paper == replicate))
        for arm in ("control", "aa", "treatment")
        for replicate in range(2)
        for paper in range(4)
    ]
    outcomes = pd.DataFrame(rows, columns=["arm", "replicate", "unit", "outcome", "value"])
    few = written(tmp_path / "few", 0, Design(primary="found", replicates=2), outcomes)
    assert few.primary[0].too_few
    assert "4 papers × 2 replicates are too few to find even a difference of 1" in few.answer[1]
    assert "above 1" in (tmp_path / "few" / "table.md").read_text(encoding="utf-8")
    outcomes["value"] *= 3  # No share: as large an effect as that may well be.
    more = written(tmp_path / "more", 0, Design(primary="found", replicates=2), outcomes)
    assert not more.primary[0].too_few and "find an effect of" in more.answer[1]


def test_all_that_was_promised_is_there(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        for name in ("effects", "distributions", "flips", "power"):
            if (folder.name, name) != ("flips", "power"):  # the acceptance rate fixes the mean
                assert (folder / "plots" / f"{name}.png").stat().st_size > 5000, name
        rows = (folder / "table.md").read_text(encoding="utf-8").splitlines()
        effects_table = [row for row in rows if row.startswith("| rating")]
        assert effects_table and effects_table[0].count("|") == 12


def test_results_read_back_as_they_were_written(tmp_path: Path) -> None:
    result = written(tmp_path, 0.2)
    assert read_result(tmp_path) == result


@pytest.mark.parametrize("broken", ["", "{}", "[1"])
def test_a_folder_without_results_is_refused(tmp_path: Path, broken: str) -> None:
    if broken:
        (tmp_path / "results.json").write_text(broken)
    with pytest.raises(UserError, match=r"results\.json"):
        write_comparison([tmp_path], tmp_path / "page.html")


def test_one_replicate_and_no_decisions_still_give_a_page(tmp_path: Path) -> None:
    outcomes = study(replicates=1, effect=0.5)
    outcomes = outcomes[outcomes["outcome"] == "rating"]
    design = Design(primary="rating")
    result = written(tmp_path, 0, design, outcomes)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not result.flips and not result.plans
    assert "holds for this draw of the round" in page and "Decisions that flip" not in page


def test_a_study_of_ones_own_says_nothing_of_what_was_published(tmp_path: Path) -> None:
    own = msgspec.structs.replace(INFO, source="", published="", expects="")
    table = study(effect=0.5, seed=5)
    write_report(tmp_path / "own", own, table, effects(table, DESIGN, "assumption"), DESIGN)
    write_comparison([tmp_path / "own"], tmp_path / "page.html")
    for page in ("own/report.html", "own/table.md", "page.html"):
        said = (tmp_path / page).read_text(encoding="utf-8")
        assert "Published" not in said and "Expected" not in said and "()" not in said, page
    assert INFO.known == f"{INFO.published} ({INFO.source})"
    assert msgspec.structs.replace(INFO, published="").known == INFO.source


def test_an_outcome_without_any_value_leaves_the_rest_of_the_report(tmp_path: Path) -> None:
    outcomes = study(effect=0.5, seed=5)
    outcomes = outcomes[outcomes["outcome"] != "rating"]
    result = written(tmp_path, 0, DESIGN, outcomes)
    assert result.answer[0] == "There is no answer for rating."
    assert "accepted" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert any("rating: no unit has a value in both arms" in note for note in result.notes)


def test_pairs_left_out_are_counted_in_the_notes(tmp_path: Path) -> None:
    outcomes = study()
    gone = (outcomes["arm"] == "treatment") & outcomes["unit"].str.startswith("p1|")
    result = written(tmp_path, 0, DESIGN, outcomes[~gone])
    assert any("8 units and replicates" in note for note in result.notes)


def test_arms_are_called_by_their_labels(tmp_path: Path) -> None:
    table = study(effect=0.5)
    info = msgspec.structs.replace(INFO, labels={"treatment": "one more reviewer"})
    result = write_report(tmp_path, info, table, effects(table, DESIGN), DESIGN)
    assert "Under “one more reviewer” rating rises" in result.answer[0]
    for name in ("table.md", "table.tex", "report.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "one more reviewer" in text and "(primary) | treatment" not in text
    write_comparison([tmp_path], tmp_path / "page.html")
    assert "one more reviewer" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_round_that_is_the_same_in_every_replicate_has_no_interval(tmp_path: Path) -> None:
    """Recorded seats give every replicate the same value: that is no certainty."""
    outcomes = study()
    outcomes = outcomes[outcomes["outcome"] == "agreement"].copy()
    outcomes["value"] = outcomes["arm"].map({"control": 0.5, "aa": 0.5, "treatment": 0.7})
    design = Design(primary="agreement", replicates=8)
    result = written(tmp_path, 0, design, outcomes)
    (effect,) = result.effects
    assert effect.difference.value == pytest.approx(0.2) and effect.difference.low is None
    assert effect.floor.low is None and effect.p is None
    assert "without an interval" in result.answer[0] and "same value" in result.answer[1]


@pytest.mark.parametrize("again", [3, 4])
def test_as_many_papers_in_every_replicate_still_give_a_report(again: int, tmp_path: Path) -> None:
    """Two arms accept as many papers, be it by the quota or by chance: others, all the same."""
    accepting = {"control": {0, 1, 2}, "aa": set(range(again)), "treatment": {0, 1, 5}}
    rows = [
        (arm, replicate, f"p{paper}", "accepted", float(paper in accepted))
        for arm, accepted in accepting.items()
        for replicate in (0, 1)
        for paper in range(10)
    ]
    outcomes = pd.DataFrame(rows, columns=["arm", "replicate", "unit", "outcome", "value"])
    result = written(tmp_path, 0, Design(primary="accepted", replicates=2), outcomes)
    assert result.plans == () and result.effects[0].difference.value == 0
    assert "20.0 %" in result.answer[0] and (tmp_path / "report.html").is_file()


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")
def test_latex_sets_the_tables_within_a_page(folders: tuple[Path, ...], tmp_path: Path) -> None:
    for folder in folders:
        paper = "\n".join(
            [
                r"\documentclass{article}\usepackage[a4paper,margin=2.2cm]{geometry}",
                r"\usepackage{booktabs,graphicx}\begin{document}\noindent",
                (folder / "table.tex").read_text(encoding="utf-8"),
                r"\end{document}",
            ]
        )
        (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
            cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Overfull" not in done.stdout


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium")
def test_pages_fit_a_phone_load_nothing_and_are_dark_at_night(
    folders: tuple[Path, ...], tmp_path: Path
) -> None:
    page = tmp_path / "compare.html"
    write_comparison(folders, page)
    text = page.read_text(encoding="utf-8")
    for folder in folders:
        assert all(str(escape(part)) in text for part in read_result(folder).answer)
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    with looking(width=390) as look:
        for path in (page, *(folder / "report.html" for folder in folders)):
            shown = look.at(path)
            assert shown.evaluate("document.documentElement.scrollWidth") <= 390, path
            light = shown.evaluate("getComputedStyle(document.body).backgroundColor")
            shown.emulate_media(color_scheme="dark")
            assert shown.evaluate("getComputedStyle(document.body).backgroundColor") != light
            shown.emulate_media(color_scheme="light")
        assert not look.errors and all(url.startswith(("file:", "data:")) for url in look.asked)
