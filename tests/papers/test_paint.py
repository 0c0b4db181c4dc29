"""What PDFium paints otherwise than the standard: found wherever a file keeps its objects."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader

from conference.papers.paint import as_the_standard_paints, may_differ
from conference.papers.pdf import read_with_spans
from tests.papers import ways

STATE = b"<< /BM [ /Screen ] >>"
HEAD = b"7 0 obj << /Type /ObjStm /N 1 /First 4 /Length 9 /Filter %s >>\nstream\n"


@pytest.mark.parametrize(
    ("data", "perhaps"),
    [
        (b"9 0 obj << /BM /Multiply /ca 0.5 >> endobj", False),
        (b"9 0 obj << /BMNames [ /Screen ] >> endobj", False),
        (b"9 0 obj << /BM\0[ /Screen ] >> endobj", True),
        (b"9 0 obj << /BM 12 0 R >> endobj", True),
        (b"9 0 obj << /BM%\n[ /Screen ] >> endobj", True),
        (b"9 0 obj << /BM /Color#42urn >> endobj", True),
        (b"9 0 obj << /S /Transparency /K 8 0 R >> endobj", True),
        (b"9 0 obj << /S /P /K 8 0 R >> endobj", False),
        (HEAD % b"/FlateDecode" + zlib.compress(b"4 0 << /BM /Screen >>"), False),
        (HEAD % b"/FlateDecode" + zlib.compress(b"4 0 " + STATE), True),
        (HEAD % b"[ /FlateDecode /FlateDecode ]" + zlib.compress(zlib.compress(STATE)), True),
        (HEAD % b"/ASCIIHexDecode" + STATE.hex().encode(), True),
    ],
)
def test_no_packing_of_objects_keeps_a_blend_mode_from_being_found(
    data: bytes, perhaps: bool
) -> None:
    assert may_differ(data) == perhaps


def test_a_file_that_paints_by_the_standard_stays_as_it_is() -> None:
    assert as_the_standard_paints(b"9 0 obj << /BM /Multiply >> endobj") is None


def test_calibrated_grey_is_put_as_the_grey_of_a_device(tmp_path: Path) -> None:
    """With a gamma of 2.2, as most devices have, it is the same grey."""
    pdf = ways.Raw()
    point = "/WhitePoint [0.95 1 1.09]"
    pdf.name("ColorSpace", "C", f"[/CalGray << {point} /Gamma 2.2 >>]")
    path = pdf.write(tmp_path / "grey.pdf", "/C cs 0.4 scn")
    made = as_the_standard_paints(path.read_bytes())
    assert made is not None
    page = PdfReader(io.BytesIO(made)).pages[0]
    kind, _, device, tint = page["/Resources"]["/ColorSpace"]["/C"]  # type: ignore[index]
    assert (kind, device, float(tint["/N"])) == ("/Separation", "/DeviceGray", pytest.approx(1))


@pytest.mark.parametrize(
    "entries",
    [
        "/ColorSpace << /DefaultGray [/CalGray << /WhitePoint [0.95 1 1.09] /Gamma 2.2 >>] >>",
        "/ExtGState << /G << /ca 0.7 >> >>",
    ],
    ids=["a default grey that is grey", "a group in which text lies over a clear box"],
)
def test_what_stricter_viewers_draw_too_is_in_sight(entries: str, tmp_path: Path) -> None:
    pdf = ways.Raw()
    font = f"/Font << /F1 << {ways.FONT} /Helvetica >> >>"
    head = "<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] /Group << /S /Transparency"
    state = "/G gs" if "/G" in entries.split() else ""
    code = f"{state} 0.9 g {ways.BOX} 0 g {ways.text(ways.NEUTRAL)}"
    body = pdf.add(f"{head} /K true >> /Resources << {entries} {font} >> >>", code)
    pdf.name("XObject", "X", body)
    document, spans = read_with_spans(pdf.write(tmp_path / "seen.pdf", "/X Do"))
    assert ways.NEUTRAL in document.text and spans == ()


def test_the_use_of_a_layer_that_nothing_asks_for_hides_nothing(tmp_path: Path) -> None:
    pdf = ways.Raw()
    own = pdf.add("<< /Type /OCG /Name (x) /Usage << /View << /ViewState /OFF >> >> >>")
    pdf.catalog = f"/OCProperties << /OCGs [{own}] /D << /ON [{own}] >> >>"
    pdf.name("Properties", "P", own)
    path = pdf.write(tmp_path / "layer.pdf", f"/OC /P BDC {ways.text(ways.NEUTRAL)} EMC")
    document, spans = read_with_spans(path)
    assert ways.NEUTRAL in document.text and spans == ()
