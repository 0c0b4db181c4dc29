"""The checks of a finished paper: each passes on a good paper and fails when it should."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from conference.core.records import Check
from conference.papers import read_pdf
from conference.papers.layout import beyond_margins, check_claims
from conference.papers.pictures import small_in_figure, text_sizes
from conference.papers.typesetting import typeset
from scientists.checks import SIDES, check_paper, fair
from scientists.paper import words_of
from scientists.study import Written, canonical
from tests.scientists.studies import PICTURE, figures_of, written

Data = dict[str, Any]
Change = Callable[[Data], object]


def checked(
    folder: Path,
    study: Written,
    change: Change = lambda data: None,
    figures: dict[str, bytes] | None = None,
) -> dict[str, Check]:
    """The checks of the study's paper, typeset from its data after `change`."""
    data = copy.deepcopy(words_of(study, np.random.default_rng(0))[2])
    change(data)
    figures = figures or figures_of(study)
    pdf, kept = folder / "paper.pdf", folder / "results.json"
    pdf.write_bytes(typeset(data, {f"{name}.svg": part for name, part in figures.items()}))
    kept.write_bytes(canonical({"runs": list(study.runs), "results": list(study.results)}))
    made = check_paper("paper-001", study, data, figures, pdf, read_pdf(pdf), kept)
    return {check.name: check for check in made}


def table(data: Data, number: int) -> Data:
    found = [part for s in data["sections"] for part in s["parts"] if part["kind"] == "table"]
    return found[number]


def text(data: Data, section: str) -> Data:
    (found,) = [s for s in data["sections"] if s["title"] == section]
    part: Data = next(part for part in found["parts"] if part["kind"] == "text")
    return part


def without(data: Data, *titles: str) -> None:
    data["sections"] = [s for s in data["sections"] if s["title"] not in titles]


def test_a_good_paper_passes_every_check(tmp_path: Path) -> None:
    found = checked(tmp_path, written(-0.2))
    assert len(found) == 7
    assert [check.detail for check in found.values() if not check.passed] == []
    assert int(found["claims"].detail.split()[0]) > 60


def plant(data: Data) -> None:
    """Numbers that nothing bears out, citations of nothing, and a table that is too wide."""
    data["abstract"] += " The best run had 0.4711."
    table(data, 0)["rows"][0][2] = "0.4712"
    table(data, 1)["rows"][0][1] = "0.4713 (0.1)"
    table(data, 1)["columns"][0] = "a_very_wide_column_" * 4
    data["appendix"][1]["rows"][2][3] = "0.4714"
    text(data, "Discussion")["text"] = "This was shown before [2, 99]."
    data["references"].append(data["references"][0])


def test_what_is_planted_is_found(tmp_path: Path) -> None:
    found = checked(tmp_path, written(-0.2), plant)
    for name, said in [
        ("claims", "0.4711 (abstract)"),
        ("claims", "0.4712 (Table 1)"),
        ("claims", "0.4713 (Table 2)"),
        ("claims", "0.4714 (Table 3)"),
        ("citations", "'99' is cited"),
        ("citations", "listed twice"),
        ("margins", "in the margin"),
    ]:
        assert not found[name].passed and said in found[name].detail, name
    assert all(found[name].passed for name in ("parts", "hashes", "fair comparison"))


@pytest.mark.parametrize(("beyond", "faults"), [(-1.0, 0), (1.5, 0), (4.5, 1)])
def test_a_table_a_millimetre_and_a_half_too_wide_is_found(
    beyond: float, faults: int, tmp_path: Path
) -> None:
    from reportlab.lib.pagesizes import letter
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "paper.pdf"), pagesize=letter)
    canvas.drawString(108, 600, "Text from the left edge on")
    canvas.drawRightString(letter[0] - 108 + beyond, 500, "[0.1357, 0.2468]")
    canvas.save()
    assert len(beyond_margins(tmp_path / "paper.pdf", sides=SIDES)) == faults


def strip(data: Data) -> None:
    """A paper without its method, results, limitations and statement."""
    gone = ("Related work", "Method", "Experimental set-up", "Results", "Limitations")
    without(data, *gone, "Reproducibility statement")
    data["appendix"] = []


def test_what_is_missing_is_found(tmp_path: Path) -> None:
    found = checked(tmp_path, written(-0.2), strip)
    for said in (
        "the section limitations", "the section reproducibility", "2 figures (it has 0)",
        "4 pages", "a table", "an equation",
    ):  # fmt: skip
        assert said in found["parts"].detail
    assert not found["hashes"].passed and "does not print the hash" in found["hashes"].detail


