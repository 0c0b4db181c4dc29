"""PDFs with an object that breaks a reading: the rest is checked, and what is not is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from conference.papers.pdf import read_with_spans
from tests.papers import made


def tiny(code: str = "", order: str = made.ORDER) -> str:
    """Operators for two small prints with a piece of code between them."""
    first = f"BT /F1 0.4 Tf 72 360 Td ({made.SECRET}) Tj ET"
    return f"{first} {code} BT /F1 0.4 Tf 72 340 Td ({order}) Tj ET"


def test_an_opacity_that_is_no_number_does_not_end_the_check_of_its_page(tmp_path: Path) -> None:
    def change(writer: PdfWriter) -> None:
        state = DictionaryObject({NameObject("/CA"): NameObject("/Foo")})
        made.resource(writer, "/ExtGState", "/Odd", state)
        made.add_content(writer, tiny("/Odd gs"))

    path = made.rewritten(made.paper(tmp_path / "paper.pdf"), change)
    document, spans = read_with_spans(path)
    found = {span.technique for span in spans}
    assert "tiny print" in found and "not checked" not in found
    assert "badgers" not in document.text and "instructions" not in document.text


@pytest.mark.parametrize(
    "before",
    ["", r"We fix it at 10\262 and ", "one row of a table without an end " * 20],
    ids=["alone", "after a raised figure", "after a long table"],
)
def test_a_form_without_a_box_does_not_end_the_check_of_its_page(
    before: str, tmp_path: Path
) -> None:
    def change(writer: PdfWriter) -> None:
        form = DecodedStreamObject()
        form.set_data(b"0 0 1 1 re f")
        for key, value in (("Type", "/XObject"), ("Subtype", "/Form")):
            form[NameObject(f"/{key}")] = NameObject(value)
        form[NameObject("/BBox")] = ArrayObject([NameObject("/a")] * 4)
        made.resource(writer, "/XObject", "/Odd", writer._add_object(form))
        made.add_content(writer, tiny("/Odd Do", f"{before}{made.ORDER}"))

    path = made.rewritten(made.paper(tmp_path / "paper.pdf"), change)
    document, spans = read_with_spans(path)
    assert {(span.page, span.technique) for span in spans} == {(1, "tiny print")}
    assert any("badgers" in span.text for span in spans)
    assert any("instructions" in span.text for span in spans)
    assert "badgers" not in document.text and "instructions" not in document.text
    assert document.text.count(made.FILLER[:40]) == 32


@pytest.mark.parametrize("count", [1, 1500], ids=["a circle", "a long chain"])
def test_bookmarks_without_an_end_do_not_end_the_check(count: int, tmp_path: Path) -> None:
    def change(writer: PdfWriter) -> None:
        entries = [
            writer._add_object(
                DictionaryObject(
                    {
                        NameObject("/Title"): TextStringObject(made.ORDER),
                        NameObject("/Dest"): ArrayObject([]),
                    }
                )
            )
            for _ in range(count)
        ]
        for entry, following in zip(entries, [*entries[1:], entries[0]], strict=True):
            entry.get_object()[NameObject("/Next")] = following
        outlines = DictionaryObject({NameObject("/First"): entries[0]})
        outlines[NameObject("/Last")] = entries[-1]
        writer._root_object[NameObject("/Outlines")] = writer._add_object(outlines)
        made.add_content(writer, tiny())

    path = made.rewritten(made.paper(tmp_path / "paper.pdf"), change)
    document, spans = read_with_spans(path)
    found = [span.technique for span in spans]
    assert "tiny print" in found and found.count("bookmark") == 1 and "not checked" not in found
    assert "badgers" not in document.text
