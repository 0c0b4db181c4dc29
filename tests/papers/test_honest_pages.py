"""Letters, grounds and places of honest papers: none accuses, and nothing in sight is lost."""

from __future__ import annotations

import random
from math import cos, sin
from pathlib import Path
from unicodedata import normalize

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from conference.papers.pdf import read_with_spans
from tests.papers import made
from tests.papers.ways import BOX, LINE, Raw, text

SAID = "The committee of the workshop will read what we have written"
PLACES = random.Random(5)
POINTS = " ".join(
    f"{PLACES.uniform(60, 540):.1f} {PLACES.uniform(340, 390):.1f} 1.5 1.5 re f" for _ in range(900)
)
CELLS = " ".join(
    f"{0.8 if (x + y) % 2 else 1} g {60 + 8 * x} {340 + 8 * y} 8 8 re f"
    for x in range(60)
    for y in range(6)
)


def lines(step: float, width: float, grey: float = 0.6) -> str:
    upright = " ".join(f"{60 + step * n} 340 m {60 + step * n} 390 l S" for n in range(50))
    return f"{grey} G {width} w {upright}"


def matrix(entries: str) -> str:
    return f"0 g BT /F1 10 Tf {entries} 72 360 Tm ({SAID}) Tj ET"


def letters(places: list[tuple[float, float]]) -> str:
    said = SAID.replace(" ", "")
    each = (
        text(char, round(x, 1), round(y, 1)) for char, (x, y) in zip(said, places, strict=False)
    )
    return f"0 g {' '.join(each)}"


def turned(angles: list[float]) -> str:
    """Letters about the point 300, 240, each upright from there."""
    said = SAID.replace(" ", "")
    each = (
        f"{sin(a):.4f} {-cos(a):.4f} {cos(a):.4f} {sin(a):.4f} "
        f"{300 + 110 * cos(a):.1f} {240 + 110 * sin(a):.1f} Tm ({char}) Tj"
        for char, a in zip(said, angles, strict=False)
    )
    return f"0 g BT /F1 10 Tf {' '.join(each)} ET"


IN_ONE_LINE = {
    "on a coloured box": f"0.9 0.95 1 rg {BOX} 0 g T;",
    "white on dark": f"0.1 g {BOX} 1 g T;",
    "light grey on dark grey": f"0.25 g {BOX} 0.7 g T;",
    "white on blue": f"0.1 0.2 0.5 rg {BOX} 1 g T;",
    "under a highlighter": f"1 1 0 rg {BOX} 0 g T;",
    "on checks of grey": f"{CELLS} 0 g T;",
    "on a grid": f"{lines(8, 0.4)} 0 g T;",
    "over pale points": f"0.6 0.7 0.9 rg {POINTS} 0 g T;",
    "under pale points": f"0 g T; 0.8 0.9 1 rg {' '.join(POINTS.split()[:600])}",
    "on a hatch": f"{lines(10, 0.5, 0)} 0 g T;",
    "struck out once": "0.8 0 0 rg T; 0.8 0 0 RG 0.6 w 70 363 m 400 363 l S",
    "struck out twice": "0 g T; 0.5 w 70 362 m 400 362 l S 70 364.5 m 400 364.5 l S",
    "underlined": "0 g T; 0.5 w 70 358 m 400 358 l S",
    "in a frame": f"0.5 w {BOX.replace(' f', ' S')} 0 g T;",
    "in a dashed frame": f"[2] 0 d 0.5 w {BOX.replace(' f', ' S')} 0 g T;",
    "in outlines": "0 G 0.4 w 1 Tr BT /F1 14 Tf 72 360 Td (SAID) Tj ET",
    "in thin outlines": "0 G 0.2 w 1 Tr BT /F1 12 Tf 72 360 Td (SAID) Tj ET",
    "bold by outlines": "0 g 0 G 0.4 w 2 Tr T;",
    "bold by two prints": f"0 g T; {text('SAID', x=72.3)}",
    "slanted": matrix("1 0 0.25 1"),
    "upside down": "0 g BT /F1 10 Tf -1 0 0 -1 500 360 Tm (SAID) Tj ET",
    "up the page": "0 g BT /F1 8 Tf 0 1 -1 0 40 200 Tm (SAID) Tj ET",
    "down the page": "0 g BT /F1 8 Tf 0 -1 1 0 570 600 Tm (SAID) Tj ET",
    "aslant": "0 g BT /F1 10 Tf 0.87 0.5 -0.5 0.87 72 200 Tm (SAID) Tj ET",
    "condensed": "0 g BT 60 Tz /F1 10 Tf 72 360 Td (SAID) Tj ET",
    "wide": "0 g BT 130 Tz /F1 10 Tf 72 360 Td (SAID) Tj ET",
    "spaced": "0 g BT 2 Tc /F1 10 Tf 60 360 Td (SAID) Tj ET",
    "set tightly": "0 g BT -0.5 Tc /F1 10 Tf 72 360 Td (SAID) Tj ET",
    "justified": "0 g BT 6 Tw /F1 10 Tf 60 360 Td (SAID) Tj ET",
    "in small print": "0 g BT /F2 5 Tf 72 360 Td (SAID) Tj ET",
    "in small grey print": "0.45 g BT /F1 5.5 Tf 72 360 Td (SAID) Tj ET",
    "in small black labels": "0 g BT /F1 4 Tf 72 360 Td (SAID) Tj ET",
    "in small white print on orange": (
        f"1 0.63 0.31 rg {BOX} 1 g BT /F1 4 Tf 72 360 Td (SAID) Tj ET"
    ),
    "after a sign that is upside down": (
        "0 g BT /F1 10 Tf -1 0 0 -1 68 366 Tm (x) Tj 1 0 0 1 72 360 Tm (SAID) Tj ET"
    ),
    "in large print": "0 g BT /F2 17 Tf 60 360 Td (SAID) Tj ET",
    "in pale large print": "0.6 g BT /F1 16 Tf 60 360 Td (SAID) Tj ET",
    "in orange": "1 0.5 0.05 rg T;",
    "in olive": "0.74 0.74 0.13 rg T;",
    "in cyan": "0.09 0.75 0.81 rg T;",
    "in a spot of two colours": "0.4 0 0.6 rg T;",
    "half on dark": "0.3 g 60 350 150 24 re f 1 0.6 0 rg T;",
    "in a clip that is larger": "50 340 520 50 re W n 0 g T;",
    "mirrored twice": "-1 0 0 1 0 0 cm 0 g BT /F1 10 Tf -1 0 0 1 -72 360 Tm (SAID) Tj ET",
    "on a page drawn from above": (
        "1 0 0 -1 0 792 cm 0 g BT /F1 10 Tf 1 0 0 -1 72 432 Tm (SAID) Tj ET"
    ),
}  # fmt: skip
PLACED = {
    "along a wave": letters([(72 + 9 * n, 360 + 18 * sin(n / 4)) for n in range(60)]),
    "about a circle": letters(
        [(300 + 120 * cos(n / 9), 240 + 120 * sin(n / 9)) for n in range(60)]
    ),
    "down a column": letters([(300, 550 - 9 * n) for n in range(60)]),
    "letter by letter": letters([(60 + 9 * n, 360) for n in range(60)]),
}


