"""Every way of hiding: what nobody sees is never read, and a sentence of it accuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.papers.pdf import read_with_spans
from tests.papers import ways

SENTENCES = {"order": ways.ORDER, "neutral": ways.NEUTRAL}
# White print across black print leaves fragments of both; its sentence is not told as one yet.
OPEN = {"white over a line in sight"}
TELLING = ("badgers", "committee", "manuscript", "instructions", "previous", "rating")


@pytest.mark.parametrize("said", SENTENCES)
@pytest.mark.parametrize("name", ways.WAYS)
def test_a_hidden_sentence_is_cut_and_accuses(name: str, said: str, tmp_path: Path) -> None:
    if name in OPEN:
        pytest.xfail("white print across black print leaves fragments of letters")
    pdf = ways.Raw()
    path = pdf.write(tmp_path / "paper.pdf", ways.WAYS[name](pdf, SENTENCES[said]))
    document, spans = read_with_spans(path)
    read = "".join(document.text.lower().split())
    assert [word for word in TELLING if word in read] == []
    assert [span for span in spans if span.rule], spans
    assert document.text.count(ways.LINE) >= 11


def test_there_are_more_than_a_hundred_ways() -> None:
    assert len(ways.WAYS) > 100
