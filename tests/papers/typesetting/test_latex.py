"""Papers by LaTeX: hostile text is printed and not obeyed, and Typst's formulas come out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.core.errors import UserError
from conference.papers import read_pdf
from conference.papers.layout import beyond_margins
from conference.papers.sheet import sheets
from conference.papers.typesetting import check_typesetter, typeset
from conference.papers.typesetting.escape import LETTERS, escape
from conference.papers.typesetting.mathematics import markup, mathematics
from conference.papers.typesetting.tables import tables
from scientists.templates import list_templates, load_template

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
HOSTILE = (
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch owned}",
    r"\newwrite\x\immediate\openout\x=/tmp/owned-by-tex",
    r"\end{document} nothing after",
    r"\catcode`\%=12 \def\a{\a\a}\a",
    "^^5cinput secret",
    "100 % of & # $ ~ ^ _ { } \\",
    "$x$ and $$y$$ and \\(z\\)",
    "--- ,, `` '' << >> ?` !`",
    "line\nbreak\ttab\x00null\u202ereversed",
    "Ünïcödé Łódź naïve œuvre Atılım Güneş",
    "mathematics ≤ ≥ ± × α β Ω ∑ → ∞",
    "中文 and Кириллица and 😀",
)
TITLE = "What Is Handed In Comes Back"
ABSTRACT = "We test whether what is handed in is what a reader finds on the page."
# What an escaped text may consist of: signs without meaning, and commands of the table.
SAFE = re.compile(
    "|".join(
        [
            *(re.escape(value) for value in sorted(tables().text.values(), key=len, reverse=True)),
            r"[A-Za-z0-9 ()*+,./:;=?@!\-\[\]]",
            f"[{LETTERS}]",
            r"(?<=[,-])\{\}",
        ]
    )
)


def paper(**changes: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"kind": "text", "text": "As was shown [1, 2], and not [7, 9]."},
        {"kind": "markup", "text": "Text with $x_1$ and\n$ y = a / b $\nand *bold* _words_."},
        {"kind": "list", "items": ["[one]", "two"]},
        {"kind": "table", "caption": "Things.", "columns": ["a", "b"], "rows": [["[x]", "1"]] * 3},
    ]
    section = {"title": "Introduction", "level": 1, "numbered": True, "parts": parts}
    data = {
        "title": TITLE, "authors": "Anonymous", "affiliation": "", "venue": "A Venue",
        "camera_ready": False, "footer": "A footer.", "abstract": ABSTRACT, "appendix": [],
        "sections": [section], "references": ["First work.", "Second work."],
    }  # fmt: skip
    return data | changes


@given(st.text(max_size=60) | st.text(alphabet="\\{}$&#%_^~<>|\"'`-,!?\n ab1ıΩ≤", max_size=60))
def test_escaped_text_has_no_command_but_those_of_the_table(text: str) -> None:
    escaped = escape(text)
    assert not SAFE.sub("", escaped)
    assert "\n" not in escaped and "--" not in escaped and ",," not in escaped


@needs_tex
def test_hostile_text_is_printed(tmp_path: Path) -> None:
    parts: list[dict[str, Any]] = [{"kind": "text", "text": text} for text in HOSTILE]
    parts.append({"kind": "list", "items": list(HOSTILE)})
    parts += [
        {"kind": "table", "caption": text, "columns": [text[:12], text[-9:]], "rows": [["a", text]]}
        for text in HOSTILE[:3]
    ]
    section = {"title": HOSTILE[0], "level": 1, "numbered": True, "parts": parts}
    data = paper(
        title=HOSTILE[6], authors=HOSTILE[0], affiliation=HOSTILE[1], venue=HOSTILE[3],
        footer=HOSTILE[5], abstract=" ".join(HOSTILE), sections=[section], references=list(HOSTILE),
    )  # fmt: skip
    text = words(typeset(data, {}, "latex"), tmp_path)
    for shown in (
        r"\input{/etc/passwd}", r"\immediate\write18{touch owned}", "nothing after",
        "^^5cinput secret", "100 % of & # $ ~ ^ _ { } \\", "$x$ and $$y$$ and \\(z\\)", "--- ,,",
        "naïve œuvre Atılım", "[U+4E2D]", "[U+1F600]", "≤ ≥ ± × α β",
    ):  # fmt: skip
        assert shown in text, shown
    assert "root:" not in text
    assert not Path("/tmp/owned-by-tex").exists()


@needs_tex
def test_every_letter_of_the_font_and_every_sign_of_the_table_is_printed(tmp_path: Path) -> None:
    signs = [sign for sign in tables().text if not sign.isascii()]
    data = paper(abstract=f"Letters {' '.join(LETTERS)} signs {' '.join(signs)} end")
    text = words(typeset(data, {}, "latex"), tmp_path)
    # Others are drawn from a letter and an accent, which a reader of PDFs may find apart.
    missing = [letter for letter in LETTERS if ord(letter) < 256 and letter not in text]
    assert not missing, missing
    assert "end" in text


def words(pdf: bytes, folder: Path) -> str:
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    shown = " ".join(sheet.characters.text for sheet in sheets(path))
    return " ".join(shown.split())


@needs_tex
def test_the_paper_reads_back_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(typeset(paper(), {}, "latex"))
    document = read_pdf(path)
    assert document.title == TITLE
    assert document.abstract.startswith(ABSTRACT)
    text = words(path.read_bytes(), tmp_path)
    assert "As was shown [1, 2], and not [7, 9]." in text
    assert "[1] First work." in text and "Table 1: Things." in text and "[x]" in text


@needs_tex
@pytest.mark.parametrize("width", [9, 22])
def test_a_table_wider_than_the_text_is_made_to_fit(width: int, tmp_path: Path) -> None:
    rows = [["8" * width] * 6] * 3
    table = {"kind": "table", "caption": "Wide.", "columns": list("abcdef"), "rows": rows}
    section = {"title": "Results", "level": 1, "numbered": True, "parts": [table]}
    path = tmp_path / "paper.pdf"
    path.write_bytes(typeset(paper(sections=[section]), {}, "latex"))
    assert beyond_margins(path, sides=105.0) == []
    sizes = {
        round(float(size), 1)
        for sheet in sheets(path)
        for char, size in zip(sheet.characters.text, sheet.print_sizes()[0], strict=True)
        if char == "8"
    }
    assert (min(sizes) < 7.5) == (width == 22)


@needs_tex
def test_the_same_paper_gives_the_same_bytes() -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="40pt"></svg>'
    figure = {"kind": "figure", "caption": "Nothing.", "file": "a.svg", "width": "50%"}
    data = paper(appendix=[figure])
    made = [typeset(data, {"a.svg": picture}, "latex") for _ in range(2)]
    assert made[0] == made[1]


@needs_tex
def test_the_methods_of_all_templates_can_be_typeset(tmp_path: Path) -> None:
    parts = [
        {"kind": "markup", "text": load_template(name).method.strip()} for name in list_templates()
    ]
    section = {"title": "Method", "level": 1, "numbered": True, "parts": parts}
    text = words(typeset(paper(sections=[section]), {}, "latex"), tmp_path)
    assert "(13)" in text and "softmax" in text


FORMULAS = [
    ("x_t", "x_{t}"),
    ("a / (b + c)", r"\frac{a}{b + c}"),
    ("(a + b) / c", r"\frac{a + b}{c}"),
    ("sqrt(1 - x)^2", r"\sqrt{1 - x}^{2}"),
    ("sum_(i=1)^n x_i", r"\sum_{i = 1}^{n} x_{i}"),
    ('"bpc" <= 1', r"\mathrm{bpc} \leq 1"),
    ("f'' (x)", "f'' (x)"),
    ("f(a / b)", r"f \left(\frac{a}{b}\right)"),
    ("(a) (b)", "(a) (b)"),
    ("EE norm(x)", r"\mathbb{E} \left\Vert x \right\Vert"),
    ("{a}", r"\{ a \}"),
]


@pytest.mark.parametrize(("typst", "latex"), FORMULAS)
def test_formulas_are_translated(typst: str, latex: str) -> None:
    assert mathematics(typst) == latex


@pytest.mark.parametrize("formula", ["(a", "a)", "unheardof x", "sqrt(a, b)", "x_", r"\input{a}"])
def test_a_formula_that_cannot_be_translated_is_one_sentence(formula: str) -> None:
    with pytest.raises(UserError, match="formula"):
        mathematics(formula)


def test_markup_keeps_display_formulas_apart() -> None:
    (made,) = markup("We have $a$ and\n$ b = c. $\nThen *so*.")
    assert "$a$" in made and "\\begin{equation}\nb = c .\n\\end{equation}" in made
    assert "\\textbf{so}" in made


@needs_tex
def test_the_typesetter_is_there() -> None:
    check_typesetter("latex")


def test_without_tex_the_run_ends_before_it_starts(tmp_path: Path) -> None:
    words = "from conference.app.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", words, "run", "--format", "latex", "--hosts", "0", "--out", "made"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 2, done.stderr
    assert "no pdflatex" in done.stderr and "texlive-latex-base" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "made").exists()