def test_an_unfair_comparison_is_found() -> None:
    study = written(-0.2)
    longer, shifted = ([copy.deepcopy(dict(run)) for run in study.runs] for _ in range(2))
    longer[1]["budget"] = {**longer[1]["budget"], "steps": 9}
    shifted[1]["seed"] = 5
    cheated = [copy.deepcopy(dict(result)) for result in study.results]
    cheated[3]["config"]["budget"] = {"steps": 10**6}
    for changes, said in [
        ({"runs": longer}, "different budgets"),
        ({"results": cheated}, "not done as planned"),
        ({"runs": shifted}, "different seeds"),
    ]:
        passed, detail = fair(msgspec.structs.replace(study, **changes))
        assert not passed and said in detail
    assert fair(study)[0]


def test_results_or_code_that_changed_are_found(tmp_path: Path) -> None:
    other = msgspec.structs.replace(written(-0.2), results_sha256="0" * 64, code_sha256="1" * 64)
    check = checked(tmp_path, other)["hashes"]
    assert not check.passed
    assert "not the one that was analysed" in check.detail and "has changed" in check.detail


def test_small_print_in_figures_is_found(tmp_path: Path) -> None:
    study = written(-0.2)
    tiny = PICTURE.replace(b"8px", b"3px")
    check = checked(tmp_path, study, figures=figures_of(study) | {"rate": tiny})["print size"]
    assert not check.passed and "figure rate: text of 3.0 points" in check.detail


def test_the_outlines_of_matplotlib_are_measured() -> None:
    import io

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with matplotlib.rc_context({"font.size": 9, "axes.labelsize": 7}):
        figure, axis = plt.subplots(figsize=(5, 2))
        axis.set(xlabel="step", yscale="log")
        made = io.BytesIO()
        figure.savefig(made, format="svg")
        plt.close(figure)
    assert sorted({round(size, 3) for size in text_sizes(made.getvalue())}) == [7, 9]
    assert small_in_figure("a", made.getvalue(), 360.0) == []
    (fault,) = small_in_figure("a", made.getvalue(), 180.0)
    assert "text of 3.5 points" in fault.detail


@pytest.mark.parametrize(
    ("svg", "said"),
    [
        (b"no xml", "not an SVG"),
        (b'<?xml version="1.0" encoding="xxx"?>' + PICTURE, "not an SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no viewBox"),
        (PICTURE.replace(b"text", b"path"), "no text was found"),
        (b'<!DOCTYPE s [<!ENTITY a "b">]><s>&a;</s>', "entities"),
    ],
)
def test_a_figure_that_cannot_be_measured_is_a_fault(svg: bytes, said: str) -> None:
    (fault,) = small_in_figure("a", svg, 100.0)
    assert said in fault.detail


def turn(data: Data) -> None:
    """The sign of a difference turned round in a table, and a small setting changed."""
    row = table(data, 1)["rows"][0]
    assert row[3].startswith("-")
    row[3] = row[3].removeprefix("-")
    table(data, 0)["rows"][0][1] = "11"


def test_a_turned_sign_is_found(tmp_path: Path) -> None:
    found = checked(tmp_path, written(-0.2), turn)["claims"]
    assert not found.passed
    assert "(Table 2)" in found.detail and "11 (Table 1)" in found.detail
    low = -written(0.2).effects[0].low  # a result that is above zero, said to be below
    said = checked(
        tmp_path, written(0.2), lambda data: data.update(abstract=f"It fell by {low:.4g}.")
    )["claims"]
    assert not said.passed and "(abstract)" in said.detail


def long(data: Data) -> None:
    """Paragraphs with numbers of no result around the tables, which float among them."""
    for section in data["sections"]:
        lines = [
            f"In the year {1900 + at} people counted {4711 + 13 * at} pages of notes by hand, "
            f"of which {815 + at} were kept and the others lost to time"
            for at in range(14)
        ]
        section["parts"].insert(1, {"kind": "text", "text": " and ".join(lines) + "."})


def test_paragraphs_beside_a_table_are_no_part_of_it(tmp_path: Path) -> None:
    assert checked(tmp_path, written(-0.2), long)["claims"].passed


@pytest.mark.parametrize("number", ["1e400", "1e-400", f"1e{'9' * 5000}", "9" * 5000, "9" * 400])
def test_a_number_beyond_all_measures_is_not_borne_out(number: str) -> None:
    (claim,) = check_claims(f"It fell to {number} at last.", [0.5], "abstract", [10.0])
    assert not claim.matched


def test_a_setting_may_be_said_in_per_cent() -> None:
    first, second = check_claims("Dropout is 15 %, not 16 %.", [], "Method", [0.15])
    assert first.matched and not second.matched
