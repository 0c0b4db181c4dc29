"""Camera-ready papers are told from those under review, whatever the import was told."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from conference.data.store import load
from conference.data.text_version import sign_of_final
from tests.data.test_commands import said

# File: running head, lines under the title, whether its lines are numbered.
PAPERS = {
    "camera": ("Published as a conference paper at ICLR 2022", ["Ada Byron", "ada@b.org"], False),
    "named": ("", ["Ada Byron", "ada@byron.org"], False),
    "blind": ("Under review as a conference paper at ICLR 2022", ["Anonymous authors"], False),
    "numbered": ("", ["Ada Byron", "ada@byron.org"], True),
    "plain": ("", [], False),
}  # fmt: skip


def pdf(path: Path, head: str, under: list[str], numbered: bool) -> None:
    page = Canvas(str(path))
    count = 0
    for number in range(4):
        page.setFont("Helvetica", 9)
        page.drawString(72, 800, head)
        if not number:
            page.setFont("Helvetica", 20)
            page.drawString(72, 760, f"Seeds and the {path.stem} networks")
        page.setFont("Helvetica", 10)
        lines = [*under, "Abstract", "We measure how seeds change networks.", "1 Introduction"]
        for line in [
            *([] if number else lines),
            *(f"Seeds matter, as {chr(97 + number) + chr(97 + n % 26)} tells." for n in range(26)),
        ]:
            count += 1
            page.drawString(72, 740 - 14 * (count % 45), f"{line}{f' {count:03d}' * numbered}")
        page.showPage()
    page.save()


def test_a_camera_ready_pdf_is_final_whatever_the_import_was_told(tmp_path: Path) -> None:
    folder = tmp_path / "pdfs"
    folder.mkdir()
    rows = ["file,rating,decision"]
    for name, given in PAPERS.items():
        pdf(folder / f"{name}.pdf", *given)
        rows += [f"{name},6,{'accept' if name in ('camera', 'blind') else 'reject'}"]
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("\n".join(rows) + "\n")
    out = said(
        "data", "import", "pdfs", folder, "--ratings", ratings, "--scale", "1-10", "--venue", "Lab",
        "--year", 2027, "--text-version", "reviewed", "--store", tmp_path / "store",
    )  # fmt: skip
    found = {p.paper_id: p.text_version for p in load("lab2027", tmp_path / "store").papers}
    assert found == {
        "camera": "final", "named": "final", "blind": "reviewed", "numbered": "reviewed",
        "plain": "reviewed",
    }  # fmt: skip
    assert "2 PDFs are camera-ready and marked final: camera.pdf ('Published as a" in out
    assert "named.pdf (not anonymous: the e-mail address" in out
    assert "texts marked final: 1 of 2 accepted, 1 of 3 rejected papers" in out


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("T\nAda\nAbstract\n36th Conference on Neural Information Processing", "36th Conference"),
        ("T\nSubmitted to 36th Conference on Neural Information Processing", ""),
        ("T\nProceedings of the 39 th International Conference on Machine Learning", "Proceedings"),
        ("T\nPreliminary work. Under review by the International Conference\na@b.org", ""),
        ("T\nAbstract\nSuch results were\npublished in journals and\naccepted by all.", ""),
        ("T\nBody.\nAcknowledgments\nWe thank Ada, Grace and Emmy for help.", "acknowledgements"),
    ],
)
def test_signs_of_the_venues_styles(text: str, sign: str) -> None:
    found = sign_of_final(text)
    assert sign in found if sign else not found
