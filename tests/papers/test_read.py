"""Papers of our own typesetting: title, abstract, sections and references are found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from conference.core.errors import UserError
from conference.papers import (
    find_hidden_text,
    from_text,
    read_document,
    read_pdf,
    write_document,
)
from conference.papers.pdf import clean
from conference.papers.typesetting import typeset

SECTIONS = ("Introduction", "Related Work", "Method", "Experiments", "Results", "Limitations")


def paper_data(title: str) -> dict[str, object]:
    text = (
        "We train a small network at five widths and three seeds and report what we measured. "
        "The loss is lower at the larger width, by more than the spread over seeds [1]. "
    )
    return {
        "title": title,
        "authors": "Anonymous Authors",
        "affiliation": "",
        "venue": "the Workshop",
        "camera_ready": False,
        "footer": "Written by a statistical mind.",
        "abstract": text * 2 + "Doubling the width lowers the error from 12.4 to 9.1 per cent.",
        "sections": [
            {
                "title": name,
                "level": 1,
                "numbered": True,
                "parts": [
                    {"kind": "text", "text": text * 4},
                    {"kind": "markup", "text": 'A formula: $x_i^2 + y_("max") = 3$.'},
                    {"kind": "list", "items": ["one claim", "another claim"]},
                    {
                        "kind": "table",
                        "caption": "Error by width.",
                        "columns": ["width", "error"],
                        "rows": [["64", "12.4"], ["128", "9.1"]],
                    },
                ],
            }
            for name in SECTIONS
        ],
        "references": [
            f"Author {number}. A Title of Some Length, Part {number}. "
            f"Journal of Widths, {2010 + number}."
            for number in range(12)
        ],
        "appendix": [{"kind": "text", "text": text * 5}],
    }


TITLES = [
    "On the Width of Narrow Networks",
    "Does Doubling the Width of a Small Network Help It to Learn from Few Examples, and at What "
    "Cost in Time and Memory?",
]


@pytest.mark.parametrize("title", TITLES, ids=["short", "long"])
def test_our_own_paper_is_taken_apart(title: str, tmp_path: Path) -> None:
    data = paper_data(title)
    path = tmp_path / "paper.pdf"
    path.write_bytes(typeset(data, {}))
    assert find_hidden_text(path) == ()
    document = read_pdf(path)
    assert document.title == title
    assert document.abstract == str(data["abstract"]).strip()
    found = [section.title for section in document.sections]
    for name in SECTIONS:
        assert name.lower() in found
    assert len(document.references) == 12
    assert document.references[3].startswith("[4] Author 3. A Title of Some Length, Part 3.")
    assert "Under review at" not in document.text and document.pages >= 4


def test_a_parsed_paper_is_kept_and_read_again(tmp_path: Path) -> None:
    document = from_text("A Title", "An abstract.", "1 Introduction\nText.\nReferences\n[1] X.")
    name = write_document(document, tmp_path)
    assert read_document(tmp_path / name) == document
    (tmp_path / name).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        read_document(tmp_path / name)


def test_running_heads_and_page_numbers_go_but_lines_that_resemble_each_other_stay() -> None:
    pages = [
        f"Under review at a venue\n{page}\nFirst {page}\nbody line 1\nbody line 2\nmore\nlast"
        for page in range(1, 5)
    ]
    text, margins, numbered = clean(pages)
    assert "Under review" not in text
    assert text.count("body line") == 8
    assert "Under review at a venue" in margins and not numbered


def test_words_cut_at_the_lines_end_are_joined() -> None:
    assert "generalisation" in clean(["the generali-\nsation of networks"]).text


LINES = [
    f"Line {chr(97 + at % 26)}{chr(97 + at // 7)} tells what width {at * 7} has learnt"
    for at in range(60)
]


@pytest.mark.parametrize("numbered", ["{line}{n}", "{n} {line}", "{n:03d}{line}", "{line} {n:03d}"])
def test_line_numbers_of_a_submission_are_no_part_of_its_text(numbered: str) -> None:
    lines = ["1 Introduction", *LINES, "2 Method", *LINES]
    given = [numbered.format(n=n, line=line) for n, line in enumerate(lines)]
    pages = ["\n".join(given[at : at + 30]) for at in range(0, len(given), 30)]
    assert clean(pages) == ("\n".join(lines), (), True)


def test_a_ruler_of_numbers_beside_the_text_goes_and_numbers_in_tables_stay() -> None:
    ruler = [f"{n:03d}" for n in range(1026, 1080)]
    table = ["12", "13", "17", "Table 1: Numbers"]
    text = clean(
        ["\n".join([*ruler, *LINES[:20], "1993 papers", *LINES[20:]]), "\n".join(table)]
    ).text
    assert text.splitlines()[0] == LINES[0] and "1026" not in text and "1993 papers" in text


def test_lines_that_end_in_numbers_but_do_not_count_are_left_alone() -> None:
    lines = [f"The error of run {at} is {at * 37 % 101}" for at in range(60)]
    assert clean(["\n".join(lines)]) == ("\n".join(lines), (), False)


ENTRIES = {
    "year last": (
        "Ian Goodfellow, Jean Pouget-Abadie, and Mehdi Mirza. Generative adversarial nets. In\n"
        "Advances in Neural Information Processing Systems, volume 27, pp. 2672-2680.\n"
        "Curran Associates, Inc., 2014. URL https://papers.example.org/paper/2014/file/\n"
        "5ca3e9b1-Paper.pdf.\n",
        "Diederik P. Kingma and Jimmy Ba. Adam: A method for stochastic optimization. arXiv\n"
        "preprint arXiv:1412.6980, 2014.\n",
        "OpenAI. GPT-4 technical report. CoRR, abs/2303.08774, 2023.\n",
        "Laurens van der Maaten and Geoffrey Hinton. Visualizing data. Journal of Machine\n"
        "Learning Research, 9:2579-2605, 2008.\n",
    ),
    "year first": (
        "Abubakar Abid, Ali Abdalla, Ali Abid, Dawood Khan,\n"
        "Abdulrahman Alfozan, and James Y. Zou. 2019. Gradio: Hassle-free sharing. CoRR,\n"
        "abs/1906.02569.\n",
        "Tri Dao. 2024. Faster attention. In The Twelfth International Conference, ICLR 2024,\n"
        "Vienna, Austria, May 7-11, 2024. OpenReview.net.\n",
        "Anna Rogers and Isabelle Augenstein. 2020. What can we do? In Findings, pages 1256-1262.\n"
        "Association for Computational Linguistics.\n",
    ),
    "initials": (
        "Goodfellow, I., Bengio, Y., and Courville, A. Deep Learning. MIT Press, 2016.\n",
        "Kingma, D. P. and Ba, J. Adam: A method for stochastic\noptimization. In ICLR, 2015.\n",
        "Vaswani, A., Shazeer, N., and Parmar, N. Attention is all you need, 2017.\n",
    ),
    "labelled": (
        "[ABC+19] Ada Able, Ben Best. A title of some length. In Proceedings, 2019.\n",
        "[DE20] Dora Dean and Emil Eck. Another title of some length. Journal, 2020.\n",
        "[F21] Finn Fox. A third title of some length, no place, 2021.\n",
    ),
    "numbered": (
        "1. Able, A.: A title of some length. In: Proceedings (2019)\n",
        "2. Dean, D., Eck, E.: Another title of some length.\nJournal (2020)\n",
        "3. Fox, F.: A third title of some length (2021)\n",
    ),
}


@pytest.mark.parametrize("style", ENTRIES)
@pytest.mark.parametrize(
    "after", ["", "A Proofs\nWe prove the first claim.\n", "Appendix\nMore.\n"], ids=len
)
def test_references_are_told_apart_in_every_style(style: str, after: str) -> None:
    text = "1 Introduction\nText.\nReferences\n" + "".join(ENTRIES[style]) + after
    found = from_text("A Title", "An abstract.", text).references
    assert len(found) == len(ENTRIES[style]), found
    for entry, given in zip(found, ENTRIES[style], strict=True):
        assert entry.split()[:3] == given.split()[:3]
        assert "prove" not in entry and "More." not in entry


def test_a_title_in_small_capitals_keeps_its_blanks(tmp_path: Path) -> None:
    path = tmp_path / "small.pdf"
    pdf = Canvas(str(path))
    x = 72.0
    for number, piece in enumerate(("L", "ARGE ", "S", "TEPS OF ", "D", "ESCENT")):
        size = 13 if number % 2 else 17
        pdf.setFont("Helvetica", size)
        pdf.drawString(x, 720, piece)
        x += pdf.stringWidth(piece, "Helvetica", size)
    pdf.setFont("Helvetica", 10)
    for line in range(30):
        pdf.drawString(72, 660 - 14 * line, "We study large steps of gradient descent.")
    pdf.save()
    assert read_pdf(path).title == "LARGE STEPS OF DESCENT"
