"""Every way of hiding: what nobody sees is never read, and a sentence of it accuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference.papers.pdf import read_with_spans
from tests.papers import hidden_pdfs, ways

TELLING = ("badgers", "committee", "manuscript", "instructions", "previous", "rating")
# The further ways with one of the sentences each, in turn.
FURTHER = [name for name in hidden_pdfs.WAYS if name not in ways.WAYS]
CASES = [(name, kind) for name in ways.WAYS for kind in hidden_pdfs.SENTENCES]
CASES += [(name, ("order", "neutral")[at % 2]) for at, name in enumerate(FURTHER)]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_hidden_sentence_is_cut_and_accuses(name: str, kind: str, tmp_path: Path) -> None:
    document, spans = read_with_spans(hidden_pdfs.write(name, kind, tmp_path / "paper.pdf"))
    read = "".join(document.text.lower().split())
    assert [word for word in TELLING if word in read] == []
    assert name in hidden_pdfs.UNREAD or [span for span in spans if span.rule], spans
    assert document.text.count(ways.LINE) >= 11


def test_there_are_more_than_three_hundred_ways() -> None:
    assert len(hidden_pdfs.WAYS) > 300
