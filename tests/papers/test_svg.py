"""Figures of hostile programs: refused by name, or drawn within limits; honest ones stay alike."""

from __future__ import annotations

import base64
import io
import zlib

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from PIL import Image

from conference.core.errors import UserError
from conference.papers.svg import BadFigure, plain_svg
from conference.papers.typesetting import picture, typst

OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 9 9" width="9" height="9">'
)


def png(width: int, height: int) -> str:
    made = io.BytesIO()
    Image.new("1", (8, 8)).save(made, "PNG")
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\0\0\0\0"
    data = made.getvalue()
    data = data[:12] + head + zlib.crc32(head).to_bytes(4, "big") + data[33:]
    return "data:image/png;base64," + base64.b64encode(data).decode()


BAD = {
    "turbulence": "<filter id='f'><feTurbulence numOctaves='60000'/></filter>",
    "blur": "<filter id='f'><feGaussianBlur stdDeviation='900'/></filter>",
    "script": "<script>alert(1)</script>",
    "script by prefix": "<s:script xmlns:s='http://www.w3.org/2000/svg'>alert(1)</s:script>",
    "script of HTML": "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
    "foreign": "<foreignObject/>",
    "handler": "<path onload='alert(1)'/>",
    "animation": "<animate attributeName='href' to='javascript:alert(1)'/>",
    "link": "<a href='javascript:alert(1)'><text>a</text></a>",
    "use of a file": "<use xlink:href='file:///etc/passwd'/>",
    "image of a file": "<image href='file:///etc/passwd'/>",
    "image of an SVG": "<image href='data:image/svg+xml;base64,PHN2Zy8+'/>",
    "PNG bomb": f"<image href='{png(50_000, 50_000)}'/>",
    "no PNG": "<image href='data:image/png;base64,AAAA'/>",
    "style import": "<style>@import 'http://a.b/c.css';</style>",
    "style address": "<style>*{fill: url(http://a.b/c)}</style>",
    "style escape": "<style>*{fill: \\75rl(http://a.b/c)}</style>",
    "style of attribute": "<path style='fill: url( http://a.b/c)'/>",
    "attribute address": "<path fill='url(http://a.b/c#d)'/>",
    "function": "<path fill='image-set(#a)'/>",
    "property": "<path style='filter: blur(900px)'/>",
    "style behind an element": "<style><title/>*{fill: url(http://a.b/c)}</style>",
    "style in an element": "<style><g>@import 'http://a.b/c.css';</g></style>",
    "levels": "<g>" * 20_000 + "</g>" * 20_000,
    "base": "<g xml:base='http://a.b/'/>",
    "paths": "<path/>" * 100_001,
}


@pytest.mark.parametrize("inside", BAD.values(), ids=BAD.keys())
def test_what_does_more_than_draw_is_refused(inside: str) -> None:
    with pytest.raises(BadFigure):
        plain_svg(f"{OPEN}{inside}</svg>".encode())
    with pytest.raises(BadFigure):
        plain_svg(f"<?xml version='1.0' encoding='utf-16'?>{OPEN}{inside}</svg>".encode("utf-16"))


@pytest.mark.parametrize(
    "svg",
    [
        b"", b"\xff\xfe", b"<svg/>", b"<html/>", b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
        b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
        b"<svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>",
        b"<?xml version='1.0' encoding='utf-99'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)  # fmt: skip
def test_what_is_no_plain_xml_is_refused(svg: bytes) -> None:
    with pytest.raises(BadFigure):
        plain_svg(svg)


@pytest.mark.parametrize("fonts", ["path", "none"])
def test_a_figure_of_matplotlib_is_drawn_as_before(fonts: str) -> None:
    with mpl.rc_context({"svg.fonttype": fonts}):
        figure = Figure(layout="constrained")
        lines, bars, field = figure.subplots(1, 3)
        lines.plot([1, 2], label="a & <b>")
        lines.set_title(r"$\alpha_i$ é")
        lines.legend()
        bars.bar([1, 2], [3, 4], hatch="//")
        bars.scatter([1, 2], [1, 2], c=[0.1, 0.2], marker="x")
        field.imshow([[1, 2], [3, 4]])
        made = io.BytesIO()
        figure.savefig(made, format="svg")
    plain = plain_svg(made.getvalue())
    assert plain_svg(plain) == plain
    assert picture(plain) == picture(made.getvalue())


def test_a_figure_that_takes_too_much_to_draw_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = "<filter id='f'><feTurbulence baseFrequency='.1' numOctaves='60000'/></filter>"
    drawn = "<rect width='9' height='9' filter='url(#f)'/>"
    monkeypatch.setattr(typst, "SECONDS", 1)
    monkeypatch.setattr(typst, "MEMORY", 512 << 20)
    with pytest.raises(UserError, match="1 s of processor time or 512 MiB"):
        picture(f"{OPEN}{noise}{drawn}</svg>".encode())
