"""Ligatures are letters: a font may draw several with one glyph."""

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