@pytest.mark.parametrize("name", IN_ONE_LINE)
def test_a_line_in_sight_is_read(name: str, tmp_path: Path) -> None:
    code = IN_ONE_LINE[name].replace("T;", text("SAID")).replace("SAID", SAID)
    document, spans = read_with_spans(Raw().write(tmp_path / "paper.pdf", code))
    assert spans == ()
    assert "".join(SAID.split()) in "".join(document.text.split())
    assert document.text.count(LINE) == 12


@pytest.mark.parametrize("name", PLACED)
def test_letters_placed_one_by_one_are_read(name: str, tmp_path: Path) -> None:
    document, spans = read_with_spans(Raw().write(tmp_path / "paper.pdf", PLACED[name]))
    assert spans == ()
    read = "".join(document.text.split())
    assert all(read.count(char) >= SAID.count(char) for char in set(SAID) - {" "})


def test_one_mirrored_letter_is_a_sign(tmp_path: Path) -> None:
    """As in the name of XeTeX."""
    name = (
        "0 g BT /F1 10 Tf 1 0 0 1 72 360 Tm (X) Tj "
        "-1 0 0 1 86 358 Tm (E) Tj 1 0 0 1 86 360 Tm (T) Tj ET"
    )
    document, spans = read_with_spans(Raw().write(tmp_path / "with.pdf", name))
    without, _ = read_with_spans(Raw().write(tmp_path / "without.pdf", name.replace("(E)", "( )")))
    assert spans == () and document.text.count("E") == without.text.count("E") + 1


WRITTEN = {
    "Greek": "Ὀρθός λόγος καὶ ἀλήθεια ἐστίν",
    "Cyrillic": "Члены комитета прочтут всё то что мы здесь написали",
    "Georgian": "ქართული ენა და დამწერლობა არის ძალიან ლამაზი",
    "Armenian": "Հայերեն լեզուն և գիրը շատ գեղեցիկ են",
    "accents": "naïve façade Đặng Quốc łódź Zürich Ångström žluťoučký kůň",
    "mathematics": "∑ ∫ ≤ ≥ ∂ ∇ ∞ √ ∈ ⊂ → ⇒ ± × ÷ α β γ δ ε",
    "circled digits": "①②③④⑤⑥⑦ steps of the method",
    "Braille": "⠓⠑⠇⠇⠕ ⠺⠕⠗⠇⠙ in Braille",
    "signs": "✓ ✗ ★ ☆ ● ○ ■ □ ▲ ▼ ◆",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_other_scripts_are_read(name: str, tmp_path: Path) -> None:
    from matplotlib import get_data_path

    face = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("DejaVuSans", str(face)))

    def draw(pdf: Canvas) -> None:
        pdf.setFont("DejaVuSans", 10)
        pdf.drawString(72, 360, WRITTEN[name])

    document, spans = read_with_spans(made.paper(tmp_path / "paper.pdf", draw))
    assert spans == ()
    read = normalize("NFKC", "".join(document.text.split()))
    assert "".join(normalize("NFKC", WRITTEN[name]).split()) in read
