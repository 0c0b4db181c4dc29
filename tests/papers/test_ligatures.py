"""Ligatures are letters, and a minus is one however its font names the glyph."""

from __future__ import annotations

from pathlib import Path

from conference.papers import read_pdf
from conference.papers.typesetting import typeset
from tests.papers.test_read import paper_data

WORDS = "7fb0 offbeat halfhearted fjord Kafka fluffy difficult final waffle attic betting 3ff9"


def test_every_ligature_of_our_own_font_is_read(tmp_path: Path) -> None:
    data = paper_data("A title with no ligature in it at all")
    data["abstract"] = f"{data['abstract']} {WORDS}."
    path = tmp_path / "paper.pdf"
    path.write_bytes(typeset(data, {}))
    text = " ".join(read_pdf(path).text.split()).replace("- ", "")
    assert [word for word in WORDS.split() if word not in text] == []


def test_a_minus_is_read_where_its_glyph_is_the_hyphen_s(tmp_path: Path) -> None:
    """Typst gives hyphens at lines' ends and in numbers one glyph, named a soft hyphen."""
    data = paper_data("A title with no hyphen in it at all")
    words = "Internationalisation of characteristically multidimensional representations " * 12
    data["abstract"] = f"{words}differs by -0.08095 and by -3."
    path = tmp_path / "paper.pdf"
    path.write_bytes(typeset(data, {}))
    text = " ".join(read_pdf(path).text.split())
    assert "by -0.08095 and by -3" in text and text.count("nternationalisation") == 12
