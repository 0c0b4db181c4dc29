"""PDFs that cannot be read: one clear line each, and neither a crash nor a hang."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
)
from reportlab.pdfgen.canvas import Canvas

from conference.papers import UnreadablePdf, read_pdf
from conference.papers.untrusted import read_untrusted
from tests.papers import made


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_text(path: Path) -> None:
    path.write_text("A paper about the width of narrow networks.\n" * 50)


def garbage(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n" + random.Random(1).randbytes(50_000))


def cut_short(path: Path) -> None:
    made.paper(path)
    path.write_bytes(path.read_bytes()[:900])


def encrypted(path: Path) -> None:
    made.rewritten(made.paper(path), lambda writer: writer.encrypt("secret", algorithm="RC4-128"))


def encrypted_for_the_owner_only(path: Path) -> None:
    def change(writer: PdfWriter) -> None:
        writer.encrypt("", owner_password="secret", algorithm="RC4-128")

    made.rewritten(made.paper(path), change)


def a_scan(path: Path) -> None:
    pdf = Canvas(str(path), pagesize=(612, 792))
    for _ in range(3):
        pdf.drawImage(made.picture(), 0, 0, 612, 792)
        pdf.showPage()
    pdf.save()


def a_scan_with_recognised_text(path: Path) -> None:
    pdf = Canvas(str(path), pagesize=(612, 792))
    for _ in range(3):
        pdf.drawImage(made.picture(), 0, 0, 612, 792)
        text = pdf.beginText(72, 700)
        text.setTextRenderMode(3)
        for _ in range(12):
            text.textLine(made.FILLER)
        pdf.drawText(text)
        pdf.showPage()
    pdf.save()


def five_hundred_pages(path: Path) -> None:
    pdf = Canvas(str(path), pagesize=(612, 792))
    for _ in range(500):
        pdf.drawString(72, 700, made.FILLER)
        pdf.showPage()
    pdf.save()


def no_pages(path: Path) -> None:
    PdfWriter().write(path)


def only_hidden_text(path: Path) -> None:
    pdf = Canvas(str(path), pagesize=(612, 792))
    pdf.setFillColorRGB(1, 1, 1)
    for number in range(20):
        pdf.drawString(72, 700 - 20 * number, made.FILLER)
    pdf.save()


BAD = [
    (empty, "empty"),
    (a_text, "not a PDF"),
    (garbage, "damaged"),
    (cut_short, "damaged"),
    (encrypted, "encrypted"),
    (a_scan, "scan"),
    (a_scan_with_recognised_text, "scan whose recognised text"),
    (five_hundred_pages, "500 pages; the limit for a paper is 499"),
    (no_pages, "without a page"),
    (only_hidden_text, "only 0 letters of text, and 1280 that a reader of its pages does not see"),
]


@pytest.mark.parametrize(("make", "reason"), BAD, ids=lambda part: getattr(part, "__name__", ""))
def test_a_bad_file_is_one_line_with_its_name(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad paper.pdf"
    make(path)
    with pytest.raises(UnreadablePdf, match=reason) as caught:
        read_pdf(path)
    line = str(caught.value)
    assert line.startswith("bad paper.pdf: ") and "\n" not in line and len(line) < 220


def test_a_file_that_anybody_may_open_is_read_or_called_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    encrypted_for_the_owner_only(path)
    with pytest.raises(UnreadablePdf, match="encrypted"):
        read_pdf(path)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    for name in ("nowhere.pdf", "folder.pdf"):
        with pytest.raises(UnreadablePdf, match=f"{name}: cannot be opened"):
            read_pdf(tmp_path / name)


def test_flipped_bytes_give_a_paper_or_a_line(tmp_path: Path) -> None:
    whole = made.paper(tmp_path / "whole.pdf").read_bytes()
    draw = random.Random(7)
    lines = 0
    for number in range(60):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 10, 200))):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(bytes(data[: draw.choice((len(data), len(data) // 2))]))
        try:
            assert read_pdf(path).pages
        except UnreadablePdf as error:
            lines += 1
            assert str(error).startswith(f"{number}.pdf: ")
    assert lines > 5


def test_reading_in_a_process_of_its_own_gives_the_same(tmp_path: Path) -> None:
    path = made.paper(tmp_path / "paper.pdf", made.white_text)
    document, hidden = read_untrusted(path)
    assert document == read_pdf(path)
    assert [span.technique for span in hidden] == ["white on white"]
    a_text(path)
    with pytest.raises(UnreadablePdf, match="not a PDF"):
        read_untrusted(path)


def endless(path: Path) -> None:
    """A page that paints ten levels of forms, each of which paints the next ten times over."""

    def change(writer: PdfWriter) -> None:
        inner = None
        for level in range(9):
            stream = DecodedStreamObject()
            call = b"/Next Do " * 10 if inner is not None else b"0 0 1 1 re f "
            stream.set_data(call)
            stream.update(
                {
                    NameObject("/Type"): NameObject("/XObject"),
                    NameObject("/Subtype"): NameObject("/Form"),
                    NameObject("/BBox"): _numbers(0, 0, 612, 792),
                    NameObject("/Name"): NameObject(f"/F{level}"),
                }
            )
            if inner is not None:
                own = DictionaryObject({NameObject("/Next"): inner})
                stream[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): own})
            inner = writer._add_object(stream)
        made.resource(writer, "/XObject", "/Next", inner)
        made.add_content(writer, "/Next Do")

    made.rewritten(made.paper(path), change)


def _numbers(*values: float) -> object:
    return ArrayObject([FloatObject(value) for value in values])


def test_a_file_that_never_ends_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "endless.pdf"
    endless(path)
    with pytest.raises(UnreadablePdf, match=r"endless\.pdf: not read to its end within 30? s"):
        read_untrusted(path, seconds=3)


def test_a_flood_of_memory_is_read_or_given_up_within_its_limits(tmp_path: Path) -> None:
    """A page of 600 MB once unpacked."""

    def change(writer: PdfWriter) -> None:
        packer = zlib.compressobj(9)
        block = b"q Q " * 250_000
        data = b"".join(packer.compress(block) for _ in range(600)) + packer.flush()
        stream = StreamObject()
        stream._data = data
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    path = made.rewritten(made.paper(tmp_path / "flood.pdf"), change)
    before = os.times().children_user
    try:
        assert read_untrusted(path, seconds=20)[0].pages == 2
    except UnreadablePdf as error:
        assert str(error).startswith("flood.pdf: ")
    assert os.times().children_user - before < 40


def test_half_a_surrogate_pair_does_not_damage_a_paper(tmp_path: Path) -> None:
    """In the title on record, and in the map of a font from its codes to characters."""

    def change(writer: PdfWriter) -> None:
        lone = DecodedStreamObject()
        lone.set_data(
            b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n"
            b"1 beginbfchar <41> <d83d> endbfchar endcmap"
        )
        font = DictionaryObject(writer.pages[0]["/Resources"]["/Font"]["/F1"])
        font[NameObject("/ToUnicode")] = writer._add_object(lone)
        made.resource(writer, "/Font", "/Half", writer._add_object(font))
        made.add_content(writer, "BT /Half 10 Tf 72 360 Td (A) Tj 0 -400 Td (AAAAAAAAAA) Tj ET")
        writer.add_metadata({"/Title": "x"})
        writer._info.get_object()[NameObject("/Title")] = ByteStringObject(b"\xfe\xff\xd8\x3d")

    path = made.rewritten(made.paper(tmp_path / "paper.pdf"), change)
    document, _ = read_untrusted(path)
    assert document.title == made.TITLE and document.text.count(made.FILLER[:40]) == 32
