"""Papers of our own typesetting: title, abstract, sections and references are found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.documents import (
    find_hidden_text,
    from_text,
    read_document,
    read_pdf,
    write_document,
)
from conference.documents.pdf import clean_text
from conference.errors import UserError
from conference.typesetting import typeset

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
    text = clean_text(pages)
    assert "Under review" not in text
    assert text.count("body line") == 8


def test_words_cut_at_the_lines_end_are_joined() -> None:
    assert "generalisation" in clean_text(["the generali-\nsation of networks"])
